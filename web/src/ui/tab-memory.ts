// SPDX-License-Identifier: Apache-2.0

import type { CheckIn } from "../protocol/appointments";
import type { Booked } from "../protocol/booking";
import type { MeetingCode } from "../protocol/messages";
import { read, write } from "./storage";

/** What must outlive a reload of this tab, and nothing longer: `sessionStorage`, and one note to a new tab. */

/** The booking just made on a booking page, so that a reload does not lose its link. */
export function rememberBooking(slug: string, booked: Booked | undefined): void {
  write("sessionStorage", `booked.${slug}`, booked);
}

export function recallBooking(slug: string): Booked | undefined {
  return read<Booked>("sessionStorage", `booked.${slug}`);
}

/** The check-in of an appointment: a reload comes back to the waiting room. */
export function rememberCheckIn(id: string, checkIn: CheckIn | undefined): void {
  write("sessionStorage", `checkin.${id}`, checkIn);
}

export function recallCheckIn(id: string): CheckIn | undefined {
  return read<CheckIn>("sessionStorage", `checkin.${id}`);
}

/** The appointment's link behind a call: a reload of the call goes by way of the appointment. */
export function rememberAppointment(code: MeetingCode, token: string | undefined): void {
  write("sessionStorage", `appointment.${code}`, token);
}

export function recallAppointment(code: MeetingCode): string | undefined {
  return read<string>("sessionStorage", `appointment.${code}`);
}

export interface HandOver {
  readonly code: MeetingCode;
  readonly name: string;
  /** Said while nobody else is in the meeting, to which others are not to be invited. */
  readonly alone: string;
}

/** A hand-over is for the tab that opens now, not for one that somebody's link opens later. */
const handOverLimit = 30_000;

/** Lets the next tab that opens this meeting join at once under a name. Only our own pages can say so. */
export function handOver(note: HandOver): void {
  write("localStorage", "handover", { ...note, at: Date.now() });
}

/** How to join this meeting at once, if a page of ours has just said so. It counts once. */
export function takeOver(code: MeetingCode): HandOver | undefined {
  const found = read<HandOver & { readonly at: number }>("localStorage", "handover");
  if (found?.code !== code) return undefined;
  write("localStorage", "handover", undefined);
  return Math.abs(Date.now() - found.at) < handOverLimit && found.name ? found : undefined;
}
