// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../core/clock";
import { isRefusal, MeetingConnection } from "./connection";
import { ChatDraft, ChatReply, Refusal } from "./messages";

export interface OutboxOptions {
  readonly connection: Pick<MeetingConnection, "request">;
  readonly clock: Clock;
  readonly onSent: (id: string, reply: ChatReply) => void;
  readonly onFailed: (id: string, why: Refusal) => void;
}

/**
 * Chat messages on their way to the server, one at a time so that they arrive in the order they were written.
 *
 * A message whose answer got lost is sent again under the same id after the next join; the server then answers with
 * the place it already has. A refused message is reported and does not hold up the others.
 */
export class ChatOutbox {
  private readonly queue: ChatDraft[] = [];
  private sending = false;

  constructor(private readonly options: OutboxOptions) {}

  send(message: ChatDraft): void {
    this.queue.push(message);
    this.next();
  }

  /** Goes on after the connection came back. */
  resume(): void {
    this.sending = false;
    this.next();
  }

  private next(): void {
    const message = this.queue[0];
    if (!message || this.sending) return;
    this.sending = true;
    const { connection, clock, onSent, onFailed } = this.options;
    connection.request("chat", message, (result) => {
      // A message that was sent again before this late answer is no longer at the front.
      if (this.queue[0] !== message) return;
      if ("failure" in result) {
        if (isRefusal(result.failure, "too-fast")) {
          clock.after(1_000, () => this.resume());
          return;
        }
        // Without a connection the message stays in front until `resume`.
        if (!(result.failure instanceof Refusal)) return;
      }
      this.queue.shift();
      this.sending = false;
      if ("failure" in result) onFailed(message.id, result.failure as Refusal);
      else onSent(message.id, result.reply);
      this.next();
    });
  }
}
