// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Picture } from "../../src/media/session";
import { assign, slotsFor } from "../../src/media/slots";
import type { MediaSectionID } from "../../src/protocol/messages";
import { id } from "../samples";

const slots = ["3", "4", "5"] as MediaSectionID[];
const picture = (name: string, priority = 0): Picture =>
  ({ participant: id(name), source: "camera", width: 320, height: 180, priority });
const shown = (assigned: ReadonlyMap<MediaSectionID, Picture>): string =>
  slots.map((slot) => assigned.get(slot)?.participant ?? "-").join(" ");

describe("Slots", () => {
  it("are given in order, and what is most important gets them when there are too few", () => {
    assert.equal(shown(assign(new Map(), [picture("a"), picture("b")], slots)), "a b -");
    assert.equal(shown(assign(new Map(), [picture("a"), picture("b"), picture("c"), picture("d", 9)], slots)), "d a b");
  });

  it("keep what they have", () => {
    const before = assign(new Map(), [picture("a"), picture("b"), picture("c")], slots);
    assert.equal(shown(assign(before, [picture("c"), picture("b")], slots)), "- b c");
  });

  it("that were empty take somebody new before those that somebody has just left", () => {
    const before = assign(new Map(), [picture("a"), picture("b")], slots);
    assert.equal(shown(assign(before, [picture("b"), picture("c")], slots)), "- b c");
  });

  it("tell a camera and a screen of one person apart", () => {
    const screen: Picture = { ...picture("a", 9), source: "screen" };
    const before = assign(new Map(), [picture("a")], slots);
    assert.deepEqual([...assign(before, [screen, picture("a")], slots)].map(([, { source }]) => source), ["camera", "screen"]);
  });

  it("are offered by fours, as many as the server has at most", () => {
    assert.deepEqual([0, 1, 4, 5, 9, 30].map((count) => slotsFor(count, 25)), [4, 4, 4, 8, 12, 25]);
    assert.equal(slotsFor(1, 2), 2);
  });
});
