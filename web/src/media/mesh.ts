// SPDX-License-Identifier: Apache-2.0

import { Clock, every, randomID } from "../core/clock";
import { computed, Signal, signal } from "../core/signal";
import type { IceServer, MediaTrack, PageID, ParticipantID, SignalData } from "../protocol/messages";
import { PeerLink } from "./peer";
import { Sample, sampleOf } from "./numbers";
import { judge, noTotals, Totals, totals } from "./quality";
import { offersRelay, Route, routeOf } from "./route";
import type {
  HeardSpeakers, LocalMedia, MediaEvent, MediaOptions, MediaSession, OwnMedia, Peer, Privacy, Quality, RemoteMedia, Whose,
} from "./session";
import { SignalQueue } from "./signal-queue";

export interface MeshOptions extends Pick<MediaOptions, "self" | "iceServers" | "privacy" | "signal"> {
  readonly clock: Clock;
  readonly connect: (configuration: RTCConfiguration) => RTCPeerConnection;
}

interface Member {
  peer: Peer;
  readonly queue: SignalQueue;
  link: PeerLink;
  /** The renewal we asked for; until it comes back, what we hear belongs to the connection before. */
  asked: string | undefined;
  /** The last one that the other side asked for: it may be heard twice. */
  granted: string | undefined;
  totals: Totals;
  quality: Quality;
  route: Route | undefined;
}

const measurePeriod = 3_000;

/** A browser mesh: one {@link PeerLink} to everybody else. The smaller participant id is the impolite one. */
export class MeshSession implements MediaSession {
  private readonly members = new Map<ParticipantID, Member>();
  private readonly everybody = signal<ReadonlyMap<ParticipantID, RemoteMedia>>(new Map());
  readonly remote: Signal<ReadonlyMap<ParticipantID, RemoteMedia>> = this.everybody;
  private readonly voices = signal<readonly MediaStream[]>([], sameStreams);
  readonly sounds: Signal<readonly MediaStream[]> = this.voices;
  private readonly owners = signal<ReadonlyMap<MediaStream, MediaTrack>>(new Map());
  readonly carried: Signal<ReadonlyMap<MediaStream, MediaTrack>> = this.owners;
  readonly heard: Signal<HeardSpeakers> = signal({ dominant: undefined, speaking: [] });
  readonly own: Signal<OwnMedia> = computed(() => ({ quality: "good", load: "normal" }));
  private local: LocalMedia = { microphone: null, camera: null, screen: null };
  private iceServers: readonly IceServer[];
  private privacy: Privacy;
  private readonly stopMeasuring: () => void;

  constructor(private readonly options: MeshOptions) {
    this.iceServers = options.iceServers;
    this.privacy = options.privacy;
    this.stopMeasuring = every(options.clock, measurePeriod, () => void this.measure());
  }

  setPeople(people: readonly Peer[]): void {
    const wanted = new Map(people.map((peer) => [peer.id, peer.page]));
    for (const [id, member] of [...this.members]) if (wanted.get(id) !== member.peer.page) this.remove(id, member);
    for (const peer of people) {
      const member = this.members.get(peer.id);
      if (member) member.peer = peer;
      else this.add(peer);
    }
    this.publish(this.local);
    this.tell();
  }

  publish(local: LocalMedia): void {
    this.local = local;
    for (const { link } of this.members.values()) link.publish(local, this.members.size);
  }

  /** Everything comes that is sent: there is nobody to say it to. */
  show(): void {}

  hear(event: MediaEvent): void {
    if (event.type === "signal") this.receive(event.from, event.page, event.data);
  }

  /** A signal from `from`. One of a page no longer in the room is dropped. */
  receive(from: ParticipantID, page: PageID, data: SignalData): void {
    const member = this.members.get(from);
    if (member?.peer.page !== page) return;
    if ("renew" in data) this.heardRenewal(member, data.renew);
    else if (member.asked === undefined) member.link.receive(data);
  }

  resume(): void {
    for (const { queue } of this.members.values()) queue.resume();
  }

  setPrivacy(privacy: Privacy): void {
    if (privacy === this.privacy) return;
    this.privacy = privacy;
    for (const member of this.members.values()) {
      // A browser that has a direct way keeps to it whatever it is told, so hiding takes a new connection.
      if (privacy === "relayed" && !member.peer.guest) this.renew(member);
      else member.link.configure(this.configuration);
    }
    if (privacy === "open") this.networkChanged();
  }

  setServers(iceServers: readonly IceServer[]): void {
    this.iceServers = iceServers;
    for (const { link } of this.members.values()) link.configure(this.configuration);
  }

  networkChanged(): void {
    for (const { link } of this.members.values()) link.restart();
  }

  /** Every screen that arrives from somebody, by its stream's id: what they say of their media tells which one counts. */
  sharesOf(id: ParticipantID): ReadonlyMap<string, MediaStream> {
    return this.members.get(id)?.link.shares ?? new Map();
  }

