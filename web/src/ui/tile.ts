// SPDX-License-Identifier: Apache-2.0

import { Child, html } from "../core/html";
import { computed, effect, onDispose, Signal, signal } from "../core/signal";
import { View } from "../core/view";
import type { Quality } from "../media/session";
import { looksAway } from "../media/devices";
import { isAway } from "../model/room";
import { volumeOf } from "../model/hearing";
import type { Tile } from "../model/stage";
import type { ParticipantID, Reaction } from "../protocol/messages";
import { showsItself } from "../media/share";
import type { Call } from "./call";
import { icon } from "./icon";
import handIcon from "./icons/hand.svg";
import microphoneOffIcon from "./icons/microphone-off.svg";
import moreIcon from "./icons/more.svg";
import pinIcon from "./icons/pin.svg";
import speakerOffIcon from "./icons/speaker-off.svg";
import spotlightIcon from "./icons/spotlight.svg";
import shareIcon from "./icons/share.svg";
import unpinIcon from "./icons/unpin.svg";
import { AloneCard, InviteCard } from "./invite";
import { colourOf, initials } from "./person";
import { reactionPicture } from "./reactions";
import { strings } from "./strings";
import { turnButton } from "./turn-camera";
import { described } from "./words";

/** What every tile shows, each part kept current on its own. */
interface TileParts {
  readonly name: () => string;
  /** What the tile is called, and what its plate says: the name itself unless given. */
  readonly title?: () => string;
  readonly plate?: string;
  readonly stream: () => MediaStream | undefined;
  /** Whether there should be a picture. */
  readonly picture: () => boolean;
  readonly muted: () => boolean;
  readonly speaking: () => boolean;
  /** Trouble with the connection, in words. */
  readonly status: () => string;
  readonly quality: () => Quality;
  /** We have made this person silent for ourselves. */
  readonly silenced?: () => boolean;
  /** The place in the queue of raised hands; 0 for a hand that is down. */
  readonly hand?: () => number;
  readonly reaction?: () => Reaction | undefined;
  /** Hosts want everybody to see this one. */
  readonly spotlit?: () => boolean;
  readonly share?: boolean;
  readonly mirrored?: () => boolean;
  /** One more button beside the others. */
  readonly extra?: () => Child;
}

/**
 * One picture on the stage, with the name on it, a pin and a menu. A double click pins, too. With keys the stage is one
 * stop: arrows go from tile to tile, Enter opens the menu that has everything the buttons do.
 */
export abstract class TileView extends View {
  constructor(protected readonly call: Call, protected readonly shown: Tile) {
    super();
    this.className = "tile";
  }

  get key(): string {
    return this.shown.key;
  }

  /** Opens what else can be done; the focus comes back to where it was. */
  openMenu(opener: HTMLElement = this): void {
    this.call.toggleMenu(this.shown, opener);
  }

