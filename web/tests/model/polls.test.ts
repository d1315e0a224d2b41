// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mayAsk, mayClose, openRules } from "../../src/model/hosting";
import { notices } from "../../src/model/notices";
import { chosen, draftOf, Polls, results, unanswered } from "../../src/model/polls";
import { emptyRoom, reduce, RoomEvent, RoomState } from "../../src/model/room";
import type { LobbyLine, Poll } from "../../src/protocol/messages";
import { id, joinReply, participant } from "../samples";

const poll: Poll = {
  id: "q", question: "Tea?", options: ["Yes", "No"], secret: false, several: false, by: id("a"), name: "a", openedAt: 1,
  closed: false, voted: 0, votes: [0, 0], voters: [[], []],
};
const joined: RoomEvent = { type: "joined", reply: joinReply("me", [participant("a")]) };

function after(...events: readonly RoomEvent[]): RoomState {
  return events.reduce((room, event) => reduce(room, event, 1_000), emptyRoom);
}

describe("Polls of a room", () => {
  it("come, change and go", () => {
    assert.deepEqual(after(joined, { type: "poll", poll }).polls, [poll]);
    const voted = { ...poll, voted: 1, votes: [1, 0] };
    assert.deepEqual(after(joined, { type: "poll", poll }, { type: "poll", poll: voted }).polls, [voted]);
    assert.deepEqual(after(joined, { type: "poll", poll }, { type: "poll-deleted", poll: "q" }).polls, []);
  });

  it("keep our own vote when others vote", () => {
    const room = after(joined, { type: "poll", poll }, { type: "voted", poll: "q", options: [1] }, { type: "poll", poll });
    assert.deepEqual(room.polls[0]?.own, [1]);
  });

  it("come back with the server's memory", () => {
    const reply = joinReply("me", [], { polls: [{ ...poll, own: [0] }] });
    assert.deepEqual(after(joined, { type: "poll", poll }, { type: "joined", reply }).polls[0]?.own, [0]);
  });

  it("are news when they are new and not our own", () => {
    const room = after(joined);
    assert.deepEqual(notices(room, { type: "poll", poll }), [{ type: "poll", name: "a", question: "Tea?" }]);
    assert.deepEqual(notices(after(joined, { type: "poll", poll }), { type: "poll", poll }), []);
    assert.deepEqual(notices(room, { type: "poll", poll: { ...poll, by: id("me") } }), []);
  });

  it("are opened and closed by those who may", () => {
    const mine = { by: id("me") };
    assert.equal(mayAsk({ role: "participant", rules: openRules }), true);
    assert.equal(mayAsk({ role: "participant", rules: { ...openRules, polls: false } }), false);
    assert.equal(mayAsk({ role: "viewer", rules: openRules }), false);
    assert.equal(mayAsk({ role: "co-host", rules: { ...openRules, polls: false } }), true);
    assert.equal(mayClose(after(joined), mine), true);
    assert.equal(mayClose(after(joined), poll), false);
  });
});

describe("A poll", () => {
  it("tells how its options do", () => {
    const voters = [[{ id: id("a"), name: "Ana" }, { id: id("b"), name: "Ben" }], [{ id: id("b"), name: "Ben" }]];
    const [yes, no] = results({ ...poll, several: true, voted: 2, votes: [2, 1], voters, own: [1] });
    assert.deepEqual(yes, { option: "Yes", votes: 2, share: 1, own: false, names: ["Ana", "Ben"], leads: true });
    assert.deepEqual(no, { option: "No", votes: 1, share: 0.5, own: true, names: ["Ben"], leads: false });
  });

  it("tells nothing while it is secret", () => {
    const { votes: _, voters: __, ...secret } = { ...poll, secret: true, voted: 3 };
    assert.deepEqual(results(secret).map(({ votes, share, leads }) => [votes, share, leads]), [[undefined, 0, false], [undefined, 0, false]]);
  });

  it("nobody has voted in has no winner", () => {
    assert.deepEqual(results({ ...poll, closed: true }).map(({ leads }) => leads), [false, false]);
  });

  it("waits for our vote until it is closed", () => {
    assert.equal(unanswered([poll, { ...poll, own: [0] }, { ...poll, closed: true }, { ...poll, own: [] }]), 2);
  });

  it("takes one choice or several, and takes it back", () => {
    assert.deepEqual(chosen({ several: false, own: [0] }, 1), [1]);
    assert.deepEqual(chosen({ several: true, own: [1] }, 0), [0, 1]);
    assert.deepEqual(chosen({ several: true, own: [0, 1] }, 1), [0]);
  });

  it("is made of what was written", () => {
    const kind = { secret: true, several: false };
    assert.deepEqual(draftOf(" ", ["a", "b"], kind), { problem: "question" });
    assert.deepEqual(draftOf("?", ["a", " "], kind), { problem: "options" });
    assert.deepEqual(draftOf("?", ["a", "a "], kind), { problem: "same" });
    const found = draftOf(" When? ", [" Now", "", "Later "], kind);
    assert.ok("draft" in found);
    const { id: _, ...draft } = found.draft;
    assert.deepEqual(draft, { question: "When?", options: ["Now", "Later"], secret: true, several: false });
  });
});

describe("What is said in the lobby", () => {
  const line: LobbyLine = { waiting: id("m"), text: "Hello?", sentAt: 1 };
  const answer: LobbyLine = { ...line, host: { id: id("h"), name: "Ana" }, text: "Soon" };

  it("is read by who waits", () => {
    const room = after({ type: "waiting", chat: [line] }, { type: "lobby-chat", line: answer });
    assert.deepEqual(room.lobbyChat, [line, answer]);
    assert.deepEqual(notices(emptyRoom, { type: "lobby-chat", line: answer }), [{ type: "lobby-chat", name: "Ana", text: "Soon" }]);
  });

  it("goes with who waited", () => {
    const reply = joinReply("me", [], { role: "host", lobby: [{ id: id("m"), name: "Mei", since: 1 }], lobbyChat: [line] });
    const room = after({ type: "joined", reply });
    assert.deepEqual(room.lobbyChat, [line]);
    assert.deepEqual(notices(room, { type: "lobby-chat", line }), [{ type: "lobby-chat", name: "Mei", text: "Hello?" }]);
    assert.deepEqual(notices(room, { type: "lobby-chat", line: answer }), []);
    assert.deepEqual(reduce(room, { type: "lobby", waiting: [] }, 1).lobbyChat, []);
    assert.deepEqual(after({ type: "joined", reply }, { type: "role-changed", id: id("me"), role: "viewer", by: id("h") }).lobbyChat, []);
  });
});

describe("Voting", () => {
  it("is shown at once, and taken back when it does not count", () => {
    const shown: (readonly number[])[] = [];
    let answer = (_: boolean): void => {};
    const polls = new Polls((_name, _payload, answered = () => {}) => (answer = answered), (_poll, options) => shown.push(options));
    polls.vote({ id: "q", own: [0] }, [1]);
    answer(true);
    polls.vote({ id: "q", own: [1] }, []);
    answer(false);
    assert.deepEqual(shown, [[1], [], [1]]);
  });
});
