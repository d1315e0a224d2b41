// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asked, eventsBetween, isHello, outside, Snapshot } from "../../src/model/embedding";

const command = (fields: Record<string, unknown>): unknown => ({ parley: 1, type: "command", id: 7, ...fields });
const ana = { id: "a", name: "Ana" };
const ben = { id: "b", name: "Ben" };
const inside: Snapshot = { ...outside, phase: "inside", self: ana };

describe("A page that shows a meeting", () => {
  it("is understood", () => {
    assert.deepEqual(asked(command({ command: "leave" })), { id: 7, command: { command: "leave" } });
    assert.deepEqual(asked(command({ command: "hand", on: true })), { id: 7, command: { command: "hand", on: true } });
    assert.deepEqual(asked(command({ command: "join", name: "Ana", microphone: false })), {
      id: 7, command: { command: "join", name: "Ana", microphone: false, camera: undefined },
    });
    assert.equal(isHello({ parley: 1, type: "hello" }), true);
  });

  it("is told when what it asks makes no sense", () => {
    for (const fields of [{ command: "mute" }, { command: "hand" }, { command: "camera", on: 1 }, { command: "join", name: 3 },
      { command: "join", name: "x".repeat(1001) }, {}]) {
      assert.deepEqual(asked(command(fields)), { id: 7, command: undefined });
    }
  });

  it("is not answered when it speaks of something else", () => {
    for (const data of [undefined, null, 3, "hello", [], {}, { parley: 2, type: "command", id: 1, command: "leave" },
      { parley: 1, type: "command", id: "1", command: "leave" }, { parley: 1, type: "command", id: 0.5, command: "leave" },
      { type: "hello" }]) {
      assert.equal(asked(data), undefined);
      assert.equal(isHello(data), false);
    }
  });

  it("hears who comes and goes, and what is on", () => {
    assert.deepEqual(eventsBetween(outside, { ...outside, phase: "waiting" }), [{ event: "waiting" }]);
    assert.deepEqual(eventsBetween(outside, { ...inside, people: [ben], microphone: true }), [
      { event: "joined", self: ana, people: [ben] }, { event: "microphone", on: true },
    ]);
    assert.deepEqual(eventsBetween(inside, { ...inside, people: [ben], hand: true }), [
      { event: "person-joined", person: ben }, { event: "hand", on: true },
    ]);
    assert.deepEqual(eventsBetween({ ...inside, people: [ben] }, inside), [{ event: "person-left", person: ben }]);
    assert.deepEqual(eventsBetween(inside, inside), []);
  });

  it("hears nothing of people once somebody is out", () => {
    assert.deepEqual(eventsBetween({ ...inside, people: [ben], camera: true }, outside), [{ event: "camera", on: false }]);
  });
});
