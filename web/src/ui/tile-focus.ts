// SPDX-License-Identifier: Apache-2.0

import { effect, Signal } from "../core/signal";
import type { Tile } from "../model/stage";
import { TileView } from "./tile";

/**
 * Makes the tiles of a stage one tab stop: arrow keys go to the next tile that way, Home and End to the first and the
 * last, Enter opens the menu. A focus whose tile goes away moves to another tile, never to nowhere.
 */
export function moveAmongTiles(stage: HTMLElement, shown: Signal<readonly Tile[]>): () => void {
  let last: string | undefined;
  const tiles = (): TileView[] => {
    const order = new Map(shown.peek().map(({ key }, index) => [key, index]));
    const all = [...stage.querySelectorAll<HTMLElement>(".tile")].filter((tile): tile is TileView => tile instanceof TileView);
    return all.sort((a, b) => (order.get(a.key) ?? 0) - (order.get(b.key) ?? 0));
  };
  const tidy = (): void => {
    const all = tiles();
    const stop = all.find(({ key }) => key === last) ?? all[0];
    for (const tile of all) tile.tabIndex = tile === stop ? 0 : -1;
    if (last !== undefined && stop && stop.key !== last && document.activeElement === document.body) stop.focus();
  };
  const focusIn = (event: FocusEvent): void => {
    const tile = (event.target as HTMLElement).closest<HTMLElement>(".tile");
    if (!(tile instanceof TileView)) return;
    last = tile.key;
    for (const each of tiles()) each.tabIndex = each === tile ? 0 : -1;
  };
  const focusOut = (event: FocusEvent): void => {
    // A tile that is taken away gives the focus to nobody; one that is left gives it to what it is left for.
    if (event.relatedTarget && !stage.contains(event.relatedTarget as Node)) last = undefined;
  };
  const key = (event: KeyboardEvent): void => {
    const tile = event.target;
    if (!(tile instanceof TileView) || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === "ContextMenu") {
      event.preventDefault();
      return tile.openMenu();
    }
    const next = neighbour(tile, tiles(), event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
  // When this runs, the tiles are not yet those of the new page.
  effect(() => {
    shown();
    queueMicrotask(tidy);
  });
  stage.addEventListener("focusin", focusIn);
  stage.addEventListener("focusout", focusOut);
  stage.addEventListener("keydown", key);
  return () => {
    stage.removeEventListener("focusin", focusIn);
    stage.removeEventListener("focusout", focusOut);
    stage.removeEventListener("keydown", key);
  };
}

const ways: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The nearest tile in the direction of a key, by their middles. */
function neighbour(from: TileView, all: readonly TileView[], key: string): TileView | undefined {
  if (key === "Home") return all[0];
  if (key === "End") return all[all.length - 1];
  const way = ways[key];
  if (!way) return undefined;
  const [dx, dy] = way;
  const start = middle(from);
  let best: { tile: TileView; distance: number } | undefined;
  for (const tile of all) {
    const { x, y } = middle(tile);
    const ahead = (x - start.x) * dx + (y - start.y) * dy;
    if (tile === from || ahead <= 1) continue;
    // What lies off to the side counts as further away.
    const aside = Math.abs((x - start.x) * dy) + Math.abs((y - start.y) * dx);
    const distance = ahead + 2 * aside;
    if (!best || distance < best.distance) best = { tile, distance };
  }
  return best?.tile;
}

function middle(tile: HTMLElement): { x: number; y: number } {
  const { left, top, width, height } = tile.getBoundingClientRect();
  return { x: left + width / 2, y: top + height / 2 };
}
