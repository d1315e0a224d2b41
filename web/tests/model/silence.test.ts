// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Heard, Silence } from "../../src/model/silence";
import type { Timestamp } from "../../src/protocol/messages";

/** What is said after `seconds` of the same loudness, heard ten times a second from `from` on. */
function after(silence: Silence, seconds: number, amplitude: number | undefined, from = 0): Heard {
  let heard: Heard = "waiting";
  for (let step = 0; step <= seconds * 10; step += 1) heard = silence.hear(amplitude, (from + step * 100) as Timestamp);
  return heard;
}

describe("A microphone that is on", () => {
  it("is found silent when not even noise comes", () => {
    assert.equal(after(new Silence(), 3.9, 0), "waiting");
    assert.equal(after(new Silence(), 4, 0), "nothing");
  });

  it("is not blamed for a quiet room", () => {
    assert.equal(after(new Silence(), 60, 0.0005), "waiting");
  });

  it("is known to work once a voice came", () => {
    const silence = new Silence();
    assert.equal(after(silence, 0.1, 0.1), "voice");
    assert.equal(after(silence, 10, 0.001, 1_000), "voice");
  });

  it("is found silent when it is switched off later, and well again when it is switched on", () => {
    const silence = new Silence();
    after(silence, 1, 0.1);
    assert.equal(after(silence, 5, 0, 2_000), "nothing");
    assert.equal(after(silence, 0.1, 0.001, 8_000), "waiting");
  });

  it("is not blamed while nothing can be measured", () => {
    const silence = new Silence();
    after(silence, 3, 0);
    silence.hear(undefined, 3_500 as Timestamp);
    assert.equal(after(silence, 3, 0, 4_000), "waiting");
  });
});
