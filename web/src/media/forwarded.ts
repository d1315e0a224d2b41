// SPDX-License-Identifier: Apache-2.0

import { Clock, every, systemClock } from "../core/clock";
import { computed, Signal, signal } from "../core/signal";
import type { Forwarding, IceServer, MediaLoad, MediaTrack, ParticipantID } from "../protocol/messages";
import { MeshSession } from "./mesh";
import { Publisher } from "./publisher";
import { Sample, sampleOf } from "./numbers";
import { judge, noTotals, Totals, totals } from "./quality";
import { offersRelay, Route, routeOf } from "./route";
import type { ServerLink } from "./server-link";
import type {
  HeardSpeakers,
  LocalMedia,
  MediaEvent,
  MediaOptions,
  MediaSession,
  OpenMedia,
  OwnMedia,
  Peer,
  Picture,
  Privacy,
  Quality,
  RemoteMedia,
  Whose,
} from "./session";
import { Subscriber } from "./subscriber";

export interface ForwardedOptions extends MediaOptions {
  readonly forwarding: Forwarding;
  readonly clock: Clock;
  readonly connect: (configuration: RTCConfiguration) => RTCPeerConnection;
}

/** Through the server, or between the pages where it carries no media. */
export const openMedia: OpenMedia = (options) => {
  const connect = (configuration: RTCConfiguration): RTCPeerConnection => new RTCPeerConnection(configuration);
  const { forwarding } = options;
  if (forwarding) return new ForwardedSession({ ...options, forwarding, clock: systemClock, connect });
  return new MeshSession({ ...options, clock: systemClock, connect });
};

const measurePeriod = 3_000;
const nobody: HeardSpeakers = { dominant: undefined, speaking: [] };

/** One end of the way through the server. */
interface End {
  totals: Totals;
  quality: Quality;
  route: Route | undefined;
}

/**
 * Media by way of the server: one connection to send and one to receive, whoever is in the room. Guests of dialects
 * know nothing of it; with them our page is connected directly.
 */
export class ForwardedSession implements MediaSession {
  private readonly publisher: Publisher;
  private readonly subscriber: Subscriber;
  private readonly guests: MeshSession;
  private people: readonly Peer[] = [];
  private iceServers: readonly IceServer[];
  private load: MediaLoad = "normal";
  private readonly up: End = { totals: noTotals, quality: "good", route: undefined };
  private readonly down: End = { totals: noTotals, quality: "good", route: undefined };
  private readonly forwarded = signal<ReadonlyMap<ParticipantID, RemoteMedia>>(new Map());
  private readonly slotSounds = signal<readonly MediaStream[]>([], sameItems);
  private readonly slotContents = signal<ReadonlyMap<MediaStream, MediaTrack>>(new Map());
  private readonly speakers = signal(nobody);
  private readonly ownMedia = signal<OwnMedia>({ quality: "good", load: "normal" }, (a, b) => a.quality === b.quality && a.load === b.load);
  readonly remote: Signal<ReadonlyMap<ParticipantID, RemoteMedia>>;
  readonly sounds: Signal<readonly MediaStream[]>;
  readonly carried: Signal<ReadonlyMap<MediaStream, MediaTrack>>;
  readonly heard: Signal<HeardSpeakers> = this.speakers;
  readonly own: Signal<OwnMedia> = this.ownMedia;
  private readonly stopMeasuring: () => void;

  constructor(private readonly options: ForwardedOptions) {
    const { clock, ask, connect, forwarding } = options;
    this.iceServers = options.iceServers;
    this.guests = new MeshSession(options);
    const relays = (): readonly IceServer[] => this.iceServers;
    const onChange = (): void => this.tell();
    this.publisher = new Publisher({ clock, ask, connect, relays, onChange });
    this.subscriber = new Subscriber({ clock, ask, connect, relays, onChange, forwarding });
    this.remote = computed(() => new Map([...this.forwarded(), ...this.guests.remote()]));
    this.sounds = computed(() => [...this.slotSounds(), ...this.guests.sounds()], sameItems);
    this.carried = computed(() => new Map([...this.slotContents(), ...this.guests.carried()]));
    this.stopMeasuring = every(clock, measurePeriod, () => void this.measure());
    this.tell();
  }

