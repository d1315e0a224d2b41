// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loudness } from "../../src/media/level";
import { problemOf, refusedBy } from "../../src/media/problems";
import { cameraBitRate, judge, noTotals, totals, Totals } from "../../src/media/quality";

describe("The quality of a path", () => {
  const cases: [string, Partial<Totals>, string][] = [
    ["without loss", { received: 1_000 }, "good"],
    ["with 2 % loss", { received: 980, lost: 20 }, "good"],
    ["with 5 % loss", { received: 950, lost: 50 }, "fair"],
    ["with 20 % loss", { received: 800, lost: 200 }, "poor"],
    ["with loss on the way there", { received: 1_000, remoteLoss: 0.2 }, "poor"],
    ["with a long way", { received: 1_000, roundTrip: 0.3 }, "fair"],
    ["with a very long way", { received: 1_000, roundTrip: 0.8 }, "poor"],
    ["with nothing to judge", {}, "good"],
  ];
  for (const [what, change, expected] of cases) {
    it(`${what} is ${expected}`, () => assert.equal(judge(noTotals, { ...noTotals, ...change }), expected));
  }

  it("is judged by what happened since the last look", () => {
    const before = { ...noTotals, received: 1_000, lost: 500 };
    assert.equal(judge(before, { ...before, received: 2_000 }), "good");
  });

  it("is read from the browser's report", () => {
    const report = new Map<string, object>([
      ["a", { type: "inbound-rtp", packetsReceived: 10, packetsLost: 1 }],
      ["b", { type: "inbound-rtp", packetsReceived: 20, packetsLost: 2 }],
      ["c", { type: "candidate-pair", nominated: false, currentRoundTripTime: 9 }],
      ["d", { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.04 }],
      ["e", { type: "remote-inbound-rtp", fractionLost: 0.01 }],
      ["f", { type: "codec" }],
    ]);
    assert.deepEqual(totals(report as never), { received: 30, lost: 3, roundTrip: 0.04, remoteLoss: 0.01 });
  });

  it("leaves each of more people less of our line", () => {
    const rates = [1, 2, 3, 4, 5].map(cameraBitRate);
    assert.deepEqual([...rates].sort((a, b) => b - a), rates);
    assert.ok(5 * cameraBitRate(5) < 2_500_000);
  });
});

describe("Loudness", () => {
  it("is nothing in silence, all at full speech, and half between in decibels", () => {
    assert.deepEqual([0, 0.0001, 10 ** (-35 / 20), 1].map(loudness).map((value) => Math.round(value * 100)), [0, 0, 50, 100]);
  });
});

describe("Why a device did not open", () => {
  const cases: [string, string, string][] = [
    ["NotAllowedError", "Permission denied", "denied"],
    ["NotAllowedError", "Permission denied by system", "denied-by-system"],
    ["NotAllowedError", "Permission dismissed", "dismissed"],
    ["NotFoundError", "", "not-found"],
    ["NotReadableError", "Could not start video source", "in-use"],
    ["SecurityError", "", "insecure"],
    ["NotSupportedError", "", "unsupported"],
    ["TypeError", "", "unknown"],
  ];
  for (const [name, text, expected] of cases) {
    it(`is ${expected} for ${name} ${text}`, () => assert.equal(problemOf(Object.assign(new Error(text), { name })), expected));
  }
});

describe("A refusal", () => {
  it("is the system's where the browser would allow", () => {
    assert.equal(refusedBy("denied", { forbiddenHere: false, permission: "granted" }), "denied-by-system");
  });

  it("is the browser's where that refuses or does not tell", () => {
    assert.equal(refusedBy("denied", { forbiddenHere: false, permission: "denied" }), "denied");
    assert.equal(refusedBy("denied", { forbiddenHere: false, permission: undefined }), "denied");
  });

  it("is that of the page around ours where devices are not passed on", () => {
    assert.equal(refusedBy("denied", { forbiddenHere: true, permission: "denied" }), "embedded");
  });
});
