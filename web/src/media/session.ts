// SPDX-License-Identifier: Apache-2.0

import type { Signal } from "../core/signal";
import type { IceServer, PageID, ParticipantID, SignalData } from "../protocol/messages";
import type { RelayState, Route } from "./route";

/** How well the media path to one person works. */
export type LinkState = "connecting" | "connected" | "reconnecting" | "failed";
/** Whether others may learn our network address: `relayed` shows them that of the relay only. */
export type Privacy = "open" | "relayed";
export type Quality = "good" | "fair" | "poor";

/** What we send. Tracks come and go without renegotiation; a share brings its own stream. */
export interface LocalMedia {
  readonly microphone: MediaStreamTrack | null;
  readonly camera: MediaStreamTrack | null;
  readonly screen: MediaStream | null;
}

/** What arrives from one person. */
export interface RemoteMedia {
  readonly link: LinkState;
  readonly quality: Quality;
  /** The way in use; undefined before there is one. */
  readonly route: Route | undefined;
  /** Whether our side has an address on a relay for this person. */
  readonly relay: RelayState;
  /** Sound of the microphone; the stream stays the same object for as long as the person does. */
  readonly microphone: MediaStream;
  readonly camera: MediaStream;
  /** Shared screens by stream id; `MediaState.screenStream` says which one counts. */
  readonly shares: ReadonlyMap<string, MediaStream>;
}

/** Somebody to exchange media with. Another `page` is another browser state: everything starts afresh. */
export interface Peer {
  readonly id: ParticipantID;
  readonly page: PageID;
  /** A page of a dialect, see `Participant`. */
  readonly guest?: boolean;
}

/**
 * Sends our media to everybody in the room and receives theirs.
 *
 * The room only ever sees this interface: a mesh of connections fills it today, a forwarding server can tomorrow.
 */
export interface MediaSession {
  readonly remote: Signal<ReadonlyMap<ParticipantID, RemoteMedia>>;
  /** Everybody to be connected with; anybody left out is let go. */
  setPeople(people: readonly Peer[]): void;
  publish(local: LocalMedia): void;
  /** A signal from `from`. One of a page no longer in the room is dropped. */
  receive(from: ParticipantID, page: PageID, data: SignalData): void;
  /** Signalling works again: what was not delivered is sent once more. */
  resume(): void;
  /** Says by which ways others may be reached from now on. Present connections look for a new one. */
  setPrivacy(privacy: Privacy): void;
  /** New credentials for the same servers; used when a way is looked for again. */
  setServers(iceServers: readonly IceServer[]): void;
  /** Addresses may have changed: every path is looked for again. */
  networkChanged(): void;
  /** Loudness now, 0 to 1. */
  levelOf(id: ParticipantID): number;
  close(): void;
}

export interface MediaOptions {
  readonly self: ParticipantID;
  readonly iceServers: readonly IceServer[];
  readonly privacy: Privacy;
  /** Carries a signal to `to`; answers once, with why it did not arrive or nothing. */
  readonly signal: (to: Peer, data: SignalData, answer: (failure: Error | undefined) => void) => void;
}

export type OpenMedia = (options: MediaOptions) => MediaSession;
