// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { spanOf } from "../../src/model/lifetimes";

const now = new Date("2026-11-22T10:00").getTime();
const later = (time: string): number => new Date(time).getTime();

describe("How long an invitation is good", () => {
  it("counts from now, or from its beginning", () => {
    assert.deepEqual(spanOf({ lifetime: "hour", from: "", until: "" }, now), { expiresAt: now + 3_600_000 });
    const start = later("2026-11-23T08:00");
    assert.deepEqual(spanOf({ lifetime: "day", from: "2026-11-23T08:00", until: "" }, now), { notBefore: start, expiresAt: start + 86_400_000 });
  });

  it("begins at once when its beginning has passed", () => {
    assert.deepEqual(spanOf({ lifetime: "always", from: "2026-11-20T08:00", until: "" }, now), {});
  });

  it("ends when the person says", () => {
    assert.deepEqual(spanOf({ lifetime: "until", from: "", until: "2026-11-22T12:30" }, now), { expiresAt: later("2026-11-22T12:30") });
  });

  it("is refused where no time is left", () => {
    assert.equal(spanOf({ lifetime: "until", from: "", until: "" }, now), "no-end");
    assert.equal(spanOf({ lifetime: "until", from: "", until: "2026-11-22T09:00" }, now), "end-passed");
    assert.equal(spanOf({ lifetime: "until", from: "2026-11-24T09:00", until: "2026-11-23T09:00" }, now), "end-before-start");
  });
});
