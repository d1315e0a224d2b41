// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { emptyRoom, isAway, missingGrace, reduce, RoomEvent, RoomState } from "../../src/model/room";
import { id, joinReply, mediaOff, message, pageOf, participant } from "../samples";

const now = 50_000;

/** The room after these events, one second apart. */
function after(...events: readonly RoomEvent[]): RoomState {
  return events.reduce((room, event, index) => reduce(room, event, now + 1_000 * index), emptyRoom);
}

const joined = (others: readonly string[], change = {}): RoomEvent => {
  return { type: "joined", reply: joinReply("me", others.map((name) => participant(name)), change) };
};
const names = (room: RoomState): string[] => [...room.people.values()].map(({ name }) => name);
const texts = (room: RoomState): string[] => room.chat.map(({ text, state }) => `${text} ${state}`);

describe("A room", () => {
  it("holds who was there, in the order of joining", () => {
    assert.deepEqual(names(after(joined(["b", "a"]))), ["a", "b"]);
  });

  it("takes in who comes and lets go who leaves", () => {
    const room = after(
      joined(["a"]),
      { type: "participant-joined", participant: participant("b") },
      { type: "participant-left", id: id("a"), reason: "left" },
    );
    assert.deepEqual(names(room), ["b"]);
  });

  it("replaces somebody who comes back with another page", () => {
    const again = participant("a", { page: pageOf("a-2") });
    const room = after(joined(["a"]), { type: "participant-joined", participant: again });
    assert.equal(room.people.get(id("a"))?.page, "a-2");
    assert.equal(room.people.size, 1);
  });

  it("knows who is away", () => {
    const room = after(joined(["a", "b"]), { type: "participant-connection", id: id("a"), connected: false });
    assert.deepEqual([...room.people.values()].map(isAway), [true, false]);
  });

  it("follows what others switch on", () => {
    const media = { ...mediaOff, camera: true };
    const room = after(joined(["a"]), { type: "media-changed", id: id("a"), media });
    assert.deepEqual(room.people.get(id("a"))?.media, media);
  });

  it("shows our own media before the server knows", () => {
    const media = { ...mediaOff, microphone: true };
    assert.deepEqual(after(joined([]), { type: "own-media", media }).self?.media, media);
  });

  it("is the same value when nothing changed", () => {
    const room = after(joined(["a"]));
    assert.equal(reduce(room, { type: "participant-left", id: id("z"), reason: "left" }, now), room);
    assert.equal(reduce(room, { type: "tick" }, now), room);
    assert.equal(reduce(room, { type: "stopping" }, now), room);
  });
});

describe("A room after a rejoin", () => {
  it("keeps whom the server does not know yet, as away", () => {
    const room = after(joined(["a", "b"]), joined(["a"], { server: "server-2" }));
    assert.deepEqual(names(room), ["a", "b"]);
    assert.deepEqual([...room.people.values()].map(isAway), [false, true]);
  });

  it("lets them go when they do not come back in time", () => {
    const room = after(joined(["a"]), joined([]));
    const lost = now + 1_000 + missingGrace;
    assert.deepEqual(names(reduce(room, { type: "tick" }, lost - 1)), ["a"]);
    assert.deepEqual(names(reduce(room, { type: "tick" }, lost)), []);
  });

  it("counts their absence from the first rejoin that missed them", () => {
    const room = after(joined(["a"]), joined([]), joined([]));
    assert.equal(room.people.get(id("a"))?.missingSince, now + 1_000);
  });

  it("has them back when they join again", () => {
    const room = after(joined(["a"]), joined([]), { type: "participant-joined", participant: participant("a") });
    assert.equal(isAway(room.people.get(id("a")) as never), false);
  });

  it("does not take our former seat for somebody else", () => {
    const reply = joinReply("other me", [participant("a"), participant("me")]);
    assert.deepEqual(names(after(joined(["a"]), { type: "joined", reply })), ["a"]);
  });
});

describe("The chat of a room", () => {
  it("is in the order of the server's log, whatever the order of arrival", () => {
    const room = after(joined([]), ...[3, 1, 2].map((seq): RoomEvent => ({ type: "chat", message: message(seq, "a") })));
    assert.deepEqual(room.chat.map(({ seq }) => seq), [1, 2, 3]);
  });

  it("shows a message once, however often it arrives", () => {
    const event: RoomEvent = { type: "chat", message: message(1, "a") };
    assert.equal(after(joined([]), event, event).chat.length, 1);
  });

  it("shows our own message at once, and in its place when sent", () => {
    const room = after(
      joined([]),
      { type: "chat-written", draft: { id: "x", text: "mine" } },
      { type: "chat", message: message(1, "a", "theirs") },
      { type: "chat-sent", id: "x", reply: { seq: 2, sentAt: 5 } },
    );
    assert.deepEqual(texts(room), ["theirs sent", "mine sent"]);
  });

  it("takes the broadcast of our own message for its answer", () => {
    const own = { ...message(1, "me", "mine"), id: "x" };
    const room = after(
      joined([]),
      { type: "chat-written", draft: { id: "x", text: "mine" } },
      { type: "chat", message: own },
      { type: "chat-sent", id: "x", reply: { seq: 1, sentAt: own.sentAt } },
    );
    assert.deepEqual(texts(room), ["mine sent"]);
  });

  it("does not mix up two people's messages with the same id", () => {
    const room = after(
      joined([]),
      { type: "chat-written", draft: { id: "x", text: "mine" } },
      { type: "chat", message: { ...message(1, "a", "theirs"), id: "x" } },
    );
    assert.deepEqual(texts(room), ["theirs sent", "mine pending"]);
  });

  it("keeps a failed message with its reason until it is tried again", () => {
    const failed = after(
      joined([]),
      { type: "chat-written", draft: { id: "x", text: "mine" } },
      { type: "chat-failed", id: "x", problem: "Disk full." },
    );
    assert.deepEqual([failed.chat[0]?.state, failed.chat[0]?.problem], ["failed", "Disk full."]);
    const retried = reduce(failed, { type: "chat-retried", id: "x" }, now);
    assert.deepEqual([retried.chat[0]?.state, retried.chat[0]?.problem], ["pending", undefined]);
  });

  it("is added to by a rejoin, not replaced", () => {
    const first = { chat: { messages: [message(1, "a")], complete: false } };
    const later = { chat: { messages: [message(2, "a")], complete: true } };
    const room = after(joined([], first), joined([], later));
    assert.deepEqual(room.chat.map(({ seq }) => seq), [1, 2]);
    assert.equal(room.chatComplete, false);
  });
});
