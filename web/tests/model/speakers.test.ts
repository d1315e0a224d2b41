// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { merge, SpeakerDetector, Speakers } from "../../src/model/speakers";
import type { ParticipantID } from "../../src/protocol/messages";
import { id } from "../samples";

const loud = 0.2;
const quiet = 0.001;

/** Feeds a detector ten times a second, as the meeting does. */
class Bench {
  private readonly detector = new SpeakerDetector();
  private time = 0;

  hear(milliseconds: number, levels: Readonly<Record<string, number>>): Speakers {
    const map = new Map<ParticipantID, number>(Object.entries(levels).map(([name, level]) => [id(name), level]));
    let result = this.detector.update(map, this.time);
    for (const end = this.time + milliseconds; this.time < end; ) {
      this.time += 100;
      result = this.detector.update(map, this.time);
    }
    return result;
  }
}

describe("Speakers", () => {
  it("are seen at once", () => {
    assert.deepEqual([...new Bench().hear(0, { a: loud, b: quiet }).speaking], ["a"]);
  });

  it("keep their ring over the pause between two words, but not longer", () => {
    const bench = new Bench();
    bench.hear(300, { a: loud });
    assert.equal(bench.hear(400, { a: quiet }).speaking.size, 1);
    assert.equal(bench.hear(300, { a: quiet }).speaking.size, 0);
  });

  it("stay speakers at a level too low to become one", () => {
    const bench = new Bench();
    assert.equal(bench.hear(1_000, { a: 0.01 }).speaking.size, 0);
    bench.hear(300, { a: loud });
    assert.equal(bench.hear(1_000, { a: 0.01 }).speaking.size, 1);
  });

  it("take the stage only after a second and a half", () => {
    const bench = new Bench();
    assert.equal(bench.hear(1_400, { a: loud }).active, undefined);
    assert.equal(bench.hear(200, { a: loud }).active, "a");
  });

  it("keep the stage while they speak, and until somebody else has earned it", () => {
    const bench = new Bench();
    bench.hear(2_000, { a: loud, b: quiet });
    assert.equal(bench.hear(3_000, { a: loud, b: loud }).active, "a");
    assert.equal(bench.hear(500, { a: quiet, b: quiet }).active, "a");
    assert.equal(bench.hear(3_000, { a: quiet, b: loud }).active, "b");
  });

  it("do not lose it to a cough", () => {
    const bench = new Bench();
    bench.hear(2_000, { a: loud, b: quiet });
    bench.hear(1_000, { a: quiet, b: quiet });
    assert.equal(bench.hear(700, { a: quiet, b: loud }).active, "a");
  });

  it("are forgotten when they leave", () => {
    const bench = new Bench();
    bench.hear(2_000, { a: loud, b: quiet });
    assert.deepEqual(bench.hear(100, { b: quiet }), { speaking: new Set(), active: undefined });
  });
});

describe("Speakers of a meeting through the server", () => {
  const quiet: Speakers = { speaking: new Set(), active: undefined };
  const everybody = new Set(["me", "a", "b"].map(id));
  const heard = (dominant: string | undefined, ...speaking: string[]) =>
    ({ dominant: dominant === undefined ? undefined : id(dominant), speaking: speaking.map(id) });
  const around = (before?: string) => ({ self: id("me"), before: before === undefined ? undefined : id(before), present: everybody });

  it("are those it tells, and ourselves by our own microphone", () => {
    const mine: Speakers = { speaking: new Set([id("me")]), active: id("me") };
    assert.deepEqual([...merge(mine, heard("a", "a"), around()).speaking], ["me", "a"]);
    assert.deepEqual([...merge(quiet, heard("a", "me", "a"), around()).speaking], ["a"]);
  });

  it("leave the stage to whoever spoke before us while we speak", () => {
    assert.equal(merge(quiet, heard("me", "me"), around("b")).active, "b");
    assert.equal(merge(quiet, heard("a", "a"), around("b")).active, "a");
  });

  it("do not include who has left", () => {
    assert.equal(merge(quiet, heard("z", "z"), around("y")).active, undefined);
    assert.equal(merge(quiet, heard("z", "z"), around()).speaking.size, 0);
  });
});
