// SPDX-License-Identifier: Apache-2.0

import { Clock, every, randomID } from "../core/clock";
import { batch, computed, effect, onDispose, scope, Signal, signal, untracked } from "../core/signal";
import type { LocalDevices } from "../media/devices";
import type { NetworkSign } from "../media/network";
import type { Sample } from "../media/numbers";
import type {
  LocalMedia, MediaEvent, MediaSession, OpenMedia, OwnMedia, Picture, Privacy, RemoteMedia, Whose,
} from "../media/session";
import { ConnectionEvent, ConnectionState, MeetingConnection, sameMedia, SeatStore } from "../protocol/connection";
import { Refusal } from "../protocol/messages";
import type { ChatFile, ClientRequests, FileLimits, JoinReply, MediaSource, MediaState, MediaTrack, MeetingCode, PageID, ParticipantID, RaisedHand, Reaction } from "../protocol/messages";
import { ChatOutbox } from "../protocol/outbox";
import type { MeetingSocket } from "../protocol/socket";
import { upload } from "../protocol/upload";
import { Attachments } from "./attachments";
import { Floor } from "./floor";
import { gainOf, Hearing, onlyOf, withVolume, Volume } from "./hearing";
import { OwnHand } from "./hand";
import { forbidden } from "./hosting";
import { HostRequest, HostWishes } from "./host-wishes";
import { Away, Back, moved, noticed, returned, uninterrupted } from "./interruption";
import { afterReturn, Notice, notices } from "./notices";
import { OwnScreen } from "./own-screen";
import { PollRequest, Polls } from "./polls";
import { emptyRoom, reduce, RoomEvent, RoomState } from "./room";
import type { Speakers } from "./speakers";

export interface MeetingOptions {
  readonly code: MeetingCode;
  readonly name: string;
  readonly socket: MeetingSocket;
  readonly seats: SeatStore;
  readonly clock: Clock;
  readonly devices: LocalDevices;
  /** Loudness of our own microphone, 0 to 1. */
  readonly ownLevel: () => number;
  readonly openMedia: OpenMedia;
  /** What the person wants others to learn of their network; may change during the call. */
  readonly privacy: () => Privacy;
  /** Whether we send less than we could; may change during the call. */
  readonly thrifty?: () => boolean;
}

const listenPeriod = 100;
const noFiles: FileLimits = { size: 0, part: 1 };

/**
 * One stay in a meeting: the room as it is known, and what the person does in it.
 *
 * It owns nothing itself but ties the parts together: the connection's events go through the reducer into `room`;
 * whoever is in `room` is who media is exchanged with; what is switched on here is what is published and told.
 */
export class Meeting {
  /** The name of this stay towards the others' browsers. */
  readonly page = randomID() as PageID;
  private readonly currentRoom = signal(emptyRoom);
  readonly room: Signal<RoomState> = this.currentRoom;
  readonly connection: MeetingConnection;
  readonly state: Signal<ConnectionState>;
  private readonly session = signal<MediaSession | undefined>(undefined);
  /** What arrives from the others, by person. */
  readonly remote: Signal<ReadonlyMap<ParticipantID, RemoteMedia>>;
  /** What is to be heard. */
  readonly sounds: Signal<readonly MediaStream[]>;
  private readonly wishedVolumes = signal<Hearing>(new Map());
  /** How loud the person wants each of the others; as they come, where nothing is said. */
  readonly hearing: Signal<Hearing> = this.wishedVolumes;
  /** How our own side does. */
  readonly own: Signal<OwnMedia>;
  private readonly pictures = signal<readonly Picture[]>([]);
  /** The run of the server that our connections belong to. */
  private server: string | undefined;
  private readonly floor = new Floor();
  readonly speakers: Signal<Speakers> = this.floor.speakers;
  /** Who had the floor, the last one first. */
  readonly recent: Signal<readonly ParticipantID[]> = this.floor.recent;
  private readonly screen = new OwnScreen();
  private readonly interruption = signal(uninterrupted);
  /** Why and since when the connection to the server is away. */
  readonly away: Signal<Away | undefined>;
  /** Our shared screen. */
  readonly share: Signal<MediaStream | null> = this.screen.stream;
  /** Told what is worth telling the person. */
  onNotice: (notice: Notice) => void = () => {};
  /** What we ask of the server when we host. */
  readonly host = new HostWishes((name, payload, answered) => this.ask(name, payload, answered), () => this.room.peek().rules);
  readonly polls = new Polls((name, payload, answered) => this.ask(name, payload, answered), (poll, options) => this.change({ type: "voted", poll, options }));
  private readonly outbox: ChatOutbox;
  /** The files of the message that is being written. */
  readonly attachments: Attachments;
  private readonly hand = new OwnHand((raised) => this.ask("hand", { raised }), (why) => this.onNotice({ type: "hand-lowered", why }));
  private readonly end: () => void;

