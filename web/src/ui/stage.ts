// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../core/html";
import { computed, effect, onDispose, Signal, signal, WritableSignal } from "../core/signal";
import { View } from "../core/view";
import { featured, picturesOf, place, Placed, roomFor, StagePage, Tile, tiles, turn } from "../model/stage";
import { stripBetween } from "../model/viewing";
import type { Call } from "./call";
import { icon } from "./icon";
import chevronIcon from "./icons/chevron.svg";
import { settings } from "./settings";
import { stripHandle } from "./strip-handle";
import { strings } from "./strings";
import { tileOf, TileView } from "./tile";
import { moveAmongTiles } from "./tile-focus";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** With its margin, in CSS pixels: as in `_room.css`. */
const pagerHeight = 56;
const hiddenPatience = 3_000;
/** Nobody tells more pixels than that from a face. */
const sharpest = 2;

/**
 * Shows everybody. Tiles are made once and never move in the document: only their place on the screen changes, so
 * a picture never goes black because somebody else came or spoke.
 */
export class Stage extends View {
  private readonly page = signal(0);

  constructor(private readonly call: Call) {
    super();
    this.className = "stage";
  }

  protected render(): Node {
    const { call } = this;
    const { meeting } = call;
    const size = signal<Size>({ width: 0, height: 0 }, (a, b) => a.width === b.width && a.height === b.height);
    const observer = new ResizeObserver(([entry]) => {
      if (entry) size.set({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(this);
    onDispose(() => observer.disconnect());
    const all = computed(() => tiles(meeting.room(), settings().hideSelf), sameTiles);
    const active = computed(() => meeting.speakers().active);
    const spotlit = computed(() => meeting.room().spotlight);
    const large = computed(() => {
      // Only what the layout asks for is read, so that a change of speaker does not disturb a grid.
      const { layout } = settings();
      return featured(all(), { layout, pinned: call.pinned(), speaker: layout === "grid" ? undefined : active(), spotlight: spotlit() });
    });
    const turned = this.pages(all, large, size);
    const shown = computed(() => turned().shown, sameTiles);
    const places = computed(() => {
      const { width, height } = size();
      const free = height - (turned().pages > 1 ? pagerHeight : 0);
      return new Map(place(shown(), large(), width, free, settings().layout, stripBetween(settings().strip)).map((placed) => [placed.tile.key, placed]));
    });
    effect(() => call.shown.set(shown()));
    onDispose(moveAmongTiles(this, shown));
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", strings.room.stage);
    this.ask(places);
    return html`${pager(turned, this.page)}${stripHandle(this, places)}${each(shown, ({ key }) => key, (tile) => {
      const view = tileOf(call, tile.peek());
      effect(() => put(view, places().get(tile.peek().key)));
      return view;
    })}`;
  }

  /** Which tiles are on the page that is looked at. */
  private pages(all: Signal<readonly Tile[]>, large: Signal<Tile | undefined>, size: Signal<Size>): Signal<StagePage> {
    const { meeting } = this.call;
    let before: readonly Tile[] = [];
    const same = (a: StagePage, b: StagePage): boolean => a.page === b.page && a.pages === b.pages && sameTiles(a.shown, b.shown);
    return computed(() => {
      const { width, height } = size();
      const most = 1 + (meeting.room().forwarding?.videoSlots ?? 24);
      const fits = roomFor(large(), width, height, most);
      // Only read where it matters, so that a change of speaker does not disturb a stage with room for all.
      const recent = all().length > fits ? meeting.recent() : [];
      const { layout } = settings();
      const now = turn(all(), large(), fits, { layout, page: this.page(), before, recent, room: meeting.room() });
      if (now.page === 0) before = now.shown.filter(({ key, kind }) => key !== large()?.key && kind !== "self");
      return now;
    }, same);
  }

  /** Has only those pictures sent that are on the screen, in the size they have there. */
  private ask(places: Signal<ReadonlyMap<string, Placed>>): void {
    const { saving, pictures } = this.call;
    const hidden = signal(document.visibilityState === "hidden");
    let timer: ReturnType<typeof setTimeout> | undefined;
    const changed = (): void => {
      clearTimeout(timer);
      const now = document.visibilityState === "hidden";
      // A look at another tab must not cost a new start of every picture.
      if (now) timer = setTimeout(() => hidden.set(true), hiddenPatience);
      else hidden.set(false);
    };
    document.addEventListener("visibilitychange", changed);
    onDispose(() => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", changed);
      pictures.stage.set([]);
    });
    effect(() => pictures.stage.set(hidden() ? [] : picturesOf(places().values(), Math.min(devicePixelRatio, sharpest), saving())));
  }
}

/** Turns the pages where not everybody fits on one. */
function pager(turned: Signal<StagePage>, page: WritableSignal<number>): DocumentFragment {
  const text = strings.room;
  const several = computed(() => turned().pages > 1);
  return html`${() => {
    if (!several()) return null;
    const turnTo = (step: number): void => page.set(turned.peek().page + step);
    const label = (): string => text.page({ page: turned().page + 1, pages: turned().pages });
    return html`
      <nav class="pager" aria-label=${text.pages}>
        <button type="button" class="round small" data-way="back" aria-label=${text.pageBefore} title=${text.pageBefore}
          ?disabled=${() => turned().page === 0} @click=${() => turnTo(-1)}>${icon(chevronIcon)}</button>
        <span role="status">${label}</span>
        <button type="button" class="round small" data-way="on" aria-label=${text.pageAfter} title=${text.pageAfter}
          ?disabled=${() => turned().page === turned().pages - 1} @click=${() => turnTo(1)}>${icon(chevronIcon)}</button>
      </nav>`;
  }}`;
}

export function put(view: HTMLElement, placed: Placed | undefined): void {
  if (!placed) return;
  const { rect, role } = placed;
  view.dataset["role"] = role;
  // Tiles stand at the side where lines begin.
  const x = view.ownerDocument.documentElement.dir === "rtl" ? -rect.x : rect.x;
  view.style.transform = `translate(${x}px, ${rect.y}px)`;
  view.style.width = `${rect.width}px`;
  view.style.height = `${rect.height}px`;
  if (view instanceof TileView) view.toggleAttribute("data-small", rect.width < 200);
}

export function sameTiles(a: readonly Tile[], b: readonly Tile[]): boolean {
  return a.length === b.length && a.every((tile, index) => tile.key === b[index]?.key);
}

customElements.define("parley-stage", Stage);
