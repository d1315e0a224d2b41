// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../core/clock";
import type { IceServer } from "../protocol/messages";

/** What came of a try. Times in milliseconds. */
export type StunResult =
  /** `address` is ours as the server sees it; undefined where the browser keeps it, being no news. */
  | { readonly kind: "good"; readonly time: number; readonly address: string | undefined }
  | { readonly kind: "silent" };

export type RelayResult =
  /** `time` is that of a round trip through the relay and back. */
  | { readonly kind: "good"; readonly time: number }
  /** Nothing came back from the relay. */
  | { readonly kind: "silent" }
  /** The relay answered with an error. RFC 8656 §19 */
  | { readonly kind: "refused"; readonly code: number }
  /** The relay gave us two addresses, and nothing passes between them. */
  | { readonly kind: "stuck" };

export interface TestOptions {
  readonly clock: Clock;
  readonly now: () => number;
  readonly connect: (configuration: RTCConfiguration) => RTCPeerConnection;
}

/** What a browser tests with. */
export const browserTest = (clock: Clock): TestOptions => ({
  clock,
  now: () => performance.now(),
  connect: (configuration) => new RTCPeerConnection(configuration),
});

/** Enough for four requests of which three were lost. */
const answerPatience = 6_000;
const passPatience = 6_000;
const rounds = 5;

/** Asks a STUN server for our address. */
export async function testStun(url: string, { clock, now, connect }: TestOptions): Promise<StunResult> {
  const connection = connect({ iceServers: [{ urls: [url] }] });
  const start = now();
  let wasSilent = false;
  connection.onicecandidateerror = () => (wasSilent = true);
  try {
    return await within(clock, answerPatience, (done) => {
      connection.onicecandidate = ({ candidate }) => {
        if (candidate && / typ srflx( |$)/.test(candidate.candidate)) {
          const parts = candidate.candidate.split(" ");
          done({ kind: "good", time: now() - start, address: parts[4] });
        } else if (!candidate) {
          // Without an error it answered what we knew: there is no translation of addresses on the way.
          done(wasSilent ? { kind: "silent" } : { kind: "good", time: now() - start, address: undefined });
        }
      };
      connection.createDataChannel("test");
      void connection.setLocalDescription();
    }, { kind: "silent" } as StunResult);
  } finally {
    connection.close();
  }
}

/** Takes two addresses of a relay and sends something from one to the other and back. */
export async function testRelay(server: IceServer, options: TestOptions): Promise<RelayResult> {
  const { clock, connect } = options;
  const configuration: RTCConfiguration = {
    iceServers: [{ ...server, urls: [...server.urls] }],
    iceTransportPolicy: "relay",
  };
  const [near, far] = [connect(configuration), connect(configuration)];
  let refusal = 0;
  near.onicecandidateerror = (event) => {
    const { errorCode } = event as RTCPeerConnectionIceErrorEvent;
    // 701 is the browser's own word for silence.
    if (errorCode >= 300 && errorCode < 700) refusal = errorCode;
  };
  const channel = near.createDataChannel("test");
  try {
    const reached = await within(clock, answerPatience, (done) => link(near, far, done), false);
    if (!reached) return refusal > 0 ? { kind: "refused", code: refusal } : { kind: "silent" };
    const time = await within(clock, passPatience, (done) => measure(channel, far, options, done), undefined as number | undefined);
    return time === undefined ? { kind: "stuck" } : { kind: "good", time };
  } finally {
    near.close();
    far.close();
  }
}

/** How long it is measured, in milliseconds, and how much at most: the relay serves others, too. */
const sending = { time: 2_000, most: 4_000_000, chunk: 16_000, ahead: 256_000 } as const;

/**
 * Bits per second from this page through the relay and back to it, so that the slower direction counts. Undefined when
 * nothing came.
 */
export async function testThroughput(server: IceServer, options: TestOptions): Promise<number | undefined> {
  const { clock, now, connect } = options;
  const configuration: RTCConfiguration = { iceServers: [{ ...server, urls: [...server.urls] }], iceTransportPolicy: "relay" };
  const [near, far] = [connect(configuration), connect(configuration)];
  const channel = near.createDataChannel("test", { ordered: false });
  let received = 0;
  let first = 0;
  let last = 0;
  try {
    if (!(await within(clock, answerPatience, (done) => link(near, far, done), false))) return undefined;
    await within(clock, passPatience + sending.time, (done) => {
      far.ondatachannel = ({ channel: other }) => {
        other.onmessage = ({ data }) => {
          last = now();
          // What comes first tells when, not how fast.
          if (first === 0) first = last;
          else received += (data as ArrayBuffer).byteLength ?? (data as Blob).size;
          if (last - first >= sending.time || received >= sending.most) done(undefined);
        };
      };
      const fill = (): void => {
        while (channel.readyState === "open" && channel.bufferedAmount < sending.ahead) channel.send(new ArrayBuffer(sending.chunk));
      };
      channel.bufferedAmountLowThreshold = sending.ahead / 2;
      channel.onbufferedamountlow = fill;
      if (channel.readyState === "open") fill();
      else channel.onopen = fill;
    }, undefined);
    return last > first ? (received * 8_000) / (last - first) : undefined;
  } finally {
    near.close();
    far.close();
  }
}

/** Connects two connections of this page with each other. Tells when both have an address on the relay. */
function link(near: RTCPeerConnection, far: RTCPeerConnection, reached: (yes: boolean) => void): void {
  const relayed = new Set<RTCPeerConnection>();
  const pass = (from: RTCPeerConnection, to: RTCPeerConnection): void => {
    from.onicecandidate = ({ candidate }) => {
      if (!candidate) {
        if (!relayed.has(from)) reached(false);
        return;
      }
      // Firefox has an empty one for the end of each search.
      if (!/ typ relay( |$)/.test(candidate.candidate)) return;
      relayed.add(from);
      if (relayed.size === 2) reached(true);
      void to.addIceCandidate(candidate).catch(() => undefined);
    };
  };
  pass(near, far);
  pass(far, near);
  void agree(near, far).catch(() => reached(false));
}

async function agree(near: RTCPeerConnection, far: RTCPeerConnection): Promise<void> {
  const offer = await near.createOffer();
  // The far side first: candidates of the near one begin with its own description.
  await far.setRemoteDescription(offer);
  await near.setLocalDescription(offer);
  await far.setLocalDescription();
  if (far.localDescription) await near.setRemoteDescription(far.localDescription);
}

/** The middle of some round trips through `channel`, which the far side sends back. */
function measure(channel: RTCDataChannel, far: RTCPeerConnection, { now }: TestOptions, done: (time: number) => void): void {
  const times: number[] = [];
  let sent = 0;
  const send = (): void => {
    sent = now();
    channel.send("?");
  };
  far.ondatachannel = ({ channel: other }) => {
    other.onmessage = ({ data }) => other.send(String(data));
  };
  channel.onmessage = () => {
    times.push(now() - sent);
    if (times.length < rounds) return send();
    return done([...times].sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0);
  };
  if (channel.readyState === "open") send();
  else channel.onopen = send;
}

/** What `begin` tells, or `otherwise` when it takes too long. */
function within<T>(clock: Clock, patience: number, begin: (done: (value: T) => void) => void, otherwise: T): Promise<T> {
  return new Promise((resolve) => {
    const cancel = clock.after(patience, () => resolve(otherwise));
    begin((value) => {
      cancel();
      resolve(value);
    });
  });
}
