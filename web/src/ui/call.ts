// SPDX-License-Identifier: Apache-2.0

import { systemClock } from "../core/clock";
import { computed, Signal, signal, WritableSignal } from "../core/signal";
import type { Source } from "../media/devices";
import type { Picture } from "../media/session";
import { openShare } from "../media/share";
import { handPlaces, maySend } from "../model/hosting";
import type { Meeting } from "../model/meeting";
import { latestReactions } from "../model/room";
import { numbered, Tile } from "../model/stage";
import { TalkKey } from "../model/talk";
import { layouts, Saving } from "../model/viewing";
import { APIError, api } from "../protocol/api";
import type { MediaSource, ParticipantID, Reaction } from "../protocol/messages";
import { announcer } from "./announcer";
import { confirmed } from "./ask";
import { change, settings } from "./settings";
import { strings } from "./strings";
import { dismissToasts, toast } from "./toasts";
import { described, listed } from "./words";

export type Panel = "chat" | "people" | "host" | "polls";
/** What opens above one of the controls. */
export type ControlMenu = Source | "more" | "react";

/** A tile whose menu is open, and what opened it. */
export interface OpenTileMenu {
  readonly tile: Tile;
  readonly opener: HTMLElement;
}

/** What the person can do in a call, and what the screen shows besides the room: shared by buttons and keys. */
export class Call {
  private readonly openPanel = signal<Panel | undefined>(undefined);
  readonly panel: Signal<Panel | undefined> = this.openPanel;
  private readonly pin = signal<string | undefined>(undefined);
  /** Key of the tile shown large by choice. */
  readonly pinned: Signal<string | undefined> = this.pin;
  private readonly newMessages = signal(0);
  readonly unread: Signal<number> = this.newMessages;
  private readonly unseen = signal<number | undefined>(undefined);
  /** Place of the first message that came while nobody looked, until the chat is closed again. */
  readonly firstNew: Signal<number | undefined> = this.unseen;
  readonly helpOpen = signal(false);
  /** We have just said that we record: what we know is not asked of us. */
  saidToRecord = false;
  /** The one menu of the controls that is open. */
  readonly menu = signal<ControlMenu | undefined>(undefined);
  /** The places in the queue of raised hands, from 1. */
  readonly hands: Signal<ReadonlyMap<ParticipantID, number>>;
  /** What somebody reacted with last, as long as it is shown. */
  readonly reacting: Signal<ReadonlyMap<ParticipantID, Reaction>>;
  /** Our own place in the queue; 0 while our hand is down. */
  readonly handPlace: Signal<number>;
  /** The tiles on the screen, in their order. The stage says it. */
  readonly shown = signal<readonly Tile[]>([]);
  readonly tileMenu = signal<OpenTileMenu | undefined>(undefined);
  /** What each of our windows shows. */
  readonly pictures: Readonly<Record<"stage" | "floating", WritableSignal<readonly Picture[]>>> = { stage: signal([]), floating: signal([]) };
  /** The small window on top, while there is one. */
  readonly floating = signal<Window | undefined>(undefined);
  private readonly saves = signal<Saving>(settings.peek().saving);
  readonly saving: Signal<Saving> = this.saves;
  private cameraBefore = false;
  readonly talkKey = new TalkKey({ clock: systemClock, talk: (on) => this.talk(on) });
  private talking = false;
  /** Who is on the stage by name, for sentences. */
  private readonly speakers = computed(() => {
    const { self, people } = this.meeting.room();
    const speaking = [...this.meeting.speakers().speaking];
    return speaking.flatMap((id) => (id === self?.id ? strings.stage.you : people.get(id)?.name ?? []));
  });

  /** `alone` is said while nobody else is there, where others are not to be invited. */
  constructor(readonly meeting: Meeting, readonly alone?: string) {
    const { room } = meeting;
    const hands = computed(() => room().hands);
    this.hands = computed(() => handPlaces({ hands: hands() }));
    const shown = computed(() => room().reactions);
    this.reacting = computed(() => latestReactions(shown()));
    this.handPlace = computed(() => this.hands().get(room().self?.id as ParticipantID) ?? 0);
  }

