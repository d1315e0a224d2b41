// SPDX-License-Identifier: Apache-2.0

import { Clock, every } from "../core/clock";

const beat = 2_000;
/** A gap this long between two beats means the machine slept, not that the page was busy. */
const sleep = 20_000;

/** Calls `changed` when addresses may have changed: another network, back online, or awake again. */
export function watchNetwork(clock: Clock, changed: () => void): () => void {
  const { connection } = navigator;
  let last = clock.now();
  const stop = every(clock, beat, () => {
    const now = clock.now();
    if (now - last > sleep) changed();
    last = now;
  });
  window.addEventListener("online", changed);
  connection?.addEventListener?.("change", changed);
  return () => {
    stop();
    window.removeEventListener("online", changed);
    connection?.removeEventListener?.("change", changed);
  };
}
