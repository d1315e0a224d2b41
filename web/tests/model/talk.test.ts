// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MutedTalk, TalkKey } from "../../src/model/talk";
import { ManualClock } from "../manual-clock";

function key(): { clock: ManualClock; key: TalkKey; said: boolean[] } {
  const clock = new ManualClock();
  const said: boolean[] = [];
  return { clock, said, key: new TalkKey({ clock, talk: (on) => said.push(on) }) };
}

describe("The key to talk", () => {
  it("switches on while it is held and off when it comes up, once each", () => {
    const { key: talk, said, clock } = key();
    talk.down(false);
    for (let count = 0; count < 100; count += 1) {
      clock.advance(50);
      talk.down(true);
    }
    assert.deepEqual(said, [true]);
    talk.up();
    talk.up();
    assert.deepEqual(said, [true, false]);
  });

  it("is taken for released when its repeats end without a word", () => {
    const { key: talk, said, clock } = key();
    talk.down(false);
    clock.advance(500);
    talk.down(true);
    clock.advance(1_600);
    assert.deepEqual(said, [true, false]);
    talk.down(true);
    assert.deepEqual(said, [true, false]);
    talk.down(false);
    assert.deepEqual(said, [true, false, true]);
  });

  it("may be held without repeats, but not for ever", () => {
    const { key: talk, said, clock } = key();
    talk.down(false);
    clock.advance(60_000);
    assert.deepEqual(said, [true]);
    clock.advance(61_000);
    assert.deepEqual(said, [true, false]);
  });

  it("stays held while another key takes over the repeating", () => {
    const { key: talk, said, clock } = key();
    talk.down(false);
    clock.advance(500);
    talk.down(true);
    talk.other();
    clock.advance(10_000);
    assert.deepEqual(said, [true]);
  });
});

/** Hears ten times a second, for so long; whether the person is told. */
function hears(ear: MutedTalk, level: number, milliseconds: number, { from, muted = true }: { from: number; muted?: boolean }): number {
  let told = 0;
  for (let at = from; at < from + milliseconds; at += 100) if (ear.hear(level, muted, at)) told += 1;
  return told;
}

describe("Talking while muted", () => {
  it("is noticed within a second or so", () => {
    assert.equal(hears(new MutedTalk(), 0.1, 1_300, { from: 0 }), 1);
  });

  it("is not a cough, and not the noise of a room", () => {
    assert.equal(hears(new MutedTalk(), 0.3, 500, { from: 0 }), 0);
    assert.equal(hears(new MutedTalk(), 0.01, 60_000, { from: 0 }), 0);
  });

  it("is no concern while the microphone is on", () => {
    const ear = new MutedTalk();
    assert.equal(hears(ear, 0.2, 5_000, { from: 0, muted: false }), 0);
    // What was said before counts for nothing.
    assert.equal(hears(ear, 0.2, 500, { from: 5_000 }), 0);
  });

  it("is told once in a while, however long it lasts", () => {
    assert.equal(hears(new MutedTalk(), 0.2, 40_000, { from: 0 }), 2);
  });
});
