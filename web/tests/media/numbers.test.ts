// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { numbersOf, Sample, sampleOf } from "../../src/media/numbers";

type Entries = readonly Readonly<Record<string, unknown>>[];

const report = (entries: Entries): RTCStatsReport =>
  new Map(entries.map((entry, index) => [String(entry["id"] ?? index), { id: String(index), ...entry }])) as unknown as RTCStatsReport;
const look = (at: number, ...entries: Entries): Sample => sampleOf([report(entries)], at);

describe("The numbers of a picture", () => {
  const video = { type: "inbound-rtp", kind: "video", codecId: "c", bytesReceived: 100_000, packetsReceived: 100, packetsLost: 0, framesDecoded: 10, frameWidth: 640, frameHeight: 360, jitter: 0.012 };
  const codec = { id: "c", type: "codec", mimeType: "video/VP8" };

  it("are what happened between two looks", () => {
    const before = look(1_000, video, codec);
    const later = { ...video, bytesReceived: 350_000, packetsReceived: 290, packetsLost: 10, framesDecoded: 60 };
    const now = look(3_000, later, codec, { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.04 });
    assert.deepEqual(numbersOf(before, now), {
      tracks: [{ kind: "video", rate: 1_000, loss: 5, framesPerSecond: 25, width: 640, height: 360, jitter: 12, codec: "VP8" }],
      roundTrip: 40,
      route: undefined,
    });
  });

  it("have no rates at the first look, or when another connection counts from nothing", () => {
    const first = numbersOf(undefined, look(0, video, codec)).tracks[0];
    assert.deepEqual([first?.rate, first?.framesPerSecond, first?.width], [0, 0, 640]);
    assert.equal(numbersOf(look(0, video), look(2_000, { ...video, bytesReceived: 5 })).tracks[0]?.rate, 0);
    assert.equal(numbersOf(look(5, video), look(5, video)).tracks[0]?.rate, 0);
  });

  it("add up the sizes of what we send, and hold what the other side misses", () => {
    const size = (bytes: number, width: number) => ({ type: "outbound-rtp", kind: "video", bytesSent: bytes, framesSent: 30, frameWidth: width, frameHeight: width / 2 });
    const heard = { type: "remote-inbound-rtp", fractionLost: 0.02 };
    const now = look(1_000, size(10_000, 320), size(115_000, 1_280), heard);
    const numbers = numbersOf(look(0, size(0, 320), size(0, 1_280)), now).tracks[0];
    assert.deepEqual([numbers?.rate, numbers?.width, numbers?.height, numbers?.loss], [1_000, 1_280, 640, 2]);
  });

  it("are none where nothing comes", () => {
    assert.deepEqual(numbersOf(undefined, sampleOf([], 0)), { tracks: [], roundTrip: undefined, route: undefined });
  });
});
