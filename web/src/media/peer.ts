// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../core/clock";
import type { Candidate, SessionDescription, SignalData } from "../protocol/messages";
import { cameraBitRate } from "./quality";
import type { RelayState } from "./route";
import type { LinkState, LocalMedia } from "./session";

export interface PeerLinkOptions {
  readonly connection: RTCPeerConnection;
  /**
   * The polite side gives way when both offer at once; the impolite side also makes the first offer. To a guest's page
   * we offer only when asked to, answer what it offers, and never negotiate again: a share takes the camera's place.
   */
  readonly role: "polite" | "impolite" | "to-guest";
  readonly clock: Clock;
  readonly send: (data: SignalData) => void;
  readonly onChange: () => void;
}

const disconnectedPatience = 4_000;
const connectPatience = 15_000;
const restartPause = 3_000;
/** Pages of dialects may know no candidates but those in the description. */
const gatherPatience = 1_000;

/**
 * One peer connection, by perfect negotiation (W3C WebRTC §10.7).
 *
 * The first offer always comes from the impolite side and always starts with one audio and one video section: the
 * microphone and the camera of both sides, whether or not they are on. Switching or changing a device is then a
 * `replaceTrack`; only a shared screen negotiates again.
 */
export class PeerLink {
  link: LinkState = "connecting";
  /** Of the present search; where no relay was offered it means nothing. */
  relay: RelayState = "looking";
  readonly microphone = new MediaStream();
  readonly camera = new MediaStream();
  readonly shares = new Map<string, MediaStream>();
  private audio: RTCRtpTransceiver | undefined;
  private video: RTCRtpTransceiver | undefined;
  private readonly shareSenders = new Map<"audio" | "video", RTCRtpTransceiver>();
  private local: LocalMedia = { microphone: null, camera: null, screen: null };
  private people = 1;
  private makingOffer = false;
  private answering = false;
  private ignoringOffer = false;
  private described = false;
  private closed = false;
  private incoming: Promise<void> = Promise.resolve();
  private cancelTimer = (): void => {};

  constructor(private readonly options: PeerLinkOptions) {
    const { connection, clock } = options;
    connection.onnegotiationneeded = () => void this.offer();
    connection.onicecandidate = ({ candidate }) => {
      this.found(candidate);
      // A guest's page may know no connection yet for a candidate; the description has all until then.
      if (this.described || !this.isToGuest) options.send({ candidate: candidate && plain(candidate) });
    };
    connection.ontrack = (event) => this.receiveTrack(event);
    connection.onconnectionstatechange = () => this.connectionChanged();
    this.cancelTimer = clock.after(connectPatience, () => this.giveUp());
    if (options.role === "impolite") this.addMain();
  }

  private get isToGuest(): boolean {
    return this.options.role === "to-guest";
  }

  /** The connection underneath, for measurements. */
  get connection(): RTCPeerConnection {
    return this.options.connection;
  }

  /** `people` is the number of connections the uplink is shared by. */
  publish(local: LocalMedia, people: number): void {
    this.local = local;
    this.people = people;
    // The polite side owns no sections before the first offer arrived.
    if (this.audio) this.quietly(this.apply());
  }

  receive(data: SignalData): void {
    // One after the other: a candidate must not overtake the description it belongs to.
    this.incoming = this.incoming.then(async () => {
      if (this.closed) return;
      try {
        if ("description" in data) await this.describe(data.description);
        else if ("candidate" in data) await this.addCandidate(data.candidate);
        else if ("call" in data) await this.call();
      } catch (error) {
        // What a peer sends must not break anything but the path to that peer, which the timers then repair.
        if (!this.closed) console.warn("signal not understood:", error);
      }
    });
  }

  /** Other servers, or other ways allowed: from the next search on. */
  configure(configuration: RTCConfiguration): void {
    if (this.closed) return;
    this.options.connection.setConfiguration(configuration);
    this.relay = "looking";
  }

  /** Looks for a new path; the old one is used until it is found. */
  restart(): void {
    if (!this.closed && this.audio?.mid && !this.isToGuest) this.options.connection.restartIce();
  }

