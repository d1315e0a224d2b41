// SPDX-License-Identifier: Apache-2.0

import { Route, routeOf } from "./route";

/** One track as a browser counts it, since it began. */
export interface Counts {
  readonly kind: "audio" | "video";
  readonly bytes: number;
  readonly packets: number;
  readonly lost: number;
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  /** In seconds; of what we receive. */
  readonly jitter: number | undefined;
  readonly codec: string;
}

/** What one look at the reports says. */
export interface Sample {
  /** Milliseconds since some moment. */
  readonly at: number;
  readonly tracks: readonly Counts[];
  /** Seconds. */
  readonly roundTrip: number | undefined;
  /** Of what we send, 0 to 1. */
  readonly remoteLoss: number | undefined;
  readonly route: Route | undefined;
}

/** One track between two looks, in the units people read. */
export interface TrackNumbers {
  readonly kind: "audio" | "video";
  /** Kilobits per second. */
  readonly rate: number;
  /** Percent. */
  readonly loss: number;
  readonly framesPerSecond: number;
  readonly width: number;
  readonly height: number;
  /** Milliseconds. */
  readonly jitter: number | undefined;
  readonly codec: string;
}

export interface Numbers {
  readonly tracks: readonly TrackNumbers[];
  /** Milliseconds. */
  readonly roundTrip: number | undefined;
  readonly route: Route | undefined;
}

type Entry = Readonly<Record<string, unknown>>;

/** Reads reports of some receivers, or of some senders. A track that is sent in several sizes counts as one. */
export function sampleOf(reports: readonly RTCStatsReport[], at: number): Sample {
  const tracks: Counts[] = [];
  let roundTrip: number | undefined;
  let remoteLoss: number | undefined;
  let route: Route | undefined;
  for (const report of reports) {
    const entries: Entry[] = [];
    report.forEach((entry: Entry) => entries.push(entry));
    const flows = entries.filter(({ type }) => type === "inbound-rtp" || type === "outbound-rtp");
    for (const kind of ["audio", "video"] as const) {
      const ours = flows.filter((entry) => (entry["kind"] ?? entry["mediaType"]) === kind);
      if (ours.length > 0) tracks.push(countsOf(kind, ours, entries));
    }
    for (const entry of entries) {
      if (entry["type"] === "candidate-pair" && entry["nominated"] === true) roundTrip = number(entry, "currentRoundTripTime") ?? roundTrip;
      if (entry["type"] !== "remote-inbound-rtp") continue;
      const lost = number(entry, "fractionLost");
      if (lost !== undefined) remoteLoss = Math.max(remoteLoss ?? 0, lost);
    }
    route ??= routeOf(report);
  }
  return { at, tracks, roundTrip, remoteLoss, route };
}

/** What happened between two looks at the same tracks. Without an earlier one there are no rates. */
export function numbersOf(before: Sample | undefined, now: Sample): Numbers {
  const seconds = before ? (now.at - before.at) / 1_000 : 0;
  const tracks = now.tracks.map((track, index): TrackNumbers => {
    const past = before?.tracks[index];
    // Another track took its place, or a new connection counts from nothing.
    const same = past !== undefined && seconds > 0 && past.kind === track.kind && past.bytes <= track.bytes;
    const since = (value: (counts: Counts) => number): number => (same && past ? Math.max(0, value(track) - value(past)) : 0);
    const lost = since((counts) => counts.lost);
    const all = lost + since((counts) => counts.packets);
    return {
      kind: track.kind,
      rate: same ? (since((counts) => counts.bytes) * 8) / 1_000 / seconds : 0,
      loss: 100 * Math.max(all > 0 ? lost / all : 0, now.remoteLoss ?? 0),
      framesPerSecond: same ? since((counts) => counts.frames) / seconds : 0,
      width: track.width,
      height: track.height,
      jitter: track.jitter === undefined ? undefined : track.jitter * 1_000,
      codec: track.codec,
    };
  });
  return { tracks, roundTrip: now.roundTrip === undefined ? undefined : now.roundTrip * 1_000, route: now.route };
}

function countsOf(kind: "audio" | "video", flows: readonly Entry[], entries: readonly Entry[]): Counts {
  const sum = (name: string): number => flows.reduce((total, entry) => total + (number(entry, name) ?? 0), 0);
  const most = (name: string): number => Math.max(0, ...flows.map((entry) => number(entry, name) ?? 0));
  const codec = entries.find(({ id }) => id === flows[0]?.["codecId"]);
  return {
    kind,
    bytes: sum("bytesReceived") + sum("bytesSent"),
    packets: sum("packetsReceived") + sum("packetsSent"),
    lost: sum("packetsLost"),
    // Of several sizes, the frames of one.
    frames: most("framesDecoded") + most("framesSent"),
    width: most("frameWidth"),
    height: most("frameHeight"),
    jitter: number(flows[0] ?? {}, "jitter"),
    codec: String(codec?.["mimeType"] ?? "").replace(/^\w+\//, ""),
  };
}

function number(entry: Entry, name: string): number | undefined {
  const value = entry[name];
  return typeof value === "number" ? value : undefined;
}
