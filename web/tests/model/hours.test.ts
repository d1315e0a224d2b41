// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { clockTime, HoursRow, hoursOf, minutesOf, problemOfRow, rowsOf, slugOf } from "../../src/model/hours";

const row = (key: number, weekday: number, from: string, to: string): HoursRow => ({ key, weekday, from, to });

describe("Hours", () => {
  it("are read and written as clock times", () => {
    assert.deepEqual(["00:00", "09:30", "24:00", "24:01", "9:5", "", "ab:cd"].map(minutesOf), [0, 570, 1_440, undefined, undefined, undefined, undefined]);
    assert.deepEqual([0, 570, 1_440].map(clockTime), ["00:00", "09:30", "23:59"]);
  });

  it("survive the way into the form and back", () => {
    const hours = [{ weekday: 1, start: 540, end: 720 }, { weekday: 1, start: 780, end: 1_440 }, { weekday: 7, start: 0, end: 60 }];
    assert.deepEqual(hoursOf(rowsOf(hours)), hours);
  });

  it("must be complete, forward and apart", () => {
    const rows = [row(0, 1, "09:00", "12:00"), row(1, 1, "11:00", "13:00"), row(2, 2, "11:00", "13:00"), row(3, 1, "12:00", "11:00"), row(4, 3, "", "10:00")];
    assert.deepEqual(rows.map((each) => problemOfRow(each, rows)), [undefined, "overlap", undefined, "backwards", "incomplete"]);
  });
});

describe("The address of a booking page", () => {
  for (const [name, slug] of [["Dr. Robin Vale", "dr-robin-vale"], ["Zoë Müller", "zoe-muller"], ["  —  ", ""], ["Straße", "strasse"]] as const) {
    it(`of ${JSON.stringify(name)} is ${JSON.stringify(slug)}`, () => assert.equal(slugOf(name), slug));
  }
});
