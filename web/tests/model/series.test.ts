// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { areaPath, greatest, inUnit, joined, linePath, nearest, noSeries, place, roundedUp } from "../../src/model/series";
import type { Series } from "../../src/protocol/admin";

function series(at: readonly number[], people: readonly number[]): Series {
  const zeros = at.map(() => 0);
  return {
    ...noSeries, at, people, rooms: zeros, sessions: zeros, connections: zeros, relayed: zeros, processor: zeros,
    memory: zeros, received: zeros, sent: zeros,
  };
}

describe("A time series", () => {
  it("grows by what is new and forgets what is old", () => {
    const old = series([1, 2, 3], [10, 20, 30]);
    const next = joined(old, series([3, 4], [30, 40]), 2);
    assert.deepEqual(next.at, [2, 3, 4]);
    assert.deepEqual(next.people, [20, 30, 40]);
    assert.deepEqual(joined(old, noSeries, 100).at, []);
    assert.deepEqual(joined(noSeries, old, 0).people, [10, 20, 30]);
  });

  it("has a scale that ends in a round number", () => {
    assert.deepEqual([0, 1, 3, 12, 50, 51, 900].map((value) => roundedUp(value)), [1, 1, 5, 20, 50, 100, 1000]);
    assert.equal(roundedUp(Number.NaN, 4), 4);
  });

  it("is drawn from left to right and from below", () => {
    const frame = { from: 0, to: 100, top: 10 };
    assert.deepEqual(place(frame, 50, 5), { x: 500, y: 50 });
    assert.equal(linePath([0, 5, 10], [0, 10, 20], frame), "M0 100L50 0L100 0");
    assert.equal(areaPath([0, 5], [0, 10], frame), "M0 100L0 100L50 0L50 100Z");
    assert.equal(linePath([], [], frame), "");
  });

  it("has a gap where the server was not there", () => {
    const frame = { from: 0, to: 100, top: 10 };
    assert.equal(linePath([0, 5, 50, 55], [1, 1, 1, 1], frame), "M0 90L50 90M500 90L550 90");
  });

  it("finds what a pointer means, and the peak", () => {
    assert.equal(nearest([0, 10, 20], 14), 1);
    assert.equal(nearest([], 14), -1);
    assert.equal(greatest([1, 3, 3, 2]), 2);
    assert.equal(greatest([]), -1);
  });

  it("names values in a fitting unit", () => {
    const units = [["bit", 1], ["kilobit", 1000], ["megabit", 1_000_000]] as const;
    assert.deepEqual(inUnit(0, units), { unit: "bit", value: 0 });
    assert.deepEqual(inUnit(2_500_000, units), { unit: "megabit", value: 2.5 });
  });
});
