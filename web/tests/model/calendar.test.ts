// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  byDay, dayName, dayOf, DayKey, fieldTime, instantOf, isZone, monthName, monthOf, monthsOf, span, timeOfDay, weekdayNames, zoneName, zones,
} from "../../src/model/calendar";
import { hour, minute, monday } from "../appointment-samples";

const late = Date.UTC(2026, 10, 23, 23, 30);

describe("A day", () => {
  it("depends on the zone", () => {
    assert.equal(dayOf(late, "Europe/London"), "2026-11-23");
    assert.equal(dayOf(late, "Europe/Berlin"), "2026-11-24");
    assert.equal(dayOf(late, "America/Los_Angeles"), "2026-11-23");
  });

  it("groups slots by the reader's zone and in order", () => {
    const slots = [late, monday].map((start) => ({ start, end: start + 30 * minute }));
    assert.deepEqual(byDay(slots, "UTC").map(({ day, slots: list }) => [day, list.length]), [["2026-11-23", 2]]);
    assert.deepEqual(byDay(slots, "Asia/Tokyo").map(({ day }) => day), ["2026-11-23", "2026-11-24"]);
    assert.deepEqual(byDay(slots, "UTC")[0]?.slots.map(({ start }) => start), [monday, late]);
  });

  it("has the name that the reader's language gives it", () => {
    assert.match(dayName("2026-11-23" as DayKey, "en-GB"), /^Monday,? 23 November$/);
    assert.equal(dayName("2026-11-23" as DayKey, "de"), "Montag, 23. November");
  });
});

describe("A month", () => {
  it("begins its weeks where the reader's country does", () => {
    const cells = (first: number): (string | undefined)[] => [...(monthOf(2026, 11, first).weeks[0] ?? [])];
    assert.deepEqual(cells(1).map((day) => day?.slice(8)), [undefined, undefined, undefined, undefined, undefined, undefined, "01"]);
    assert.deepEqual(cells(7).map((day) => day?.slice(8)), ["01", "02", "03", "04", "05", "06", "07"]);
  });

  it("has all its days, also in a leap year", () => {
    const days = (year: number, month: number): number => monthOf(year, month, 1).weeks.flat().filter((day) => day).length;
    assert.deepEqual([days(2026, 2), days(2028, 2), days(2026, 12)], [28, 29, 31]);
  });

  it("stands between its neighbours, also over new year and when nothing is free in it", () => {
    const months = monthsOf(["2026-11-30", "2027-01-02"] as DayKey[], 1);
    assert.deepEqual(months.map(({ year, month }) => [year, month]), [[2026, 11], [2026, 12], [2027, 1]]);
    assert.deepEqual(monthsOf([], 1), []);
    const [first] = months;
    assert.ok(first);
    assert.equal(monthName(first, "en-GB"), "November 2026");
  });

  it("names weekdays from the first one", () => {
    assert.deepEqual(weekdayNames(7, "en-GB").map(({ short }) => short), ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]);
  });
});

describe("A time", () => {
  it("is written for its reader", () => {
    assert.equal(timeOfDay(monday, "Europe/Berlin", "de"), "10:00");
    assert.match(timeOfDay(monday, "America/New_York", "en-US"), /^4:00.AM$/);
  });

  it("spans from start to end, also over midnight", () => {
    assert.match(span({ start: monday, end: monday + hour }, "UTC", "en-GB"), /Monday,? 23 November 2026.*09:00.*10:00/);
    assert.match(span({ start: late, end: late + hour }, "UTC", "en-GB"), /23 November 2026.*24 November 2026/);
  });

  it("knows the offset of its zone on that day", () => {
    assert.equal(zoneName("Europe/Berlin", monday), "Berlin (GMT+1)");
    assert.equal(zoneName("Europe/Berlin", Date.UTC(2026, 6, 1)), "Berlin (GMT+2)");
    assert.equal(zoneName("America/Argentina/Buenos_Aires", monday), "Argentina, Buenos Aires (GMT-3)");
  });

  it("is found from what clocks show, also where they are changed", () => {
    assert.equal(instantOf("2026-11-23", "10:00", "Europe/Berlin"), monday);
    assert.equal(instantOf("2026-11-23", "04:00", "America/New_York"), monday);
    // 29 March 2026: Berlin's clocks go from 2:00 to 3:00. 25 October: from 3:00 to 2:00.
    assert.equal(instantOf("2026-03-29", "02:30", "Europe/Berlin"), Date.UTC(2026, 2, 29, 1, 30));
    assert.equal(instantOf("2026-03-29", "03:30", "Europe/Berlin"), Date.UTC(2026, 2, 29, 1, 30));
    assert.equal(instantOf("2026-10-25", "02:30", "Europe/Berlin"), Date.UTC(2026, 9, 25, 0, 30));
    assert.equal(instantOf("2026-10-25", "03:30", "Europe/Berlin"), Date.UTC(2026, 9, 25, 2, 30));
    assert.equal(instantOf("", "10:00", "UTC"), undefined);
    assert.equal(fieldTime(monday, "Asia/Tokyo"), "18:00");
  });

  it("can be had in every zone that is listed", () => {
    assert.ok(zones("Europe/Berlin").includes("Europe/Berlin"));
    assert.ok(zones("Etc/Own").includes("Etc/Own"));
    assert.equal(isZone("Europe/Berlin"), true);
    assert.equal(isZone("Mars/Base"), false);
  });
});
