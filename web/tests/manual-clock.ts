// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../src/core/clock";

/** A clock that moves only when told to. */
export class ManualClock implements Clock {
  private time = 1_000_000;
  private readonly timers: { at: number; body: () => void }[] = [];

  now(): number {
    return this.time;
  }

  after(delay: number, body: () => void): () => void {
    const timer = { at: this.time + delay, body };
    this.timers.push(timer);
    return () => {
      const index = this.timers.indexOf(timer);
      if (index >= 0) this.timers.splice(index, 1);
    };
  }

  /** Lets time pass; timers run in order at their own time. */
  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers.splice(this.timers.indexOf(next), 1);
      this.time = next.at;
      next.body();
    }
    this.time = end;
  }
}
