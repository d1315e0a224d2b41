// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gap, grid, Rect, spotlight } from "../../src/model/grid";
import { emptyRoom, reduce, RoomState } from "../../src/model/room";
import { featured, numbered, picturesOf, place, roomFor, StagePage, Tile, tiles, together, turn } from "../../src/model/stage";
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

  it("is whom hosts show to everybody, unless the person pinned somebody", () => {
    const shown = tiles(room("a", "b", "c"));
    assert.equal(featured(shown, { ...calm, spotlight: id("b") })?.key, "person b");
    assert.equal(featured(shown, { ...calm, spotlight: id("b"), pinned: "person c" })?.key, "person c");
    // Nobody looks at themselves.
    assert.equal(featured(shown, { ...calm, spotlight: id("me") }), undefined);
  });

  it("is the screen of whom hosts show to everybody", () => {
    const shown: readonly Tile[] = [...tiles(room("a", "b")), { kind: "share", key: "share a", id: id("a") }, { kind: "share", key: "share b", id: id("b") }];
    assert.equal(featured(shown, { ...calm, spotlight: id("a") })?.key, "share a");
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

  it("leaves us out where we do not want to see ourselves", () => {
    const shown = tiles(room("a"), true);
    assert.deepEqual(shown.map(({ key }) => key), ["person a"]);
    assert.deepEqual(place(shown, undefined, 1280, 700).map(({ rect, role }) => [rect.width, role]), [[1280, "large"]]);
    assert.deepEqual(tiles(room(), true).map(({ key }) => key), ["invite"]);
  });

  it("shows nobody but the speaker and ourselves where that is wished", () => {
    const state = room("a", "b", "c");
    const large = featured(tiles(state), { ...calm, layout: "speaker", speaker: id("b") });
    const { shown, pages } = turn(tiles(state), large, 20, { layout: "speaker", page: 0, before: [], recent: [], room: state });
    assert.equal(pages, 1);
    const placed = place(shown, large, 1280, 700, "speaker");
    assert.deepEqual(placed.map(({ tile, role }) => `${tile.key} ${role}`), ["person b large", "self floating"]);
  });

  it("shows the speaker with the others beside where that is wished", () => {
    const state = room("a", "b", "c");
    const large = featured(tiles(state), { ...calm, layout: "sidebar", speaker: id("b") });
    const { shown } = turn(tiles(state), large, 20, { layout: "sidebar", page: 0, before: [], recent: [], room: state });
    assert.deepEqual(place(shown, large, 1280, 700, "sidebar").map(({ tile }) => tile.key).sort(), ["person a", "person b", "person c", "self"]);
  });

  it("numbers who can be pinned, in the order on the screen", () => {
    const shown = tiles(sharing(room("a", "b"), "b"));
    assert.deepEqual([1, 2, 3, 4].map((number) => numbered(shown, number)?.key), ["person a", "person b", "share b", undefined]);
    assert.equal(numbered(tiles(room()), 1), undefined);
  });

  it("places every tile exactly once", () => {
    const shown = tiles(sharing(room("a", "b", "c"), "b"));
    const placed = place(shown, featured(shown, calm), 1280, 700);
    assert.deepEqual(placed.map(({ tile }) => tile.key).sort(), shown.map(({ key }) => key).sort());
  });
});

/** A page of a meeting with ten others, on a stage for five. */
function page(change: Partial<Parameters<typeof turn>[3]> = {}, large?: Tile): StagePage {
  const state = room(..."abcdefghij");
  return turn(tiles(state), large, 5, { page: 0, before: [], recent: [], room: state, ...change });
}

const names = ({ shown }: StagePage): string => shown.map(({ key }) => key.replace("person ", "")).join(" ");

describe("Pages of a stage", () => {
  it("are one while everybody fits, in the order of joining", () => {
    const state = room("a", "b");
    const all = tiles(state);
    assert.deepEqual(turn(all, undefined, 3, { page: 4, before: [], recent: [id("b")], room: state }), { shown: all, page: 0, pages: 1 });
  });

  it("show everybody once, and ourselves on each", () => {
    assert.deepEqual([0, 1, 2].map((number) => names(page({ page: number }))), ["a b c d self", "e f g h self", "i j self"]);
    assert.equal(page().pages, 3);
  });

  it("end with the last one, however many have left since", () => {
    assert.equal(page({ page: 7 }).page, 2);
  });

  it("bring who spoke last to the front, in the place of who goes, and move nobody else", () => {
    const first = page();
    const recent = [id("j"), id("b")];
    const second = page({ before: first.shown.slice(0, 4), recent });
    assert.equal(names(second), "a b c j self");
    assert.equal(names(page({ before: second.shown.slice(0, 4), recent: [id("h"), ...recent] })), "a b h j self");
  });

  it("prefer cameras to initials", () => {
    const media = { ...mediaOff, camera: true };
    const state = reduce(room(..."abcdefghij"), { type: "media-changed", id: id("i"), media }, 0);
    assert.equal(names(turn(tiles(state), undefined, 5, { page: 0, before: [], recent: [], room: state })), "i a b c self");
  });

  it("keep what is shown large on all", () => {
    const large = tiles(room(..."abcdefghij")).find(({ key }) => key === "person j");
    const second = turn(tiles(room(..."abcdefghij")), large, 5, { page: 1, before: [], recent: [], room: room(..."abcdefghij") });
    assert.equal(second.shown.length, 6);
  });

  it("hold more on a large screen than on a phone, and never more than there are slots", () => {
    assert.equal(roomFor(undefined, 1256, 700, 26), 26);
    assert.equal(roomFor(undefined, 1256, 700, 10), 10);
    assert.equal(roomFor(undefined, 366, 660, 26), 10);
    assert.equal(roomFor(undefined, 0, 0, 26), 4);
  });
});

describe("Pictures on a stage", () => {
  it("are asked for in pixels of the screen, shares first and never our own", () => {
    const state = sharing(room("a", "b"), "a", "me");
    const placed = place(tiles(state), featured(tiles(state), calm), 1280, 700);
    const pictures = picturesOf(placed, 2);
    assert.deepEqual(pictures.map(({ source, participant }) => `${source} ${participant}`).sort(), ["camera a", "camera b", "screen a"]);
    const share = pictures.find(({ source }) => source === "screen");
    assert.ok(share && share.width > 1_900 && pictures.every(({ priority }) => priority <= share.priority));
  });

  it("of people come small for somebody who saves data, screens as they are, and none at all with sound only", () => {
    const state = sharing(room("a"), "a");
    const placed = place(tiles(state), featured(tiles(state), { ...calm, pinned: "person a" }), 1280, 700);
    const small = picturesOf(placed, 2, "small");
    const [face, share] = [small.find(({ source }) => source === "camera"), small.find(({ source }) => source === "screen")];
    assert.ok(face && Math.max(face.width, face.height) === 320);
    assert.deepEqual(share, picturesOf(placed, 2).find(({ source }) => source === "screen"));
    assert.deepEqual(picturesOf(placed, 2, "sound"), []);
  });

  it("in two windows come once, in the larger size", () => {
    const picture = { participant: id("a"), source: "camera", width: 640, height: 360, priority: 100 } as const;
    const other = { ...picture, width: 320, height: 180, priority: 150 };
    assert.deepEqual(together([picture], [other]), [{ ...picture, priority: 150 }]);
    assert.equal(together([picture], [{ ...other, source: "screen" }]).length, 2);
  });
});
