// SPDX-License-Identifier: Apache-2.0

import type { Booked, Slot } from "./booking";
import type { Timestamp } from "./messages";
import { ask } from "./rest";

/** A stretch of a weekday in which appointments may be, in minutes since midnight. Monday is 1. */
export interface Hours {
  readonly weekday: number;
  readonly start: number;
  readonly end: number;
}

/** A professional's booking page as its owner sets it. */
export interface BookingSettings {
  readonly slug: string;
  readonly open: boolean;
  readonly slotMinutes: number;
  /** How long before its start an appointment may still be booked. */
  readonly leadMinutes: number;
  /** How far ahead appointments may be booked. */
  readonly horizonDays: number;
  readonly intro: string;
  readonly consent: string;
  readonly availability: readonly Hours[];
}

export interface Client {
  readonly name: string;
  readonly email: string | null;
  readonly appointments: number;
  readonly last: Timestamp | null;
  readonly next: Timestamp | null;
}

/** An appointment as the professional's lists give it. */
export interface OfficeAppointment extends Slot {
  readonly id: string;
  readonly state: string;
  readonly client: { readonly name: string; readonly email: string | null };
  readonly note: string | null;
  readonly notes: string | null;
  readonly link?: string;
}

/** Appointments of the last days. */
export interface OfficeNumbers {
  readonly days: number;
  readonly held: number;
  readonly cancelled: number;
  readonly missed: number;
  readonly upcoming: number;
  /** Milliseconds; nothing when nobody waited. */
  readonly averageWait: number | null;
}

export interface NewAppointment {
  readonly start: Timestamp;
  readonly name: string;
  readonly email?: string;
  readonly note?: string;
}

/** A professional's own side of appointments, for whoever is signed in. Throws `APIError`. */
export const office = {
  settings: () => ask<BookingSettings>("GET", "/me/booking"),
  changeSettings: (body: BookingSettings) => ask<BookingSettings>("PUT", "/me/booking", { body }),
  create: (body: NewAppointment) => ask<Booked>("POST", "/me/appointments", { body }),
  move: (id: string, start: Timestamp) => ask<OfficeAppointment>("PATCH", `/me/appointments/${id}`, { body: { start } }),
  cancel: (id: string) => ask<unknown>("POST", `/me/appointments/${id}/cancel`, { body: {} }),
  /** Ends the client's link and makes another. */
  revoke: (id: string) => ask<{ readonly link: string }>("POST", `/me/appointments/${id}/revoke`, { body: {} }),
  numbers: () => ask<OfficeNumbers>("GET", "/me/numbers"),
  clients: async () => (await ask<{ clients: readonly Client[] }>("GET", "/me/clients")).clients,
};
