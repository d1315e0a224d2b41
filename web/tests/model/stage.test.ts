// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gap, grid, Rect, spotlight } from "../../src/model/grid";
import { emptyRoom, reduce, RoomState } from "../../src/model/room";
import { featured, place, tiles } from "../../src/model/stage";
import { id, joinReply, mediaOff, participant } from "../samples";

const sizes: [number, number][] = [[1280, 700], [1920, 980], [390, 760], [844, 390], [320, 480], [2560, 1300]];

const columns = (rects: readonly Rect[]): number => new Set(rects.filter(({ y }) => y === rects[0]?.y).map(({ x }) => x)).size;

function overlap(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

describe("The grid", () => {
  for (const [width, height] of sizes) {
    it(`keeps up to 25 tiles inside ${width}×${height}, apart from each other`, () => {
      for (let count = 1; count <= 25; count += 1) {
        const rects = grid(count, width, height);
        assert.equal(rects.length, count);
        rects.forEach((rect, index) => {
          assert.ok(rect.x >= 0 && rect.y >= 0 && rect.x + rect.width <= width + 1 && rect.y + rect.height <= height + 1);
          assert.ok(!rects.slice(index + 1).some((other) => overlap(rect, other)));
        });
      }
    });
  }

  it("puts side by side on a wide screen what it stacks on a phone", () => {
    assert.equal(columns(grid(2, 1280, 700)), 2);
    assert.equal(columns(grid(2, 390, 760)), 1);
    assert.equal(columns(grid(6, 1280, 700)), 3);
  });

  it("never makes a tile wider than 16:9 or narrower than 4:3, or 3:4 on a phone", () => {
    const shapes = sizes.flatMap(([width, height]) => [1, 2, 3, 5, 9].map((count) => ({ width, rect: grid(count, width, height)[0] as Rect })));
    for (const { width, rect } of shapes) {
      const shape = rect.width / rect.height;
      assert.ok(shape < 1.79 && shape > (width < 480 ? 0.74 : 1.32), `${shape} at ${width}`);
    }
  });

  it("centres a short last row", () => {
    const [first, second, third] = grid(3, 1000, 700) as [Rect, Rect, Rect];
    const middle = (first.x + second.x + second.width) / 2;
    assert.ok(Math.abs(third.x + third.width / 2 - middle) <= 1);
  });

  it("survives a stage without room", () => {
    assert.equal(grid(4, 0, 0).length, 4);
    assert.ok(grid(4, 10, 10).every(({ width, height }) => width >= 0 && height >= 0));
  });
});

describe("The spotlight", () => {
  it("has its strip on the right of a wide stage and below an upright one", () => {
    const wide = spotlight(3, 1280, 700);
    assert.ok(wide.strip.every(({ x }) => x >= wide.large.x + wide.large.width + gap - 1));
    const upright = spotlight(3, 390, 760);
    assert.ok(upright.strip.every(({ y }) => y >= upright.large.y + upright.large.height + gap - 1));
  });

  it("fits every other tile into the strip", () => {
    const { strip } = spotlight(8, 844, 390);
    assert.ok(strip.every(({ y, height }) => y >= 0 && y + height <= 391));
  });

  it("takes everything when there is nothing else", () => {
    assert.deepEqual(spotlight(0, 800, 600), { large: { x: 0, y: 0, width: 800, height: 600 }, strip: [] });
  });
});

function room(...names: readonly string[]): RoomState {
  return reduce(emptyRoom, { type: "joined", reply: joinReply("me", names.map((name) => participant(name))) }, 0);
}

function sharing(state: RoomState, ...names: readonly string[]): RoomState {
  const media = { ...mediaOff, screen: true, screenStream: "s" };
  return names.reduce((before, name) => reduce(before, { type: "media-changed", id: id(name), media }, 0), state);
}

const keys = (state: RoomState): string[] => tiles(state).map(({ key }) => key);
const calm = { layout: "grid", pinned: undefined, speaker: undefined } as const;

describe("The stage", () => {
  it("invites others while we are alone", () => {
    assert.deepEqual(keys(room()), ["invite", "self"]);
  });

  it("shows others first, then shares, then ourselves", () => {
    assert.deepEqual(keys(sharing(room("a", "b"), "b")), ["person a", "person b", "share b", "self"]);
  });

  it("shows our own share, too", () => {
    assert.deepEqual(keys(sharing(room(), "me")), ["share self", "self"]);
  });

  it("gives the stage to a share of another before our own", () => {
    const shown = tiles(sharing(room("a", "b"), "a", "me"));
    assert.equal(featured(shown, calm)?.key, "share a");
  });

  it("gives the stage to what the person pinned before anything else", () => {
    const shown = tiles(sharing(room("a", "b"), "a"));
    assert.equal(featured(shown, { ...calm, pinned: "person b" })?.key, "person b");
  });

  it("forgets a pin on somebody who left", () => {
    assert.equal(featured(tiles(room("a")), { ...calm, pinned: "person z" }), undefined);
  });

  it("shows the speaker large only where wished and where there are several", () => {
    const wish = { ...calm, speaker: id("b") };
    assert.equal(featured(tiles(room("a", "b")), wish), undefined);
    assert.equal(featured(tiles(room("a", "b")), { ...wish, layout: "speaker" })?.key, "person b");
    assert.equal(featured(tiles(room("b")), { ...wish, layout: "speaker" }), undefined);
  });

  it("fills itself with the only other person and lets us float", () => {
    const placed = place(tiles(room("a")), undefined, 1280, 700);
    assert.deepEqual(placed.map(({ tile, role }) => `${tile.key} ${role}`), ["person a large", "self floating"]);
  });

  it("places every tile exactly once", () => {
    const shown = tiles(sharing(room("a", "b", "c"), "b"));
    const placed = place(shown, featured(shown, calm), 1280, 700);
    assert.deepEqual(placed.map(({ tile }) => tile.key).sort(), shown.map(({ key }) => key).sort());
  });
});
