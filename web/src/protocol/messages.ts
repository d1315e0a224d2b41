// SPDX-License-Identifier: Apache-2.0

/**
 * What a client and the server say to each other in namespace `/meet`, version 3.
 * Mirrors `Sources/Protocols/MeetingProtocol`; both sides read `Fixtures/meeting`. See docs/protocol.md.
 */

export const protocolVersion = 3;

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
  /** Nothing for a participant. */
  readonly role?: MeetingRole;
}

/** What somebody may do in a meeting, in order: each role may what those before it may. */
export const meetingRoles = ["viewer", "participant", "co-host", "host"] as const;
export type MeetingRole = typeof meetingRoles[number];

/** That somebody records the meeting: whoever said so, by name. */
export interface Recording {
  readonly by: string;
  readonly since: Timestamp;
}

/** What those who do not host a meeting may do in it. */
export interface MeetingRules {
  /** Nobody new comes in. */
  readonly locked: boolean;
  /** Who comes in waits until a host lets them. */
  readonly lobby: boolean;
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly screen: boolean;
  readonly chat: boolean;
  /** Participants may open polls. */
  readonly polls: boolean;
}

/** What people may react with. */
export const reactions = ["thumbs-up", "clap", "heart", "laugh", "surprise", "party"] as const;
export type Reaction = typeof reactions[number];
/** Who has reacted how. */
export type Reactions = Readonly<Partial<Record<Reaction, readonly ParticipantID[]>>>;

export interface RaisedHand {
  readonly participant: ParticipantID;
  readonly since: Timestamp;
}

/** Somebody in the lobby. */
export interface Waiting {
  readonly id: ParticipantID;
  readonly name: string;
  readonly since: Timestamp;
}

export interface ChatMessage {
  readonly seq: number;
  /** Made by the sender, so that sending again cannot say it twice. */
  readonly id: string;
  readonly from: ParticipantID;
  readonly name: string;
  readonly text: string;
  readonly sentAt: Timestamp;
  /** The only one besides the sender who sees it; nothing for everybody. */
  readonly to?: ParticipantID;
  /** The `seq` of the message this one answers, which we may not have. */
  readonly reply?: number;
  readonly file?: ChatFile;
  /** Number of the last change, of the same row as `seq`. */
  readonly changed?: number;
  /** Keeps its place, without a text. */
  readonly deleted?: boolean;
  readonly reactions?: Reactions;
}

/** A file in the chat. Its bytes are fetched over HTTP: see `api.file`. */
export interface ChatFile {
  readonly id: string;
  readonly name: string;
  /** `image/…` for what may be shown in place; by the file's own bytes, not by its name. */
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  /** When it is deleted at the latest. */
  readonly expiresAt: Timestamp;
}

/** What a meeting takes of files, in bytes. */
export interface FileLimits {
  readonly size: number;
  /** Most of one request of an upload. */
  readonly part: number;
}

/** A message as it is written. */
export interface ChatDraft {
  readonly id: string;
  readonly text: string;
  /** Of a file that the server has in full. */
  readonly file?: string;
  readonly to?: ParticipantID;
  readonly reply?: number;
}

/** What has become of a message. */
export interface ChatChange {
  readonly seq: number;
  readonly changed: number;
  readonly deleted: boolean;
  readonly reactions: Reactions;
}

/** Somebody who has voted, or opened a poll: they may be gone. */
export interface Voter {
  readonly id: ParticipantID;
  readonly name: string;
}

/** A poll as it is written. */
export interface PollDraft {
  /** Made by who asks, so that asking again cannot open it twice. */
  readonly id: string;
  readonly question: string;
  readonly options: readonly string[];
  /** Nobody learns who chose what, nor how many before it is closed. */
  readonly secret: boolean;
  /** One may choose several options. */
  readonly several: boolean;
}

export interface Poll extends PollDraft {
  /** Who opened it, and their name then. */
  readonly by: ParticipantID;
  readonly name: string;
  readonly openedAt: Timestamp;
  readonly closed: boolean;
  /** How many people have voted. */
  readonly voted: number;
  /** How many chose each option; nothing while that is secret. */
  readonly votes?: readonly number[];
  /** Who chose each option; nothing where that is secret. */
  readonly voters?: readonly (readonly Voter[])[];
  /** What we chose; only with our own join. */
  readonly own?: readonly number[];
}

/** Something said between one who waits in the lobby and those who host. */
export interface LobbyLine {
  readonly waiting: ParticipantID;
  /** The host who said it; nothing for a line of who waits. */
  readonly host?: Voter;
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
  /** Since when our hand was up when the server was restarted. */
  readonly hand?: Timestamp;
}

