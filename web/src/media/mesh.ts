// SPDX-License-Identifier: Apache-2.0

import { Clock, every, randomID, systemClock } from "../core/clock";
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
  readonly peer: Peer;
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
