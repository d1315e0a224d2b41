// SPDX-License-Identifier: Apache-2.0

import type { Remaining } from "../model/link";
import type { Route } from "../media/route";
import { language, strings } from "./strings";
import { dateLanguage } from "./when";

// What the browser can say by itself in every language: lists, lengths of time, how long ago.

type Unit = "millisecond" | "second" | "minute" | "hour" | "day" | "week" | "byte" | "kilobyte" | "megabyte" | "kilobit-per-second" | "megabit-per-second";

function measured(count: number, unit: Unit, display: "long" | "short", digits = 0): string {
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: display, maximumFractionDigits: digits }).format(count);
}

/** "3 days" */
export function long(count: number, unit: Unit): string {
  return measured(count, unit, "long");
}

/** "20 ms" */
export function short(count: number, unit: Unit, digits = 0): string {
  return measured(count, unit, "short", digits);
}

/** "3.4 MB", in powers of ten as systems show the sizes of files. */
export function byteSize(bytes: number): string {
  if (bytes < 1_000) return short(bytes, "byte");
  if (bytes < 1_000_000) return short(bytes / 1_000, "kilobyte");
  return short(bytes / 1_000_000, "megabyte", bytes < 10_000_000 ? 1 : 0);
}

/** "12 %" of what is given in percent. */
export function percentage(value: number, digits = 0): string {
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: digits }).format(value / 100);
}

/** "Ana", "Ana and Ben", "Ana, Ben, and 3 others" */
export function listed(names: readonly string[]): string {
  const shown = names.length <= 2 ? names : [...names.slice(0, 2), strings.common.others({ count: names.length - 2 })];
  return new Intl.ListFormat(language, { type: "conjunction" }).format(shown);
}

/** Parts of a description, one after the other, with no word between them. */
export function described(parts: readonly string[]): string {
  return parts.join(strings.common.comma);
}

/** "just now", "5 min. ago", and the day for what is older than one. */
export function ago(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes < 1) return strings.common.justNow;
  const format = new Intl.RelativeTimeFormat(language, { style: "short" });
  if (minutes < 60) return format.format(-minutes, "minute");
  const hours = Math.round(minutes / 60);
  if (hours < 24) return format.format(-hours, "hour");
  return new Date(Date.now() - milliseconds).toLocaleDateString(dateLanguage);
}

/** The two largest parts: nobody counts the seconds of tomorrow. */
export function remainingTime({ days, hours, minutes, seconds }: Remaining): string {
  const together = (parts: readonly string[]): string => new Intl.ListFormat(language, { type: "unit", style: "short" }).format(parts);
  const parts = (first: string, rest: number, unit: Unit): string => together(rest > 0 ? [first, long(rest, unit)] : [first]);
  if (days > 0) return parts(long(days, "day"), hours, "hour");
  if (hours > 0) return parts(long(hours, "hour"), minutes, "minute");
  if (minutes > 0) return together([short(minutes, "minute"), short(seconds, "second")]);
  return long(seconds, "second");
}

/** How somebody is connected, in the list of people. */
export function routeOf({ kind, transport }: Route): string {
  const text = strings.route;
  if (!transport) return kind === "direct" ? text.direct : text.server;
  return (kind === "direct" ? text.directBy : text.serverBy)({ transport: transport.toUpperCase() });
}
