// SPDX-License-Identifier: Apache-2.0

import { Clock, every } from "../core/clock";

/** Something the browser noticed that may cost connections, and since when it has been so. */
export interface NetworkSign {
  /** `slept`: the machine slept, or this page was stopped for longer than pages are slowed down. */
  readonly type: "offline" | "network" | "slept";
  readonly since: number;
}

const beat = 2_000;
/** A gap this long between two beats means that nothing ran here, not that the page was busy. */
const sleep = 20_000;

/** Calls `noticed` when addresses may have changed: another network, none, back online, or awake again. */
export function watchNetwork(clock: Clock, noticed: (sign: NetworkSign) => void): () => void {
  const { connection } = navigator;
  let last = clock.now();
  const check = (): void => {
    const now = clock.now();
    const since = last;
    last = now;
    if (now - since > sleep) noticed({ type: "slept", since });
  };
  const changed = (): void => noticed({ type: "network", since: clock.now() });
  const offline = (): void => noticed({ type: "offline", since: clock.now() });
  const stop = every(clock, beat, check);
  window.addEventListener("online", changed);
  window.addEventListener("offline", offline);
  // Who comes back to the page does not wait for its next beat.
  document.addEventListener("visibilitychange", check);
  connection?.addEventListener?.("change", changed);
  return () => {
    stop();
    window.removeEventListener("online", changed);
    window.removeEventListener("offline", offline);
    document.removeEventListener("visibilitychange", check);
    connection?.removeEventListener?.("change", changed);
  };
}
