// SPDX-License-Identifier: Apache-2.0

/**
 * What a client and the server say to each other in namespace `/meet`, version 2.
 * Mirrors `Sources/Protocols/MeetingProtocol`; both sides read `Fixtures/meeting`. See docs/protocol.md.
 */

export const protocolVersion = 2;

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

/** What a participant may send through the server, each at most once. */
export const mediaSources = ["microphone", "camera", "screen", "screenSound"] as const;
export type MediaSource = typeof mediaSources[number];
/** Names one of a page's peer connections with the server; never used twice. */
export type MediaConnectionID = string & { readonly brand: "MediaConnectionID" };
/** A section of a session description: its `mid`. */
export type MediaSectionID = string & { readonly brand: "MediaSectionID" };

export interface MediaTrack {
  readonly participant: ParticipantID;
  readonly source: MediaSource;
}

/** What we want to see in one slot, and how large, in pixels of the screen. */
export interface SlotWish extends MediaTrack {
  readonly width: number;
  readonly height: number;
  /** 0 to 255. What has more is served first when there is not enough for all. */
  readonly priority: number;
}

export type BySection<T> = Readonly<Record<MediaSectionID, T>>;

export interface MediaOffer {
  readonly connection: MediaConnectionID;
  /** A session description. */
  readonly offer: string;
}

export interface MediaAnswer {
  readonly answer: string;
}

/** What the server can do with media in this meeting. */
export interface Forwarding {
  /** How many audio sections to offer to receive. */
  readonly audioSlots: number;
  /** How many video sections we may offer to receive. */
  readonly videoSlots: number;
}

export type MediaEndReason = "lost" | "handshake-failed" | "overloaded" | "stopped";
/** How much the server can carry just now. */
export type MediaLoad = "normal" | "reduced" | "sound-only";

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
  /** Nothing where the server carries no media, and pages connect to each other. */
  readonly forwarding: Forwarding | null;
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
  publish: { payload: MediaOffer & { readonly tracks: BySection<MediaSource> }; reply: MediaAnswer };
  subscribe: { payload: MediaOffer; reply: MediaAnswer };
  /** All we want to see: slots that are not named become empty. */
  view: { payload: { readonly slots: BySection<SlotWish | null> }; reply: void };
  mute: { payload: MediaTrack; reply: void };
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
  /** What some of our slots carry from now on. */
  | { readonly type: "slots"; readonly slots: BySection<MediaTrack | null> }
  | { readonly type: "speakers"; readonly dominant: ParticipantID | null; readonly speaking: readonly ParticipantID[] }
  /** Which encodings of our own tracks anybody watches: of all of them, by `rid`. */
  | { readonly type: "layers"; readonly tracks: BySection<readonly string[]> }
  | { readonly type: "muted"; readonly source: MediaSource; readonly by: ParticipantID }
  | {
      readonly type: "media-ended";
      readonly connection: MediaConnectionID;
      readonly reason: MediaEndReason | "unknown";
      readonly message: string;
    }
  | { readonly type: "media-load"; readonly load: MediaLoad }
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
  "not-host",
  "media-unavailable",
  "invalid-offer",
  "media-ended",
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
