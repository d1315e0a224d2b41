// SPDX-License-Identifier: Apache-2.0

import { Clock, randomID } from "../../core/clock";
import { batch, Signal, signal } from "../../core/signal";
import { candidateFacts } from "./candidates";
import { readTabMessage, TabMessage } from "./messages";
import { directionOf, Step, StepKind } from "./steps";

/** As much of a `BroadcastChannel` as a call needs. */
export interface TabChannel {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

export type CallPhase = "idle" | "calling" | "ringing" | "connecting" | "connected" | "ended";

/** The four states of a connection, by their names in the browser's interface. */
export interface CallStates {
  readonly signalingState: string;
  readonly iceGatheringState: string;
  readonly iceConnectionState: string;
  readonly connectionState: string;
}

/** What we send. */
export interface CallMedia {
  readonly audio: MediaStreamTrack | undefined;
  readonly video: MediaStreamTrack | undefined;
}

export interface TabCallOptions {
  readonly channel: TabChannel;
  readonly clock: Clock;
  readonly connect: () => RTCPeerConnection;
  /** How this tab is called by the others. */
  readonly name?: string;
}

const noStates: CallStates = { signalingState: "–", iceGatheringState: "–", iceConnectionState: "–", connectionState: "–" };

/**
 * A call between two tabs of one browser, told step by step.
 *
 * It is made by hand on purpose, without perfect negotiation: one offer, one answer, candidates. A channel between the
 * tabs carries what a signalling server otherwise would.
 */
export class TabCall {
  readonly name: string;
  private readonly ownOthers = signal<readonly string[]>([]);
  private readonly ownPhase = signal<CallPhase>("idle");
  private readonly ownSteps = signal<readonly Step[]>([]);
  private readonly ownStates = signal<CallStates>(noStates);
  private readonly ownPartner = signal<string | undefined>(undefined);
  private readonly ownRemote = signal<MediaStream | undefined>(undefined);
  /** Tabs that could be called. */
  readonly others: Signal<readonly string[]> = this.ownOthers;
  readonly phase: Signal<CallPhase> = this.ownPhase;
  readonly steps: Signal<readonly Step[]> = this.ownSteps;
  readonly states: Signal<CallStates> = this.ownStates;
  /** The tab that this one calls or is called by, or did last. */
  readonly partner: Signal<string | undefined> = this.ownPartner;
  /** Sound and picture of the other tab. */
  readonly remote: Signal<MediaStream | undefined> = this.ownRemote;
  private media: CallMedia = { audio: undefined, video: undefined };
  private current: RTCPeerConnection | undefined;
  private senders: Readonly<Partial<Record<"audio" | "video", RTCRtpSender>>> = {};
  private offered: string | undefined;
  /** Candidates that came before there was a description to add them to. */
  private kept: RTCIceCandidateInit[] = [];
  private began = 0;

  constructor(private readonly options: TabCallOptions) {
    this.name = options.name ?? randomID(6);
    options.channel.onmessage = ({ data }) => {
      const message = readTabMessage(data);
      if (message && message.from !== this.name) void this.receive(message);
    };
    this.send({ kind: "hello", from: this.name });
  }

  /** The connection underneath, for measurements. */
  get connection(): RTCPeerConnection | undefined {
    return this.current;
  }

  /** What to send from now on; a track in use is exchanged without a new offer. */
  publish(media: CallMedia): void {
    const before = this.media;
    this.media = media;
    for (const kind of ["audio", "video"] as const) {
      const sender = this.senders[kind];
      if (!sender || before[kind] === media[kind]) continue;
      void sender.replaceTrack(media[kind] ?? null).then(
        () => this.tell("track-replaced", media[kind]?.label ?? kind),
        (error: Error) => this.tell("failed", error.name),
      );
    }
  }

  /** Calls another tab: makes an offer and sends it. */
  async call(other: string): Promise<void> {
    this.begin(other, "calling");
    const connection = this.makeConnection();
    await this.attempt(async () => {
      const offer = await connection.createOffer();
      this.tell("offer-made", "", offer.sdp);
      await connection.setLocalDescription(offer);
      this.tell("local-offer-set", "");
      // Candidates may follow at once, so the offer goes first.
      this.send({ kind: "offer", from: this.name, to: other, sdp: offer.sdp ?? "" });
      this.tell("offer-sent", "", offer.sdp);
    });
  }

