// SPDX-License-Identifier: Apache-2.0

import { Child, html } from "../core/html";
import { computed, effect, onDispose, Signal, signal } from "../core/signal";
import { View } from "../core/view";
import type { Quality } from "../media/session";
import { isAway } from "../model/room";
import type { ParticipantID } from "../protocol/messages";
import type { Call } from "./call";
import { icon } from "./icon";
import microphoneOffIcon from "./icons/microphone-off.svg";
import pinIcon from "./icons/pin.svg";
import shareIcon from "./icons/share.svg";
import unpinIcon from "./icons/unpin.svg";
import { colourOf, initials } from "./person";
import { strings } from "./strings/en";

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
  readonly share?: boolean;
  readonly mirrored?: boolean;
}

/** One picture on the stage, with the name on it and a pin. A double click pins, too. */
export abstract class TileView extends View {
  constructor(protected readonly call: Call, protected readonly key: string) {
    super();
    this.className = "tile";
  }

  protected tile(parts: TileParts): Node {
    const { call, key } = this;
    const text = strings.room;
    const playing = signal(false);
    const pinned = computed(() => call.pinned() === key);
    const showing = computed(() => parts.picture() && playing());
    const title = parts.title ?? parts.name;
    this.setAttribute("role", "group");
    this.toggleAttribute("data-share", parts.share === true);
    effect(() => {
      const states = [...(parts.muted() ? [text.muted] : []), ...(parts.status() ? [parts.status()] : [])];
      this.setAttribute("aria-label", text.tile(title(), states));
    });
    effect(() => this.toggleAttribute("data-speaking", parts.speaking()));
    effect(() => (this.dataset["colour"] = String(colourOf(parts.name()))));
    this.ondblclick = () => call.togglePin(key);
    const pinLabel = (): string => (pinned() ? text.unpin : text.pin)(title());
    return html`
      ${parts.share ? null : html`<span class="avatar" aria-hidden="true">${() => initials(parts.name())}</span>`}
      <video .muted=${true} playsinline autoplay aria-hidden="true" ?data-showing=${showing}
        class=${parts.mirrored ? "mirrored" : ""} @playing=${() => playing.set(true)} @emptied=${() => playing.set(false)}
        ref=${(element: Element) => attach(element as HTMLVideoElement, parts)}></video>
      ${() => (parts.status() ? html`<p class="tile-status">${parts.status()}</p>` : null)}
      <div class="tile-top">
        <button type="button" class="round small" aria-label=${pinLabel} title=${pinLabel} ?data-pinned=${pinned}
          @click=${() => call.togglePin(key)}>${() => icon(pinned() ? unpinIcon : pinIcon)}</button>
        ${() => signalBars(parts.quality())}
      </div>
      <p class="plate">
        ${() => (parts.muted() ? html`<span class="plate-icon" title=${text.muted}>${icon(microphoneOffIcon)}</span>` : null)}
        ${parts.share ? html`<span class="plate-icon share">${icon(shareIcon)}</span>` : null}
        ${parts.share ? null : html`<span class="voices" aria-hidden="true"><i></i><i></i><i></i></span>`}
        <span class="plate-name">${parts.plate ?? title}</span>
      </p>`;
  }
}

/** Somebody else. */
export class PersonTile extends TileView {
  constructor(call: Call, key: string, private readonly person: ParticipantID) {
    super(call, key);
  }

  protected render(): Node {
    const { meeting } = this.call;
    const person = computed(() => meeting.room().people.get(this.person));
    const remote = computed(() => meeting.remote().get(this.person));
    const link = computed(() => remote()?.link ?? "connecting");
    return this.tile({
      name: computed(() => person()?.name ?? ""),
      stream: computed(() => remote()?.camera),
      picture: computed(() => person()?.media.camera === true && link() !== "failed" && remote()?.camera !== undefined),
      muted: computed(() => person()?.media.microphone === false),
      speaking: speaking(this.call, () => this.person),
      status: computed(() => {
        const now = person();
        if (link() === "connected") return now && isAway(now) ? strings.room.away : "";
        return strings.room.link[link()];
      }),
      quality: computed(() => remote()?.quality ?? "good"),
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
      title: computed(() => strings.room.you(meeting.room().self?.name ?? "")),
      plate: strings.room.youShort,
      stream: computed(() => streamOf(track())),
      picture: computed(() => track() !== null),
      muted: computed(() => !microphone().on),
      speaking: speaking(this.call, () => meeting.room().self?.id),
      status: () => "",
      quality: computed(() => meeting.own().quality),
      mirrored: true,
    });
  }
}

/** A shared screen: somebody else's, or our own when no person is given. */
export class ShareTile extends TileView {
  constructor(call: Call, key: string, private readonly person: ParticipantID | undefined) {
    super(call, key);
  }

  protected render(): Node {
    const { meeting } = this.call;
    const owner = computed(() => (this.person === undefined ? undefined : meeting.room().people.get(this.person)));
    const stream = computed(() => {
      if (this.person === undefined) return meeting.share() ?? undefined;
      return owner()?.media.screen ? meeting.remote().get(this.person)?.screen : undefined;
    });
    return this.tile({
      name: computed(() => (this.person === undefined ? strings.room.yourScreen : strings.room.screenOf(owner()?.name ?? ""))),
      stream,
      picture: computed(() => stream() !== undefined),
      muted: () => false,
      speaking: () => false,
      status: computed(() => (stream() ? "" : strings.room.link.connecting)),
      quality: () => "good",
      share: true,
    });
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
function signalBars(quality: Quality): Child {
  if (quality === "good") return null;
  return html`<span class="bars" data-quality=${quality} role="img" aria-label=${strings.room.quality[quality]}
    title=${strings.room.quality[quality]}><i></i><i></i><i></i></span>`;
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
