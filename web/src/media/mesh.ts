// SPDX-License-Identifier: Apache-2.0

import { Clock, every, systemClock } from "../core/clock";
import { Signal, signal } from "../core/signal";
import type { IceServer, PageID, ParticipantID, SignalData } from "../protocol/messages";
import { PeerLink } from "./peer";
import { judge, noTotals, Totals, totals } from "./quality";
import { offersRelay, Route, routeOf } from "./route";
import type { LocalMedia, MediaOptions, MediaSession, OpenMedia, Peer, Privacy, Quality, RemoteMedia } from "./session";
import { SignalQueue } from "./signal-queue";

export interface MeshOptions extends MediaOptions {
  readonly clock: Clock;
  readonly connect: (configuration: RTCConfiguration) => RTCPeerConnection;
}

/** A mesh of this browser's own connections. */
export const openMesh: OpenMedia = (options) => {
  return new MeshSession({ ...options, clock: systemClock, connect: (configuration) => new RTCPeerConnection(configuration) });
};

interface Member {
  readonly page: PageID;
  readonly link: PeerLink;
  readonly queue: SignalQueue;
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
    for (const [id, member] of [...this.members]) if (wanted.get(id) !== member.page) this.remove(id, member);
    for (const peer of people) if (!this.members.has(peer.id)) this.add(peer);
    this.publish(this.local);
    this.tell();
  }

  publish(local: LocalMedia): void {
    this.local = local;
    for (const { link } of this.members.values()) link.publish(local, this.members.size);
  }

  receive(from: ParticipantID, page: PageID, data: SignalData): void {
    const member = this.members.get(from);
    if (member?.page === page) member.link.receive(data);
  }

  resume(): void {
    for (const { queue } of this.members.values()) queue.resume();
  }

  setPrivacy(privacy: Privacy): void {
    if (privacy === this.privacy) return;
    this.privacy = privacy;
    for (const { link } of this.members.values()) link.configure(this.configuration);
    this.networkChanged();
  }

  setServers(iceServers: readonly IceServer[]): void {
    this.iceServers = iceServers;
    for (const { link } of this.members.values()) link.configure(this.configuration);
  }

  networkChanged(): void {
    for (const { link } of this.members.values()) link.restart();
  }

  levelOf(id: ParticipantID): number {
    const track = this.members.get(id)?.link.microphone.getAudioTracks()[0];
    const receiver = this.members.get(id)?.link.connection.getReceivers().find((each) => each.track === track);
    return receiver?.getSynchronizationSources?.()[0]?.audioLevel ?? 0;
  }

  close(): void {
    this.stopMeasuring();
    for (const [id, member] of [...this.members]) this.remove(id, member);
    this.tell();
  }

  private add(peer: Peer): void {
    const { clock, connect, self } = this.options;
    const queue = new SignalQueue((data, answer) => this.options.signal(peer, data, answer), clock);
    const link = new PeerLink({
      connection: connect(this.configuration),
      role: peer.guest ? "to-guest" : self > peer.id ? "polite" : "impolite",
      clock,
      send: (data) => queue.send(data),
      onChange: () => this.tell(),
    });
    const member: Member = { page: peer.page, link, queue, totals: noTotals, quality: "good", route: undefined };
    this.members.set(peer.id, member);
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
    const snapshot = ([id, { link, quality, route }]: [ParticipantID, Member]): [ParticipantID, RemoteMedia] => {
      const { microphone, camera, shares } = link;
      const relay = offered ? link.relay : "none";
      return [id, { link: link.link, quality, route, relay, microphone, camera, shares: new Map(shares) }];
    };
    this.everybody.set(new Map([...this.members].map(snapshot)));
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
