// SPDX-License-Identifier: Apache-2.0

import { inUnit } from "../../model/series";
import { strings } from "../strings";
import { language } from "../strings";
import { dateLanguage } from "../when";
import { described, long } from "../words";

const rates = [["bit-per-second", 1], ["kilobit-per-second", 1e3], ["megabit-per-second", 1e6], ["gigabit-per-second", 1e9]] as const;
const sizes = [["byte", 1], ["kilobyte", 1e3], ["megabyte", 1e6], ["gigabyte", 1e9], ["terabyte", 1e12]] as const;

function amount(value: number, units: readonly (readonly [string, number])[]): string {
  const { unit, value: shown } = inUnit(value, units);
  const digits = shown < 10 && shown !== Math.round(shown) ? 1 : 0;
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: digits }).format(shown);
}

/** "2.5 Mb/s" of bytes a second: lines are sold in bits. */
export function rate(bytes: number): string {
  return amount(bytes * 8, rates);
}

/** "40 MB" */
export function size(bytes: number): string {
  return amount(bytes, sizes);
}

/** "3 days, 4 hours"; "less than a minute" */
export function lasting(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return strings.common.under({ length: long(1, "minute") });
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  if (days > 0) return described([long(days, "day"), ...(hours > 0 ? [long(hours, "hour")] : [])]);
  if (hours > 0) return described([long(hours, "hour"), ...(minutes % 60 > 0 ? [long(minutes % 60, "minute")] : [])]);
  return long(minutes, "minute");
}

export function counted(count: number): string {
  return new Intl.NumberFormat(language).format(count);
}

/** The time of a day, and the day unless it is today. */
export function whenOf(time: number): string {
  const date = new Date(time);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? date.toLocaleTimeString(dateLanguage) : date.toLocaleString(dateLanguage, { dateStyle: "short", timeStyle: "short" });
}