  close(): void {
    this.closed = true;
    this.cancelTimer();
    const { connection } = this.options;
    connection.onnegotiationneeded = null;
    connection.onicecandidate = null;
    connection.ontrack = null;
    connection.onconnectionstatechange = null;
    connection.close();
  }

  private async offer(): Promise<void> {
    // Before the first offer arrived there is nothing the polite side may ask for.
    if (this.closed || !this.audio || this.isToGuest) return;
    try {
      this.makingOffer = true;
      await this.options.connection.setLocalDescription();
      this.sendDescription();
    } catch (error) {
      if (!this.closed) console.warn("no offer:", error);
    } finally {
      this.makingOffer = false;
    }
  }

  /** Makes the offer that a guest's page waits for. */
  private async call(): Promise<void> {
    const { connection } = this.options;
    if (!this.isToGuest || connection.connectionState === "connected") return;
    if (!this.audio) this.addMain();
    await this.applyMain();
    await connection.setLocalDescription();
    await this.gather();
    this.sendDescription();
  }

  private async gather(): Promise<void> {
    const { connection, clock } = this.options;
    if (connection.iceGatheringState === "complete") return;
    await new Promise<void>((done) => {
      const cancel = clock.after(gatherPatience, done);
      connection.onicegatheringstatechange = () => {
        if (connection.iceGatheringState !== "complete") return;
        cancel();
        done();
      };
    });
  }

  private async describe(description: SessionDescription): Promise<void> {
    const { connection, role } = this.options;
    if (description.type === "answer" && connection.signalingState !== "have-local-offer") return;
    const ready = !this.makingOffer && (connection.signalingState === "stable" || this.answering);
    this.ignoringOffer = description.type === "offer" && !ready && role === "impolite";
    if (this.ignoringOffer) return;
    this.answering = description.type === "answer";
    // Asked before: the tracks that arrive with the description already take the sections.
    const first = !this.audio;
    try {
      await connection.setRemoteDescription(description);
    } finally {
      this.answering = false;
    }
    if (description.type !== "offer") return this.limitBitRate();
    this.adopt();
    if (first) await this.applyMain();
    await connection.setLocalDescription();
    if (this.isToGuest) await this.gather();
    this.sendDescription();
    if (first) await this.apply();
    return undefined;
  }

  private async addCandidate(candidate: Candidate | null): Promise<void> {
    try {
      await this.options.connection.addIceCandidate((candidate ?? undefined) as RTCIceCandidateInit);
    } catch (error) {
      // Candidates of an offer we ignored belong to nothing.
      if (!this.ignoringOffer) throw error;
    }
  }

  private sendDescription(): void {
    const description = this.options.connection.localDescription;
    if (description && !this.closed) {
      this.described = true;
      this.options.send({ description: { type: description.type, sdp: description.sdp } });
    }
  }

  private addMain(): void {
    this.audio = this.options.connection.addTransceiver("audio", { direction: "sendrecv" });
    this.video = this.options.connection.addTransceiver("video", { direction: "sendrecv" });
    this.nameStream();
    this.watchMain();
  }

  /** Takes the first audio and the first video section of the first offer as ours, too. */
  private adopt(): void {
    if (this.audio) return;
    const kind = (wanted: string) => (each: RTCRtpTransceiver): boolean => each.receiver.track.kind === wanted;
    const transceivers = this.options.connection.getTransceivers();
    this.audio = transceivers.find(kind("audio"));
    this.video = transceivers.find(kind("video"));
    for (const each of [this.audio, this.video]) if (each) each.direction = "sendrecv";
    this.nameStream();
    this.watchMain();
  }

  /** Pages of dialects look for what we send in a stream, and find nothing in tracks without one. */
  private nameStream(): void {
    if (!this.isToGuest) return;
    const stream = new MediaStream();
    for (const each of [this.audio, this.video]) each?.sender.setStreams(stream);
  }

  private watchMain(): void {
    if (this.audio) this.microphone.addTrack(this.audio.receiver.track);
    if (this.video) this.camera.addTrack(this.video.receiver.track);
    this.options.onChange();
  }