  constructor(private readonly options: MeetingOptions) {
    const { code, socket, seats, clock } = options;
    this.connection = new MeetingConnection({
      socket,
      clock,
      meeting: code,
      page: this.page,
      seats,
      random: Math.random,
      hand: () => this.ownHand()?.since,
      onEvent: (event) => this.receive(event),
    });
    this.state = this.connection.state;
    this.outbox = new ChatOutbox({
      connection: this.connection,
      clock,
      onSent: (id, reply) => this.change({ type: "chat-sent", id, reply }),
      onFailed: (id, { message }) => this.change({ type: "chat-failed", id, problem: message }),
    });
    this.attachments = new Attachments((blob, name, onProgress, signal) => upload(blob, name, {
      meeting: code, seat: () => seats.load(), limits: this.room.peek().files ?? noFiles, clock, onProgress, signal,
    }));
    this.remote = computed(() => this.session()?.remote() ?? new Map());
    this.sounds = computed(() => this.session()?.sounds() ?? []);
    this.away = computed(() => this.interruption().away);
    this.own = computed(() => this.session()?.own() ?? { quality: "good", load: "normal" });
    this.end = scope(() => this.keepInStep());
  }

  get code(): MeetingCode {
    return this.options.code;
  }

  get devices(): LocalDevices {
    return this.options.devices;
  }

  join(): void {
    this.connection.join(this.options.name, untracked(() => this.ownMedia()));
  }

  /** Leaves for good and frees everything but the devices, which belong to the page. */
  leave(): void {
    this.connection.leave();
    this.close();
  }

  /** Ends media when the stay ended by itself: replaced, ended or refused. */
  close(): void {
    this.end();
    this.attachments.close();
    this.stopShare();
    this.session.peek()?.close();
    this.session.set(undefined);
  }

  /** Says something to everybody, or to one person; in answer to another message, or with a file, if need be. */
  say(text: string, about: { readonly to?: ParticipantID; readonly reply?: number; readonly file?: ChatFile } = {}): void {
    const { file, ...rest } = about;
    const draft = { id: randomID(), text, ...rest, ...(file ? { file: file.id } : {}) };
    this.change({ type: "chat-written", draft, ...(file ? { file } : {}) });
    this.outbox.send(draft);
  }

  sayAgain(id: string): void {
    const line = this.room.peek().chat.find((each) => each.id === id && each.state === "failed");
    if (!line) return;
    this.change({ type: "chat-retried", id });
    const { text, to, reply, file } = line;
    this.outbox.send({
      id, text, ...(to === undefined ? {} : { to }), ...(reply === undefined ? {} : { reply }), ...(file ? { file: file.id } : {}),
    });
  }

  reactTo(seq: number, reaction: Reaction, on: boolean): void {
    this.ask("chat-react", { seq, reaction, on });
  }

  deleteMessage(seq: number): void {
    this.ask("chat-delete", { seq });
  }

  raiseHand(raised: boolean): void {
    this.hand.raise(raised);
  }

  /** Shows everybody a reaction. */
  react(reaction: Reaction): void {
    this.ask("react", { reaction });
  }

  startShare(stream: MediaStream): void {
    this.screen.start(stream);
  }

  stopShare(): void {
    this.screen.stop();
  }

  /** Says which pictures are on the screen: no others need to come. */
  show(pictures: readonly Picture[]): void {
    this.pictures.set(pictures);
  }

  /** Makes one sound of somebody louder or quieter for ourselves. */
  setVolume(sound: MediaTrack, change: Partial<Volume>): void {
    this.wishedVolumes.update((hearing) => withVolume(hearing, sound, change));
  }

  /** What to play one of the sounds at, 0 to 1. Reads signals. */
  gainOf(stream: MediaStream): number {
    return gainOf(this.hearing(), this.session()?.carried().get(stream));
  }

  /** Counts what comes of a picture and its sound, or what we send. */
  async look(of?: Whose): Promise<Sample | undefined> {
    return this.session.peek()?.look(of);
  }

  private ask<N extends Asked>(name: N, payload: ClientRequests[N]["payload"], answered: (done: boolean) => void = () => {}): void {
    this.connection.request(name, payload, (result) => {
      answered("reply" in result);
      // Without a connection nothing of it is left to tell: the screen says that there is none.
      if ("failure" in result && result.failure instanceof Refusal) {
        this.onNotice({ type: "not-done", code: result.failure.code, problem: result.failure.message });
      }
    });
  }

  private ownHand(): RaisedHand | undefined {
    const { self, hands } = this.room.peek();
    return hands.find(({ participant }) => participant === self?.id);
  }

  /** Addresses may have changed, or the machine slept. */
  networkChanged(sign: NetworkSign): void {
    this.interruption.update((before) => noticed(before, sign, this.options.clock.now()));
    if (sign.type === "offline") return;
    this.connection.probe();
    this.session.peek()?.networkChanged();
  }

