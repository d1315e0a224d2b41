// SPDX-License-Identifier: Apache-2.0

/**
 * As much of a peer connection as negotiation needs: sections, signalling states, rollback, negotiation-needed.
 * Its session descriptions are JSON, and no media flows.
 */

type Direction = "sendrecv" | "sendonly" | "recvonly" | "inactive";

interface Section {
  readonly mid: string;
  readonly kind: string;
  readonly direction: Direction;
  readonly stream: string | null;
}

interface Description {
  readonly type: string;
  readonly sdp: string;
}

let made = 0;

/** Browsers fire events in tasks of their own, so whoever awaited a description goes on first. */
const later = (body: () => void): unknown => setTimeout(body, 0);

export class FakeTrack extends EventTarget {
  readonly id = `track-${(made += 1)}`;
  onunmute: unknown = null;
  constructor(readonly kind: string, private readonly settings: MediaTrackSettings = {}) {
    super();
  }
  getSettings(): MediaTrackSettings {
    return this.settings;
  }
}

export class FakeStream {
  readonly id = `stream-${(made += 1)}`;
  onremovetrack: (() => void) | null = null;
  private readonly tracks: FakeTrack[];
  constructor(tracks: readonly FakeTrack[] = []) {
    this.tracks = [...tracks];
  }
  addTrack(track: FakeTrack): void {
    this.tracks.push(track);
  }
  getTracks(): readonly FakeTrack[] {
    return this.tracks;
  }
  getAudioTracks(): readonly FakeTrack[] {
    return this.tracks.filter(({ kind }) => kind === "audio");
  }
  getVideoTracks(): readonly FakeTrack[] {
    return this.tracks.filter(({ kind }) => kind === "video");
  }
}

class FakeTransceiver {
  mid: string | null = null;
  stream: string | null = null;
  /** What our last description said about it. */
  described = "";
  /** Whether the other side's media was announced by a track event. */
  heard = false;
  readonly receiver: { readonly track: FakeTrack };
  readonly sender = {
    track: null as FakeTrack | null,
    replaceTrack: async (track: FakeTrack | null): Promise<void> => void (this.sender.track = track),
    setStreams: (stream: FakeStream): void => {
      this.stream = stream.id;
      this.changed();
    },
    getParameters: () => ({ encodings: this.encodings.map((encoding) => ({ ...encoding })) }),
    setParameters: async ({ encodings }: { encodings: readonly RTCRtpEncodingParameters[] }): Promise<void> => {
      this.encodings = encodings.map((encoding) => ({ ...encoding }));
    },
  };

  constructor(
    kind: string,
    private wanted: Direction,
    private readonly changed: () => void,
    public encodings: readonly RTCRtpEncodingParameters[] = [{}],
  ) {
    this.receiver = { track: new FakeTrack(kind) };
  }
  get kind(): string {
    return this.receiver.track.kind;
  }
  get direction(): Direction {
    return this.wanted;
  }
  get wish(): string {
    return `${this.wanted} ${this.stream}`;
  }
  set direction(direction: Direction) {
    if (direction === this.wanted) return;
    this.wanted = direction;
    this.changed();
  }
}

