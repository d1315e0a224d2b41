// SPDX-License-Identifier: Apache-2.0

import { limits, Timestamp } from "./messages";
import { ask } from "./rest";

/** A stretch of time that can be booked, or is. */
export interface Slot {
  readonly start: Timestamp;
  readonly end: Timestamp;
}

/** What anybody may know of a professional who takes bookings. */
export interface BookingPage {
  readonly professional: { readonly name: string; readonly title: string | null };
  readonly zone: string;
  readonly slotMinutes: number;
  /** Whether bookings are taken at present. */
  readonly open: boolean;
  readonly intro: string | null;
  readonly consent: string | null;
  readonly slots: readonly Slot[];
}

export interface BookingRequest {
  readonly start: Timestamp;
  readonly name: string;
  readonly email?: string;
  readonly note?: string;
  /** The client's time zone, for what is written to them. */
  readonly zone: string;
}

export interface Booked extends Slot {
  readonly id: string;
  /** Address of the client's own page. */
  readonly link: string;
  readonly token: string;
  /** Address of the calendar file. */
  readonly ics: string;
}

export type BookedState = "booked" | "cancelled" | "finished";

/** What a client's link tells about the appointment. */
export interface BookedFacts extends Slot {
  readonly id: string;
  readonly professional: { readonly name: string; readonly title: string | null };
  readonly state: string;
  readonly opensAt: Timestamp;
  readonly closesAt: Timestamp;
  /** Of the professional. */
  readonly zone: string;
  /** The booking page, where other times are found. */
  readonly slug?: string | null;
}

/** The public side of appointments: the booking page, and what a client's link allows. Throws `APIError`. */
export const booking = {
  page: (slug: string) => ask<BookingPage>("GET", `/booking/${encodeURIComponent(slug)}`),
  book: (slug: string, body: BookingRequest) => {
    return ask<Booked>("POST", `/booking/${encodeURIComponent(slug)}/appointments`, { body });
  },
  facts: (token: string) => ask<BookedFacts>("GET", "/appointment", { token }),
  cancel: (token: string) => ask<unknown>("POST", "/appointment/cancel", { token, body: {} }),
  move: (token: string, start: Timestamp) => ask<Partial<Booked>>("POST", "/appointment/move", { token, body: { start } }),
  /** Address of the calendar file. */
  calendar: (token: string) => `/api/v1/appointment.ics?token=${encodeURIComponent(token)}`,
  /** Address of an image: the client's link as a QR code. */
  qr: (token: string) => `/api/v1/appointment/qr.svg?token=${encodeURIComponent(token)}`,
};

/** The token in the address of an appointment's page. */
export function tokenIn(address: string): string | undefined {
  return new URL(address, "https://x.invalid").searchParams.get("token") ?? undefined;
}

/** The client's name in a link's token: a JWT, whose claims anybody who holds it may read. */
export function clientNameIn(token: string): string | undefined {
  try {
    const payload = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    const { clientName } = JSON.parse(new TextDecoder().decode(bytes)) as { clientName?: unknown };
    return typeof clientName === "string" && clientName.trim() ? clientName.trim().slice(0, limits.name) : undefined;
  } catch {
    return undefined;
  }
}
