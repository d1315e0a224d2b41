// SPDX-License-Identifier: Apache-2.0

import type { ChatRetention } from "./api";
import type { MeetingCode, Timestamp } from "./messages";
import { ask } from "./rest";

/** How far a series goes back. */
export type Span = "hour" | "day";

/** Figures of which the server keeps a series. */
export const figures = ["rooms", "people", "sessions", "connections", "relayed", "processor", "memory", "received", "sent"] as const;
export type Figure = (typeof figures)[number];

/** One list for each figure, all of the length of `at`. Counts, percent of the machine, bytes, bytes a second. */
export type Series = Readonly<Record<Figure, readonly number[]>> & { readonly at: readonly Timestamp[] };

export interface Load extends Series {
  readonly now: Timestamp;
  readonly startedAt: Timestamp;
  readonly version: string;
  readonly processors: number;
}

export interface RoomPerson {
  readonly id: string;
  readonly name: string;
  readonly role: "viewer" | "participant" | "co-host" | "host";
  readonly joinedAt: Timestamp;
  readonly connected: boolean;
  readonly guest: boolean;
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly screen: boolean;
}

export interface OpenRoom {
  readonly meeting: MeetingCode;
  readonly name: string | null;
  readonly openedAt: Timestamp;
  readonly retention: ChatRetention;
  /** How many wait to be let in. */
  readonly waiting: number;
  readonly people: readonly RoomPerson[];
}

export interface TroubleLine {
  /** When it was logged last. */
  readonly at: Timestamp;
  readonly level: "warning" | "error";
  readonly event: string;
  readonly details: string;
  /** How often. */
  readonly count: number;
}

export interface Trouble {
  /** The last one first. */
  readonly lines: readonly TroubleLine[];
  /** What was refused or lost since the start, the most frequent first. */
  readonly counts: readonly { readonly what: string; readonly count: number }[];
}

/** One that goes through the server's relay. Bytes are as its client counts them. */
export interface Relayed {
  readonly user: string;
  readonly transport: string;
  readonly seconds: number;
  readonly bytesToPeers: number;
  readonly bytesToClient: number;
}

/** A program that is told what happens in meetings. */
export interface Receiver {
  readonly address: string;
  readonly takenAt: Timestamp | null;
  readonly failedAt: Timestamp | null;
  readonly reason: string | null;
  readonly waiting: number;
  readonly nextTryAt: Timestamp | null;
  readonly dropped: number;
  readonly closed: boolean;
}

export type FindingLevel = "ok" | "warning" | "failure";

export interface Finding {
  readonly check: string;
  readonly level: FindingLevel;
  readonly what: string;
  readonly why: string;
  readonly fix: string;
}

export interface Findings {
  readonly status: FindingLevel;
  readonly at: Timestamp;
  readonly findings: readonly Finding[];
}

export interface Kept {
  readonly meetings: number;
  readonly messages: number;
  readonly oldestMessage: Timestamp | null;
  readonly bytes: number;
  /** For meetings whose creator does not choose. */
  readonly retention: ChatRetention;
}

/** What administrators see of the server. Every method throws `APIError`. */
export const admin = {
  /** @param after Only what came after this time. */
  load: (span: Span, after: Timestamp) => ask<Load>("GET", `/server/load?span=${span}&after=${after}`),
  rooms: async () => (await ask<{ rooms: readonly OpenRoom[] }>("GET", "/server/rooms")).rooms,
  trouble: () => ask<Trouble>("GET", "/server/trouble"),
  relays: async () => (await ask<{ relays: readonly Relayed[] }>("GET", "/relays")).relays,
  receivers: async () => (await ask<{ receivers: readonly Receiver[] }>("GET", "/server/webhooks")).receivers,
  findings: (again: boolean) => ask<Findings>("GET", `/server/findings${again ? "?again=true" : ""}`),
  kept: () => ask<Kept>("GET", "/server/storage"),
  sweep: () => ask<{ messages: number; meetings: number }>("POST", "/server/sweep"),
};
