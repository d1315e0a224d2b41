// SPDX-License-Identifier: Apache-2.0

import type { Slot } from "../protocol/booking";
import type { Timestamp } from "../protocol/messages";

/** A day in some time zone, as `2026-11-23`. */
export type DayKey = string & { readonly brand: "DayKey" };

export interface SlotDay {
  readonly day: DayKey;
  readonly slots: readonly Slot[];
}

/** A month of a calendar, by weeks. Days of its neighbours are left out. */
export interface Month {
  readonly year: number;
  /** From 1 to 12. */
  readonly month: number;
  readonly weeks: readonly (readonly (DayKey | undefined)[])[];
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Making a formatter takes a thousand times as long as using one. */
function formatter(locale: string | undefined, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale ?? ""} ${JSON.stringify(options)}`;
  const known = formatters.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formatters.set(key, known);
  return known;
}

/** The day on which `time` falls in `zone`. */
export function dayOf(time: Timestamp, zone: string): DayKey {
  // Canada's English writes dates as ISO 8601 does.
  const options = { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" } as const;
  return formatter("en-CA", options).format(time) as DayKey;
}

/** Slots by their day in `zone`, in order. */
export function byDay(slots: readonly Slot[], zone: string): readonly SlotDay[] {
  const days = new Map<DayKey, Slot[]>();
  for (const slot of [...slots].sort((a, b) => a.start - b.start)) {
    const day = dayOf(slot.start, zone);
    const list = days.get(day);
    if (list) list.push(slot);
    else days.set(day, [slot]);
  }
  return [...days].map(([day, list]) => ({ day, slots: list }));
}

/** Every month from that of the first day to that of the last. */
export function monthsOf(days: readonly DayKey[], firstWeekday: number): readonly Month[] {
  const names = [...new Set(days.map((day) => day.slice(0, 7)))].sort();
  const [first, last] = [names[0], names[names.length - 1]];
  if (first === undefined || last === undefined) return [];
  const months: Month[] = [];
  let { year, month } = numbersOf(first);
  for (;;) {
    months.push(monthOf(year, month, firstWeekday));
    if (nameOf(year, month) >= last) return months;
    [year, month] = month === 12 ? [year + 1, 1] : [year, month + 1];
  }
}

/** One month, its weeks beginning with `firstWeekday` (Monday is 1, Sunday 7). */
export function monthOf(year: number, month: number, firstWeekday: number): Month {
  const count = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const weekday = new Date(Date.UTC(year, month - 1, 1)).getUTCDay();
  const lead = (weekday - firstWeekday + 7) % 7;
  const cells: (DayKey | undefined)[] = Array.from({ length: lead }, () => undefined);
  for (let day = 1; day <= count; day += 1) cells.push(`${nameOf(year, month)}-${two(day)}` as DayKey);
  while (cells.length % 7 !== 0) cells.push(undefined);
  const weeks = Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(7 * week, 7 * week + 7));
  return { year, month, weeks };
}

/** The first day of the week where `locale` is spoken; Monday where the browser does not know. */
export function firstWeekday(locale: string): number {
  try {
    const known = new Intl.Locale(locale) as Intl.Locale & {
      readonly weekInfo?: { readonly firstDay: number };
      getWeekInfo?(): { readonly firstDay: number };
    };
    return (known.getWeekInfo?.() ?? known.weekInfo)?.firstDay ?? 1;
  } catch {
    return 1;
  }
}

/**
 * When the clocks of `zone` show this day and this time, such as `09:30`; nothing when they cannot.
 *
 * A time that comes twice is the first; one that is skipped is moved behind the gap.
 */
export function instantOf(day: string, time: string, zone: string): Timestamp | undefined {
  const wall = Date.parse(`${day}T${time}:00Z`);
  if (Number.isNaN(wall)) return undefined;
  // The offset before and after may differ, where clocks are changed.
  const early = wall - offsetAt(wall - 86_400_000, zone);
  const late = wall - offsetAt(wall + 86_400_000, zone);
  return [early, late].find((instant) => instant + offsetAt(instant, zone) === wall) ?? early;
}

/** Milliseconds by which the clocks of `zone` are ahead of UTC. */
function offsetAt(time: Timestamp, zone: string): number {
  const options = { timeZone: zone, hourCycle: "h23", hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
  const clock = formatter("en-GB", options).format(time);
  return Date.parse(`${dayOf(time, zone)}T${clock}Z`) - Math.floor(time / 1_000) * 1_000;
}

/** "14:30" as a time field wants it. */
export function fieldTime(time: Timestamp, zone: string): string {
  return formatter("en-GB", { timeZone: zone, hourCycle: "h23", hour: "2-digit", minute: "2-digit" }).format(time);
}

/** A day to be written without any zone moving it. */
export function noonOf(day: DayKey): Timestamp {
  return Date.parse(`${day}T12:00:00Z`);
}

/** "Monday, 23 November" in the reader's language. */
export function dayName(day: DayKey, locale?: string): string {
  return formatter(locale, { timeZone: "UTC", weekday: "long", day: "numeric", month: "long" }).format(noonOf(day));
}

/** "November 2026". */
export function monthName({ year, month }: Month, locale?: string): string {
  return formatter(locale, { timeZone: "UTC", month: "long", year: "numeric" }).format(Date.UTC(year, month - 1, 15));
}

/** The seven weekdays from the first one, short and long. */
export function weekdayNames(first: number, locale?: string): readonly { readonly short: string; readonly long: string }[] {
  return Array.from({ length: 7 }, (_, index) => {
    // 1 January 2024 was a Monday.
    const time = Date.UTC(2024, 0, first + index, 12);
    return {
      short: formatter(locale, { timeZone: "UTC", weekday: "short" }).format(time),
      long: formatter(locale, { timeZone: "UTC", weekday: "long" }).format(time),
    };
  });
}

/** "14:30" or "2:30 PM", as the reader writes it. */
export function timeOfDay(time: Timestamp, zone: string, locale?: string): string {
  return formatter(locale, { timeZone: zone, hour: "numeric", minute: "2-digit" }).format(time);
}

/** "Monday, 23 November 2026, 14:30 – 15:00". */
export function span({ start, end }: Slot, zone: string, locale?: string): string {
  const options = { weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "numeric", minute: "2-digit" } as const;
  return formatter(locale, { timeZone: zone, ...options }).formatRange(start, end);
}

/** "Mon, 23 Nov, 14:30". */
export function shortly(time: Timestamp, zone: string, locale?: string): string {
  const options = { weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" } as const;
  return formatter(locale, { timeZone: zone, ...options }).format(time);
}

/** How `zone` is named to people: "Berlin (GMT+1)", with the offset it has at `time`. */
export function zoneName(zone: string, time: Timestamp): string {
  const city = (zone.split("/").slice(1).join(", ") || zone).replace(/_/g, " ");
  try {
    const parts = formatter("en", { timeZone: zone, timeZoneName: "shortOffset" }).formatToParts(time);
    const offset = parts.find(({ type }) => type === "timeZoneName")?.value;
    return offset === undefined || offset === city ? city : `${city} (${offset})`;
  } catch {
    return city;
  }
}

/** Every zone the browser knows, `own` among them in any case. */
export function zones(own: string): readonly string[] {
  const known = (Intl as { supportedValuesOf?(key: "timeZone"): string[] }).supportedValuesOf?.("timeZone") ?? [];
  return known.includes(own) ? known : [own, ...known];
}

/** Whether the browser can write times of this zone. */
export function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

function numbersOf(name: string): { year: number; month: number } {
  return { year: Number(name.slice(0, 4)), month: Number(name.slice(5, 7)) };
}

function nameOf(year: number, month: number): string {
  return `${year}-${two(month)}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
