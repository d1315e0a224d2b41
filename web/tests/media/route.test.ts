// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { routeOf } from "../../src/media/route";

const report = (...entries: { id: string; [name: string]: unknown }[]): RTCStatsReport =>
  new Map(entries.map((entry) => [entry.id, entry])) as unknown as RTCStatsReport;

const transport = { id: "T", type: "transport", selectedCandidatePairId: "P" };
const pair = { id: "P", type: "candidate-pair", localCandidateId: "L", remoteCandidateId: "R", nominated: true };
const local = (change: object): { id: string } => ({ id: "L", type: "local-candidate", candidateType: "host", protocol: "udp", ...change } as { id: string });
const remote = (candidateType = "host"): { id: string } => ({ id: "R", type: "remote-candidate", candidateType } as { id: string });

describe("The way to somebody", () => {
  it("is not known before there is one", () => {
    assert.equal(routeOf(report()), undefined);
    assert.equal(routeOf(report(local({}), remote(), pair)), undefined);
  });

  it("is direct between two addresses of their own", () => {
    assert.deepEqual(routeOf(report(transport, pair, local({}), remote())), { kind: "direct", transport: "udp" });
    assert.deepEqual(routeOf(report(transport, pair, local({ protocol: "tcp" }), remote("prflx"))), { kind: "direct", transport: "tcp" });
  });

  it("is relayed by what our side speaks to the relay", () => {
    for (const relayProtocol of ["udp", "tcp", "tls"] as const) {
      const own = local({ candidateType: "relay", relayProtocol });
      assert.deepEqual(routeOf(report(transport, pair, own, remote())), { kind: "relayed", transport: relayProtocol });
    }
  });

  it("is relayed when only the other side uses a relay", () => {
    assert.deepEqual(routeOf(report(transport, pair, local({}), remote("relay"))), { kind: "relayed", transport: "udp" });
  });

  it("is found in what Firefox reports, too", () => {
    const selected = { ...pair, selected: true };
    const other = { ...pair, id: "Q", localCandidateId: "X", selected: false };
    assert.deepEqual(routeOf(report(other, selected, local({ candidateType: "relay", relayProtocol: "tls" }), remote("relay"))), {
      kind: "relayed",
      transport: "tls",
    });
  });
});
