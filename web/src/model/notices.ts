// SPDX-License-Identifier: Apache-2.0

import type { ChatMessage, MediaSource } from "../protocol/messages";
import type { RoomEvent, RoomState } from "./room";

/** Something worth telling the person, in words the interface chooses. */
export type Notice =
  | { readonly type: "joined" | "left" | "lost" | "share-started" | "share-stopped"; readonly name: string }
  /** A host has switched something of ours off. */
  | { readonly type: "muted"; readonly source: MediaSource; readonly name: string }
  /** The server did not switch somebody's off for us. */
  | { readonly type: "not-muted"; readonly problem: string }
  | { readonly type: "chat"; readonly message: ChatMessage };

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
      return person ? [{ type: event.reason === "lost" ? "lost" : "left", name: person.name }] : [];
    }
    case "media-changed": {
      const person = before.people.get(event.id);
      if (!person || person.media.screen === event.media.screen) return [];
      return [{ type: event.media.screen ? "share-started" : "share-stopped", name: person.name }];
    }
    case "muted":
      return [{ type: "muted", source: event.source, name: before.people.get(event.by)?.name ?? "" }];
    case "joined": {
      // The first time everybody is new; the list says so.
      if (!before.self) return [];
      const fresh = event.reply.participants.filter(({ id }) => !before.people.has(id));
      const missed = event.reply.chat.messages.filter(({ from }) => from !== event.reply.self.id);
      return [
        ...fresh.map(({ name }): Notice => ({ type: "joined", name })),
        ...missed.map((message): Notice => ({ type: "chat", message })),
      ];
    }
    case "chat":
      return event.message.from === before.self?.id ? [] : [{ type: "chat", message: event.message }];
    default:
      return [];
  }
}