  /** Accepts the offer that is waiting. */
  async answer(): Promise<void> {
    const { offered } = this;
    const peer = this.partner.peek();
    if (offered === undefined || peer === undefined || this.phase.peek() !== "ringing") return;
    this.ownPhase.set("connecting");
    const connection = this.makeConnection();
    await this.attempt(async () => {
      await connection.setRemoteDescription({ type: "offer", sdp: offered });
      this.tell("remote-offer-set", "");
      this.adoptPlaces(connection);
      await this.addKept(connection);
      const answer = await connection.createAnswer();
      this.tell("answer-made", "", answer.sdp);
      await connection.setLocalDescription(answer);
      this.tell("local-answer-set", "");
      this.send({ kind: "answer", from: this.name, to: peer, sdp: answer.sdp ?? "" });
      this.tell("answer-sent", "", answer.sdp);
    });
  }

  hangUp(): void {
    const peer = this.partner.peek();
    if (!peer || !["calling", "ringing", "connecting", "connected"].includes(this.phase.peek())) return;
    this.send({ kind: "hang-up", from: this.name, to: peer });
    this.tell("hung-up", "");
    this.end();
  }

  /** The page goes away. */
  leave(): void {
    this.hangUp();
    this.send({ kind: "gone", from: this.name });
  }

  /** Adds a line to the story. */
  tell(kind: StepKind, detail: string, text?: string): void {
    const at = this.options.clock.now() - this.began;
    const number = this.ownSteps.peek().length + 1;
    this.ownSteps.update((steps) => [...steps, { number, at, kind, direction: directionOf(kind), detail, text }]);
  }

  // What other tabs say

  private async receive(message: TabMessage): Promise<void> {
    switch (message.kind) {
      case "hello":
        this.add(message.from);
        return this.send({ kind: "here", from: this.name });
      case "here":
        return this.add(message.from);
      case "gone":
        return this.ownOthers.update((others) => others.filter((other) => other !== message.from));
      default:
        if (message.to !== this.name) return undefined;
    }
    if (message.kind === "offer") return this.receiveOffer(message.from, message.sdp);
    if (message.from !== this.partner.peek()) return undefined;
    if (message.kind === "answer") return this.receiveAnswer(message.sdp);
    if (message.kind === "candidate") return this.receiveCandidate(message.candidate);
    this.tell("other-hung-up", "");
    return this.end();
  }

  private add(other: string): void {
    this.ownOthers.update((others) => (others.includes(other) ? others : [...others, other]));
  }

  private receiveOffer(from: string, sdp: string): void {
    const phase = this.phase.peek();
    // Both called at the same moment: the tab whose name comes first goes on as the caller.
    const collision = phase === "calling" && from === this.partner.peek();
    if (collision ? this.name < from : phase !== "idle" && phase !== "ended") return;
    this.add(from);
    this.begin(from, "ringing");
    this.offered = sdp;
    this.tell("offer-received", "", sdp);
  }

  private async receiveAnswer(sdp: string): Promise<void> {
    const connection = this.current;
    if (!connection || connection.signalingState !== "have-local-offer") return;
    this.tell("answer-received", "", sdp);
    this.ownPhase.set("connecting");
    await this.attempt(async () => {
      await connection.setRemoteDescription({ type: "answer", sdp });
      this.tell("remote-answer-set", "");
      await this.addKept(connection);
    });
  }

  private async receiveCandidate(candidate: RTCIceCandidateInit | null): Promise<void> {
    if (!candidate) return this.tell("candidates-received", "");
    const { current } = this;
    if (!current?.remoteDescription) {
      this.kept.push(candidate);
      return this.tell("candidate-kept", summary(candidate), candidate.candidate);
    }
    await this.attempt(async () => {
      await current.addIceCandidate(candidate);
      this.tell("candidate-received", summary(candidate), candidate.candidate);
    });
  }

  // Our own side

  private begin(peer: string, phase: CallPhase): void {
    this.current?.close();
    batch(() => {
      this.ownPartner.set(peer);
      this.began = this.options.clock.now();
      this.kept = [];
      this.offered = undefined;
      this.senders = {};
      this.ownSteps.set([]);
      this.ownRemote.set(undefined);
      this.ownStates.set(noStates);
      this.ownPhase.set(phase);
    });
  }

  private makeConnection(): RTCPeerConnection {
    const connection = this.options.connect();
    this.current = connection;
    this.tell("connection-made", "");
    this.watch(connection);
    const { audio, video } = this.media;
    const senders: Partial<Record<"audio" | "video", RTCRtpSender>> = {};
    for (const [kind, track] of [["audio", audio], ["video", video]] as const) {
      if (track) senders[kind] = connection.addTrack(track, new MediaStream([track]));
      // A caller without a track makes a place for one all the same, to see and hear the other and to use it later.
      else if (this.phase.peek() === "calling") senders[kind] = connection.addTransceiver(kind).sender;
    }
    this.senders = senders;
    this.tell("tracks-added", [audio, video].flatMap((track) => (track ? [track.label || track.kind] : [])).join(", "));
    this.readStates(connection);
    return connection;
  }

