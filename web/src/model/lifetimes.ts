// SPDX-License-Identifier: Apache-2.0

import type { Timestamp } from "../protocol/messages";

/** How long an invitation is good. */
export const lifetimes = ["hour", "day", "week", "month", "always", "until"] as const;
export type Lifetime = (typeof lifetimes)[number];

const hour = 3_600_000;
const lengths: Readonly<Partial<Record<Lifetime, number>>> = { hour, day: 24 * hour, week: 7 * 24 * hour, month: 30 * 24 * hour };

export interface Wish {
  readonly lifetime: Lifetime;
  /** What the person chose, as the browser's field for a time writes it, without a zone: `2026-11-22T10:00`. */
  readonly from: string;
  readonly until: string;
}

/** Why an invitation cannot be made as wished. */
export type Mistake = "no-end" | "end-passed" | "end-before-start";

/** When an invitation begins and ends; a lifetime counts from its beginning. Or the mistake in the wish. */
export function spanOf({ lifetime, from, until }: Wish, now: Timestamp): { notBefore?: Timestamp; expiresAt?: Timestamp } | Mistake {
  const start = from ? new Date(from).getTime() : undefined;
  // What begins in the past has begun.
  const begin = start !== undefined && start > now ? { notBefore: start } : {};
  const length = lengths[lifetime];
  if (length !== undefined) return { ...begin, expiresAt: (begin.notBefore ?? now) + length };
  if (lifetime === "always") return begin;
  const end = until ? new Date(until).getTime() : NaN;
  if (Number.isNaN(end)) return "no-end";
  if (end <= now) return "end-passed";
  return end <= (begin.notBefore ?? now) ? "end-before-start" : { ...begin, expiresAt: end };
}
