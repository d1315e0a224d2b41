// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HandKeeper, OwnHand } from "../../src/model/hand";
import { forbidden, handPlaces, mayDelete, mayMute, mayRemove, maySend, mayWrite, openRules, rolesFor } from "../../src/model/hosting";
import { emptyRoom, reactionTime, reduce, RoomEvent, RoomState } from "../../src/model/room";
import type { MeetingRole, ParticipantID } from "../../src/protocol/messages";
import { id, joinReply, message, participant } from "../samples";

const others = [
  participant("h", { role: "host" }),
  participant("c", { role: "co-host" }),
  participant("p"),
  participant("v", { role: "viewer" }),
  participant("g", { guest: true }),
];

function roomAs(role: MeetingRole, ...events: RoomEvent[]): RoomState {
  const reply = joinReply("me", others, { role, chat: { messages: [message(1, "p"), message(2, "me"), message(3, "gone")], complete: true } });
  return [{ type: "joined", reply } as RoomEvent, ...events].reduce((room, event) => reduce(room, event, 1_000), emptyRoom);
}

const whom = (room: RoomState, may: (room: RoomState, who: ParticipantID) => boolean): string =>
  others.filter((person) => may(room, person.id)).map(({ name }) => name).join("");

describe("Who may do what", () => {
  it("follows the roles", () => {
    assert.deepEqual((["viewer", "participant", "co-host", "host"] as const).map((role) => whom(roomAs(role), mayMute)), ["", "", "cpv", "hcpv"]);
    assert.deepEqual((["viewer", "participant", "co-host", "host"] as const).map((role) => whom(roomAs(role), mayRemove)), ["", "", "pv", "cpv"]);
    assert.deepEqual(rolesFor(roomAs("host"), id("p")), ["viewer", "co-host"]);
    assert.deepEqual(rolesFor(roomAs("co-host"), id("v")), ["participant"]);
    assert.deepEqual(rolesFor(roomAs("co-host"), id("c")), []);
  });

  it("follows the rules for those who do not host", () => {
    const rules = { ...openRules, camera: false, chat: false };
    const change: RoomEvent = { type: "rules-changed", rules, by: id("h") };
    assert.deepEqual(forbidden(roomAs("participant", change)), ["camera"]);
    assert.deepEqual(forbidden(roomAs("viewer")), ["microphone", "camera", "screen"]);
    assert.equal(maySend(roomAs("co-host", change), "camera"), true);
    const room = roomAs("participant", change);
    assert.deepEqual([mayWrite(room), mayWrite(room, id("p")), mayWrite(room, id("h"))], [false, false, true]);
  });

  it("lets people delete their own messages, and hosts those of who ranks lower or is gone", () => {
    const deletable = (room: RoomState): (number | undefined)[] => room.chat.filter((line) => mayDelete(room, line)).map(({ seq }) => seq);
    assert.deepEqual(deletable(roomAs("participant")), [2]);
    assert.deepEqual(deletable(roomAs("co-host")), [1, 2, 3]);
  });
});

describe("A room's news", () => {
  it("keeps the queue of hands as the server has it", () => {
    const hands = [{ participant: id("v"), since: 5 }, { participant: id("p"), since: 9 }];
    assert.deepEqual([...handPlaces(roomAs("host", { type: "hands", hands }))], [["v", 1], ["p", 2]]);
  });

  it("shows reactions for a while", () => {
    const reaction: RoomEvent = { type: "reaction", participant: id("p"), reaction: "clap" };
    const room = roomAs("viewer", reaction, reaction);
    assert.deepEqual(room.reactions.map(({ number }) => number), [1, 2]);
    assert.deepEqual(reduce(room, { type: "tick" }, 1_000 + reactionTime).reactions, []);
  });

  it("changes messages once, whatever the order", () => {
    const reacted: RoomEvent = { type: "chat-changed", seq: 1, changed: 8, deleted: false, reactions: { heart: [id("v")] } };
    const deleted: RoomEvent = { type: "chat-changed", seq: 1, changed: 9, deleted: true, reactions: {} };
    const room = roomAs("viewer", deleted, reacted);
    assert.deepEqual([room.chat[0]?.text, room.chat[0]?.deleted, room.chat[0]?.reactions], ["", true, {}]);
  });

  it("takes changed messages of a rejoin in", () => {
    const messages = [{ ...message(1, "p", ""), changed: 9, deleted: true }];
    const room = roomAs("viewer", { type: "joined", reply: joinReply("me", others, { chat: { messages, complete: true } }) });
    assert.deepEqual(room.chat.map(({ deleted = false }) => deleted), [true, false, false]);
  });

  it("knows who records, from the reply on and until it is taken back", () => {
    const recording = { by: "Hanna", since: 5 };
    const joined = { type: "joined", reply: joinReply("me", [], { recording }) } as const;
    assert.deepEqual(reduce(emptyRoom, joined, 0).recording, recording);
    const later = roomAs("participant", { type: "recording", recording });
    assert.deepEqual(later.recording, recording);
    assert.equal(reduce(later, { type: "recording", recording: null }, 0).recording, null);
    assert.equal(reduce(later, { type: "joined", reply: joinReply("me", []) }, 0).recording, null);
  });

  it("follows roles, rules, the lobby and the spotlight", () => {
    const waiting = [{ id: id("z"), name: "Zoe", since: 1 }];
    const room = roomAs(
      "co-host",
      { type: "lobby", waiting },
      { type: "spotlight", participant: id("p") },
      { type: "role-changed", id: id("p"), role: "viewer", by: id("h") },
    );
    assert.deepEqual([room.lobby, room.spotlight, room.people.get(id("p"))?.role], [waiting, "p", "viewer"]);
    const demoted = reduce(room, { type: "role-changed", id: id("me"), role: "participant", by: id("h") }, 0);
    assert.deepEqual([demoted.role, demoted.lobby], ["participant", []]);
  });
});

describe("A raised hand", () => {
  it("goes down when its owner has the floor, not for a word", () => {
    const keeper = new HandKeeper();
    const steps: [boolean, number][] = [[true, 0], [true, 2_900], [false, 2_950], [true, 3_000], [true, 5_900], [true, 6_000]];
    assert.deepEqual(steps.map(([speaking, now]) => keeper.update(true, speaking, now)), [false, false, false, false, false, true]);
    assert.equal(new HandKeeper().update(false, true, 9_000), false);
  });

  it("is told of when it goes down, unless that was asked for", () => {
    const asked: boolean[] = [];
    const told: string[] = [];
    const hand = new OwnHand((raised) => asked.push(raised), (why) => told.push(why));
    const ours = { participant: id("me"), since: 5 };
    const others = [{ participant: id("other") }];
    hand.raise(true);
    hand.follow(undefined, [ours]);
    hand.follow(ours, [ours, ...others]);
    assert.deepEqual(told, []);
    hand.follow(ours, others);
    hand.raise(true);
    hand.raise(false);
    hand.follow(ours, []);
    hand.raise(true);
    hand.hear(true, true, 0);
    hand.hear(true, true, 3_000);
    hand.follow(ours, []);
    assert.deepEqual(told, ["host", "spoke"]);
    assert.deepEqual(asked, [true, true, false, true, false]);
  });
});
