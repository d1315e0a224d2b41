// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { notices } from "../../src/model/notices";
import { emptyRoom, reduce, RoomEvent } from "../../src/model/room";
import { id, joinReply, mediaOff, message, pageOf, participant } from "../samples";

const room = reduce(emptyRoom, { type: "joined", reply: joinReply("me", [participant("a")]) }, 0);
const shared = { ...mediaOff, screen: true, screenStream: "s" };

const told = (event: RoomEvent): string[] =>
  notices(room, event).map((notice) => {
    if (notice.type === "not-muted") return notice.type;
    return notice.type === "chat" ? `chat ${notice.message.text}` : `${notice.type} ${notice.name}`;
  });

describe("Notices", () => {
  const cases: [string, RoomEvent, string[]][] = [
    ["somebody new", { type: "participant-joined", participant: participant("b") }, ["joined b"]],
    ["somebody who reloaded", { type: "participant-joined", participant: participant("a", { page: pageOf("a-2") }) }, []],
    ["somebody who left", { type: "participant-left", id: id("a"), reason: "left" }, ["left a"]],
    ["somebody who was lost", { type: "participant-left", id: id("a"), reason: "lost" }, ["lost a"]],
    ["a share that starts", { type: "media-changed", id: id("a"), media: shared }, ["share-started a"]],
    ["a camera", { type: "media-changed", id: id("a"), media: { ...mediaOff, camera: true } }, []],
    ["a host who mutes us", { type: "muted", source: "microphone", by: id("a") }, ["muted a"]],
    ["a message of another", { type: "chat", message: message(1, "a", "hi") }, ["chat hi"]],
    ["our own message", { type: "chat", message: message(1, "me", "hi") }, []],
  ];
  for (const [what, event, expected] of cases) {
    it(`are ${expected.length === 0 ? "not " : ""}given of ${what}`, () => assert.deepEqual(told(event), expected));
  }

  it("are not given of those who were there first", () => {
    assert.deepEqual(notices(emptyRoom, { type: "joined", reply: joinReply("me", [participant("a")]) }), []);
  });

  it("catch up after a rejoin", () => {
    const chat = { messages: [message(1, "b", "missed"), message(2, "me", "mine")], complete: true };
    const reply = joinReply("me", [participant("a"), participant("b")], { chat });
    assert.deepEqual(told({ type: "joined", reply }), ["joined b", "chat missed"]);
  });
});