  protected tile(parts: TileParts): Node {
    const { call, key } = this;
    const text = strings.room;
    const playing = signal(false);
    const pinned = computed(() => call.pinned() === key);
    const showing = computed(() => parts.picture() && playing());
    const title = parts.title ?? parts.name;
    const reaction = computed(() => parts.reaction?.());
    this.setAttribute("role", "group");
    this.toggleAttribute("data-share", parts.share === true);
    effect(() => {
      const silenced = parts.silenced?.() ? [strings.stage.mutedForMe] : [];
      const hand = parts.hand?.() ? [strings.hands.upAt({ place: parts.hand() })] : [];
      const spotlit = parts.spotlit?.() ? [strings.hosting.spotlitLabel] : [];
      const states = [...spotlit, ...(parts.muted() ? [text.muted] : []), ...hand, ...silenced, ...(parts.status() ? [parts.status()] : [])];
      this.setAttribute("aria-label", described([title(), ...states]));
    });
    effect(() => this.toggleAttribute("data-speaking", parts.speaking()));
    effect(() => (this.dataset["colour"] = String(colourOf(parts.name()))));
    this.ondblclick = () => call.togglePin(key);
    const menu = (event: Event): void => this.openMenu(event.currentTarget as HTMLElement);
    const pinLabel = (): string => (pinned() ? text.unpin : text.pin)({ name: title() });
    return html`
      ${parts.share ? null : html`<span class="avatar" aria-hidden="true">${() => initials(parts.name())}</span>`}
      <video .muted=${true} playsinline autoplay aria-hidden="true" ?data-showing=${showing}
        class=${() => (parts.mirrored?.() ? "mirrored" : "")} @playing=${() => playing.set(true)} @emptied=${() => playing.set(false)}
        ref=${(element: Element) => attach(element as HTMLVideoElement, parts)}></video>
      ${() => (parts.spotlit?.() ? html`<p class="tile-spotlit">${icon(spotlightIcon)}<span>${strings.hosting.spotlitLabel}</span></p>` : null)}
      ${() => (parts.status() ? html`<p class="tile-status">${parts.status()}</p>` : null)}
      <div class="tile-top">
        ${parts.extra ?? null}
        <button type="button" class="round small" tabindex="-1" aria-label=${pinLabel} title=${pinLabel} ?data-pinned=${pinned}
          @click=${() => call.togglePin(key)}>${() => icon(pinned() ? unpinIcon : pinIcon)}</button>
        <button type="button" class="round small" tabindex="-1" data-menu aria-label=${() => strings.stage.menuOf({ name: title() })}
          title=${strings.stage.more} aria-haspopup="dialog" @click=${menu}>${icon(moreIcon)}</button>
        ${() => signalBars(parts.quality(), menu)}
      </div>
      ${() => (reaction() ? html`<span class="tile-reaction" aria-hidden="true">${reactionPicture(reaction() as Reaction)}</span>` : null)}
      <p class="plate" ?data-hand=${() => Boolean(parts.hand?.())}>
        ${() => (parts.hand?.() ? html`<span class="plate-hand" aria-hidden="true">${icon(handIcon)} ${parts.hand}</span>` : null)}
        ${() => (parts.muted() ? html`<span class="plate-icon" title=${text.muted}>${icon(microphoneOffIcon)}</span>` : null)}
        ${() => (parts.silenced?.() ? html`<span class="plate-icon" title=${strings.stage.mutedForMe}>${icon(speakerOffIcon)}</span>` : null)}
        ${parts.share ? html`<span class="plate-icon share">${icon(shareIcon)}</span>` : null}
        ${parts.share ? null : html`<span class="voices" aria-hidden="true"><i></i><i></i><i></i></span>`}
        <span class="plate-name" dir="auto">${parts.plate ?? title}</span>
      </p>`;
  }
}

/** Somebody else. */
export class PersonTile extends TileView {
  constructor(call: Call, tile: Tile, private readonly person: ParticipantID) {
    super(call, tile);
  }

  protected render(): Node {
    const { meeting } = this.call;
    const person = computed(() => meeting.room().people.get(this.person));
    const remote = computed(() => meeting.remote().get(this.person));
    const link = computed(() => remote()?.link ?? "connecting");
    const soundOnly = (): boolean => this.call.saving() === "sound";
    return this.tile({
      name: computed(() => person()?.name ?? ""),
      stream: computed(() => remote()?.camera),
      picture: computed(() => person()?.media.camera === true && link() !== "failed" && remote()?.camera !== undefined && !soundOnly()),
      muted: computed(() => person()?.media.microphone === false),
      speaking: speaking(this.call, () => this.person),
      status: computed(() => {
        const now = person();
        if (link() === "connected") {
          if (now && isAway(now)) return strings.room.away;
          return now?.media.camera && soundOnly() ? strings.stage.pictureSaved : "";
        }
        return strings.room.link[link()];
      }),
      quality: computed(() => remote()?.quality ?? "good"),
      silenced: computed(() => volumeOf(meeting.hearing(), { participant: this.person, source: "microphone" }).muted),
      hand: computed(() => this.call.hands().get(this.person) ?? 0),
      spotlit: computed(() => meeting.room().spotlight === this.person),
      reaction: computed(() => this.call.reacting().get(this.person)),
    });
  }
}

/** Ourselves, as a mirror shows us. */
export class SelfTile extends TileView {
  protected render(): Node {
    const { meeting } = this.call;
    const { microphone, camera } = meeting.devices;
    const track = computed(() => camera().track);
    return this.tile({
      name: computed(() => meeting.room().self?.name ?? ""),
      title: computed(() => strings.room.you({ name: meeting.room().self?.name ?? "" })),
      plate: strings.room.youShort,
      stream: computed(() => streamOf(track())),
      picture: computed(() => track() !== null),
      muted: computed(() => !microphone().on),
      speaking: speaking(this.call, () => meeting.room().self?.id),
      status: () => "",
      quality: computed(() => meeting.own().quality),
      hand: this.call.handPlace,
      spotlit: computed(() => meeting.room().spotlight !== null && meeting.room().spotlight === meeting.room().self?.id),
      reaction: computed(() => this.call.reacting().get(meeting.room().self?.id as ParticipantID)),
      mirrored: () => !looksAway(track()),
      extra: turnButton(meeting.devices, "small"),
    });
  }
}

