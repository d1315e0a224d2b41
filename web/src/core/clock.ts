// SPDX-License-Identifier: Apache-2.0

/** Time, handed in rather than reached for, so that tests decide when it passes. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `body` once after `delay` milliseconds, unless the returned function is called first. */
  after(delay: number, body: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay, body) {
    const timer = setTimeout(body, delay);
    return () => clearTimeout(timer);
  },
};

/** Calls `body` every `period` milliseconds until the returned function is called. */
export function every(clock: Clock, period: number, body: () => void): () => void {
  let cancel = clock.after(period, tick);
  return () => cancel();

  function tick(): void {
    cancel = clock.after(period, tick);
    body();
  }
}

/** `length` letters and digits nobody can guess. */
export function randomID(length = 16): string {
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => alphabet[byte % alphabet.length]).join("");
}
