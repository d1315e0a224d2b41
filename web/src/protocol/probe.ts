// SPDX-License-Identifier: Apache-2.0

import type { NetworkResult } from "./appointments";

const tries = 5;
/** Longer than this is not a connection to talk over. */
const patience = 4_000;

/** Milliseconds that small answers of the server took; fewer than asked for when some did not come. */
export async function roundTrips(now: () => number): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < tries; round += 1) {
    const start = now();
    const cancel = new AbortController();
    const timer = setTimeout(() => cancel.abort(), patience);
    try {
      await fetch("/healthz", { cache: "no-store", signal: cancel.signal });
      times.push(now() - start);
    } catch {
      // What did not come is missing in the list.
    }
    clearTimeout(timer);
  }
  return times;
}

/** How good a connection with these round trips is for talking. The first one opens the connection and does not count. */
export function judge(times: readonly number[]): NetworkResult {
  if (times.length === 0) return "unknown";
  if (times.length < tries) return "poor";
  const counted = times.slice(1).sort((a, b) => a - b);
  const middle = counted[Math.floor(counted.length / 2)] ?? 0;
  const spread = (counted[counted.length - 1] ?? 0) - (counted[0] ?? 0);
  // Beyond 150 ms one way people begin to interrupt each other (ITU-T G.114).
  if (middle > 600 || spread > 1_000) return "poor";
  return middle > 300 || spread > 400 ? "fair" : "good";
}
