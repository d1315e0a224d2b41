// SPDX-License-Identifier: Apache-2.0

/** What arrives and leaves each second. */
export interface CallNumbers {
  /** Bits a second. */
  readonly received: number;
  /** Bits a second. */
  readonly sent: number;
  /** Pixels; 0 before the first picture. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  readonly framesPerSecond: number;
  /** Milliseconds there and back; undefined before the first measurement. */
  readonly roundTrip: number | undefined;
}

/** Totals of a connection at one moment. */
export interface Sample {
  /** Milliseconds. */
  readonly at: number;
  /** Bytes. */
  readonly received: number;
  /** Bytes. */
  readonly sent: number;
  readonly picture: Pick<CallNumbers, "width" | "height" | "framesPerSecond">;
  /** Seconds. */
  readonly roundTrip: number | undefined;
}

/** Reads what `RTCPeerConnection.getStats` reports. */
export function sample(report: RTCStatsReport, at: number): Sample {
  let result: Sample = { at, received: 0, sent: 0, picture: { width: 0, height: 0, framesPerSecond: 0 }, roundTrip: undefined };
  report.forEach((entry: Readonly<Record<string, unknown>>) => {
    const value = (name: string): number => (typeof entry[name] === "number" ? (entry[name] as number) : 0);
    if (entry["type"] === "inbound-rtp") {
      result = { ...result, received: result.received + value("bytesReceived") };
      if (entry["kind"] !== "video") return;
      const picture = { width: value("frameWidth"), height: value("frameHeight"), framesPerSecond: value("framesPerSecond") };
      result = { ...result, picture };
    } else if (entry["type"] === "outbound-rtp") {
      result = { ...result, sent: result.sent + value("bytesSent") };
    } else if (entry["type"] === "candidate-pair" && entry["nominated"] === true) {
      if (typeof entry["currentRoundTripTime"] === "number") result = { ...result, roundTrip: entry["currentRoundTripTime"] };
    }
  });
  return result;
}

/** The rates between two samples. */
export function rates(before: Sample, now: Sample): CallNumbers {
  const seconds = Math.max(0.001, (now.at - before.at) / 1000);
  const rate = (from: number, to: number): number => Math.max(0, Math.round(((to - from) * 8) / seconds));
  return {
    received: rate(before.received, now.received),
    sent: rate(before.sent, now.sent),
    ...now.picture,
    roundTrip: now.roundTrip === undefined ? undefined : Math.round(now.roundTrip * 1000),
  };
}