  levelOf(id: ParticipantID): number | undefined {
    const member = this.members.get(id);
    if (!member) return undefined;
    const track = member.link.microphone.getAudioTracks()[0];
    const receiver = member.link.connection.getReceivers().find((each) => each.track === track);
    return receiver?.getSynchronizationSources?.()[0]?.audioLevel ?? 0;
  }

  /** One connection carries all of somebody's sections, and what we send to them; of all, one tells what we send. */
  async look(of?: Whose): Promise<Sample> {
    const member = of ? this.members.get(of.participant) : [...this.members.values()][0];
    const connection = member?.link.connection;
    const streams = member && of && (of.source === "camera" ? [member.link.camera, member.link.microphone] : [...member.link.shares.values()]);
    const wanted = new Set(streams?.flatMap((stream) => stream.getTracks()));
    const ends = of
      ? connection?.getReceivers().filter(({ track }) => wanted.has(track))
      : connection?.getSenders().filter(({ track }) => track !== null);
    return sampleOf(await Promise.all((ends ?? []).map((end) => end.getStats())), this.options.clock.now());
  }

  close(): void {
    this.stopMeasuring();
    for (const [id, member] of [...this.members]) this.remove(id, member);
    this.tell();
  }

  private add(peer: Peer): void {
    const queue = new SignalQueue((data, answer) => this.options.signal(peer, data, answer), this.options.clock);
    const link = this.connect(peer, queue);
    this.members.set(peer.id, {
      peer, queue, link, asked: undefined, granted: undefined, totals: noTotals, quality: "good", route: undefined,
    });
  }

  private connect(peer: Peer, queue: SignalQueue): PeerLink {
    const { clock, connect, self } = this.options;
    return new PeerLink({
      connection: connect(this.configuration),
      role: peer.guest ? "to-guest" : self > peer.id ? "polite" : "impolite",
      clock,
      send: (data) => queue.send(data),
      onChange: () => this.tell(),
    });
  }

  /** Asks the other side to begin anew together with us. */
  private renew(member: Member): void {
    member.asked = randomID();
    member.queue.send({ renew: member.asked });
    this.reconnect(member);
  }

  private heardRenewal(member: Member, name: string): void {
    if (name === member.asked) {
      member.asked = undefined;
    } else if (name !== member.granted) {
      member.granted = name;
      // Before anything of the new connection: that is what it tells.
      member.queue.send({ renew: name });
      this.reconnect(member);
    }
  }

  private reconnect(member: Member): void {
    member.link.close();
    member.link = this.connect(member.peer, member.queue);
    member.totals = noTotals;
    member.route = undefined;
    this.publish(this.local);
    this.tell();
  }

  private get configuration(): RTCConfiguration {
    return {
      iceServers: this.iceServers.map((server) => ({ ...server, urls: [...server.urls] })),
      iceTransportPolicy: this.privacy === "relayed" ? "relay" : "all",
      bundlePolicy: "max-bundle",
    };
  }

  private remove(id: ParticipantID, member: Member): void {
    this.members.delete(id);
    member.queue.close();
    member.link.close();
  }

  private tell(): void {
    const offered = offersRelay(this.iceServers);
    const snapshot = ([id, { peer, link, quality, route }]: [ParticipantID, Member]): [ParticipantID, RemoteMedia] => {
      const { camera } = link;
      const relay = offered ? link.relay : "none";
      const screen = this.sharesOf(id).get(peer.media?.screenStream ?? "");
      return [id, { link: link.link, quality, route, relay, by: "page", camera, screen }];
    };
    this.everybody.set(new Map([...this.members].map(snapshot)));
    const streams = [...this.members.values()].flatMap(({ link }) => [link.microphone, ...link.shares.values()]);
    const owned = (id: ParticipantID, source: "microphone" | "screenSound") =>
      (stream: MediaStream): [MediaStream, MediaTrack] => [stream, { participant: id, source }];
    this.owners.set(new Map([...this.members].flatMap(([id, { link }]) => [
      ...[link.microphone].map(owned(id, "microphone")),
      ...[...link.shares.values()].map(owned(id, "screenSound")),
    ])));
    this.voices.set(streams.filter((stream) => stream.getAudioTracks().length > 0));
  }

  private async measure(): Promise<void> {
    await Promise.all(
      [...this.members.values()].map(async (member) => {
        const report = await member.link.connection.getStats();
        const now = totals(report);
        member.route = routeOf(report);
        member.quality = judge(member.totals, now);
        member.totals = now;
      }),
    );
    this.tell();
  }
}

function sameStreams(a: readonly MediaStream[], b: readonly MediaStream[]): boolean {
  return a.length === b.length && a.every((stream, index) => stream === b[index]);
}
