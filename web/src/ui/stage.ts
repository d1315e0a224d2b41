// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../core/html";
import { computed, effect, onDispose, signal } from "../core/signal";
import { View } from "../core/view";
import { featured, place, Placed, Tile, tiles } from "../model/stage";
import type { Call } from "./call";
import { AloneCard, InviteCard } from "./invite";
import { settings } from "./settings";
import { strings } from "./strings/en";
import { PersonTile, SelfTile, ShareTile, TileView } from "./tile";

/**
 * Shows everybody. Tiles are made once and never move in the document: only their place on the screen changes, so
 * a picture never goes black because somebody else came or spoke.
 */
export class Stage extends View {
  constructor(private readonly call: Call) {
    super();
    this.className = "stage";
  }

  protected render(): Node {
    const { call } = this;
    const { meeting } = call;
    const size = signal({ width: 0, height: 0 }, (a, b) => a.width === b.width && a.height === b.height);
    const observer = new ResizeObserver(([entry]) => {
      if (entry) size.set({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(this);
    onDispose(() => observer.disconnect());
    const shown = computed(() => tiles(meeting.room()), sameTiles);
    const active = computed(() => meeting.speakers().active);
    const large = computed(() => {
      // Only what the layout asks for is read, so that a change of speaker does not disturb a grid.
      const { layout } = settings();
      return featured(shown(), { layout, pinned: call.pinned(), speaker: layout === "speaker" ? active() : undefined });
    });
    const places = computed(() => {
      const { width, height } = size();
      return new Map(place(shown(), large(), width, height).map((placed) => [placed.tile.key, placed]));
    });
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", strings.room.stage);
    return html`${each(shown, ({ key }) => key, (tile) => {
      const view = this.view(tile.peek());
      effect(() => put(view, places().get(tile.peek().key)));
      return view;
    })}`;
  }

  private view(tile: Tile): HTMLElement {
    switch (tile.kind) {
      case "person":
        return new PersonTile(this.call, tile.key, tile.id);
      case "share":
        return new ShareTile(this.call, tile.key, tile.key === "share self" ? undefined : tile.id);
      case "self":
        return new SelfTile(this.call, tile.key);
      case "invite":
        return this.call.alone === undefined ? new InviteCard(this.call) : new AloneCard(this.call.alone);
    }
  }
}

function put(view: HTMLElement, placed: Placed | undefined): void {
  if (!placed) return;
  const { rect, role } = placed;
  view.dataset["role"] = role;
  view.style.transform = `translate(${rect.x}px, ${rect.y}px)`;
  view.style.width = `${rect.width}px`;
  view.style.height = `${rect.height}px`;
  if (view instanceof TileView) view.toggleAttribute("data-small", rect.width < 200);
}

function sameTiles(a: readonly Tile[], b: readonly Tile[]): boolean {
  return a.length === b.length && a.every((tile, index) => tile.key === b[index]?.key);
}

customElements.define("parley-stage", Stage);
