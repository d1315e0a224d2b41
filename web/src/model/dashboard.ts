// SPDX-License-Identifier: Apache-2.0

import type { Dashboard, Visit } from "../protocol/appointments";
import type { Timestamp } from "../protocol/messages";
import { dayOf, DayKey } from "./calendar";

/** A professional's appointments as the dashboard groups them. An appointment is in exactly one group. */
export interface Office {
  /** Who waited longest comes first. */
  readonly waiting: readonly Visit[];
  readonly inCall: readonly Visit[];
  /** What is still to come today. */
  readonly today: readonly Visit[];
  readonly upcoming: readonly { readonly day: DayKey; readonly visits: readonly Visit[] }[];
  /** Today's and earlier ones that are over; the newest first. */
  readonly past: readonly Visit[];
}

export const emptyOffice: Office = { waiting: [], inCall: [], today: [], upcoming: [], past: [] };

/** Groups what the server said, as seen in `zone`. */
export function officeOf({ appointments, now }: Dashboard, zone: string): Office {
  const today = dayOf(now, zone);
  const inState = (state: Visit["state"]): Visit[] => appointments.filter((visit) => visit.state === state);
  const booked = inState("booked").sort(byStart);
  // Somebody who is late may still come; what is over for an hour is past.
  const missed = booked.filter(({ end }) => end + missedAfter < now);
  const ahead = booked.filter((visit) => !missed.includes(visit));
  const days = new Map<DayKey, Visit[]>();
  for (const visit of ahead) {
    const day = dayOf(visit.start, zone);
    if (day > today) days.set(day, [...(days.get(day) ?? []), visit]);
  }
  return {
    waiting: inState("waiting").sort((a, b) => (a.waitingSince ?? 0) - (b.waitingSince ?? 0) || byStart(a, b)),
    inCall: inState("admitted").sort(byStart),
    today: ahead.filter(({ start }) => dayOf(start, zone) <= today),
    upcoming: [...days].map(([day, visits]) => ({ day, visits })),
    past: [...inState("finished"), ...inState("cancelled"), ...missed].sort((a, b) => byStart(b, a)),
  };
}

/** How long after its end an appointment nobody came to is still expected, in milliseconds. */
export const missedAfter = 60 * 60_000;

function byStart(a: Visit, b: Visit): number {
  return a.start - b.start || (a.id < b.id ? -1 : 1);
}

/** What happened in the waiting room between two states; the first state is no news. */
export function arrivals(before: Dashboard | undefined, after: Dashboard): readonly Visit[] {
  if (!before) return [];
  const known = new Set(before.appointments.filter(({ state }) => state === "waiting").map(({ id }) => id));
  // Sent back by ourselves is no arrival.
  const inCall = new Set(before.appointments.filter(({ state }) => state === "admitted").map(({ id }) => id));
  return after.appointments.filter(({ id, state }) => state === "waiting" && !known.has(id) && !inCall.has(id));
}

/** Who went without being admitted. */
export function departures(before: Dashboard | undefined, after: Dashboard): readonly Visit[] {
  const now = new Map(after.appointments.map((visit) => [visit.id, visit.state]));
  const waited = before?.appointments.filter(({ state }) => state === "waiting") ?? [];
  return waited.filter(({ id }) => (now.get(id) ?? "booked") === "booked");
}

/** Whole minutes since `time`. */
export function minutesSince(time: Timestamp, now: Timestamp): number {
  return Math.max(0, Math.floor((now - time) / 60_000));
}
