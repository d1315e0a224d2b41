// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TabCall, TabChannel } from "../../../src/media/playground/tab-call";
import { ManualClock } from "../../manual-clock";
import { FakeStream, FakeTrack } from "../fake-connection";

Object.assign(globalThis, { MediaStream: FakeStream });

/** The browser's channel: whatever one tab says, all others hear, later and in order. */
class Channels {
  private readonly open: Channel[] = [];
  private readonly waiting: (() => void)[] = [];

  join(): Channel {
    const channel = new Channel((message) => {
      for (const other of this.open) {
        if (other !== channel) this.waiting.push(() => other.onmessage?.({ data: structuredClone(message) } as MessageEvent));
      }
    });
    this.open.push(channel);
    return channel;
  }

  async deliver(): Promise<void> {
    await settle();
    await settle();
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
      next();
      await settle();
      await settle();
    }
  }
}

class Channel implements TabChannel {
  onmessage: ((event: MessageEvent) => void) | null = null;
  constructor(readonly postMessage: (message: unknown) => void) {}
}

/** As much of a connection as one offer and one answer need. */
class Connection {
  signalingState = "stable";
  iceGatheringState = "new";
  iceConnectionState = "new";
  connectionState = "new";
  remoteDescription: object | null = null;
  readonly candidates: unknown[] = [];
  readonly transceivers: { direction: string; sender: object; receiver: { track: FakeTrack } }[] = [];
  onicecandidate: ((event: { candidate: object | null }) => void) | null = null;

  addTrack(track: FakeTrack): object {
    return this.add(track.kind).sender;
  }
  addTransceiver(kind: string): object {
    return this.add(kind);
  }
  private add(kind: string): { sender: object } {
    const made = { direction: "sendrecv", sender: { replaceTrack: async () => undefined }, receiver: { track: new FakeTrack(kind) } };
    this.transceivers.push(made);
    return made;
  }
  getTransceivers(): object[] {
    return this.transceivers;
  }
  async createOffer(): Promise<object> {
    return { type: "offer", sdp: "an offer" };
  }
  async createAnswer(): Promise<object> {
    return { type: "answer", sdp: "an answer" };
  }
  async setLocalDescription({ type }: { type: string }): Promise<void> {
    this.signalingState = type === "offer" ? "have-local-offer" : "stable";
    const candidate = "candidate:1 1 udp 1 192.0.2.1 4000 typ host";
    // Browsers fire events in tasks of their own, so whoever awaited the description goes on first.
    setTimeout(() => {
      this.onicecandidate?.({ candidate: { candidate, toJSON: () => ({ candidate }) } });
      this.onicecandidate?.({ candidate: null });
    }, 0);
  }
  async setRemoteDescription(description: { type: string; sdp: string }): Promise<void> {
    if (description.sdp === "nonsense") throw new DOMException("cannot parse", "InvalidAccessError");
    this.remoteDescription = description;
    this.signalingState = description.type === "offer" ? "have-remote-offer" : "stable";
  }
  async addIceCandidate(candidate: unknown): Promise<void> {
    assert.ok(this.remoteDescription, "a candidate needs a description");
    this.candidates.push(candidate);
  }
  close(): void {
    this.connectionState = "closed";
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

class Tab {
  readonly connections: Connection[] = [];
  readonly call: TabCall;
  constructor(name: string, readonly channels: Channels, readonly channel = channels.join()) {
    const connect = (): RTCPeerConnection => {
      this.connections.push(new Connection());
      return this.connection as unknown as RTCPeerConnection;
    };
    this.call = new TabCall({ name, channel: this.channel, clock: new ManualClock(), connect });
  }
  get connection(): Connection {
    return this.connections[this.connections.length - 1] as Connection;
  }
  get kinds(): string[] {
    return this.call.steps().map(({ kind }) => kind);
  }
}

async function twoTabs(first = "a", second = "b"): Promise<[Tab, Tab, Channels]> {
  const channels = new Channels();
  const tabs: [Tab, Tab] = [new Tab(first, channels), new Tab(second, channels)];
  await channels.deliver();
  return [...tabs, channels];
}

describe("A call between tabs", () => {
  it("finds the other tab whichever was first, and forgets one that is closed", async () => {
    const [a, b, channels] = await twoTabs();
    assert.deepEqual([a.call.others(), b.call.others()], [["b"], ["a"]]);
    b.call.leave();
    await channels.deliver();
    assert.deepEqual(a.call.others(), []);
  });

  it("keeps candidates until there is a description to add them to", async () => {
    const [a, b, channels] = await twoTabs();
    await a.call.call("b");
    await channels.deliver();
    assert.equal(b.call.phase(), "ringing");
    assert.deepEqual(b.kinds, ["offer-received", "candidate-kept", "candidates-received"]);
    await b.call.answer();
    await channels.deliver();
    assert.equal(b.connection.candidates.length, 1);
    assert.equal(a.connection.candidates.length, 1);
    assert.deepEqual([a.call.phase(), b.call.phase()], ["connecting", "connecting"]);
    assert.equal(a.connection.signalingState, "stable");
  });

  it("has one caller when both call at once", async () => {
    const [a, b, channels] = await twoTabs();
    await Promise.all([a.call.call("b"), b.call.call("a")]);
    await channels.deliver();
    assert.deepEqual([a.call.phase(), b.call.phase()], ["calling", "ringing"]);
  });

  it("is not disturbed by a third tab", async () => {
    const [a, b, channels] = await twoTabs();
    const c = new Tab("c", channels);
    await channels.deliver();
    await a.call.call("b");
    await channels.deliver();
    await b.call.answer();
    await channels.deliver();
    await c.call.call("b");
    c.channel.postMessage({ kind: "hang-up", from: "c", to: "a" });
    await channels.deliver();
    assert.deepEqual([a.call.phase(), b.call.phase()], ["connecting", "connecting"]);
  });

  it("ends on both sides, also before it was answered, and can begin again", async () => {
    const [a, b, channels] = await twoTabs();
    await a.call.call("b");
    await channels.deliver();
    b.call.hangUp();
    await channels.deliver();
    assert.deepEqual([a.call.phase(), b.call.phase()], ["ended", "ended"]);
    assert.equal(a.kinds[a.kinds.length - 1], "other-hung-up");
    await b.call.call("a");
    await channels.deliver();
    assert.equal(a.call.phase(), "ringing");
    assert.equal(a.kinds[0], "offer-received");
  });

  it("that the browser refuses ends with its error", async () => {
    const [a, , channels] = await twoTabs();
    a.channel.onmessage?.({ data: { kind: "offer", from: "b", to: "a", sdp: "nonsense" } } as MessageEvent);
    await a.call.answer();
    await channels.deliver();
    assert.equal(a.call.phase(), "ended");
    const last = a.call.steps()[a.call.steps().length - 1];
    assert.deepEqual([last?.kind, last?.detail], ["failed", "InvalidAccessError"]);
  });

  it("sends what is shared later in the places of the offer", async () => {
    const [a, b, channels] = await twoTabs();
    await a.call.call("b");
    await channels.deliver();
    await b.call.answer();
    await channels.deliver();
    const track = new FakeTrack("video") as unknown as MediaStreamTrack;
    a.call.publish({ audio: undefined, video: track });
    await channels.deliver();
    assert.equal(a.kinds[a.kinds.length - 1], "track-replaced");
  });
});
