// SPDX-License-Identifier: Apache-2.0

import type { IceServer, MeetingCode, Recording } from "./messages";
import { ask } from "./rest";

export { APIError } from "./rest";

/** How long the server keeps the chat of a meeting. */
export type ChatRetention = "none" | "meeting" | "day" | "month";

export interface ServerFacts {
  readonly version: string;
  /** This browser opened the host link, or somebody is signed in who administers the server. */
  readonly host: boolean;
  readonly creation: "anyone" | "host";
  /** The server relays for those who cannot reach each other. */
  readonly relay: boolean;
  /** The server signed its own certificate; `/trust` explains how to install its authority. */
  readonly localAuthority: boolean;
  readonly fingerprint: string | null;
}

export interface MeetingFacts {
  readonly meeting: MeetingCode;
  readonly participants: number;
  readonly capacity: number;
  /** Somebody who is there has said that they record. */
  readonly recording?: Recording | null;
}

export interface HostedMeeting {
  readonly meeting: MeetingCode;
  readonly name: string | null;
  readonly participants: number;
  readonly createdAt: number;
}

/** Meetings before and around the meeting itself. Every method throws `APIError`. */
export const api = {
  server: () => ask<ServerFacts>("GET", "/server"),
  meeting: (code: MeetingCode) => ask<MeetingFacts>("GET", `/meetings/${code}`),
  create: async (retention: ChatRetention) => {
    return (await ask<{ meeting: MeetingCode }>("POST", "/meetings", { body: { retention } })).meeting;
  },
  hosted: async () => {
    return (await ask<{ meetings: readonly HostedMeeting[] }>("GET", "/meetings")).meetings;
  },
  end: (code: MeetingCode) => ask<void>("POST", `/meetings/${code}/end`),
  /** Servers to test a connection with; where not everybody may have them, `meeting` shows that one was invited. */
  iceServers: async (meeting: MeetingCode | undefined) => {
    const body = meeting === undefined ? {} : { meeting };
    return (await ask<{ iceServers: readonly IceServer[] }>("POST", "/ice-servers", { body })).iceServers;
  },
  /** Address of an image: the meeting's link as a QR code. */
  qr: (code: MeetingCode) => `/api/v1/meetings/${code}/qr.svg`,
};