export class FakeConnection {
  signalingState = "stable";
  connectionState = "new";
  /** Its descriptions need no candidates. */
  readonly iceGatheringState = "complete";
  localDescription: Description | null = null;
  offers = 0;
  iceGeneration = 0;
  onnegotiationneeded: (() => void) | null = null;
  onicecandidate: ((event: { candidate: object | null }) => void) | null = null;
  ontrack: ((event: object) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  private transceivers: FakeTransceiver[] = [];
  private restarting = false;
  private announced = false;
  private remote: Description | null = null;
  private offered: FakeTransceiver[] = [];

  configuration: RTCConfiguration = {};

  setConfiguration(configuration: RTCConfiguration): void {
    this.configuration = configuration;
  }

  addTransceiver(what: string | FakeTrack, init: { direction: Direction; streams?: FakeStream[]; sendEncodings?: RTCRtpEncodingParameters[] }): FakeTransceiver {
    const kind = typeof what === "string" ? what : what.kind;
    const transceiver = new FakeTransceiver(kind, init.direction, () => this.need(), init.sendEncodings);
    if (typeof what !== "string") transceiver.sender.track = what;
    transceiver.stream = init.streams?.[0]?.id ?? null;
    this.transceivers.push(transceiver);
    this.need();
    return transceiver;
  }

  getTransceivers(): readonly FakeTransceiver[] {
    return this.transceivers;
  }
  getReceivers(): readonly object[] {
    return this.transceivers.map(({ receiver }) => receiver);
  }

  restartIce(): void {
    this.restarting = true;
    this.need();
  }

  get remoteDescription(): Description | null {
    return this.remote;
  }

  async setLocalDescription(description?: { type: string }): Promise<void> {
    if (this.connectionState === "closed") throw new DOMException("closed", "InvalidStateError");
    if (description?.type === "rollback") return this.rollBack();
    const type = this.signalingState === "have-remote-offer" ? "answer" : "offer";
    if (type === "offer") {
      this.offers += 1;
      this.announced = false;
      if (this.restarting) this.iceGeneration += 1;
      this.restarting = false;
      this.offered = this.transceivers.filter(({ mid }) => mid === null);
      // Middle names must not collide with those the other side gives at the same time in an offer that wins.
      const used = this.transceivers.length - this.offered.length;
      this.offered.forEach((each, index) => (each.mid = String(used + index)));
    }
    this.localDescription = { type, sdp: JSON.stringify(this.sections()) };
    for (const each of this.transceivers) if (each.mid !== null) each.described = each.wish;
    this.become(type === "offer" ? "have-local-offer" : "stable");
    return this.tellCandidate(type);
  }

  private rollBack(): void {
    for (const each of this.offered) each.mid = null;
    this.offered = [];
    this.become("stable");
  }

  private tellCandidate(type: string): void {
    const candidate = { candidate: `of ${type}`, sdpMid: "0", sdpMLineIndex: 0, usernameFragment: null };
    later(() => this.onicecandidate?.({ candidate }));
  }

  async setRemoteDescription(description: Description): Promise<void> {
    if (description.type === "answer" && this.signalingState !== "have-local-offer") throw new Error("unexpected answer");
    this.remote = description;
    if (description.type === "offer" && this.signalingState === "have-local-offer") {
      for (const each of this.offered) each.mid = null;
    }
    const events = (JSON.parse(description.sdp) as Section[]).flatMap((section) => this.take(section));
    for (const event of events) this.ontrack?.(event);
    this.become(description.type === "offer" ? "have-remote-offer" : "stable");
  }

  async addIceCandidate(): Promise<void> {
    if (!this.remote) throw new Error("no remote description");
  }

  async getStats(): Promise<ReadonlyMap<string, object>> {
    return new Map();
  }

  close(): void {
    this.connectionState = "closed";
  }

  /** What the network does. */
  reach(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  private sections(): Section[] {
    const known = this.transceivers.filter(({ mid }) => mid !== null);
    return known.map(({ mid, kind, direction, stream }) => ({ mid: mid as string, kind, direction, stream }));
  }

  /** Applies one section; returns the track events to fire once all are applied. */
  private take({ mid, kind, direction, stream }: Section): object[] {
    let transceiver = this.transceivers.find((each) => each.mid === mid);
    if (!transceiver) {
      transceiver = new FakeTransceiver(kind, "recvonly", () => this.need());
      transceiver.mid = mid;
      this.transceivers.push(transceiver);
    }
    const sends = direction === "sendrecv" || direction === "sendonly";
    const fresh = sends && !transceiver.heard;
    transceiver.heard = sends;
    if (!fresh) return [];
    const { track } = transceiver.receiver;
    const received = Object.assign(new FakeStream([track]), { id: stream ?? "-" });
    return [{ transceiver, track, streams: stream === null ? [] : [received] }];
  }

  private need(): void {
    later(() => this.checkNeed());
  }

  private become(state: string): void {
    this.signalingState = state;
    if (state === "stable") this.need();
  }

  private checkNeed(): void {
    if (this.signalingState !== "stable" || this.connectionState === "closed") return;
    const needed = this.restarting || this.transceivers.some(({ mid, described, wish }) => mid === null || described !== wish);
    const news = needed && !this.announced;
    this.announced = needed;
    if (news) this.onnegotiationneeded?.();
  }
}
