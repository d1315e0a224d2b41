// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkInOf, emptyLink, LinkEvent, LinkPage, mustCheckInAgain, reduceLink, remaining, until, viewOf } from "../../src/model/link";
import { CheckIn, linkStates } from "../../src/protocol/appointments";
import type { MeetingCode } from "../../src/protocol/messages";
import { appointment, minute, monday } from "../appointment-samples";

const fine: CheckIn = { camera: "ok", microphone: "ok", network: "good", consent: true };
const call = "abc-defg-hij" as MeetingCode;

function page(...events: LinkEvent[]): LinkPage {
  return events.reduce((state, event) => reduceLink(state, event, monday), emptyLink);
}

const snapshot = (change: Parameters<typeof appointment>[0]): LinkEvent => ({ type: "snapshot", appointment: appointment(change) });

describe("The page of an appointment", () => {
  it("has a view of its own for every state", () => {
    const seen = linkStates.map((state) => viewOf(page(snapshot({ state }))));
    assert.deepEqual(seen, ["early", "check", "waiting", "check", "finished", "cancelled", "late", "revoked"]);
    assert.equal(viewOf(emptyLink), "loading");
  });

  for (const [code, view] of [["revoked", "revoked"], ["link-expired", "late"], ["cancelled", "cancelled"], ["invalid-link", "invalid"], ["unreachable", "unreachable"]] as const) {
    it(`shows ${view} when the server refuses with ${code}`, () => {
      assert.equal(viewOf(page({ type: "refused", code })), view);
    });
  }

  it("is in the waiting room from the moment of checking in", () => {
    const waiting = page(snapshot({ state: "open" }), { type: "checked-in", checkIn: fine });
    assert.equal(viewOf(waiting), "waiting");
    assert.equal(viewOf(reduceLink(waiting, { type: "left-queue" }, monday)), "check");
  });

  it("goes into a call only after a check on this device", () => {
    const admitted = page(snapshot({ state: "admitted", meeting: call }));
    assert.equal(viewOf(admitted), "check");
    assert.equal(viewOf(reduceLink(admitted, { type: "checked-in", checkIn: fine }, monday)), "call");
  });

  it("checks in again when the server has lost it, but not after leaving", () => {
    const waiting = page({ type: "checked-in", checkIn: fine }, snapshot({ state: "waiting" }));
    assert.equal(mustCheckInAgain(waiting), false);
    const restarted = reduceLink(waiting, snapshot({ state: "open" }), monday);
    assert.equal(mustCheckInAgain(restarted), true);
    assert.equal(mustCheckInAgain(reduceLink(restarted, { type: "left-queue" }, monday)), false);
  });

  it("forgets the check-in when the appointment is over", () => {
    const moved = page({ type: "checked-in", checkIn: fine }, snapshot({ state: "cancelled" }), snapshot({ state: "open" }));
    assert.equal(viewOf(moved), "check");
  });

  it("does not go back into a call that was left, but into the next one", () => {
    const left = page(snapshot({ state: "admitted", meeting: call }), { type: "left-call", meeting: call });
    assert.equal(left.leftCall, call);
    assert.equal(reduceLink(left, snapshot({ state: "admitted", meeting: call }), monday).leftCall, call);
    assert.equal(reduceLink(left, { type: "back-to-call" }, monday).leftCall, undefined);
    assert.equal(reduceLink(left, snapshot({ state: "waiting" }), monday).leftCall, undefined);
  });

  it("counts by the server's clock", () => {
    const state = page(snapshot({ now: monday - 10 * minute }));
    assert.equal(until(state, monday, monday), 10 * minute);
    assert.equal(until(state, monday, monday + 4 * minute), 6 * minute);
    assert.equal(until(state, monday, monday + 40 * minute), 0);
  });
});

describe("A check-in", () => {
  const device = { on: true, live: true, problem: undefined };
  const cases = [
    [device, "ok"],
    [{ ...device, on: false }, "off"],
    [{ on: false, live: false, problem: "denied" }, "denied"],
    [{ on: false, live: false, problem: "denied-by-system" }, "denied"],
    [{ on: false, live: false, problem: "not-found" }, "missing"],
    [{ on: false, live: false, problem: "in-use" }, "missing"],
    [{ ...device, live: false }, "missing"],
  ] as const;
  for (const [camera, result] of cases) {
    it(`says ${result} of ${JSON.stringify(camera)}`, () => {
      assert.equal(checkInOf({ camera, microphone: device, network: "good", consent: true }).camera, result);
    });
  }
});

describe("A countdown", () => {
  it("ends at zero and not below", () => {
    assert.deepEqual(remaining(-5), { days: 0, hours: 0, minutes: 0, seconds: 0 });
    assert.deepEqual(remaining(1), { days: 0, hours: 0, minutes: 0, seconds: 1 });
    assert.deepEqual(remaining(90_061_000), { days: 1, hours: 1, minutes: 1, seconds: 1 });
  });
});
