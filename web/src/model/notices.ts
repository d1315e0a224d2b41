// SPDX-License-Identifier: Apache-2.0

import type { ChatMessage, MediaSource, MeetingRole, MeetingRules, Refusal } from "../protocol/messages";
import { isHosting, maySend } from "./hosting";
import type { Back } from "./interruption";
import type { RoomEvent, RoomState } from "./room";

/** Something worth telling the person, in words the interface chooses. */
export type Notice =
  | { readonly type: "joined" | "left" | "lost" | "share-started" | "share-stopped"; readonly name: string }
  /** Somebody has been removed, raised a hand, waits to be let in. */
  | { readonly type: "removed" | "hand" | "knock"; readonly name: string }
  /** A host has made something else of us. */
  | { readonly type: "role"; readonly role: MeetingRole }
  /** A host has switched something of ours off. */
  | { readonly type: "muted"; readonly source: MediaSource; readonly name: string }
  /** What we may do has changed, or for those who host, what anybody may. */
  | { readonly type: "rule"; readonly rule: keyof MeetingRules; readonly on: boolean }
  /** Hosts want everybody to see us. */
  | { readonly type: "spotlit" }
  /** Our hand went down without our asking. */
  | { readonly type: "hand-lowered"; readonly why: "spoke" | "host" }
  /** The server did not do what we asked for. */
  | { readonly type: "not-done"; readonly code: Refusal["code"]; readonly problem: string }
  /** The connection is back, and how many messages came meanwhile. */
  | (Back & { readonly type: "back"; readonly messages: number })
  | { readonly type: "poll"; readonly name: string; readonly question: string }
  /** From a host to us, or to a host from somebody who waits. */
  | { readonly type: "lobby-chat"; readonly name: string; readonly text: string }
  /** `counted`: told as one of several by another notice. */
  | { readonly type: "chat"; readonly message: ChatMessage; readonly counted?: boolean };

/** What `event` is worth telling, given the room before it. */
export function notices(before: RoomState, event: RoomEvent): Notice[] {
  switch (event.type) {
    case "participant-joined": {
      // Somebody who reloads the page is back, not new.
      const known = before.people.has(event.participant.id);
      return known ? [] : [{ type: "joined", name: event.participant.name }];
    }
    case "participant-left": {
      const person = before.people.get(event.id);
      return person ? [{ type: event.reason, name: person.name }] : [];
    }
    case "media-changed": {
      const person = before.people.get(event.id);
      if (!person || person.media.screen === event.media.screen) return [];
      return [{ type: event.media.screen ? "share-started" : "share-stopped", name: person.name }];
    }
    case "muted":
      // A rule that forbids it has been told.
      if (!maySend(before, event.source)) return [];
      return [{ type: "muted", source: event.source, name: before.people.get(event.by)?.name ?? "" }];
    case "joined": {
      // The first time everybody is new; the list says so.
      if (!before.self) return [];
      const fresh = event.reply.participants.filter(({ id }) => !before.people.has(id));
      // Changes of what we had are no news.
      const had = new Set(before.chat.map(({ seq }) => seq));
      const missed = event.reply.chat.messages.filter(({ from, seq }) => from !== event.reply.self.id && !had.has(seq));
      return [
        ...fresh.map(({ name }): Notice => ({ type: "joined", name })),
        ...missed.map((message): Notice => ({ type: "chat", message })),
      ];
    }
    case "hands": {
      const known = new Set(before.hands.map(({ participant }) => participant));
      const fresh = event.hands.filter(({ participant }) => participant !== before.self?.id && !known.has(participant));
      const names = fresh.map(({ participant }) => before.people.get(participant)?.name);
      return names.flatMap((name): Notice[] => (name === undefined ? [] : [{ type: "hand", name }]));
    }
    case "lobby": {
      const known = new Set(before.lobby.map(({ id }) => id));
      return event.waiting.filter(({ id }) => !known.has(id)).map(({ name }): Notice => ({ type: "knock", name }));
    }
    case "rules-changed": {
      if (event.by === before.self?.id) return [];
      const names = Object.keys(event.rules) as (keyof MeetingRules)[];
      const changed = names.filter((rule) => before.rules[rule] !== event.rules[rule]);
      // Who may come in does not concern those who are in.
      const told = changed.filter((rule) => isHosting(before.role) || (rule !== "locked" && rule !== "lobby"));
      return told.map((rule): Notice => ({ type: "rule", rule, on: event.rules[rule] }));
    }
    case "spotlight":
      return event.participant !== null && event.participant === before.self?.id ? [{ type: "spotlit" }] : [];
    case "role-changed":
      return event.id === before.self?.id && event.by !== event.id ? [{ type: "role", role: event.role }] : [];
    case "poll": {
      const { id, by, name, question } = event.poll;
      const fresh = by !== before.self?.id && !before.polls.some((poll) => poll.id === id);
      return fresh ? [{ type: "poll", name, question }] : [];
    }
    case "lobby-chat": {
      const { waiting, host, text } = event.line;
      const from = host ? (before.self ? undefined : host.name) : before.lobby.find(({ id }) => id === waiting)?.name;
      return from === undefined ? [] : [{ type: "lobby-chat", name: from, text }];
    }
    case "chat":
      return event.message.from === before.self?.id ? [] : [{ type: "chat", message: event.message }];
    default:
      return [];
  }
}

/** The same in one line for somebody whose connection was away for a while: what was said meanwhile is only counted. */
export function afterReturn(told: readonly Notice[], back: Back | undefined): readonly Notice[] {
  if (!back) return told;
  const messages = told.filter(({ type }) => type === "chat").length;
  const others = told.map((notice): Notice => (notice.type === "chat" ? { ...notice, counted: true } : notice));
  return [{ type: "back", ...back, messages }, ...others];
}
