// SPDX-License-Identifier: Apache-2.0

import type { Appointment, Dashboard, Visit } from "../src/protocol/appointments";

export const minute = 60_000;
export const hour = 60 * minute;
/** Monday, 23 November 2026, 09:00 UTC. */
export const monday = Date.UTC(2026, 10, 23, 9);

export function appointment(change: Partial<Appointment> = {}): Appointment {
  return {
    id: "a1",
    professional: { name: "Dr. Robin Vale", title: "Physiotherapist", status: "online" },
    start: monday,
    end: monday + 30 * minute,
    opensAt: monday - 15 * minute,
    consent: "",
    now: monday - 10 * minute,
    state: "open",
    position: undefined,
    meeting: undefined,
    ...change,
  };
}

export function visit(id: string, change: Partial<Visit> = {}): Visit {
  return {
    id,
    client: { name: `Client ${id}`, email: null },
    start: monday,
    end: monday + 30 * minute,
    state: "booked",
    waitingSince: undefined,
    checkIn: undefined,
    note: "",
    notes: "",
    connected: false,
    foreign: false,
    meeting: undefined,
    ...change,
  };
}

export function dashboard(appointments: readonly Visit[], change: Partial<Dashboard> = {}): Dashboard {
  return { now: monday, status: "online", appointments, numbers: {}, ...change };
}