  /** Effects that make the world follow the state. */
  private keepInStep(): void {
    const { clock } = this.options;
    effect(() => {
      const people = [...this.room().people.values()].map(({ id, page, guest = false, media }) => ({ id, page, guest, media }));
      const session = this.session();
      untracked(() => session?.setPeople(people));
    });
    effect(() => {
      const session = this.session();
      const local = this.localMedia();
      untracked(() => session?.publish(local));
    });
    effect(() => {
      const session = this.session();
      const pictures = this.pictures();
      untracked(() => session?.show(pictures));
    });
    effect(() => {
      const session = this.session();
      const privacy = this.options.privacy();
      untracked(() => session?.setPrivacy(privacy));
    });
    effect(() => {
      const { people } = this.room();
      untracked(() => this.wishedVolumes.update((hearing) => onlyOf(hearing, people)));
    });
    effect(() => {
      const state = this.state();
      untracked(() => this.interruption.update((before) => moved(before, state, clock.now())));
    });
    const media = computed(() => this.ownMedia(), sameMedia);
    effect(() => {
      const now = media();
      untracked(() => {
        this.change({ type: "own-media", media: now });
        this.connection.setMedia(now);
      });
    });
    onDispose(every(clock, listenPeriod, () => this.listen()));
    onDispose(every(clock, 1_000, () => this.change({ type: "tick" })));
  }

  private receive(event: ConnectionEvent): void {
    if (isAboutMedia(event)) return this.session.peek()?.hear(event);
    if (event.type === "muted") this.switchOff(event.source);
    if (event.type === "hands") this.hand.follow(this.ownHand(), event.hands);
    const known = this.session.peek();
    batch(() => {
      if (event.type === "joined") this.openSession(event.reply);
      this.change(event);
      // The reply has what we said when asking; a device may have come up meanwhile.
      if (event.type === "joined") this.change({ type: "own-media", media: this.ownMedia() });
    });
    // What was on before we came, or while we were away, may be forbidden.
    if (event.type === "joined" || event.type === "rules-changed" || event.type === "role-changed") {
      for (const source of forbidden(this.room.peek())) this.switchOff(source);
    }
    if (event.type === "joined") {
      this.outbox.resume();
      // A session that was just made knows no other server.
      const session = this.session.peek();
      session?.resume(session !== known || event.reply.server === this.server);
      this.server = event.reply.server;
    }
    return undefined;
  }

  /** A host wants it off. We may switch it on again. */
  private switchOff(source: MediaSource): void {
    if (source === "microphone") void this.devices.setMicrophone(false);
    else if (source === "camera") void this.devices.setCamera(false);
    else this.stopShare();
  }

  /** Paths for media outlive a lost connection: they are only made anew with a new seat or another way of media. */
  private openSession(reply: JoinReply): void {
    const before = this.room.peek().self;
    const present = this.session.peek();
    const sameWay = (reply.forwarding === null) === (this.room.peek().forwarding === null);
    if (present && before?.id === reply.self.id && sameWay) return present.setServers(reply.iceServers);
    present?.close();
    this.session.set(
      this.options.openMedia({
        self: reply.self.id,
        iceServers: reply.iceServers,
        forwarding: reply.forwarding,
        ask: (name, payload, answer) => this.connection.request(name, payload, answer),
        privacy: untracked(() => this.options.privacy()),
        signal: (to, data, answer) => {
          this.connection.request("signal", { to: to.id, page: to.page, data }, (result) => {
            answer("failure" in result ? result.failure : undefined);
          });
        },
      }),
    );
  }

  private change(event: RoomEvent): void {
    const before = this.room.peek();
    this.currentRoom.set(reduce(before, event, this.options.clock.now()));
    const told = notices(before, event);
    for (const notice of event.type === "joined" ? afterReturn(told, this.cameBack(event.reply)) : told) this.onNotice(notice);
  }

  private cameBack({ server }: JoinReply): Back | undefined {
    const { after, back } = returned(this.interruption.peek(), server, this.options.clock.now());
    this.interruption.set(after);
    return back;
  }

  private listen(): void {
    const { self, people } = this.room.peek();
    if (!self) return;
    const session = this.session.peek();
    const levels = new Map<ParticipantID, number>();
    for (const id of people.keys()) {
      const level = session?.levelOf(id);
      if (level !== undefined) levels.set(id, level);
    }
    const on = this.devices.microphone.peek().on;
    levels.set(self.id, on ? this.options.ownLevel() : 0);
    const now = this.options.clock.now();
    const speaks = this.floor.hear({ self: self.id, people, levels, told: session?.heard.peek() }, now);
    this.hand.hear(this.ownHand() !== undefined, speaks, now);
  }

  private ownMedia(): MediaState {
    const { microphone, camera } = this.devices;
    const share = this.share();
    return {
      microphone: microphone().on && microphone().track !== null,
      camera: camera().on && camera().track !== null,
      screen: share !== null,
      screenStream: share?.id ?? null,
    };
  }

  private localMedia(): LocalMedia {
    const thrifty = this.options.thrifty?.() ?? false;
    return { microphone: this.devices.microphone().track, camera: this.devices.camera().track, screen: this.share(), thrifty };
  }
}

/** Requests of which only a refusal is worth a word. */
type Asked = HostRequest | PollRequest | "hand" | "react" | "chat-react" | "chat-delete";

const mediaEvents: readonly string[] = ["signal", "slots", "speakers", "layers", "media-ended", "media-load"];

function isAboutMedia(event: ConnectionEvent): event is MediaEvent {
  return mediaEvents.includes(event.type);
}
