// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gainOf, Hearing, onlyOf, volumeOf, withVolume } from "../../src/model/hearing";
import type { MediaTrack } from "../../src/protocol/messages";
import { id } from "../samples";

const voice = (name: string): MediaTrack => ({ participant: id(name), source: "microphone" });
const none: Hearing = new Map();

describe("What we want to hear", () => {
  it("is everybody as they come", () => {
    assert.equal(gainOf(none, voice("a")), 1);
    assert.equal(gainOf(none, undefined), 1);
  });

  it("is each sound of somebody by itself", () => {
    const quiet = withVolume(none, voice("a"), { level: 0.4 });
    assert.equal(gainOf(quiet, voice("a")), 0.4);
    assert.equal(gainOf(quiet, { participant: id("a"), source: "screenSound" }), 1);
    assert.equal(gainOf(quiet, voice("b")), 1);
  });

  it("comes back as loud as it was", () => {
    const muted = withVolume(withVolume(none, voice("a"), { level: 0.4 }), voice("a"), { muted: true });
    assert.equal(gainOf(muted, voice("a")), 0);
    assert.equal(gainOf(withVolume(muted, voice("a"), { muted: false }), voice("a")), 0.4);
  });

  it("is nothing at the slider's end, and something again when it is unmuted from there", () => {
    const end = withVolume(none, voice("a"), { level: 0 });
    assert.deepEqual(volumeOf(end, voice("a")), { level: 0, muted: true });
    assert.equal(gainOf(withVolume(end, voice("a"), { muted: false }), voice("a")), 1);
    assert.equal(gainOf(withVolume(end, voice("a"), { level: 0.3 }), voice("a")), 0.3);
  });

  it("stays between silence and full, whatever is asked", () => {
    assert.equal(gainOf(withVolume(none, voice("a"), { level: 7 }), voice("a")), 1);
    assert.equal(gainOf(withVolume(none, voice("a"), { level: Number.NaN }), voice("a")), 1);
    assert.equal(gainOf(withVolume(none, voice("a"), { level: -1 }), voice("a")), 0);
  });

  it("forgets who has left", () => {
    const both = withVolume(withVolume(none, voice("a"), { level: 0.5 }), voice("b"), { level: 0.5 });
    assert.deepEqual([...onlyOf(both, new Set([id("b")])).keys()], ["microphone b"]);
    assert.equal(onlyOf(both, new Set([id("a"), id("b")])), both);
  });
});
