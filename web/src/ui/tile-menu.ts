// SPDX-License-Identifier: Apache-2.0

import { Child, html } from "../core/html";
import { computed, effect, onDispose, signal } from "../core/signal";
import { View } from "../core/view";
import { Numbers, numbersOf, Sample, TrackNumbers } from "../media/numbers";
import type { Whose } from "../media/session";
import { volumeOf } from "../model/hearing";
import { Tile, tiles } from "../model/stage";
import type { MediaTrack, ParticipantID } from "../protocol/messages";
import { closeElsewhere, settleBeside } from "./beside";
import type { Call, OpenTileMenu } from "./call";
import { hostActions } from "./host-actions";
import { canFillScreen, fillsScreen, toggleFullscreen } from "./fullscreen";
import { icon } from "./icon";
import fullscreenIcon from "./icons/fullscreen.svg";
import personIcon from "./icons/person.svg";
import pinIcon from "./icons/pin.svg";
import unpinIcon from "./icons/unpin.svg";
import { change, settings } from "./settings";
import { strings } from "./strings";
import { switchField } from "./switch-field";
import { described, percentage, routeOf, short } from "./words";

const measurePeriod = 1_500;

/** The menu of whichever tile asked for it, if one did. */
export function tileMenu(call: Call): () => Child {
  return () => {
    const open = call.tileMenu();
    return open ? new TileMenu(call, open) : null;
  };
}

/**
 * What can be done with one tile, and the numbers of its connection. It takes the focus when it opens; Escape, a click
 * elsewhere and moving on close it, and the focus goes back.
 */
class TileMenu extends View {
  private readonly page: Document;

  constructor(private readonly call: Call, private readonly open: OpenTileMenu) {
    super();
    this.className = "popover tile-menu";
    this.page = open.opener.ownerDocument;
  }

  protected render(): Node {
    const { call } = this;
    const { tile } = this.open;
    this.setAttribute("role", "dialog");
    this.setAttribute("aria-labelledby", "tile-menu-title");
    closeElsewhere(this, this.open.opener, () => this.close());
    effect(() => {
      // Who has left needs no menu.
      if (!tiles(call.meeting.room(), settings().hideSelf).some(({ key }) => key === tile.key) && !this.open.opener.closest(".panel")) this.close();
      if (!this.open.opener.isConnected) this.close();
    });
    requestAnimationFrame(() => {
      this.settle();
      this.querySelector<HTMLElement>("button, input")?.focus();
    });
    const pinned = computed(() => call.pinned() === tile.key);
    const text = strings.stage;
    return html`
      <h2 id="tile-menu-title">${call.nameOf(tile)}</h2>
      ${this.item(() => (pinned() ? unpinIcon : pinIcon), () => (pinned() ? text.unpin : text.pin), () => call.togglePin(tile.key))}
      ${tile.kind === "share" && canFillScreen() ? this.item(() => fullscreenIcon, () => (fillsScreen() ? text.fullscreenEnd : text.fullscreen), () => {
        if (call.pinned.peek() !== tile.key) call.togglePin(tile.key);
        void toggleFullscreen();
      }) : null}
      ${tile.kind === "self" ? this.item(() => personIcon, () => text.hideSelf, () => change({ hideSelf: true })) : null}
      ${this.hosting(tile)}
      ${this.volume(tile)}
      ${this.numbers(tile)}`;
  }

  /** What only those who host may do with the person. */
  private hosting(tile: Tile): Child {
    const { call } = this;
    if (tile.kind === "invite") return null;
    const id = (): ParticipantID | undefined => (tile.kind === "self" ? call.meeting.room().self?.id : tile.id);
    const lines = computed(() => hostActions(call, id() as ParticipantID), (a, b) => a.map(String).join() === b.map(String).join());
    return () => (lines().length > 0 ? html`
      <div class="menu-part" role="group" aria-label=${strings.hosting.forHosts}>
        ${lines().map(([drawing, label, act, dangerous]) => this.item(() => drawing, () => label, act, dangerous))}
      </div>` : null);
  }

  private item(drawing: () => string, label: () => string, act: () => void, dangerous = false): Node {
    return html`
      <button type="button" class="menu-item" ?data-danger=${dangerous} @click=${() => { this.close(); act(); }}>${() => icon(drawing())} <span>${label}</span></button>`;
  }

