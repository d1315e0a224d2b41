// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { around, earlier, later, mostDrawn, newest, Stretch } from "../../src/model/stretch";

describe("The stretch of a long list that is drawn", () => {
  it("is all of a short one", () => {
    assert.deepEqual(newest(3), { start: 0, end: 3 });
    assert.deepEqual(around(2, 3), { start: 0, end: 3 });
    assert.deepEqual(earlier(newest(3)), newest(3));
    assert.deepEqual(later(newest(3), 3), newest(3));
  });

  it("reaches every item on the way up and down, and is never longer than allowed", () => {
    const total = 1_000;
    let stretch: Stretch = newest(total);
    const walk = (move: (from: Stretch) => Stretch): void => {
      for (let round = 0; round < 100; round += 1) {
        const next = move(stretch);
        assert.ok(next.end - next.start <= mostDrawn);
        // Nothing is jumped over: what was at the edge is still there.
        assert.ok(next.start <= stretch.end && next.end >= stretch.start);
        stretch = next;
      }
    };
    walk(earlier);
    assert.deepEqual(stretch, { start: 0, end: mostDrawn });
    walk((from) => later(from, total));
    assert.deepEqual(stretch, newest(total));
  });

  it("has what it is to be around", () => {
    for (const index of [0, 59, 60, 500, 939, 999]) {
      const { start, end } = around(index, 1_000);
      assert.ok(start <= index && index < end);
      assert.equal(end - start, mostDrawn);
    }
  });
});
