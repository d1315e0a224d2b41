// SPDX-License-Identifier: Apache-2.0

import type { ConnectionEvent } from "../protocol/connection";
import type { ChatMessage, ChatReply, Forwarding, MediaState, MeetingRole, Participant, ParticipantID, Timestamp } from "../protocol/messages";

/** Somebody else in the room. */
export interface Person extends Participant {
  /** Set when a rejoin did not find this person: they may be on their way back, too. */
  readonly missingSince?: Timestamp;
}

/** One line of chat. Our own are shown before the server has them. */
export interface ChatLine extends Omit<ChatMessage, "seq"> {
  readonly state: "sent" | "pending" | "failed";
  /** Place in the meeting's log; undefined until the server gave one. */
  readonly seq: number | undefined;
  /** Why it failed, as a sentence. */
  readonly problem?: string;
}

/** Everything the interface draws. Replaced, never mutated. */
export interface RoomState {
  readonly self: Participant | undefined;
  /** What we may do besides taking part. */
  readonly role: MeetingRole;
  readonly capacity: number;
  /** What the server carries of media; nothing when pages connect with each other. */
  readonly forwarding: Forwarding | null;
  /** In the order of joining. */
  readonly people: ReadonlyMap<ParticipantID, Person>;
  /** Sent lines by place, then those still on their way. */
  readonly chat: readonly ChatLine[];
  /** False when the server left out lines older than those here. */
  readonly chatComplete: boolean;
}

/** What changes a room: what the server says, and what we do before it answers. */
export type RoomEvent =
  | ConnectionEvent
  | { readonly type: "chat-written"; readonly id: string; readonly text: string }
  | { readonly type: "chat-sent"; readonly id: string; readonly reply: ChatReply }
  | { readonly type: "chat-failed"; readonly id: string; readonly problem: string }
  | { readonly type: "chat-retried"; readonly id: string }
  | { readonly type: "own-media"; readonly media: MediaState }
  | { readonly type: "tick" };

/** How long somebody whom a rejoin did not find keeps their place, in milliseconds. */
export const missingGrace = 30_000;

export const emptyRoom: RoomState = {
  self: undefined,
  role: "participant",
  capacity: 0,
  forwarding: null,
  people: new Map(),
  chat: [],
  chatComplete: true,
};

/** The room after `event`, which happened at `now`. Pure: no sockets, no DOM, no clock. */
export function reduce(room: RoomState, event: RoomEvent, now: Timestamp): RoomState {
  switch (event.type) {
    case "joined": {
      const { self, role, capacity, participants, chat, forwarding } = event.reply;
      const people = new Map<ParticipantID, Person>();
      for (const [id, person] of room.people) people.set(id, { ...person, missingSince: person.missingSince ?? now });
      for (const participant of participants) people.set(participant.id, participant);
      // A seat that could not be kept is ours no more, but it was never somebody else.
      for (const id of [self.id, room.self?.id]) if (id !== undefined) people.delete(id);
      const rejoined = room.self !== undefined;
      return {
        self,
        role,
        capacity,
        forwarding,
        people: byJoining(people),
        chat: chat.messages.reduce(withMessage, room.chat),
        chatComplete: rejoined ? room.chatComplete && chat.complete : chat.complete,
      };
    }
    case "participant-joined": {
      const people = new Map(room.people).set(event.participant.id, event.participant);
      return { ...room, people: byJoining(people) };
    }
    case "participant-left": {
      const people = new Map(room.people);
      return people.delete(event.id) ? { ...room, people } : room;
    }
    case "participant-connection":
      return withPerson(room, event.id, ({ missingSince: _, ...person }) => ({ ...person, connected: event.connected }));
    case "media-changed":
      if (event.id === room.self?.id) return { ...room, self: { ...room.self, media: event.media } };
      return withPerson(room, event.id, (person) => ({ ...person, media: event.media }));
    case "own-media":
      return room.self ? { ...room, self: { ...room.self, media: event.media } } : room;
    case "chat":
      return { ...room, chat: withMessage(room.chat, event.message) };
    case "chat-written": {
      if (!room.self) return room;
      const { id, name } = room.self;
      const line: ChatLine = { id: event.id, from: id, name, text: event.text, sentAt: now, state: "pending", seq: undefined };
      return { ...room, chat: [...room.chat, line] };
    }
    case "chat-sent": {
      const line = room.chat.find((each) => each.id === event.id && each.seq === undefined);
      return line ? { ...room, chat: withMessage(room.chat, { ...line, ...event.reply }) } : room;
    }
    case "chat-failed":
      return withLine(room, event.id, (line) => ({ ...line, state: "failed", problem: event.problem }));
    case "chat-retried":
      return withLine(room, event.id, ({ problem: _, ...line }) => ({ ...line, state: "pending" }));
    case "tick": {
      const expired = (person: Person): boolean => now - (person.missingSince ?? now) >= missingGrace;
      const people = new Map([...room.people].filter(([, person]) => !expired(person)));
      return people.size === room.people.size ? room : { ...room, people };
    }
    case "signal":
    case "slots":
    case "speakers":
    case "layers":
    case "muted":
    case "media-ended":
    case "media-load":
    case "replaced":
    case "ended":
    case "stopping":
      return room;
  }
}

/** Whether we hear this person's connection is in trouble, on either of the two ways we could know. */
export function isAway(person: Person): boolean {
  return !person.connected || person.missingSince !== undefined;
}

function byJoining(people: ReadonlyMap<ParticipantID, Person>): ReadonlyMap<ParticipantID, Person> {
  const order = (a: Person, b: Person): number => a.joinedAt - b.joinedAt || (a.id < b.id ? -1 : 1);
  return new Map([...people.values()].sort(order).map((person) => [person.id, person]));
}

function withPerson(room: RoomState, id: ParticipantID, change: (person: Person) => Person): RoomState {
  const person = room.people.get(id);
  return person ? { ...room, people: new Map(room.people).set(id, change(person)) } : room;
}

function withLine(room: RoomState, id: string, change: (line: ChatLine) => ChatLine): RoomState {
  return { ...room, chat: room.chat.map((line) => (line.id === id && line.seq === undefined ? change(line) : line)) };
}

/** Puts a message in its place; one we had as pending takes that one's. */
function withMessage(chat: readonly ChatLine[], message: ChatMessage): readonly ChatLine[] {
  if (chat.some((line) => line.seq === message.seq)) return chat;
  const { seq, id, from, name, text, sentAt } = message;
  const sent: ChatLine = { seq, id, from, name, text, sentAt, state: "sent" };
  const others = chat.filter((line) => line.seq !== undefined || line.id !== id || line.from !== from);
  const place = others.findIndex((line) => line.seq === undefined || line.seq > seq);
  return place < 0 ? [...others, sent] : [...others.slice(0, place), sent, ...others.slice(place)];
}
