// SPDX-License-Identifier: Apache-2.0

/** What is said in namespace `/appointments`: whole states, so that a reload or a lost event costs nothing. */

import { Decoder, flag, list, Members, number, oneOf, orNull, text } from "./decoders";
import { MeetingCode, meetingCode, Timestamp } from "./messages";

export const linkStates = ["early", "open", "waiting", "admitted", "finished", "cancelled", "late", "revoked"] as const;
export type LinkState = typeof linkStates[number];

export type Status = "online" | "away" | "busy";
export type DeviceResult = "ok" | "denied" | "missing" | "off";
export type NetworkResult = "good" | "fair" | "poor" | "unknown";

/** What a client's device check found. */
export interface CheckIn {
  readonly camera: DeviceResult;
  readonly microphone: DeviceResult;
  readonly network: NetworkResult;
  readonly consent: boolean;
}

/** An appointment as its client may see it: nothing of other clients but how many are before. */
export interface Appointment {
  readonly id: string;
  readonly professional: { readonly name: string; readonly title: string | null; readonly status: Status };
  readonly start: Timestamp;
  readonly end: Timestamp;
  readonly opensAt: Timestamp;
  /** What the client has to agree to; empty for nothing. */
  readonly consent: string;
  /** The server's clock when it said this: ours may be wrong. */
  readonly now: Timestamp;
  readonly state: LinkState;
  /** Place in the queue, from 1. */
  readonly position: number | undefined;
  readonly meeting: MeetingCode | undefined;
}

export const visitStates = ["booked", "waiting", "admitted", "finished", "cancelled"] as const;
export type VisitState = typeof visitStates[number];

/** An appointment as its professional sees it. */
export interface Visit {
  readonly id: string;
  readonly client: { readonly name: string; readonly email: string | null };
  readonly start: Timestamp;
  readonly end: Timestamp;
  readonly state: VisitState;
  readonly waitingSince: Timestamp | undefined;
  readonly checkIn: CheckIn | undefined;
  /** What the client wrote when booking. */
  readonly note: string;
  /** What the professional wrote. */
  readonly notes: string;
  /** Whether the client's page is open. */
  readonly connected: boolean;
  /** The page by which the client comes, where it is not ours. */
  readonly foreign: boolean;
  readonly meeting: MeetingCode | undefined;
}

export interface Dashboard {
  readonly now: Timestamp;
  readonly status: Status;
  readonly appointments: readonly Visit[];
  /** Figures by name. */
  readonly numbers: Readonly<Record<string, number>>;
}

const code: Decoder<MeetingCode | undefined> = (value, field) => {
  const written = orNull(text)(value, field);
  return written === null ? undefined : meetingCode(written);
};

const optional = <T>(decode: Decoder<T>): Decoder<T | undefined> => {
  return (value, field) => orNull(decode)(value, field) ?? undefined;
};

const status = oneOf<Status>("online", "away", "busy");

/** Throws `DecodeError`. */
export function decodeAppointment(value: unknown): Appointment {
  const members = new Members(value, "appointment");
  const professional = members.get("professional", (person, field) => new Members(person, field));
  return {
    id: members.get("id", text),
    professional: {
      name: professional.get("name", text),
      title: professional.get("title", orNull(text)),
      status: professional.get("status", status),
    },
    start: members.get("start", number),
    end: members.get("end", number),
    opensAt: members.get("opensAt", number),
    consent: members.get("consent", optional(text)) ?? "",
    now: members.get("now", number),
    state: members.get("state", oneOf(...linkStates)),
    position: members.get("position", optional(number)),
    meeting: members.get("meeting", code),
  };
}

const device = oneOf<DeviceResult>("ok", "denied", "missing", "off");

const checkIn: Decoder<CheckIn> = (value, field) => {
  const members = new Members(value, field);
  return {
    camera: members.get("camera", device),
    microphone: members.get("microphone", device),
    network: members.get("network", oneOf<NetworkResult>("good", "fair", "poor", "unknown")),
    consent: members.get("consent", flag),
  };
};

const visit: Decoder<Visit> = (value, field) => {
  const members = new Members(value, field);
  const client = members.get("client", (person, name) => new Members(person, name));
  return {
    id: members.get("id", text),
    client: { name: client.get("name", text), email: client.get("email", orNull(text)) },
    start: members.get("start", number),
    end: members.get("end", number),
    state: members.get("state", oneOf(...visitStates)),
    waitingSince: members.get("waitingSince", optional(number)),
    checkIn: members.get("checkIn", optional(checkIn)),
    note: members.get("note", optional(text)) ?? "",
    notes: members.get("notes", optional(text)) ?? "",
    connected: members.get("connected", optional(flag)) ?? false,
    foreign: (members.get("way", optional(text)) ?? "parley") !== "parley",
    meeting: members.get("meeting", code),
  };
};

/** Throws `DecodeError`. */
export function decodeDashboard(value: unknown): Dashboard {
  const members = new Members(value, "dashboard");
  const figures = members.get("numbers", orNull((numbers) => Object.entries(numbers as object))) ?? [];
  return {
    now: members.get("now", number),
    status: members.get("status", status),
    appointments: members.get("appointments", list(visit)),
    numbers: Object.fromEntries(figures.filter(([, figure]) => typeof figure === "number")) as Record<string, number>,
  };
}