  /** Uses the offer's places for the tracks that we have none for yet. */
  private adoptPlaces(connection: RTCPeerConnection): void {
    for (const transceiver of connection.getTransceivers()) {
      const kind = transceiver.receiver.track.kind as "audio" | "video";
      if (this.senders[kind]) continue;
      transceiver.direction = "sendrecv";
      this.senders = { ...this.senders, [kind]: transceiver.sender };
    }
  }

  private watch(connection: RTCPeerConnection): void {
    const stream = new MediaStream();
    const only = (body: () => void) => (): void => {
      if (connection !== this.current) return;
      this.readStates(connection);
      body();
    };
    connection.onicecandidate = ({ candidate }) => {
      if (connection === this.current) this.found(candidate);
    };
    connection.ontrack = ({ track }) => {
      stream.addTrack(track);
      this.ownRemote.set(stream);
      this.tell("track-received", track.kind);
    };
    connection.onsignalingstatechange = only(() => this.tell("signalling-state", connection.signalingState));
    connection.onicegatheringstatechange = only(() => this.tell("gathering-state", connection.iceGatheringState));
    connection.oniceconnectionstatechange = only(() => this.tell("ice-state", connection.iceConnectionState));
    connection.onconnectionstatechange = only(() => {
      this.tell("connection-state", connection.connectionState);
      if (connection.connectionState !== "connected") return;
      this.ownPhase.set("connected");
      void this.tellPair(connection);
    });
  }

  private found(candidate: RTCIceCandidate | null): void {
    const peer = this.partner.peek();
    if (!peer) return;
    // An empty one only says the same as null.
    if (candidate && !candidate.candidate) return;
    const init = candidate?.toJSON() ?? null;
    this.send({ kind: "candidate", from: this.name, to: peer, candidate: init });
    if (init) this.tell("candidate-sent", summary(init), init.candidate);
    else this.tell("candidates-sent", "");
  }

  private async addKept(connection: RTCPeerConnection): Promise<void> {
    for (const candidate of this.kept.splice(0)) {
      await connection.addIceCandidate(candidate);
      this.tell("candidate-received", summary(candidate), candidate.candidate);
    }
  }

  /** Which pair of candidates the browsers agreed on. */
  private async tellPair(connection: RTCPeerConnection): Promise<void> {
    const entries = new Map<string, Readonly<Record<string, unknown>>>();
    (await connection.getStats()).forEach((entry: Readonly<Record<string, unknown>>) => entries.set(String(entry["id"]), entry));
    const pair = [...entries.values()].find((entry) => entry["type"] === "candidate-pair" && entry["nominated"] === true && entry["state"] === "succeeded");
    const side = (name: string): string => {
      const found = entries.get(String(pair?.[name]));
      return found ? `${String(found["candidateType"])} ${String(found["protocol"])}` : "?";
    };
    if (pair && connection === this.current) this.tell("pair-chosen", `${side("localCandidateId")} ↔ ${side("remoteCandidateId")}`);
  }

  private readStates(connection: RTCPeerConnection): void {
    const { signalingState, iceGatheringState, iceConnectionState, connectionState } = connection;
    this.ownStates.set({ signalingState, iceGatheringState, iceConnectionState, connectionState });
  }

  private async attempt(body: () => Promise<void>): Promise<void> {
    const connection = this.current;
    try {
      await body();
    } catch (error) {
      // A call that was ended meanwhile has nothing more to tell.
      if (connection !== this.current) return;
      this.tell("failed", (error as Error).name, (error as Error).message);
      this.end();
    }
  }

  private end(): void {
    const connection = this.current;
    this.current = undefined;
    connection?.close();
    this.senders = {};
    batch(() => {
      if (connection) this.readStates(connection);
      this.ownRemote.set(undefined);
      this.ownPhase.set("ended");
    });
  }

  private send(message: TabMessage): void {
    this.options.channel.postMessage(message);
  }
}

/** A call over the browser's own channel between its tabs; undefined where there is none. */
export function openTabCall(clock: Clock): TabCall | undefined {
  if (typeof BroadcastChannel !== "function" || typeof RTCPeerConnection !== "function") return undefined;
  // Two tabs of one machine need no server to find each other's addresses.
  return new TabCall({ clock, channel: new BroadcastChannel("parley-playground"), connect: () => new RTCPeerConnection() });
}

function summary({ candidate = "" }: RTCIceCandidateInit): string {
  const facts = candidateFacts(candidate);
  return facts ? `${facts.type} ${facts.protocol} ${facts.address} ${facts.port}` : candidate;
}
