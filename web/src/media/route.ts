// SPDX-License-Identifier: Apache-2.0

import type { IceServer } from "../protocol/messages";

/** How what we send reaches somebody. */
export interface Route {
  /** Through the server when one of both sides goes by a relay. */
  readonly kind: "direct" | "relayed";
  /** What our side speaks: to the other directly, or to the relay. Undefined where the browser does not say. */
  readonly transport: "udp" | "tcp" | "tls" | undefined;
}

/** Whether our browser got an address on a relay. `none`: the server offered no relay. */
export type RelayState = "none" | "looking" | "reached" | "unreachable";

type Entry = Readonly<Record<string, unknown>>;

/** The way in use, by what `RTCPeerConnection.getStats` reports; nothing before there is one. */
export function routeOf(report: RTCStatsReport): Route | undefined {
  const entries = new Map<string, Entry>();
  report.forEach((entry: Entry) => entries.set(String(entry["id"]), entry));
  const pair = selectedPair(entries);
  const local = entries.get(String(pair?.["localCandidateId"]));
  const remote = entries.get(String(pair?.["remoteCandidateId"]));
  if (!local) return undefined;
  const ownRelay = local["candidateType"] === "relay";
  const kind = ownRelay || remote?.["candidateType"] === "relay" ? "relayed" : "direct";
  return { kind, transport: transport(ownRelay ? local["relayProtocol"] : local["protocol"]) };
}

/** Chromium names it in the transport's entry, Firefox marks it. */
function selectedPair(entries: ReadonlyMap<string, Entry>): Entry | undefined {
  for (const entry of entries.values()) {
    const id = entry["type"] === "transport" ? entry["selectedCandidatePairId"] : undefined;
    if (typeof id === "string" && entries.has(id)) return entries.get(id);
  }
  return [...entries.values()].find((entry) => entry["type"] === "candidate-pair" && entry["selected"] === true);
}

function transport(name: unknown): Route["transport"] {
  return name === "udp" || name === "tcp" || name === "tls" ? name : undefined;
}

/** Whether one of the servers relays. */
export function offersRelay(servers: readonly IceServer[]): boolean {
  return servers.some(({ urls }) => urls.some((url) => /^turns?:/.test(url)));
}
