// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MeshSession } from "../../src/media/mesh";
import type { LocalMedia, Peer } from "../../src/media/session";
import { ConnectionLost } from "../../src/protocol/connection";
import type { SignalData } from "../../src/protocol/messages";
import { ManualClock } from "../manual-clock";
import { id, pageOf } from "../samples";
import { FakeConnection, FakeStream, FakeTrack } from "./fake-connection";

Object.assign(globalThis, { MediaStream: FakeStream });

const silent: LocalMedia = { microphone: null, camera: null, screen: null };
const track = (kind: string): MediaStreamTrack => new FakeTrack(kind) as unknown as MediaStreamTrack;
const screen = (): MediaStream => new FakeStream([new FakeTrack("video")]) as unknown as MediaStream;

/** One browser: its mesh, and the connections it made. */
class Browser {
  readonly connections: FakeConnection[] = [];
  readonly clock = new ManualClock();
  readonly mesh: MeshSession;
  online = true;

  constructor(readonly name: string, readonly page: string, network: Network) {
    this.mesh = new MeshSession({
      self: id(name),
      clock: this.clock,
      iceServers: [{ urls: ["turn:meet.example:8443"], username: "1:g/p", credential: "secret" }],
      privacy: "open",
      connect: (configuration) => {
        const connection = new FakeConnection();
        connection.setConfiguration(configuration);
        this.connections.push(connection);
        return connection as unknown as RTCPeerConnection;
      },
      signal: (to, data, answer) => network.carry(this, to, data, answer),
    });
  }

  get connection(): FakeConnection {
    return this.connections[this.connections.length - 1] as FakeConnection;
  }

  get peer(): Peer {
    return { id: id(this.name), page: pageOf(this.page) };
  }
}

/** Carries signals between browsers, one after the other, as the server does. */
class Network {
  readonly browsers: Browser[] = [];
  private readonly waiting: (() => void)[] = [];

  open(name: string, page = `${name}-1`): Browser {
    const browser = new Browser(name, page, this);
    this.browsers.push(browser);
    return browser;
  }

  carry(from: Browser, to: Peer, data: SignalData, answer: (failure: Error | undefined) => void): void {
    if (!from.online) return answer(new ConnectionLost());
    this.waiting.push(() => {
      for (const browser of this.browsers) if (browser.name === to.id) browser.mesh.receive(id(from.name), pageOf(from.page), data);
      answer(undefined);
    });
  }