  /** Nobody hears themselves. */
  private volume(tile: Tile): Child {
    if (tile.kind === "invite" || tile.kind === "self" || tile.key === "share self") return null;
    const { meeting } = this.call;
    const text = strings.stage;
    const sound: MediaTrack = { participant: tile.id, source: tile.kind === "share" ? "screenSound" : "microphone" };
    const wished = computed(() => volumeOf(meeting.hearing(), sound));
    const percent = (): number => Math.round(100 * (wished().muted ? 0 : wished().level));
    const slide = (event: Event): void => meeting.setVolume(sound, { level: Number((event.target as HTMLInputElement).value) / 100 });
    return html`
      ${canChooseVolume() ? html`
        <label class="slider"><span>${text.volume}</span><span class="slider-value" aria-hidden="true">${() => percentage(percent())}</span>
          <input type="range" min="0" max="100" step="5" .value=${() => String(percent())} aria-valuetext=${() => percentage(percent())} @input=${slide}>
        </label>` : null}
      ${switchField(() => wished().muted, (muted) => meeting.setVolume(sound, { muted }), text.muteForMe, text.muteForMeDetail)}`;
  }

  /** Measured only while somebody looks. */
  private numbers(tile: Tile): Child {
    if (tile.kind === "invite") return null;
    const { meeting } = this.call;
    const text = strings.stage;
    const own = tile.kind === "self" || tile.key === "share self";
    const whose: Whose | undefined = own ? undefined : { participant: tile.id, source: tile.kind === "share" ? "screen" : "camera" };
    const numbers = signal<Numbers | undefined>(undefined);
    let before: Sample | undefined;
    const measure = async (): Promise<void> => {
      const now = await meeting.look(whose).catch(() => undefined);
      if (!now || !this.isConnected) return;
      // The first look knows no rates; they would be read as nothing.
      if (before) numbers.set(numbersOf(before, now));
      before = now;
      this.settle();
    };
    const timer = setInterval(() => void measure(), measurePeriod);
    const soon = setTimeout(() => void measure(), measurePeriod / 3);
    void measure();
    onDispose(() => {
      clearInterval(timer);
      clearTimeout(soon);
    });
    return html`
      <h3>${text.numbers}</h3>
      ${() => {
        const now = numbers();
        if (!now) return html`<p class="panel-note">${text.numbersWait}</p>`;
        return now.tracks.length > 0 ? table(now) : html`<p class="panel-note">${own ? text.numbersNoneOwn : text.numbersNone}</p>`;
      }}`;
  }

  private close(): void {
    const { opener } = this.open;
    const inside = this.contains(this.page.activeElement);
    if (this.call.tileMenu.peek() !== this.open) return;
    this.call.tileMenu.set(undefined);
    if (!inside) return;
    // The tile may have gone with the person.
    const back = opener.isConnected ? opener : this.page.querySelector<HTMLElement>(".toolbar [tabindex='0']");
    back?.focus();
  }

  /** Beside what opened it. */
  private settle(): void {
    const { opener } = this.open;
    settleBeside(this, opener.closest(".tile") === opener ? opener.querySelector("[data-menu]") ?? opener : opener);
  }
}

function table({ tracks, roundTrip, route }: Numbers): Node {
  const text = strings.stage;
  const row = (name: string, value: string): Node => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  const worst = Math.max(0, ...tracks.map(({ loss }) => loss));
  return html`
    <dl class="numbers">
      ${tracks.map((track) => row(track.kind === "video" ? text.picture : text.sound, inWords(track)))}
      ${row(text.loss, percentage(worst, 1))}
      ${roundTrip === undefined ? null : row(text.roundTrip, short(roundTrip, "millisecond"))}
      ${route ? row(text.way, routeOf(route)) : null}
    </dl>`;
}

function inWords({ kind, rate, framesPerSecond, width, height, codec }: TrackNumbers): string {
  const text = strings.stage;
  const size = kind === "video" && width > 0 ? [text.size({ width: String(width), height: String(height) }), text.framesPerSecond({ frames: Math.round(framesPerSecond) })] : [];
  const bits = rate < 1_000 ? short(rate, "kilobit-per-second") : short(rate / 1_000, "megabit-per-second", 1);
  return described([...size, bits, ...(codec ? [codec] : [])]);
}

let changeable: boolean | undefined;

/** On some phones the volume is the system's alone. */
function canChooseVolume(): boolean {
  if (changeable === undefined) {
    const audio = new Audio();
    audio.volume = 0.5;
    changeable = audio.volume === 0.5;
  }
  return changeable;
}

customElements.define("parley-tile-menu", TileMenu);
