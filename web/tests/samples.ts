// SPDX-License-Identifier: Apache-2.0

import type { ChatMessage, JoinReply, MediaState, PageID, Participant, ParticipantID } from "../src/protocol/messages";

export const mediaOff: MediaState = { microphone: false, camera: false, screen: false, screenStream: null };

export const id = (text: string): ParticipantID => text as ParticipantID;
export const pageOf = (text: string): PageID => text as PageID;

/** Somebody called like their id, on the page `<id>-1`. */
export function participant(name: string, change: Partial<Participant> = {}): Participant {
  return {
    id: id(name),
    name,
    page: pageOf(`${name}-1`),
    connected: true,
    media: mediaOff,
    joinedAt: name.charCodeAt(0),
    ...change,
  };
}

export function message(seq: number, from: string, text = `text ${seq}`): ChatMessage {
  return { seq, id: `m${seq}`, from: id(from), name: from, text, sentAt: 1_000 * seq };
}

export function joinReply(self: string, others: readonly Participant[], change: Partial<JoinReply> = {}): JoinReply {
  return {
    self: participant(self),
    role: "participant",
    seat: `seat of ${self}`,
    server: "server-1",
    capacity: 6,
    participants: others,
    chat: { messages: [], complete: true },
    iceServers: [],
    forwarding: null,
    rules: { locked: false, lobby: false, microphone: true, camera: true, screen: true, chat: true, polls: true },
    hands: [],
    spotlight: null,
    ...change,
  };
}
