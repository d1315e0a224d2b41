// SPDX-License-Identifier: Apache-2.0

import type { Picture } from "../media/session";
import type { ParticipantID } from "../protocol/messages";
import { gap, grid, pair, Rect, spotlight, stripRoom } from "./grid";
import type { RoomState } from "./room";

/** One thing on the stage. A key names the same tile for as long as it exists. */
export type Tile =
  | { readonly kind: "person"; readonly key: string; readonly id: ParticipantID }
  | { readonly kind: "share"; readonly key: string; readonly id: ParticipantID }
  | { readonly kind: "self"; readonly key: "self" }
  | { readonly kind: "invite"; readonly key: "invite" };

export type Layout = "grid" | "speaker";

export interface StageWish {
  readonly layout: Layout;
  readonly pinned: string | undefined;
  readonly speaker: ParticipantID | undefined;
}

export interface Placed {
  readonly tile: Tile;
  readonly rect: Rect;
  /** `large` fills the stage, `floating` lies on top of another tile. */
  readonly role: "large" | "normal" | "floating";
}

/** What is to be seen: others in the order of joining, shares, ourselves last, and an invitation when alone. */
export function tiles(room: RoomState): Tile[] {
  const people = [...room.people.values()];
  const shown: Tile[] = people.map(({ id }) => ({ kind: "person", key: `person ${id}`, id }));
  for (const { id, media } of people) if (media.screen) shown.push({ kind: "share", key: `share ${id}`, id });
  if (room.self?.media.screen) shown.push({ kind: "share", key: "share self", id: room.self.id });
  if (people.length === 0 && !room.self?.media.screen) shown.push({ kind: "invite", key: "invite" });
  shown.push({ kind: "self", key: "self" });
  return shown;
}

/** Which tile is shown large: what the person pinned, else the newest share of another, else a speaker if wished. */
export function featured(shown: readonly Tile[], wish: StageWish): Tile | undefined {
  const pinned = shown.find((tile) => tile.key === wish.pinned);
  if (pinned) return pinned;
  const shares = shown.filter((tile) => tile.kind === "share");
  const share = [...shares].reverse().find((tile) => tile.key !== "share self") ?? shares[0];
  if (share) return share;
  if (wish.layout === "grid" || shown.length < 3) return undefined;
  const person = (tile: Tile): boolean => tile.kind === "person" && tile.id === wish.speaker;
  return shown.find(person) ?? shown[0];
}

/** One page of what is to be seen. */
export interface StagePage {
  readonly shown: readonly Tile[];
  /** From 0. */
  readonly page: number;
  readonly pages: number;
}

/** A tile smaller than this shows nobody. */
const smallest = { phone: { width: 150, height: 110 }, other: { width: 200, height: 112 } };

/** How many tiles fit on a stage of this size beside the large one, if there is one, without becoming too small. */
export function roomFor(large: Tile | undefined, width: number, height: number, most: number): number {
  if (large) return Math.min(most, stripRoom(width, height));
  const least = width < 480 ? smallest.phone : smallest.other;
  const fit = (length: number, part: number): number => Math.max(1, Math.floor((length + gap) / (part + gap)));
  return Math.min(most, Math.max(4, fit(width, least.width) * fit(height, least.height)));
}

/**
 * The page of tiles to show. While all fit, there is one and everybody keeps the order of joining. Otherwise those who
 * spoke last come first, then those with a camera on; we are on every page. On the first page who stays keeps their
 * place, and who comes takes the place of who goes.
 */
export function turn(
  all: readonly Tile[], large: Tile | undefined, fits: number,
  { page, before, recent, room }: {
    readonly page: number;
    /** The first page as it was. */
    readonly before: readonly Tile[];
    /** Who spoke, the last one first. */
    readonly recent: readonly ParticipantID[];
    readonly room: RoomState;
  },
): StagePage {
  const others = all.filter(({ key }) => key !== large?.key);
  if (others.length <= fits) return { shown: all, page: 0, pages: 1 };
  const self = others.filter(({ kind }) => kind === "self");
  const each = Math.max(1, fits - self.length);
  const rank = (tile: Tile): number => {
    if (tile.kind !== "person") return -1;
    const spoken = recent.indexOf(tile.id);
    if (spoken >= 0) return spoken;
    return recent.length + (room.people.get(tile.id)?.media.camera ? 0 : 1);
  };
  const ranked = others.filter(({ kind }) => kind !== "self").sort((a, b) => rank(a) - rank(b));
  const pages = Math.ceil(ranked.length / each);
  const present = Math.min(Math.max(0, page), pages - 1);
  const part = ranked.slice(present * each, (present + 1) * each);
  const placed = present === 0 ? inPlace(before, part) : part;
  return { shown: [...(large ? [large] : []), ...placed, ...self], page: present, pages };
}

function inPlace(before: readonly Tile[], now: readonly Tile[]): Tile[] {
  const wanted = new Map(now.map((tile) => [tile.key, tile]));
  const kept = before.map(({ key }) => wanted.get(key)).slice(0, now.length);
  const there = new Set(kept);
  const fresh = now.filter((tile) => !there.has(tile));
  const filled = kept.map((tile) => tile ?? fresh.shift());
  return [...filled, ...fresh].flatMap((tile) => tile ?? []);
}

const priorities = { share: 200, large: 150, normal: 100, floating: 50 } as const;

/** What has to come from the others for tiles at these places, on a screen with so many pixels to one of CSS. */
export function picturesOf(placed: Iterable<Placed>, density: number): Picture[] {
  const pictures: Picture[] = [];
  for (const { tile, rect, role } of placed) {
    if (tile.kind === "invite" || tile.kind === "self" || tile.key === "share self") continue;
    const [width, height] = [Math.round(rect.width * density), Math.round(rect.height * density)];
    if (tile.kind === "share") {
      pictures.push({ participant: tile.id, source: "screen", width, height, priority: priorities.share });
    } else pictures.push({ participant: tile.id, source: "camera", width, height, priority: priorities[role] });
  }
  return pictures;
}

/** Where every tile goes on a stage of this size. */
export function place(shown: readonly Tile[], large: Tile | undefined, width: number, height: number): Placed[] {
  if (large) {
    const others = shown.filter(({ key }) => key !== large.key);
    const spot = spotlight(others.length, width, height);
    const strip = others.map((tile, index): Placed => ({ tile, rect: spot.strip[index] as Rect, role: "normal" }));
    return [{ tile: large, rect: spot.large, role: "large" }, ...strip];
  }
  const [first, second] = shown;
  if (shown.length === 2 && first?.kind === "person" && second?.kind === "self") {
    const { other, self } = pair(width, height);
    return [
      { tile: first, rect: other, role: "large" },
      { tile: second, rect: self, role: "floating" },
    ];
  }
  const rects = grid(shown.length, width, height);
  return shown.map((tile, index) => ({ tile, rect: rects[index] as Rect, role: "normal" }));
}