/** A shared screen: somebody else's, or our own when no person is given. */
export class ShareTile extends TileView {
  /** Shown although it may repeat itself. */
  private readonly anyway = signal(false);

  constructor(call: Call, tile: Tile, private readonly person: ParticipantID | undefined) {
    super(call, tile);
  }

  protected render(): Node {
    const { meeting } = this.call;
    const owner = computed(() => (this.person === undefined ? undefined : meeting.room().people.get(this.person)));
    const stream = computed(() => {
      if (this.person === undefined) return meeting.share() ?? undefined;
      return owner()?.media.screen ? meeting.remote().get(this.person)?.screen : undefined;
    });
    const soundOnly = (): boolean => this.person !== undefined && this.call.saving() === "sound";
    const mirror = computed(() => {
      const own = this.person === undefined ? stream() : undefined;
      return own !== undefined && showsItself(own) && !this.anyway();
    });
    const picture = this.tile({
      name: computed(() => (this.person === undefined ? strings.room.yourScreen : strings.room.screenOf({ name: owner()?.name ?? "" }))),
      stream: computed(() => (mirror() ? undefined : stream())),
      picture: computed(() => stream() !== undefined && !mirror() && !soundOnly()),
      muted: () => false,
      speaking: () => false,
      status: computed(() => {
        if (soundOnly()) return strings.stage.pictureSaved;
        return stream() ? "" : strings.room.link.connecting;
      }),
      silenced: computed(() => this.person !== undefined
        && volumeOf(meeting.hearing(), { participant: this.person, source: "screenSound" }).muted),
      quality: () => "good",
      share: true,
    });
    return html`${picture}${() => (mirror() ? this.mirrorCard() : null)}`;
  }

  private mirrorCard(): Node {
    return html`
      <div class="mirror-card">
        <h2>${strings.stage.mirror}</h2>
        <p>${strings.stage.mirrorDetail}</p>
        <div>
          <button type="button" class="button primary" @click=${() => this.call.meeting.stopShare()}>${strings.room.shareStop}</button>
          <button type="button" class="button quiet" @click=${() => this.anyway.set(true)}>${strings.stage.mirrorAnyway}</button>
        </div>
      </div>`;
  }
}

function speaking(call: Call, id: () => ParticipantID | undefined): Signal<boolean> {
  return computed(() => {
    const who = id();
    return who !== undefined && call.meeting.speakers().speaking.has(who);
  });
}

function attach(video: HTMLVideoElement, { stream }: TileParts): void {
  effect(() => {
    const now = stream() ?? null;
    if (video.srcObject === now) return;
    video.srcObject = now;
    // Fails only when the element is taken away meanwhile, or plays once it may: it is muted.
    if (now) video.play().catch(() => undefined);
  });
  onDispose(() => (video.srcObject = null));
}

/** Bars for a connection that is not good; a good one is not worth a sign. */
function signalBars(quality: Quality, open: (event: Event) => void): Child {
  if (quality === "good") return null;
  return html`<button type="button" class="bars" tabindex="-1" data-quality=${quality} aria-label=${strings.room.quality[quality]}
    title=${strings.room.quality[quality]} aria-haspopup="dialog" @click=${open}><i></i><i></i><i></i></button>`;
}

/** The view of anything on the stage. */
export function tileOf(call: Call, tile: Tile): HTMLElement {
  switch (tile.kind) {
    case "person":
      return new PersonTile(call, tile, tile.id);
    case "share":
      return new ShareTile(call, tile, tile.key === "share self" ? undefined : tile.id);
    case "self":
      return new SelfTile(call, tile);
    case "invite":
      return call.alone === undefined ? new InviteCard(call) : new AloneCard(call.alone);
  }
}

const streams = new WeakMap<MediaStreamTrack, MediaStream>();

/** Always the same stream for a track, so that the picture does not start over. */
function streamOf(track: MediaStreamTrack | null): MediaStream | undefined {
  if (!track) return undefined;
  const known = streams.get(track) ?? new MediaStream([track]);
  streams.set(track, known);
  return known;
}

customElements.define("parley-person", PersonTile);
customElements.define("parley-self", SelfTile);
customElements.define("parley-share", ShareTile);
