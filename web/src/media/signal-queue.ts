// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../core/clock";
import { Refusal, SignalData } from "../protocol/messages";

/** Sends one signal; answers with why it did not arrive, or nothing. */
export type SendSignal = (data: SignalData, answer: (failure: Error | undefined) => void) => void;

const retryPause = 1_000;

/**
 * Signals to one person, in order and without loss while the connection to the server comes and goes.
 *
 * Several are under way at once. When one fails, it and all after it are sent again, so the other side may hear
 * something twice but never out of order; perfect negotiation copes with the former only.
 */
export class SignalQueue {
  private waiting: { readonly data: SignalData; sent: boolean }[] = [];
  private closed = false;
  private cancelRetry = (): void => {};

  constructor(private readonly transmit: SendSignal, private readonly clock: Clock) {}

  send(data: SignalData): void {
    if (this.closed) return;
    const entry = { data, sent: false };
    const held = this.waiting.some((each) => !each.sent);
    this.waiting.push(entry);
    if (!held) this.transmitEntry(entry);
  }

  /** Sends everything unanswered again. */
  resume(): void {
    for (const entry of this.waiting) entry.sent = false;
    for (const entry of [...this.waiting]) this.transmitEntry(entry);
  }

  close(): void {
    this.closed = true;
    this.cancelRetry();
    this.waiting = [];
  }

  private retryLater(): void {
    this.cancelRetry();
    this.cancelRetry = this.clock.after(retryPause, () => this.resume());
  }

  private transmitEntry(entry: { readonly data: SignalData; sent: boolean }): void {
    entry.sent = true;
    this.transmit(entry.data, (failure) => {
      const index = this.waiting.indexOf(entry);
      if (index < 0) return;
      if (!failure) this.waiting.splice(index, 1);
      else if (!(failure instanceof Refusal)) entry.sent = false;
      else if (failure.code === "stale-page") {
        // None of this is meant for the page the addressee has now.
        this.waiting = [];
      } else {
        // Too many at once, or the addressee is between two connections.
        for (const later of this.waiting.slice(index)) later.sent = false;
        this.retryLater();
      }
    });
  }
}
