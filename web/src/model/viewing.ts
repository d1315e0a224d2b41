// SPDX-License-Identifier: Apache-2.0

/** Everybody the same size, one large with the others beside, or one alone. */
export const layouts = ["grid", "sidebar", "speaker"] as const;
export type Layout = typeof layouts[number];

/** The part of a wide stage that the strip beside a large picture takes: as it comes, at least, at most. */
export const usualStrip = 0.2;
const [leastStrip, mostStrip] = [0.12, 0.45];

/** A part that the strip may have. */
export function stripBetween(part: number): number {
  return Number.isFinite(part) ? Math.min(mostStrip, Math.max(leastStrip, part)) : usualStrip;
}

/** How much is to come: everything, small pictures of people, or none at all. */
export const savings = ["off", "small", "sound"] as const;
export type Saving = typeof savings[number];
