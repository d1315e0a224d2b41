// SPDX-License-Identifier: Apache-2.0

import type { Quality } from "./session";

/** Totals of one connection since it began. */
export interface Totals {
  readonly received: number;
  readonly lost: number;
  /** Seconds; undefined before the first measurement. */
  readonly roundTrip: number | undefined;
  /** Share of our packets the other side missed lately, 0 to 1. */
  readonly remoteLoss: number | undefined;
}

/** Judges the time between two measurements. */
export function judge(before: Totals, now: Totals): Quality {
  const received = now.received - before.received;
  const lost = Math.max(0, now.lost - before.lost);
  const loss = Math.max(received + lost > 0 ? lost / (received + lost) : 0, now.remoteLoss ?? 0);
  const roundTrip = now.roundTrip ?? 0;
  // Opus conceals up to about 3 % well; conversation gets hard beyond 10 % or half a second.
  if (loss > 0.1 || roundTrip > 0.5) return "poor";
  if (loss > 0.03 || roundTrip > 0.25) return "fair";
  return "good";
}

export const noTotals: Totals = { received: 0, lost: 0, roundTrip: undefined, remoteLoss: undefined };

/** Adds up what `RTCPeerConnection.getStats` reports. */
export function totals(report: RTCStatsReport): Totals {
  let received = 0;
  let lost = 0;
  let roundTrip: number | undefined;
  let remoteLoss: number | undefined;
  report.forEach((entry: Readonly<Record<string, unknown>>) => {
    const value = (name: string): number | undefined => (typeof entry[name] === "number" ? (entry[name] as number) : undefined);
    if (entry["type"] === "inbound-rtp") {
      received += value("packetsReceived") ?? 0;
      lost += value("packetsLost") ?? 0;
    } else if (entry["type"] === "candidate-pair" && entry["nominated"] === true) {
      roundTrip = value("currentRoundTripTime") ?? roundTrip;
    } else if (entry["type"] === "remote-inbound-rtp") {
      remoteLoss = Math.max(remoteLoss ?? 0, value("fractionLost") ?? 0);
    }
  });
  return { received, lost, roundTrip, remoteLoss };
}

/**
 * Bits per second for our camera towards each of `people`.
 * A mesh sends it once per person, so the share of each shrinks to what a home line can send in all.
 */
export function cameraBitRate(people: number): number {
  if (people <= 1) return 1_800_000;
  if (people === 2) return 1_000_000;
  return people === 3 ? 700_000 : 450_000;
}
