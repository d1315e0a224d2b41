// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { arrivals, departures, minutesSince, officeOf } from "../../src/model/dashboard";
import { dashboard, hour, minute, monday, visit } from "../appointment-samples";

const ids = (visits: readonly { readonly id: string }[]): string[] => visits.map(({ id }) => id);

describe("The dashboard", () => {
  const day = 24 * hour;
  const all = dashboard([
    visit("tomorrow", { start: monday + day, end: monday + day + hour }),
    visit("second", { state: "waiting", waitingSince: monday - minute }),
    visit("first", { state: "waiting", waitingSince: monday - 5 * minute, start: monday + hour }),
    visit("call", { state: "admitted" }),
    visit("soon", { start: monday + 2 * hour, end: monday + 3 * hour }),
    visit("missed", { start: monday - 5 * hour, end: monday - 4 * hour }),
    visit("done", { state: "finished", start: monday - 2 * hour }),
    visit("gone", { state: "cancelled", start: monday + day }),
  ]);

  it("puts every appointment into one group", () => {
    const office = officeOf(all, "UTC");
    assert.deepEqual(ids(office.waiting), ["first", "second"]);
    assert.deepEqual(ids(office.inCall), ["call"]);
    assert.deepEqual(ids(office.today), ["soon"]);
    assert.deepEqual(office.upcoming.map(({ day: name, visits }) => [name, ...ids(visits)]), [["2026-11-24", "tomorrow"]]);
    assert.deepEqual(ids(office.past), ["gone", "done", "missed"]);
  });

  it("ends the day when it ends in the professional's zone", () => {
    const late = dashboard([visit("late", { start: monday + 10 * hour, end: monday + 11 * hour })]);
    assert.deepEqual(ids(officeOf(late, "UTC").today), ["late"]);
    assert.deepEqual(officeOf(late, "Asia/Tokyo").upcoming.map(({ day: name }) => name), ["2026-11-24"]);
  });

  it("keeps expecting somebody who is late", () => {
    const late = dashboard([visit("late", { start: monday - hour, end: monday - 30 * minute })]);
    assert.deepEqual(ids(officeOf(late, "UTC").today), ["late"]);
  });
});

describe("News of the waiting room", () => {
  const waiting = (id: string) => visit(id, { state: "waiting", waitingSince: monday });

  it("is who came since the last state, and nobody in the first", () => {
    assert.deepEqual(arrivals(undefined, dashboard([waiting("a")])), []);
    assert.deepEqual(ids(arrivals(dashboard([waiting("a"), visit("b")]), dashboard([waiting("a"), waiting("b")]))), ["b"]);
  });

  it("is not who was sent back", () => {
    assert.deepEqual(arrivals(dashboard([visit("a", { state: "admitted" })]), dashboard([waiting("a")])), []);
  });

  it("is who went without being admitted", () => {
    const before = dashboard([waiting("a"), waiting("b"), waiting("c")]);
    const after = dashboard([visit("a"), visit("b", { state: "admitted" }), waiting("c")]);
    assert.deepEqual(ids(departures(before, after)), ["a"]);
  });
});

describe("A wait", () => {
  it("is told in whole minutes and never below none", () => {
    assert.deepEqual([minutesSince(0, 59_999), minutesSince(0, 120_000), minutesSince(5, 0)], [0, 2, 0]);
  });
});
