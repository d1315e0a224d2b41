// SPDX-License-Identifier: Apache-2.0

import type { ConnectionEvent } from "../protocol/connection";
import type {
  ChatChange,
  ChatDraft,
  ChatFile,
  ChatMessage,
  ChatReply,
  FileLimits,
  Forwarding,
  LobbyLine,
  MediaState,
  MeetingRole,
  MeetingRules,
  Participant,
  ParticipantID,
  Poll,
  RaisedHand,
  Recording,
  Reaction,
  Timestamp,
  Waiting,
} from "../protocol/messages";
import { isHosting, openRules } from "./hosting";

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

/** A reaction that is shown for a while. */
export interface ShownReaction {
  /** Tells one from the other. */
  readonly number: number;
  readonly participant: ParticipantID;
  readonly reaction: Reaction;
  readonly at: Timestamp;
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
  /** What those who do not host may do. */
  readonly rules: MeetingRules;
  /** Raised hands, the first one first. */
  readonly hands: readonly RaisedHand[];
  /** Whom hosts want everybody to see. */
  readonly spotlight: ParticipantID | null;
  /** Somebody has said that they record. */
  readonly recording: Recording | null;
  /** Who waits to be let in; always empty for those who do not host. */
  readonly lobby: readonly Waiting[];
  /** What the chat takes of files; undefined for none. */
  readonly files: FileLimits | undefined;
  /** What was said with them; for somebody who waits, with the hosts. */
  readonly lobbyChat: readonly LobbyLine[];
  /** The first one first. */
  readonly polls: readonly Poll[];
  /** The latest ones, oldest first. */
  readonly reactions: readonly ShownReaction[];
}

/** What changes a room: what the server says, and what we do before it answers. */
export type RoomEvent =
  | ConnectionEvent
  | { readonly type: "chat-written"; readonly draft: ChatDraft; readonly file?: ChatFile }
  | { readonly type: "chat-sent"; readonly id: string; readonly reply: ChatReply }
  | { readonly type: "chat-failed"; readonly id: string; readonly problem: string }
  | { readonly type: "chat-retried"; readonly id: string }
  | { readonly type: "voted"; readonly poll: string; readonly options: readonly number[] }
  | { readonly type: "own-media"; readonly media: MediaState }
  | { readonly type: "tick" };

/** How long somebody whom a rejoin did not find keeps their place, in milliseconds. */
export const missingGrace = 30_000;

/** How long a reaction is shown. */
export const reactionTime = 4_000;
/** More are not shown at once: a hall that claps. */
const mostReactions = 60;

export const emptyRoom: RoomState = {
  self: undefined,
  role: "participant",
  capacity: 0,
  forwarding: null,
  people: new Map(),
  chat: [],
  chatComplete: true,
  rules: openRules,
  hands: [],
  spotlight: null,
  recording: null,
  lobby: [],
  files: undefined,
  lobbyChat: [],
  polls: [],
  reactions: [],
};

/** The room after `event`, which happened at `now`. Pure: no sockets, no DOM, no clock. */
export function reduce(room: RoomState, event: RoomEvent, now: Timestamp): RoomState {
  switch (event.type) {
    case "joined": {
      const { self, role, capacity, participants, chat, forwarding, rules, hands, spotlight, recording = null, lobby = [], files, lobbyChat = [], polls = [] } = event.reply;
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
        rules,
        hands,
        spotlight,
        recording,
        lobby,
        files,
        lobbyChat,
        polls,
        reactions: room.reactions,
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
      const { file: _, ...draft } = event.draft;
      const file = event.file ? { file: event.file } : {};
      const line: ChatLine = { ...draft, ...file, from: id, name, sentAt: now, state: "pending", seq: undefined };
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
      const reactions = room.reactions.filter(({ at }) => now - at < reactionTime);
      const same = people.size === room.people.size && reactions.length === room.reactions.length;
      return same ? room : { ...room, people, reactions };
    }
    case "chat-changed":
      return { ...room, chat: room.chat.map((line) => withChange(line, event)) };
    case "hands":
      return { ...room, hands: event.hands };
    case "reaction": {
      const number = (room.reactions.at(-1)?.number ?? 0) + 1;
      const shown = { number, participant: event.participant, reaction: event.reaction, at: now };
      return { ...room, reactions: [...room.reactions, shown].slice(-mostReactions) };
    }
    case "role-changed": {
      const { id, role } = event;
      if (id !== room.self?.id) return withPerson(room, id, (person) => ({ ...person, role }));
      // The list of those who wait is not for us any more, or comes by itself.
      return { ...room, role, self: { ...room.self, role }, lobby: isHosting(role) ? room.lobby : [], lobbyChat: isHosting(role) ? room.lobbyChat : [] };
    }
    case "rules-changed":
      return { ...room, rules: event.rules };
    case "lobby":
      return { ...room, lobby: event.waiting, lobbyChat: room.lobbyChat.filter(({ waiting }) => event.waiting.some(({ id }) => id === waiting)) };
    case "waiting":
      return { ...room, lobbyChat: event.chat };
    case "lobby-chat":
      return { ...room, lobbyChat: [...room.lobbyChat, event.line] };
    case "poll":
      return { ...room, polls: withPoll(room.polls, event.poll) };
    case "poll-deleted":
      return { ...room, polls: room.polls.filter(({ id }) => id !== event.poll) };
    case "voted":
      return { ...room, polls: room.polls.map((poll) => (poll.id === event.poll ? { ...poll, own: event.options } : poll)) };
    case "spotlight":
      return { ...room, spotlight: event.participant };
    case "recording":
      return { ...room, recording: event.recording };
    case "admitted":
    case "denied":
    case "removed":
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

/** What each reacted with last. */
export function latestReactions(shown: readonly ShownReaction[]): ReadonlyMap<ParticipantID, Reaction> {
  return new Map(shown.map(({ participant, reaction }) => [participant, reaction]));
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
  const { seq, id, from } = message;
  const known = chat.find((line) => line.seq === seq);
  if (known && (known.changed ?? 0) >= (message.changed ?? 0)) return chat;
  const sent: ChatLine = { ...message, state: "sent" };
  if (known) return chat.map((line) => (line === known ? sent : line));
  const others = chat.filter((line) => line.seq !== undefined || line.id !== id || line.from !== from);
  const place = others.findIndex((line) => line.seq === undefined || line.seq > seq);
  return place < 0 ? [...others, sent] : [...others.slice(0, place), sent, ...others.slice(place)];
}

/** What we chose ourselves is not told again with what others do. */
function withPoll(polls: readonly Poll[], poll: Poll): readonly Poll[] {
  const known = polls.find(({ id }) => id === poll.id);
  if (!known) return [...polls, poll];
  const own = poll.own ?? known.own;
  return polls.map((each) => (each === known ? { ...poll, ...(own === undefined ? {} : { own }) } : each));
}

/** A change may come twice, and a newer one before an older: with what a rejoin brings. */
function withChange(line: ChatLine, { seq, changed, deleted, reactions }: ChatChange): ChatLine {
  if (line.seq !== seq || (line.changed ?? 0) >= changed) return line;
  if (!deleted) return { ...line, changed, reactions };
  const { file: _, ...rest } = line;
  return { ...rest, changed, reactions, deleted, text: "" };
}
