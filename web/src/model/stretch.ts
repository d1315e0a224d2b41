// SPDX-License-Identifier: Apache-2.0

/**
 * The part of a long list that is drawn: from `start` to before `end`.
 *
 * A chat of a day has thousands of lines of every height, of which a screen shows a dozen. So only so many are drawn,
 * and others take their place as somebody scrolls.
 */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Lines that are drawn at once; far more than any screen shows. */
export const mostDrawn = 120;
/** Lines by which the stretch moves when its edge comes near. */
const step = 40;

/** The end of the list. */
export function newest(total: number): Stretch {
  return { start: Math.max(0, total - mostDrawn), end: total };
}

/** Further up. */
export function earlier({ start, end }: Stretch): Stretch {
  const first = Math.max(0, start - step);
  return { start: first, end: Math.min(end, first + mostDrawn) };
}

/** Further down, in a list of `total`. */
export function later({ start, end }: Stretch, total: number): Stretch {
  const last = Math.min(total, end + step);
  return { start: Math.max(Math.min(start, last), last - mostDrawn), end: last };
}

/** A stretch with the item at `index` in its middle. */
export function around(index: number, total: number): Stretch {
  const start = Math.max(0, Math.min(index - mostDrawn / 2, total - mostDrawn));
  return { start, end: Math.min(total, start + mostDrawn) };
}

export function sameStretch(a: Stretch, b: Stretch): boolean {
  return a.start === b.start && a.end === b.end;
}