  get link(): string {
    return `${location.origin}/${this.meeting.code}`;
  }

  /** Whether the rules or our role keep us from sending this; if so, says why. */
  private forbids(source: "microphone" | "camera" | "screen"): boolean {
    const room = this.meeting.room.peek();
    if (maySend(room, source)) return false;
    this.tell(room.role === "viewer" ? strings.rules.viewerDetail : strings.rules.forbidden[source]);
    return true;
  }

  /** What a viewer may do. */
  sayViewer(): void {
    this.tell(strings.rules.viewerDetail);
  }

  toggleMicrophone(): void {
    if (this.forbids("microphone")) return;
    this.setMicrophone(!this.meeting.devices.microphone.peek().on);
  }

  /** Push to talk: the microphone is on while a key is held, if it was off before. */
  private talk(held: boolean): void {
    if (held === this.talking) return;
    if (held && (this.meeting.devices.microphone.peek().on || this.forbids("microphone"))) return;
    this.talking = held;
    void this.meeting.devices.setMicrophone(held);
  }

  toggleCamera(): void {
    if (this.forbids("camera")) return;
    const on = !this.meeting.devices.camera.peek().on;
    change({ camera: on });
    void this.meeting.devices.setCamera(on);
  }

  async toggleShare(): Promise<void> {
    if (this.meeting.share.peek()) return this.meeting.stopShare();
    if (this.forbids("screen")) return;
    const result = await openShare();
    if ("stream" in result) this.meeting.startShare(result.stream);
    else if (result.problem !== "dismissed") toast(strings.room.shareProblem);
  }

  toggleHand(): void {
    const raised = this.handPlace.peek() > 0;
    this.meeting.raiseHand(!raised);
    announcer.say(raised ? strings.hands.lowered : strings.hands.raised);
  }

  /** Whoever does not host, all at once: that is asked about first. */
  async muteAll(source: Exclude<MediaSource, "screenSound">): Promise<void> {
    const text = strings.hosting;
    if (!(await confirmed({ ...text.muteAllConfirm[source], yes: text.muteAll[source], harmless: true }))) return;
    this.meeting.host.muteAll(source);
    this.tell(strings.hosting.mutedAll[source]);
  }

  /** Tells everybody that we record, or that nobody does any more. */
  sayRecording(on: boolean): void {
    this.saidToRecord = on;
    this.meeting.host.setRecording(on);
  }

  /** The menu of a tile, opened from `opener`, or closed. */
  toggleMenu(tile: Tile, opener: HTMLElement): void {
    this.tileMenu.update((open) => (open?.tile.key === tile.key ? undefined : { tile, opener }));
  }

  /** Somebody's name; ourselves included. Reads signals. */
  nameAt(id: ParticipantID): string {
    const { self, people } = this.meeting.room();
    return (id === self?.id ? self : people.get(id))?.name ?? "";
  }

  /** Somebody in few letters: ourselves by a word. */
  shortNameOf(id: ParticipantID): string {
    const { self, people } = this.meeting.room.peek();
    return id === self?.id ? strings.room.youShort : people.get(id)?.name ?? "";
  }

  togglePanel(panel: Panel): void {
    this.show(this.panel.peek() === panel ? undefined : panel);
  }

  closePanel(): void {
    this.show(undefined);
  }

  private show(panel: Panel | undefined): void {
    if (this.panel.peek() === "chat" && panel !== "chat") this.unseen.set(undefined);
    this.openPanel.set(panel);
    this.looked();
  }

  /** The person may have come back to the page: what the chat shows is read. */
  looked(): void {
    if (this.panel.peek() !== "chat" || document.hidden) return;
    this.newMessages.set(0);
    dismissToasts("chat");
  }

  togglePin(key: string): void {
    this.pin.update((pinned) => (pinned === key ? undefined : key));
  }

