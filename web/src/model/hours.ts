// SPDX-License-Identifier: Apache-2.0

import type { Hours } from "../protocol/office";

/** One row of the form for a weekday, as typed. */
export interface HoursRow {
  readonly key: number;
  readonly weekday: number;
  readonly from: string;
  readonly to: string;
}

export type HoursProblem = "incomplete" | "backwards" | "overlap";

/** Minutes since midnight of `09:30`; undefined for anything else. `24:00` is the end of the day. */
export function minutesOf(time: string): number | undefined {
  const found = /^(\d{1,2}):(\d{2})$/.exec(time.trim());
  if (!found) return undefined;
  const minutes = 60 * Number(found[1]) + Number(found[2]);
  return Number(found[2]) < 60 && minutes <= 1_440 ? minutes : undefined;
}

/** `09:30`. The end of the day is written as the last minute that a time field can show. */
export function clockTime(minutes: number): string {
  const shown = Math.min(minutes, 1_439);
  return `${String(Math.floor(shown / 60)).padStart(2, "0")}:${String(shown % 60).padStart(2, "0")}`;
}

/** What is wrong with a row, if anything. */
export function problemOfRow(row: HoursRow, rows: readonly HoursRow[]): HoursProblem | undefined {
  const [start, end] = [minutesOf(row.from), minutesOf(row.to)];
  if (start === undefined || end === undefined) return "incomplete";
  if (end <= start) return "backwards";
  const clashes = rows.some((other) => {
    const [from, to] = [minutesOf(other.from), minutesOf(other.to)];
    return other.key < row.key && other.weekday === row.weekday && from !== undefined && to !== undefined && from < end && start < to;
  });
  return clashes ? "overlap" : undefined;
}

/** The rows as hours. Only for rows without a problem. */
export function hoursOf(rows: readonly HoursRow[]): readonly Hours[] {
  return rows
    .map(({ weekday, from, to }) => ({ weekday, start: minutesOf(from) ?? 0, end: endOf(minutesOf(to) ?? 0) }))
    .sort((a, b) => a.weekday - b.weekday || a.start - b.start);
}

/** A time field cannot show 24:00. */
function endOf(minutes: number): number {
  return minutes === 1_439 ? 1_440 : minutes;
}

export function rowsOf(hours: readonly Hours[]): readonly HoursRow[] {
  return [...hours]
    .sort((a, b) => a.weekday - b.weekday || a.start - b.start)
    .map(({ weekday, start, end }, key) => ({ key, weekday, from: clockTime(start), to: clockTime(end) }));
}

/** The part of an address under which a page is found: lower-case letters, digits and hyphens. */
export function slugOf(name: string): string {
  const plain = name.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").replace(/ß/g, "ss").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40);
}
