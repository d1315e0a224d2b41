// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { candidateFacts } from "../../../src/media/playground/candidates";
import { abilities, constraintsFrom } from "../../../src/media/playground/constraints";
import { readTabMessage } from "../../../src/media/playground/messages";
import { rates, sample } from "../../../src/media/playground/numbers";

const nothing = { width: undefined, height: undefined, frameRate: undefined, aspectRatio: undefined, demand: false };

describe("A picture's wishes", () => {
  it("are ideals, and demands are exact", () => {
    assert.deepEqual(constraintsFrom({ ...nothing, width: 640, frameRate: 15 }), { width: { ideal: 640 }, frameRate: { ideal: 15 } });
    assert.deepEqual(constraintsFrom({ ...nothing, aspectRatio: 1, demand: true }), { aspectRatio: { exact: 1 } });
  });

  it("leave out what nobody wished or no camera can do", () => {
    assert.deepEqual(constraintsFrom({ ...nothing, width: 0, height: -1, frameRate: NaN }), {});
  });

  it("stand beside what the camera can do, as rows", () => {
    const found = { deviceId: "x", groupId: "y", width: { min: 1, max: 1280 }, aspectRatio: { max: 1 / 3 }, facingMode: [], resizeMode: ["none", "crop"], torch: false };
    assert.deepEqual(abilities(found), [
      { name: "width", range: "1 – 1280" },
      { name: "aspectRatio", range: " – 0.333" },
      { name: "resizeMode", range: "none, crop" },
      { name: "torch", range: "false" },
    ]);
  });
});

describe("Candidates", () => {
  it("tell kind, protocol, address and port", () => {
    const line = "candidate:842163049 1 udp 1677729535 203.0.113.7 61665 typ srflx raddr 0.0.0.0 rport 0 generation 0";
    assert.deepEqual(candidateFacts(line), { type: "srflx", protocol: "udp", address: "203.0.113.7", port: "61665" });
    assert.equal(candidateFacts("candidate:1 1 TCP 1 d0.local 9 typ host tcptype active")?.protocol, "tcp");
  });

  it("that are none tell nothing", () => {
    for (const line of ["", "candidate:1 1 udp", "typ host"]) assert.equal(candidateFacts(line), undefined);
  });
});

describe("Messages between tabs", () => {
  it("are taken when they are whole", () => {
    for (const message of [
      { kind: "hello", from: "a" },
      { kind: "offer", from: "a", to: "b", sdp: "v=0" },
      { kind: "candidate", from: "a", to: "b", candidate: null },
      { kind: "hang-up", from: "a", to: "b" },
    ]) assert.deepEqual(readTabMessage(message), message);
  });

  it("are ignored when they are not", () => {
    for (const message of [
      undefined, "hello", null, {}, { kind: "hello" }, { kind: "other", from: "a" }, { kind: "offer", from: "a", to: "b" },
      { kind: "answer", from: "a", sdp: "v=0" }, { kind: "candidate", from: "a", to: "b", candidate: "x" }, { kind: "hang-up", from: "a" },
    ]) assert.equal(readTabMessage(message), undefined);
  });
});

describe("The numbers of a call", () => {
  const report = (...entries: object[]): RTCStatsReport => new Map(entries.map((entry, index) => [String(index), entry])) as unknown as RTCStatsReport;

  it("are the differences of two samples", () => {
    const before = sample(report({ type: "inbound-rtp", kind: "audio", bytesReceived: 100 }, { type: "outbound-rtp", bytesSent: 50 }), 1_000);
    const now = sample(report(
      { type: "inbound-rtp", kind: "audio", bytesReceived: 200 },
      { type: "inbound-rtp", kind: "video", bytesReceived: 900, frameWidth: 640, frameHeight: 360, framesPerSecond: 10 },
      { type: "outbound-rtp", bytesSent: 300 },
      { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.0034 },
    ), 3_000);
    assert.deepEqual(rates(before, now), { received: 4_000, sent: 1_000, width: 640, height: 360, framesPerSecond: 10, roundTrip: 3 });
  });

  it("never go below nothing when a track was exchanged", () => {
    const before = sample(report({ type: "outbound-rtp", bytesSent: 500 }), 0);
    assert.equal(rates(before, sample(report(), 0)).sent, 0);
  });
});