  /** Pins the tile of a number, or nobody for 0. */
  pinNumber(number: number): void {
    const tile = numbered(this.shown.peek(), number);
    if (number === 0) this.pin.set(undefined);
    else if (!tile) return announcer.say(strings.stage.nobodyThere({ number }));
    else this.togglePin(tile.key);
    const pinned = this.shown.peek().find(({ key }) => key === this.pin.peek());
    announcer.say(pinned ? strings.stage.pinned({ name: this.nameOf(pinned) }) : strings.stage.unpinned);
  }

  /** What a tile is called. */
  nameOf(tile: Tile): string {
    const { self, people } = this.meeting.room.peek();
    if (tile.kind === "invite") return "";
    if (tile.kind === "self") return strings.room.you({ name: self?.name ?? "" });
    if (tile.key === "share self") return strings.room.yourScreen;
    const name = people.get(tile.id)?.name ?? "";
    return tile.kind === "share" ? strings.room.screenOf({ name }) : name;
  }

  nextLayout(): void {
    const next = layouts[(layouts.indexOf(settings.peek().layout) + 1) % layouts.length];
    if (!next) return;
    change({ layout: next });
    announcer.say(strings.stage.layouts[next]);
  }

  /** Sound only lasts for this call; the camera comes back after it if it was on before. */
  setSaving(saving: Saving): void {
    const { camera } = this.meeting.devices;
    const before = this.saves.peek();
    if (saving === before) return;
    if (saving !== "sound") change({ saving });
    this.saves.set(saving);
    if (saving === "sound") {
      this.cameraBefore = camera.peek().on;
      if (this.cameraBefore) void this.meeting.devices.setCamera(false);
    } else if (before === "sound" && this.cameraBefore && !camera.peek().on) void this.meeting.devices.setCamera(true);
  }

  sayWhoSpeaks(): void {
    const names = this.speakers.peek();
    const text = strings.stage;
    if (names.length === 0) return this.tell(text.nobodySpeaks);
    if (names.length === 1 && names[0] === text.you) return this.tell(text.youSpeak);
    this.tell(text.speaking({ names: listed(names), count: names.length }));
  }

  sayStatus(): void {
    const { people, self } = this.meeting.room.peek();
    const sharing = [...people.values()].filter(({ media }) => media.screen).map(({ name }) => name);
    const text = strings.stage;
    const { microphone, camera } = this.meeting.devices;
    this.tell(described([
      strings.common.people({ count: people.size + 1 }),
      text[microphone.peek().on ? "on" : "off"].microphone,
      text[camera.peek().on ? "on" : "off"].camera,
      ...(sharing.length > 0 ? [text.sharing({ names: listed(sharing), count: sharing.length })] : []),
      ...(self?.media.screen ? [text.youShare] : []),
    ]));
  }

  /** Something that was asked for with a key, for eyes and ears. */
  private tell(text: string): void {
    dismissToasts("asked");
    toast(text, "asked");
  }

  messageCame(seq: number): void {
    if (this.panel.peek() === "chat" && !document.hidden) return;
    if (this.newMessages.peek() === 0) this.unseen.set(seq);
    this.newMessages.update((count) => count + 1);
  }

  async copyLink(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.link);
      toast(strings.room.copied);
    } catch {
      // Without a secure context there is no clipboard.
      toast(`${strings.room.copyFailed} ${this.link}`);
    }
  }

  leave(): void {
    this.meeting.leave();
  }

  /** By a key one may press by accident. */
  async askToLeave(): Promise<void> {
    if (await confirmed({ question: strings.stage.leaveConfirm, yes: strings.room.leave })) this.leave();
  }

  /** Only a host's request is granted; everybody, ourselves included, then hears it from the server. */
  async endForAll(): Promise<void> {
    const text = strings.peoplePanel;
    if (!(await confirmed({ ...text.endConfirm, yes: text.end }))) return;
    try {
      await api.end(this.meeting.code);
    } catch (error) {
      toast(error instanceof APIError && error.message ? error.message : text.endFailed);
    }
  }

  private setMicrophone(on: boolean): void {
    this.talking = false;
    change({ microphone: on });
    void this.meeting.devices.setMicrophone(on);
  }
}
