// SPDX-License-Identifier: Apache-2.0

import type { Appointment, CheckIn, DeviceResult, LinkState, NetworkResult } from "../protocol/appointments";
import type { MeetingCode, Timestamp } from "../protocol/messages";

/** What the client's page shows. */
export type LinkView =
  | "loading"
  | "unreachable"
  | "invalid"
  | "early"
  | "check"
  | "waiting"
  | "call"
  | "finished"
  | "cancelled"
  | "late"
  | "revoked";

/** All that is known on the page of one appointment. */
export interface LinkPage {
  readonly appointment: Appointment | undefined;
  /** Server's clock minus ours, in milliseconds. */
  readonly skew: number;
  /** Why the server will not talk, as its machine word. */
  readonly refused: string | undefined;
  /** The check-in this page has sent, which is sent again when the server has lost it. */
  readonly checkIn: CheckIn | undefined;
  /** The person hung up: the call must not start again by itself. */
  readonly leftCall: MeetingCode | undefined;
}

export type LinkEvent =
  | { readonly type: "snapshot"; readonly appointment: Appointment }
  | { readonly type: "refused"; readonly code: string }
  | { readonly type: "checked-in"; readonly checkIn: CheckIn }
  | { readonly type: "left-queue" }
  | { readonly type: "left-call"; readonly meeting: MeetingCode }
  | { readonly type: "back-to-call" };

export const emptyLink: LinkPage = {
  appointment: undefined, skew: 0, refused: undefined, checkIn: undefined, leftCall: undefined,
};

/** The page after `event`, which happened at `now` of our own clock. Pure. */
export function reduceLink(page: LinkPage, event: LinkEvent, now: Timestamp): LinkPage {
  switch (event.type) {
    case "snapshot": {
      const { appointment } = event;
      const over = !["open", "waiting", "admitted"].includes(appointment.state);
      // Another call than the one that was left may start by itself.
      const leftCall = appointment.state === "admitted" && appointment.meeting === page.leftCall ? page.leftCall : undefined;
      return {
        appointment,
        skew: appointment.now - now,
        refused: undefined,
        checkIn: over ? undefined : page.checkIn,
        leftCall,
      };
    }
    case "refused":
      return { ...page, refused: event.code };
    case "checked-in":
      return { ...page, checkIn: event.checkIn };
    case "left-queue":
      return { ...page, checkIn: undefined };
    case "left-call":
      return { ...page, leftCall: event.meeting };
    case "back-to-call":
      return { ...page, leftCall: undefined };
  }
}

const views: Readonly<Record<LinkState, LinkView>> = {
  early: "early",
  open: "check",
  waiting: "waiting",
  admitted: "call",
  finished: "finished",
  cancelled: "cancelled",
  late: "late",
  revoked: "revoked",
};

/** What to show. Between our check-in and the server's answer the waiting room is there already. */
export function viewOf({ appointment, refused, checkIn }: LinkPage): LinkView {
  if (refused !== undefined) return refusedView(refused);
  if (!appointment) return "loading";
  if (appointment.state === "open" && checkIn) return "waiting";
  // Nobody is put before a camera who has not seen their own picture and agreed on this device.
  if (appointment.state === "admitted" && !checkIn) return "check";
  return views[appointment.state];
}

function refusedView(code: string): LinkView {
  if (/revoked/.test(code)) return "revoked";
  if (/expired|late|closed/.test(code)) return "late";
  if (/cancel/.test(code)) return "cancelled";
  if (code === "unreachable") return "unreachable";
  return "invalid";
}

/** Whether the server has lost our check-in, as after a restart: then it is sent once more. */
export function mustCheckInAgain(page: LinkPage): boolean {
  return page.appointment?.state === "open" && page.checkIn !== undefined;
}

/** Time until `time` on the server's clock, never below zero. */
export function until({ skew }: LinkPage, time: Timestamp, now: Timestamp): number {
  return Math.max(0, time - (now + skew));
}

interface Checked {
  readonly microphone: { readonly on: boolean; readonly live: boolean; readonly problem: string | undefined };
  readonly camera: { readonly on: boolean; readonly live: boolean; readonly problem: string | undefined };
  readonly network: NetworkResult;
  readonly consent: boolean;
}

/** What the check found, in the few words the professional sees. */
export function checkInOf({ microphone, camera, network, consent }: Checked): CheckIn {
  return { microphone: resultOf(microphone), camera: resultOf(camera), network, consent };
}

function resultOf({ on, live, problem }: Checked["camera"]): DeviceResult {
  if (problem !== undefined) return /denied|dismissed|insecure/.test(problem) ? "denied" : "missing";
  if (!on) return "off";
  return live ? "ok" : "missing";
}

/** A length of time in parts, for a countdown. */
export interface Remaining {
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

export function remaining(milliseconds: number): Remaining {
  const total = Math.ceil(Math.max(0, milliseconds) / 1_000);
  return {
    days: Math.floor(total / 86_400),
    hours: Math.floor((total % 86_400) / 3_600),
    minutes: Math.floor((total % 3_600) / 60),
    seconds: total % 60,
  };
}
