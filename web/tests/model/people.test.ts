// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { matches, windowOf } from "../../src/model/people";

describe("Looking for somebody", () => {
  const cases: [string, string, boolean][] = [
    ["José Álvarez", "jose", true],
    ["José Álvarez", "ALV jo", true],
    ["José Álvarez", "alv x", false],
    ["José Álvarez", "  ", true],
    ["Łucja", "łuc", true],
    ["王芳", "芳", true],
  ];
  for (const [name, query, found] of cases) {
    it(`${found ? "finds" : "does not find"} ${name} by ${JSON.stringify(query)}`, () => assert.equal(matches(name, query), found));
  }
});

describe("A long list", () => {
  it("draws what is looked at, and a little more", () => {
    assert.deepEqual(windowOf(1000, 50, 5_000, 500, 4), { start: 96, end: 115 });
  });

  it("ends where it ends", () => {
    assert.deepEqual(windowOf(10, 50, 0, 500, 4), { start: 0, end: 10 });
    assert.deepEqual(windowOf(0, 50, 0, 500), { start: 0, end: 0 });
  });

  it("that became short under a far scroll draws its end", () => {
    assert.deepEqual(windowOf(5, 50, 90_000, 500, 4), { start: 1, end: 5 });
  });

  it("above the view draws its beginning", () => {
    assert.deepEqual(windowOf(1000, 50, -200, 500, 4), { start: 0, end: 15 });
  });
});
