// SPDX-License-Identifier: Apache-2.0

import type { Signal } from "../core/signal";
import type {
  ClientRequests,
  Forwarding,
  IceServer,
  MediaLoad,
  MediaSource,
  MediaState,
  MediaTrack,
  PageID,
  ParticipantID,
  ServerEvent,
  SignalData,
} from "../protocol/messages";
import type { Sample } from "./numbers";
import type { RelayState, Route } from "./route";

/** How well the media path to one person works. */
export type LinkState = "connecting" | "connected" | "reconnecting" | "failed";
/** Whether pages that connect to ours may learn our network address: `relayed` shows them that of the relay only. */
export type Privacy = "open" | "relayed";
export type Quality = "good" | "fair" | "poor";

/** What we send. Tracks come and go without renegotiation; a share brings its own stream. */
export interface LocalMedia {
  readonly microphone: MediaStreamTrack | null;
  readonly camera: MediaStreamTrack | null;
  readonly screen: MediaStream | null;
  /** Whether the camera is to be sent in its smaller sizes only. */
  readonly thrifty?: boolean;
}

/** What arrives from one person. */
export interface RemoteMedia {
  readonly link: LinkState;
  readonly quality: Quality;
  /** The way in use; undefined before there is one. */
  readonly route: Route | undefined;
  /** Whether our side has an address on a relay for this person. */
  readonly relay: RelayState;
  /** Whether the server carries it, or the two pages are connected with each other. */
  readonly by: "server" | "page";
  /** The stream to show, while there is one for what is wished. */
  readonly camera: MediaStream | undefined;
  readonly screen: MediaStream | undefined;
}

/** Somebody to exchange media with. Another `page` is another browser state: everything starts afresh. */
export interface Peer {
  readonly id: ParticipantID;
  readonly page: PageID;
  /** A page of a dialect, see `Participant`. */
  readonly guest?: boolean;
  readonly media?: MediaState;
}

/** A picture on our screen. */
export interface Picture {
  readonly participant: ParticipantID;
  readonly source: "camera" | "screen";
  /** In pixels of the screen. */
  readonly width: number;
  readonly height: number;
  /** 0 to 255: what comes first when not everything can be had. */
  readonly priority: number;
}

/** Who is heard, as the server tells. */
export interface HeardSpeakers {
  readonly dominant: ParticipantID | undefined;
  readonly speaking: readonly ParticipantID[];
}

/** Our own side of it. */
export interface OwnMedia {
  /** How well what we send gets through. */
  readonly quality: Quality;
  /** How much the server can carry. */
  readonly load: MediaLoad;
}

/** What the server says that concerns media. */
export type MediaEvent = Extract<
  ServerEvent,
  { readonly type: "signal" | "slots" | "speakers" | "layers" | "media-ended" | "media-load" }
>;

/**
 * Sends our media to everybody in the room and receives theirs.
 *
 * The room only ever sees this interface: a server that forwards fills it, or a mesh of connections.
 */
export interface MediaSession {
  readonly remote: Signal<ReadonlyMap<ParticipantID, RemoteMedia>>;
  /** Everything to be heard. A stream stays the same object, whoever speaks in it. */
  readonly sounds: Signal<readonly MediaStream[]>;
  /** Whose sound each of them carries now, where that is known. */
  readonly carried: Signal<ReadonlyMap<MediaStream, MediaTrack>>;
  readonly heard: Signal<HeardSpeakers>;
  readonly own: Signal<OwnMedia>;
  /** Everybody to be connected with; anybody left out is let go. */
  setPeople(people: readonly Peer[]): void;
  publish(local: LocalMedia): void;
  /** The pictures on our screen from now on; no others need to come. */
  show(pictures: readonly Picture[]): void;
  hear(event: MediaEvent): void;
  /** Signalling works again: what was not delivered is sent once more, and to another run of the server everything. */
  resume(sameServer: boolean): void;
  /** Says by which ways others may be reached from now on. Present connections look for a new one. */
  setPrivacy(privacy: Privacy): void;
  /** New credentials for the same servers; used when a way is looked for again. */
  setServers(iceServers: readonly IceServer[]): void;
  /** Addresses may have changed: every path is looked for again. */
  networkChanged(): void;
  /** Loudness now, 0 to 1, of those of whom `heard` tells nothing; for others undefined. */
  levelOf(id: ParticipantID): number | undefined;
  /** Counts what comes of somebody's camera or screen, each with its sound; without either, what we send. */
  look(of?: Whose): Promise<Sample>;
  close(): void;
}

/** A picture and the sound that belongs to it. */
export interface Whose {
  readonly participant: ParticipantID;
  readonly source: "camera" | "screen";
}

/** The sources that belong together in one picture. */
export function sourcesOf({ source }: Whose): readonly [MediaSource, MediaSource] {
  return source === "camera" ? ["camera", "microphone"] : ["screen", "screenSound"];
}

type Requests = Pick<ClientRequests, "publish" | "subscribe" | "view">;

/** Asks the server; answers once, with its reply or why there is none. */
export type AskServer = <N extends keyof Requests>(
  name: N,
  payload: Requests[N]["payload"],
  answer: (result: { reply: Requests[N]["reply"] } | { failure: Error }) => void,
) => void;

export interface MediaOptions {
  readonly self: ParticipantID;
  readonly iceServers: readonly IceServer[];
  /** What the server can carry; nothing when pages have to connect with each other. */
  readonly forwarding: Forwarding | null;
  readonly privacy: Privacy;
  readonly ask: AskServer;
  /** Carries a signal to `to`; answers once, with why it did not arrive or nothing. */
  readonly signal: (to: Peer, data: SignalData, answer: (failure: Error | undefined) => void) => void;
}

export type OpenMedia = (options: MediaOptions) => MediaSession;