export interface JoinReply {
  readonly self: Participant;
  /** Our own. */
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
  readonly rules: MeetingRules;
  /** The first one first. */
  readonly hands: readonly RaisedHand[];
  /** Whom hosts want everybody to see. */
  readonly spotlight: ParticipantID | null;
  /** Nothing where nobody has said that they record. */
  readonly recording?: Recording;
  /** Who waits to be let in; nothing for those who do not host. */
  readonly lobby?: readonly Waiting[];
  /** Nothing where the chat has no files. */
  readonly files?: FileLimits;
  /** The first one first. */
  readonly polls?: readonly Poll[];
  /** What was said with those who wait; nothing for those who do not host. */
  readonly lobbyChat?: readonly LobbyLine[];
}

/** The answer to a join while the lobby is on. */
export interface WaitReply {
  /** Brings us back to our place, and in when we are let in. */
  readonly waiting: { readonly seat: string; readonly chat?: readonly LobbyLine[] };
}

export interface ChatReply {
  readonly seq: number;
  readonly sentAt: Timestamp;
}

/** A request's payload and its reply, by event name. */
export interface ClientRequests {
  join: { payload: JoinRequest; reply: JoinReply | WaitReply };
  leave: { payload: Record<string, never>; reply: void };
  chat: { payload: ChatDraft; reply: ChatReply };
  "chat-react": { payload: { readonly seq: number; readonly reaction: Reaction; readonly on: boolean }; reply: void };
  "chat-delete": { payload: { readonly seq: number }; reply: void };
  "poll-open": { payload: PollDraft; reply: void };
  /** Numbers of options, from 0, instead of those before. */
  "poll-vote": { payload: { readonly poll: string; readonly options: readonly number[] }; reply: void };
  "poll-close": { payload: { readonly poll: string }; reply: void };
  "poll-delete": { payload: { readonly poll: string }; reply: void };
  /** From the lobby to the hosts; from a host to one who waits, or to all. */
  "lobby-chat": { payload: { readonly text: string; readonly to?: ParticipantID }; reply: void };
  hand: { payload: { readonly raised: boolean }; reply: void };
  react: { payload: { readonly reaction: Reaction }; reply: void };
  media: { payload: MediaState; reply: void };
  signal: { payload: { readonly to: ParticipantID; readonly page: PageID; readonly data: SignalData }; reply: void };
  publish: { payload: MediaOffer & { readonly tracks: BySection<MediaSource> }; reply: MediaAnswer };
  subscribe: { payload: MediaOffer; reply: MediaAnswer };
  /** All we want to see: slots that are not named become empty. */
  view: { payload: { readonly slots: BySection<SlotWish | null> }; reply: void };
  mute: { payload: MediaTrack; reply: void };
  "mute-all": { payload: { readonly source: MediaSource }; reply: void };
  role: { payload: { readonly participant: ParticipantID; readonly role: MeetingRole }; reply: void };
  remove: { payload: { readonly participant: ParticipantID }; reply: void };
  /** All of them. */
  rules: { payload: { readonly rules: MeetingRules }; reply: void };
  /** Null for all who wait. */
  admit: { payload: { readonly participants: readonly ParticipantID[] | null }; reply: void };
  deny: { payload: { readonly participants: readonly ParticipantID[] | null }; reply: void };
  spotlight: { payload: { readonly participant: ParticipantID | null }; reply: void };
  /** Tells everybody that we record, or that nobody does any more. */
  recording: { payload: { readonly on: boolean }; reply: void };
  /** Null for everybody's. */
  "lower-hands": { payload: { readonly participant: ParticipantID | null }; reply: void };
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
  | ({ readonly type: "chat-changed" } & ChatChange)
  /** All of them, the first one first. */
  | { readonly type: "hands"; readonly hands: readonly RaisedHand[] }
  | { readonly type: "reaction"; readonly participant: ParticipantID; readonly reaction: Reaction }
  | { readonly type: "role-changed"; readonly id: ParticipantID; readonly role: MeetingRole; readonly by: ParticipantID }
  | { readonly type: "rules-changed"; readonly rules: MeetingRules; readonly by: ParticipantID }
  /** Who waits to be let in: all of them. Only hosts are told. */
  | { readonly type: "lobby"; readonly waiting: readonly Waiting[] }
  /** We are let in: join again. */
  | { readonly type: "admitted" }
  | { readonly type: "denied" }
  | { readonly type: "removed" }
  | { readonly type: "spotlight"; readonly participant: ParticipantID | null }
  | { readonly type: "recording"; readonly recording: Recording | null }
  /** Opened, voted in or closed. */
  | { readonly type: "poll"; readonly poll: Poll }
  | { readonly type: "poll-deleted"; readonly poll: string }
  | { readonly type: "lobby-chat"; readonly line: LobbyLine }
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
  "not-allowed",
  "no-such-message",
  "no-such-file",
  "no-such-poll",
  "poll-closed",
  "too-many-polls",
  "meeting-locked",
  "denied",
  "removed",
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

export const limits = { name: 60, chat: 4000, polls: 20, options: 10, question: 300, option: 100 } as const;

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