  private async apply(): Promise<void> {
    await this.applyMain();
    if (this.isToGuest) return;
    for (const kind of ["video", "audio"] as const) await this.applyShare(kind);
  }

  private async applyMain(): Promise<void> {
    const changes: [RTCRtpTransceiver | undefined, MediaStreamTrack | null][] = [
      [this.audio, this.local.microphone],
      [this.video, (this.isToGuest ? this.local.screen?.getVideoTracks()[0] : null) ?? this.local.camera],
    ];
    for (const [transceiver, track] of changes) {
      if (transceiver && transceiver.sender.track !== track) await transceiver.sender.replaceTrack(track);
    }
    await this.limitBitRate();
  }

  private async applyShare(kind: "audio" | "video"): Promise<void> {
    const { connection } = this.options;
    const stream = this.local.screen;
    const track = stream?.getTracks().find((each) => each.kind === kind) ?? null;
    const known = this.shareSenders.get(kind);
    if (known) {
      if (known.sender.track === track) return;
      if (stream && track) known.sender.setStreams(stream);
      known.direction = track ? "sendonly" : "inactive";
      await known.sender.replaceTrack(track);
    } else if (stream && track) {
      this.shareSenders.set(kind, connection.addTransceiver(track, { direction: "sendonly", streams: [stream] }));
    }
  }

  private async limitBitRate(): Promise<void> {
    const sender = this.video?.sender;
    const parameters = sender?.getParameters();
    const encoding = parameters?.encodings?.[0];
    const wanted = cameraBitRate(this.people);
    // Before the first negotiation there is no encoding to limit.
    if (!sender || !parameters || !encoding || encoding.maxBitrate === wanted) return;
    encoding.maxBitrate = wanted;
    await sender.setParameters(parameters).catch(() => undefined);
  }

  private receiveTrack(event: RTCTrackEvent): void {
    this.adopt();
    const { transceiver, track } = event;
    if (transceiver === this.audio || transceiver === this.video) return this.options.onChange();
    for (const stream of event.streams) {
      this.shares.set(stream.id, stream);
      stream.onremovetrack = () => {
        if (stream.getTracks().length === 0) this.shares.delete(stream.id);
        this.options.onChange();
      };
    }
    track.onunmute = () => this.options.onChange();
    return this.options.onChange();
  }

  private connectionChanged(): void {
    const { connection, role, clock } = this.options;
    this.cancelTimer();
    switch (connection.connectionState) {
      case "connected":
        this.become("connected");
        break;
      case "disconnected":
        this.become("reconnecting");
        this.cancelTimer = clock.after(disconnectedPatience, () => this.giveUp());
        break;
      case "failed":
        this.become("failed");
        // The impolite side first: two restarts at once would only collide.
        this.cancelTimer = clock.after(role === "impolite" ? restartPause / 3 : 2 * restartPause, () => this.giveUp());
        break;
      default:
        this.cancelTimer = clock.after(connectPatience, () => this.giveUp());
    }
  }

  /** Nothing came of it for too long: says so, and keeps trying. */
  private giveUp(): void {
    this.become(this.link === "connecting" ? "failed" : this.link);
    this.restart();
    this.cancelTimer = this.options.clock.after(2 * restartPause, () => this.giveUp());
  }

  /** Keeps whether one of our addresses is a relay's. After the last one without, none could be reached. */
  private found(candidate: RTCIceCandidate | null): void {
    const before = this.relay;
    if (candidate && / typ relay( |$)/.test(candidate.candidate)) this.relay = "reached";
    else if (!candidate && this.relay === "looking") this.relay = "unreachable";
    if (this.relay !== before) this.options.onChange();
  }

  private become(link: LinkState): void {
    if (this.link === link) return;
    this.link = link;
    this.options.onChange();
  }

  private quietly(work: Promise<void>): void {
    work.catch((error) => {
      if (!this.closed) console.warn("track not sent:", error);
    });
  }
}

function plain(candidate: RTCIceCandidate): Candidate {
  const { sdpMid, sdpMLineIndex, usernameFragment } = candidate;
  return { candidate: candidate.candidate, sdpMid, sdpMLineIndex, usernameFragment };
}
