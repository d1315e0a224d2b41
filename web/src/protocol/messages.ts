// SPDX-License-Identifier: Apache-2.0

/**
 * What a client and the server say to each other in namespace `/meet`, version 1.
 * Mirrors `Sources/Protocols/MeetingProtocol`; both sides read `Fixtures/meeting`. See docs/protocol.md.
 */

export const protocolVersion = 1;

export type MeetingCode = string & { readonly brand: "MeetingCode" };
export type ParticipantID = string & { readonly brand: "ParticipantID" };
/** One load of the meeting page. A participant who reloads keeps the seat and gets another page. */
export type PageID = string & { readonly brand: "PageID" };

/** Milliseconds since 1970. */
export type Timestamp = number;

export interface MediaState {
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly screen: boolean;
  /** MediaStream id of the share, by which receivers tell it from the camera. */
  readonly screenStream: string | null;
}

export interface Participant {
  readonly id: ParticipantID;
  readonly name: string;
  readonly page: PageID;
  /** False while the server waits for a lost connection to come back. */
  readonly connected: boolean;
  readonly media: MediaState;
  readonly joinedAt: Timestamp;
  /** A page of a dialect: it offers once or answers once, and never again. */
  readonly guest?: boolean;
}

export interface ChatMessage {
  readonly seq: number;
  /** Made by the sender, so that sending again cannot say it twice. */
  readonly id: string;
  readonly from: ParticipantID;
  readonly name: string;
  readonly text: string;
  readonly sentAt: Timestamp;
}

export interface SessionDescription {
  readonly type: "offer" | "answer" | "pranswer" | "rollback";
  readonly sdp: string;
}

export interface Candidate {
  readonly candidate: string;
  readonly sdpMid: string | null;
  readonly sdpMLineIndex: number | null;
  readonly usernameFragment: string | null;
}

/** What two browsers tell each other to connect. The server relays it unread; `call` is its own, see `guest`. */
export type SignalData =
  | { readonly description: SessionDescription }
  | { readonly candidate: Candidate | null }
  | { readonly call: true }
  /** Both sides make their connection anew; sent back as the word that what follows belongs to the new one. */
  | { readonly renew: string };

export interface IceServer {
  readonly urls: readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

export interface JoinRequest {
  readonly meeting: MeetingCode;
  readonly name: string;
  readonly page: PageID;
  readonly media: MediaState;
  /** Token of an earlier join: asks for the same seat. */
  readonly seat?: string;
  /** The newest chat message already here; only later ones are sent. */
  readonly after?: number;
}

/** What a participant may do in a meeting besides taking part: a host may end it for everybody. */
export type MeetingRole = "participant" | "host";

export interface JoinReply {
  readonly self: Participant;
  /** Our own; nobody is told of the others'. */
  readonly role: MeetingRole;
  readonly seat: string;
  /** Identifies the server process, so that a restart can be told from a lost connection. */
  readonly server: string;
  readonly capacity: number;
  readonly participants: readonly Participant[];
  readonly chat: { readonly messages: readonly ChatMessage[]; readonly complete: boolean };
  readonly iceServers: readonly IceServer[];
}

export interface ChatReply {
  readonly seq: number;
  readonly sentAt: Timestamp;
}

/** A request's payload and its reply, by event name. */
export interface ClientRequests {
  join: { payload: JoinRequest; reply: JoinReply };
  leave: { payload: Record<string, never>; reply: void };
  chat: { payload: { readonly id: string; readonly text: string }; reply: ChatReply };
  media: { payload: MediaState; reply: void };
  signal: { payload: { readonly to: ParticipantID; readonly page: PageID; readonly data: SignalData }; reply: void };
}

export type LeaveReason = "left" | "lost" | "removed";

/** What the server says unasked, one case per event. */
export type ServerEvent =
  | { readonly type: "participant-joined"; readonly participant: Participant }
  | { readonly type: "participant-left"; readonly id: ParticipantID; readonly reason: LeaveReason }
  | { readonly type: "participant-connection"; readonly id: ParticipantID; readonly connected: boolean }
  | { readonly type: "media-changed"; readonly id: ParticipantID; readonly media: MediaState }
  | { readonly type: "chat"; readonly message: ChatMessage }
  | { readonly type: "signal"; readonly from: ParticipantID; readonly page: PageID; readonly data: SignalData }
  | { readonly type: "replaced" }
  | { readonly type: "ended"; readonly reason: string }
  | { readonly type: "stopping" };

/** Why the server refused a request. */
export const refusalCodes = [
  "unsupported-protocol",
  "invalid-event",
  "no-such-meeting",
  "meeting-full",
  "already-joined",
  "not-joined",
  "invalid-name",
  "chat-too-long",
  "chat-empty",
  "chat-unavailable",
  "too-fast",
  "no-such-participant",
  "stale-page",
  "meeting-ended",
  "invalid-seat",
] as const;
export type RefusalCode = typeof refusalCodes[number];

/** A request the server understood and did not grant. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  /** `unknown` for a code of a newer server; the message is then all there is to show. */
  constructor(readonly code: RefusalCode | "unknown", message: string) {
    super(message);
  }
}

export const limits = { name: 60, chat: 4000 } as const;

/** The code in `abc-defg-hij`, a link to it, or the ten letters alone; undefined for anything else. */
export function meetingCode(text: string): MeetingCode | undefined {
  const last = /^(?:https?:\/\/[^/]+)?\/?([^/?#]+)\/?(?:[?#].*)?$/i.exec(text.trim())?.[1] ?? "";
  const parts = /^([a-z]{3})[-\s]?([a-z]{4})[-\s]?([a-z]{3})$/i.exec(last);
  return parts ? (parts.slice(1).join("-").toLowerCase() as MeetingCode) : undefined;
}

/** A meeting of this server, or the other server that a link leads to. */
export type Destination = { readonly code: MeetingCode } | { readonly elsewhere: string };

/** Where a code or link leads that was typed or pasted on a page of `host`; nothing if it is neither. */
export function destination(text: string, host: string): Destination | undefined {
  const code = meetingCode(text);
  if (!code) return undefined;
  // The scheme does not count: this server sends http to https by itself.
  if (!/^\s*https?:/i.test(text)) return { code };
  try {
    const { host: named } = new URL(text);
    return named === host ? { code } : { elsewhere: named };
  } catch {
    return undefined;
  }
}