  setPeople(people: readonly Peer[]): void {
    this.people = people.filter(({ guest }) => !guest);
    this.guests.setPeople(people.filter(({ guest }) => guest));
    this.tell();
  }

  publish(local: LocalMedia): void {
    this.publisher.publish(local);
    this.guests.publish(local);
  }

  show(pictures: readonly Picture[]): void {
    const ours = new Set(this.people.map(({ id }) => id));
    this.subscriber.show(pictures.filter(({ participant }) => ours.has(participant)));
  }

  hear(event: MediaEvent): void {
    switch (event.type) {
      case "signal":
        return this.guests.hear(event);
      case "slots":
        return this.subscriber.fill(event.slots);
      case "layers":
        return this.publisher.setWatched(event.tracks);
      case "speakers":
        return this.speakers.set({ dominant: event.dominant ?? undefined, speaking: event.speaking });
      case "media-ended": {
        const busy = event.reason === "overloaded" || event.reason === "stopped";
        this.publisher.ended(event.connection, busy);
        return this.subscriber.ended(event.connection, busy);
      }
      case "media-load":
        this.load = event.load;
        return this.tell();
    }
  }

  resume(sameServer: boolean): void {
    if (!sameServer) {
      this.speakers.set(nobody);
      for (const link of this.links) link.renew();
    }
    this.publisher.link?.resume();
    this.subscriber.resume();
    this.guests.resume();
  }

  /** The server is nobody to hide from; only guests are. */
  setPrivacy(privacy: Privacy): void {
    this.guests.setPrivacy(privacy);
  }

  setServers(iceServers: readonly IceServer[]): void {
    this.iceServers = iceServers;
    for (const link of this.links) link.configure();
    this.guests.setServers(iceServers);
  }

  networkChanged(): void {
    for (const link of this.links) link.restart();
    this.guests.networkChanged();
  }

  levelOf(id: ParticipantID): number | undefined {
    return this.guests.levelOf(id);
  }

  async look(of?: Whose): Promise<Sample> {
    if (of && !this.people.some(({ id }) => id === of.participant)) return this.guests.look(of);
    const ends = of ? this.subscriber.receiversOf(of) : this.publisher.senders;
    const sample = sampleOf(await Promise.all(ends.map((end) => end.getStats())), this.options.clock.now());
    return { ...sample, route: throughServer(sample.route) };
  }

  close(): void {
    this.stopMeasuring();
    this.publisher.close();
    this.subscriber.close();
    this.guests.close();
    this.people = [];
    this.forwarded.set(new Map());
    this.slotSounds.set([]);
  }

  private get links(): ServerLink[] {
    const { link } = this.publisher;
    return link ? [link, this.subscriber.link] : [this.subscriber.link];
  }

  private tell(): void {
    // Called by parts that are just being made.
    const subscriber = this.subscriber as Subscriber | undefined;
    if (!subscriber) return;
    const { link, relay } = subscriber.link;
    const common = {
      link, quality: this.down.quality, route: this.down.route, by: "server" as const,
      relay: offersRelay(this.iceServers) ? relay : "none" as const,
    };
    this.forwarded.set(new Map(this.people.map(({ id }): [ParticipantID, RemoteMedia] => [id, {
      ...common, camera: subscriber.pictureOf(id, "camera"), screen: subscriber.pictureOf(id, "screen"),
    }])));
    this.slotSounds.set(subscriber.sounds);
    this.slotContents.set(subscriber.carried);
    this.ownMedia.set({ quality: this.up.quality, load: this.load });
  }

  private async measure(): Promise<void> {
    const { link } = this.publisher;
    await Promise.all([link && measureEnd(link, this.up), measureEnd(this.subscriber.link, this.down)]);
    this.tell();
  }
}

/** To a browser the server is just another end. */
function throughServer(route: Route | undefined): Route | undefined {
  return route && { ...route, kind: "relayed" };
}

async function measureEnd(link: ServerLink, end: End): Promise<void> {
  const report = await link.connection.getStats();
  const now = totals(report);
  // A new connection counts from nothing.
  end.quality = now.received < end.totals.received ? "good" : judge(end.totals, now);
  end.totals = now;
  end.route = throughServer(routeOf(report));
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