  /** Until nothing is under way any more. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 5; quiet += 1) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      const next = this.waiting.shift();
      if (!next) continue;
      next();
      quiet = -1;
    }
  }
}

/** Two browsers that know each other and have negotiated. `a` is the impolite one. */
async function pair(): Promise<{ network: Network; a: Browser; b: Browser }> {
  const network = new Network();
  const [a, b] = [network.open("a"), network.open("b")];
  a.mesh.setPeople([b.peer]);
  b.mesh.setPeople([a.peer]);
  await network.settle();
  return { network, a, b };
}

const states = (...browsers: Browser[]): string[] => browsers.map(({ connection }) => connection.signalingState);
const sections = ({ connection }: Browser): string[] => connection.getTransceivers().map(({ kind, direction }) => `${kind} ${direction}`);
const shares = (browser: Browser, of: string): string[] => [...browser.mesh.sharesOf(id(of)).keys()];

describe("A mesh", () => {
  it("negotiates with one offer from the side with the smaller id", async () => {
    const { a, b } = await pair();
    assert.deepEqual([a.connection.offers, b.connection.offers], [1, 0]);
    assert.deepEqual(states(a, b), ["stable", "stable"]);
    assert.deepEqual([sections(a), sections(b)], [["audio sendrecv", "video sendrecv"], ["audio sendrecv", "video sendrecv"]]);
  });

  it("sends what was switched on before and after the first offer", async () => {
    const network = new Network();
    const [a, b] = [network.open("a"), network.open("b")];
    const [microphone, camera] = [track("audio"), track("video")];
    b.mesh.publish({ ...silent, microphone });
    b.mesh.setPeople([a.peer]);
    a.mesh.setPeople([b.peer]);
    await network.settle();
    a.mesh.publish({ ...silent, camera });
    await network.settle();
    const sent = (browser: Browser): unknown[] => browser.connection.getTransceivers().map(({ sender }) => sender.track);
    assert.deepEqual([sent(a), sent(b)], [[null, camera], [microphone, null]]);
  });

  it("changes devices without negotiating", async () => {
    const { network, a, b } = await pair();
    a.mesh.publish({ ...silent, camera: track("video"), microphone: track("audio") });
    a.mesh.publish({ ...silent, camera: track("video") });
    await network.settle();
    assert.deepEqual([a.connection.offers, b.connection.offers], [1, 0]);
  });

  it("offers to a guest's page only when asked to, and once: a share takes the camera's place", async () => {
    const network = new Network();
    const [a, b] = [network.open("a"), network.open("b")];
    const camera = track("video");
    a.mesh.publish({ ...silent, camera });
    a.mesh.setPeople([{ ...b.peer, guest: true }]);
    b.mesh.setPeople([a.peer]);
    await network.settle();
    assert.deepEqual([a.connection.offers, b.connection.offers], [0, 0]);
    a.mesh.receive(b.peer.id, b.peer.page, { call: true });
    await network.settle();
    const share = screen();
    a.mesh.publish({ ...silent, camera, screen: share });
    await network.settle();
    assert.deepEqual([a.connection.offers, b.connection.offers], [1, 0]);
    const video = a.connection.getTransceivers().find(({ kind }) => kind === "video");
    assert.equal(video?.sender.track, share.getTracks()[0]);
  });

  it("delivers a shared screen under its stream's id", async () => {
    const { network, a, b } = await pair();
    const share = screen();
    b.mesh.publish({ ...silent, screen: share });
    await network.settle();
    assert.deepEqual(shares(a, "b"), [share.id]);
    assert.deepEqual(states(a, b), ["stable", "stable"]);
  });

  it("settles when both share at the same moment", async () => {
    const { network, a, b } = await pair();
    const [one, two] = [screen(), screen()];
    a.mesh.publish({ ...silent, screen: one });
    b.mesh.publish({ ...silent, screen: two });
    await network.settle();
    assert.deepEqual([shares(b, "a"), shares(a, "b")], [[one.id], [two.id]]);
    assert.deepEqual(states(a, b), ["stable", "stable"]);
    assert.equal(a.connection.getTransceivers().length, 4);
  });

  it("uses the section of the last share for the next", async () => {
    const { network, a, b } = await pair();
    for (const share of [screen(), null, screen(), null, screen()]) {
      a.mesh.publish({ ...silent, screen: share });
      await network.settle();
    }
    assert.equal(b.connection.getTransceivers().length, 3);
    assert.deepEqual(states(a, b), ["stable", "stable"]);
  });

  it("shares with somebody who comes later", async () => {
    const network = new Network();
    const [a, b] = [network.open("a"), network.open("b")];
    const share = screen();
    b.mesh.publish({ ...silent, screen: share });
    b.mesh.setPeople([a.peer]);
    a.mesh.setPeople([b.peer]);
    await network.settle();
    assert.deepEqual(shares(a, "b"), [share.id]);
    assert.deepEqual(sections(a).slice(0, 2), ["audio sendrecv", "video sendrecv"]);
  });

  it("starts afresh with a new page and drops signals of the old one", async () => {
    const { network, a, b } = await pair();
    const [old] = a.connections;
    const again = { ...b.peer, page: pageOf("b-2") };
    a.mesh.setPeople([again]);
    assert.equal(old?.connectionState, "closed");
    b.mesh.networkChanged();
    await network.settle();
    assert.equal(a.connection.signalingState, "have-local-offer");
    assert.equal(a.connections.length, 2);
  });

  it("keeps a connection for as long as its person is in the room", async () => {
    const { a, b } = await pair();
    a.mesh.setPeople([b.peer]);
    assert.equal(a.connections.length, 1);
    a.mesh.setPeople([]);
    assert.equal(a.connection.connectionState, "closed");
    assert.equal(a.mesh.remote().size, 0);
  });

  it("looks for a new path when the network changed", async () => {
    const { network, a, b } = await pair();
    a.mesh.networkChanged();
    b.mesh.networkChanged();
    await network.settle();
    assert.deepEqual([a.connection.iceGeneration, b.connection.iceGeneration], [1, 1]);
    assert.deepEqual(states(a, b), ["stable", "stable"]);
  });

  it("tells the state of each path and repairs a broken one", async () => {
    const { network, a } = await pair();
    const link = (): string | undefined => a.mesh.remote().get(id("b"))?.link;
    assert.equal(link(), "connecting");
    a.connection.reach("connected");
    assert.equal(link(), "connected");
    a.connection.reach("disconnected");
    assert.equal(link(), "reconnecting");
    a.connection.reach("failed");
    assert.equal(link(), "failed");
    a.clock.advance(1_000);
    await network.settle();
    assert.equal(a.connection.iceGeneration, 1);
    a.connection.reach("connected");
    a.clock.advance(60_000);
    assert.equal(a.connection.iceGeneration, 1);
  });

  it("negotiates what changed while signalling was away", async () => {
    const { network, a, b } = await pair();
    a.online = false;
    const share = screen();
    a.mesh.publish({ ...silent, screen: share });
    await network.settle();
    assert.deepEqual(shares(b, "a"), []);
    a.online = true;
    a.mesh.resume();
    await network.settle();
    assert.deepEqual(shares(b, "a"), [share.id]);
    assert.deepEqual(states(a, b), ["stable", "stable"]);
  });

  it("copes with hearing everything twice", async () => {
    const { network, a, b } = await pair();
    const { warn } = console;
    const warnings: unknown[] = [];
    console.warn = (...values: unknown[]) => warnings.push(values);
    const offer = a.connection.localDescription;
    b.mesh.receive(id("a"), pageOf("a-1"), { description: offer as never });
    await network.settle();
    console.warn = warn;
    assert.deepEqual(states(a, b), ["stable", "stable"]);
    assert.deepEqual(warnings, []);
  });
});

describe("Privacy in a mesh", () => {
  const policy = (browser: Browser): string | undefined => browser.connection.configuration.iceTransportPolicy;

  it("lets every way be used unless told otherwise", async () => {
    const { a } = await pair();
    assert.equal(policy(a), "all");
    assert.deepEqual(a.connection.configuration.iceServers, [
      { urls: ["turn:meet.example:8443"], username: "1:g/p", credential: "secret" },
    ]);
  });

  for (const [who, other] of [["a", "b"], ["b", "a"]] as const) {
    it(`begins anew on both sides when ${who} leaves only relayed ways`, async () => {
      const { network, a, b } = await pair();
      const browsers = { a, b };
      const microphone = track("audio");
      browsers[who].mesh.publish({ ...silent, microphone });
      browsers[who].mesh.setPrivacy("relayed");
      await network.settle();
      assert.deepEqual([policy(browsers[who]), policy(browsers[other])], ["relay", "all"]);
      assert.deepEqual([a.connections.length, b.connections.length], [2, 2]);
      assert.deepEqual(states(a, b), ["stable", "stable"]);
      assert.deepEqual(sections(browsers[other]), ["audio sendrecv", "video sendrecv"]);
      assert.equal(browsers[who].connection.getTransceivers()[0]?.sender.track, microphone);
      browsers[who].mesh.setPrivacy("relayed");
      await network.settle();
      assert.equal(a.connections.length, 2, "nothing has changed");
    });
  }

  it("begins anew when both sides hide at once", async () => {
    const { network, a, b } = await pair();
    a.mesh.setPrivacy("relayed");
    b.mesh.setPrivacy("relayed");
    await network.settle();
    assert.deepEqual([policy(a), policy(b)], ["relay", "relay"]);
    assert.deepEqual(states(a, b), ["stable", "stable"]);
    assert.deepEqual([sections(a), sections(b)], [["audio sendrecv", "video sendrecv"], ["audio sendrecv", "video sendrecv"]]);
  });

  it("forgets what was said about the connection before", async () => {
    const { network, a, b } = await pair();
    // Under way while the other side begins anew.
    b.mesh.publish({ ...silent, screen: screen() });
    a.mesh.setPrivacy("relayed");
    await network.settle();
    assert.deepEqual(states(a, b), ["stable", "stable"]);
    assert.deepEqual(shares(a, "b").length, 1);
  });

  it("looks for a direct way again when nothing is hidden any more", async () => {
    const { network, a } = await pair();
    a.mesh.setPrivacy("relayed");
    await network.settle();
    a.mesh.setPrivacy("open");
    await network.settle();
    assert.deepEqual([policy(a), a.connections.length, a.connection.iceGeneration], ["all", 2, 1]);
  });

  it("takes new credentials without disturbing what flows", async () => {
    const { network, a } = await pair();
    const before = a.connection.iceGeneration;
    a.mesh.setServers([{ urls: ["turn:meet.example:8443"], username: "2:g/p", credential: "new" }]);
    await network.settle();
    assert.equal(a.connection.configuration.iceServers?.[0]?.credential, "new");
    assert.equal(a.connection.iceGeneration, before);
  });

  it("knows whether a relay could be reached", async () => {
    const { a } = await pair();
    const state = (): string | undefined => a.mesh.remote().get(id("b"))?.relay;
    const find = (candidate: string | null): void => {
      const found = candidate === null ? null : { candidate, sdpMid: "0", sdpMLineIndex: 0, usernameFragment: null };
      a.connection.onicecandidate?.({ candidate: found });
    };
    assert.equal(state(), "looking");
    find("candidate:1 1 udp 1 10.0.0.2 5000 typ host");
    assert.equal(state(), "looking");
    find(null);
    assert.equal(state(), "unreachable");
    find("candidate:2 1 udp 1 192.0.2.1 50000 typ relay raddr 0.0.0.0 rport 0");
    assert.equal(state(), "reached");
    a.mesh.setServers([{ urls: ["stun:meet.example:8443"] }]);
    a.mesh.setPeople([{ id: id("b"), page: pageOf("b-1") }]);
    assert.equal(state(), "none");
  });
});
