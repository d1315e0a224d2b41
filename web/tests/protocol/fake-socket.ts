// SPDX-License-Identifier: Apache-2.0

import type { MeetingSocket } from "../../src/protocol/socket";

interface Sent {
  readonly event: string;
  readonly payload: unknown;
  /** Answers the request. */
  readonly reply: (value: unknown) => void;
  /** Lets it time out. */
  readonly timeOut: () => void;
}

/** A Socket.IO client whose server is the test. */
export class FakeSocket implements MeetingSocket {
  connected = false;
  connects = 0;
  readonly sent: Sent[] = [];
  private readonly listeners = new Map<string, ((...values: any[]) => void)[]>();

  on(event: string, listener: (...values: any[]) => void): void {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]);
  }

  connect(): void {
    this.connects += 1;
  }

  disconnect(): void {
    if (!this.connected) return;
    this.connected = false;
    this.emit("disconnect", "io client disconnect");
  }

  timeout(): { emit(event: string, ...values: any[]): void } {
    return {
      emit: (event, payload, answer) => {
        this.sent.push({ event, payload, reply: (value) => answer(null, value), timeOut: () => answer(new Error("timeout")) });
      },
    };
  }

  /** What happens on the network. */
  open(): void {
    this.connected = true;
    this.emit("connect");
  }

  drop(): void {
    this.connected = false;
    this.emit("disconnect", "transport close");
  }

  refuse(message: string): void {
    this.emit("connect_error", new Error(message));
  }

  emit(event: string, ...values: unknown[]): void {
    for (const listener of this.listeners.get(event) ?? []) listener(...values);
  }

  /** The newest request with this name. */
  last(event: string): Sent {
    const found = [...this.sent].reverse().find((each) => each.event === event);
    if (!found) throw new Error(`no ${event} was sent`);
    return found;
  }

  count(event: string): number {
    return this.sent.filter((each) => each.event === event).length;
  }
}
