// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openRules } from "../../src/model/hosting";
import { afterReturn, Notice, notices } from "../../src/model/notices";
import { emptyRoom, reduce, RoomEvent } from "../../src/model/room";
import { id, joinReply, mediaOff, message, pageOf, participant } from "../samples";

const room = reduce(emptyRoom, { type: "joined", reply: joinReply("me", [participant("a")]) }, 0);
const shared = { ...mediaOff, screen: true, screenStream: "s" };

const told = (event: RoomEvent): string[] =>
  notices(room, event).map((notice) => {
    if (notice.type === "not-done" || notice.type === "hand-lowered" || notice.type === "spotlit" || notice.type === "back") return notice.type;
    if (notice.type === "rule") return `${notice.rule} ${notice.on}`;
    if (notice.type === "role") return `role ${notice.role}`;
    return notice.type === "chat" ? `chat ${notice.message.text}` : `${notice.type} ${notice.name}`;
  });

describe("Notices", () => {
  const cases: [string, RoomEvent, string[]][] = [
    ["somebody who was removed", { type: "participant-left", id: id("a"), reason: "removed" }, ["removed a"]],
    ["a raised hand", { type: "hands", hands: [{ participant: id("a"), since: 1 }] }, ["hand a"]],
    ["our own hand", { type: "hands", hands: [{ participant: id("me"), since: 1 }] }, []],
    ["a knock", { type: "lobby", waiting: [{ id: id("z"), name: "Zoe", since: 1 }] }, ["knock Zoe"]],
    ["a rule for us", { type: "rules-changed", rules: { ...openRules, microphone: false, locked: true }, by: id("a") }, ["microphone false"]],
    ["a rule of our own", { type: "rules-changed", rules: { ...openRules, chat: false }, by: id("me") }, []],
    ["us being shown large", { type: "spotlight", participant: id("me") }, ["spotlit"]],
    ["another being shown large", { type: "spotlight", participant: id("a") }, []],
    ["our new role", { type: "role-changed", id: id("me"), role: "co-host", by: id("a") }, ["role co-host"]],
    ["somebody else's new role", { type: "role-changed", id: id("a"), role: "co-host", by: id("me") }, []],
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

  it("are given of all rules to those who host, and of what they forbid only once", () => {
    const rules = { ...openRules, microphone: false, locked: true };
    const event: RoomEvent = { type: "rules-changed", rules, by: id("a") };
    assert.equal(notices({ ...room, role: "co-host" }, event).length, 2);
    const muted: RoomEvent = { type: "muted", source: "microphone", by: id("a") };
    assert.deepEqual(notices(reduce(room, event, 0), muted), []);
  });

  it("are not given of those who were there first", () => {
    assert.deepEqual(notices(emptyRoom, { type: "joined", reply: joinReply("me", [participant("a")]) }), []);
  });

  it("catch up after a rejoin", () => {
    const chat = { messages: [message(1, "b", "missed"), message(2, "me", "mine")], complete: true };
    const reply = joinReply("me", [participant("a"), participant("b")], { chat });
    assert.deepEqual(told({ type: "joined", reply }), ["joined b", "chat missed"]);
  });

  it("count what was said while the connection was away", () => {
    const missed: Notice[] = [{ type: "joined", name: "b" }, { type: "chat", message: message(1, "b") }, { type: "chat", message: message(2, "b") }];
    const [back, ...others] = afterReturn(missed, { cause: "slept", lasted: 60_000 });
    assert.deepEqual(back, { type: "back", cause: "slept", lasted: 60_000, messages: 2 });
    assert.deepEqual(others.map((notice) => [notice.type, "counted" in notice && notice.counted]), [["joined", false], ["chat", true], ["chat", true]]);
    assert.equal(afterReturn(missed, undefined), missed);
  });
});
