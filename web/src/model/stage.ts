// SPDX-License-Identifier: Apache-2.0

import type { Picture } from "../media/session";
import type { ParticipantID } from "../protocol/messages";
import { gap, grid, pair, Rect, spotlight, stripRoom } from "./grid";
import type { RoomState } from "./room";
import type { Layout, Saving } from "./viewing";

/** One thing on the stage. A key names the same tile for as long as it exists. */
export type Tile =
  | { readonly kind: "person"; readonly key: string; readonly id: ParticipantID }
  | { readonly kind: "share"; readonly key: string; readonly id: ParticipantID }
  | { readonly kind: "self"; readonly key: "self" }
  | { readonly kind: "invite"; readonly key: "invite" };

export interface StageWish {
  readonly layout: Layout;
  readonly pinned: string | undefined;
  readonly speaker: ParticipantID | undefined;
  /** Whom hosts want everybody to see. */
  readonly spotlight?: ParticipantID | null | undefined;
}

export interface Placed {
  readonly tile: Tile;
  readonly rect: Rect;
  /** `large` fills the stage, `floating` lies on top of another tile. */
  readonly role: "large" | "normal" | "floating";
}

/**
 * What is to be seen: others in the order of joining, shares, ourselves last unless we do not want to see ourselves,
 * and an invitation when alone.
 */
export function tiles(room: RoomState, hideSelf = false): Tile[] {
  const people = [...room.people.values()];
  const shown: Tile[] = people.map(({ id }) => ({ kind: "person", key: `person ${id}`, id }));
  for (const { id, media } of people) if (media.screen) shown.push({ kind: "share", key: `share ${id}`, id });
  if (room.self?.media.screen) shown.push({ kind: "share", key: "share self", id: room.self.id });
  if (people.length === 0 && !room.self?.media.screen) shown.push({ kind: "invite", key: "invite" });
  if (!hideSelf) shown.push({ kind: "self", key: "self" });
  return shown;
}

/**
 * Which tile is shown large: what the person pinned, else whom hosts want everybody to see, or the screen of that one,
 * else the newest share of another, else a speaker if wished. Where nobody has spoken yet, the first person.
 */
export function featured(shown: readonly Tile[], wish: StageWish): Tile | undefined {
  const pinned = shown.find((tile) => tile.key === wish.pinned);
  if (pinned) return pinned;
  const shares = shown.filter((tile) => tile.kind === "share");
  const spotlit = [...shares, ...shown].find((tile) => (tile.kind === "person" || tile.kind === "share") && tile.key !== "share self" && tile.id === wish.spotlight);
  if (spotlit) return spotlit;
  const share = [...shares].reverse().find((tile) => tile.key !== "share self") ?? shares[0];
  if (share) return share;
  const people = shown.filter((tile): tile is Extract<Tile, { kind: "person" }> => tile.kind === "person");
  if (wish.layout === "grid" || people.length < 2) return undefined;
  return people.find(({ id }) => id === wish.speaker) ?? people[0];
}

/** The tile that a number key means, counted from 1 in the order on the screen. Nobody pins an invitation. */
export function numbered(shown: readonly Tile[], number: number): Tile | undefined {
  return shown.filter(({ kind }) => kind !== "invite" && kind !== "self")[number - 1];
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
  { layout = "grid", page, before, recent, room }: {
    readonly layout?: Layout;
    readonly page: number;
    /** The first page as it was. */
    readonly before: readonly Tile[];
    /** Who spoke, the last one first. */
    readonly recent: readonly ParticipantID[];
    readonly room: RoomState;
  },
): StagePage {
  const others = all.filter(({ key }) => key !== large?.key);
  if (large && layout === "speaker") return { shown: [large, ...others.filter(({ kind }) => kind === "self")], page: 0, pages: 1 };
  if (others.length <= fits) return { shown: all, page: 0, pages: 1 };
  const self = others.filter(({ kind }) => kind === "self");
  const each = Math.max(1, fits - self.length);
  const rank = (tile: Tile): number => {
    if (tile.kind !== "person") return -1;
    const { hands } = room;
    // Who wants to say something is worth seeing before who just did.
    const raised = hands.findIndex(({ participant }) => participant === tile.id);
    if (raised >= 0) return raised;
    const spoken = recent.indexOf(tile.id);
    if (spoken >= 0) return hands.length + spoken;
    return hands.length + recent.length + (room.people.get(tile.id)?.media.camera ? 0 : 1);
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

/** The longer side of a person's picture for somebody who saves data: the smallest that is sent. */
const smallPicture = 320;

/** What has to come from the others for tiles at these places, on a screen with so many pixels to one of CSS. */
export function picturesOf(placed: Iterable<Placed>, density: number, saving: Saving = "off"): Picture[] {
  const pictures: Picture[] = [];
  if (saving === "sound") return pictures;
  for (const { tile, rect, role } of placed) {
    if (tile.kind === "invite" || tile.kind === "self" || tile.key === "share self") continue;
    const most = saving === "small" && tile.kind === "person" ? smallPicture : Infinity;
    const scale = Math.min(density, most / Math.max(1, rect.width, rect.height));
    const [width, height] = [Math.round(rect.width * scale), Math.round(rect.height * scale)];
    if (tile.kind === "share") {
      pictures.push({ participant: tile.id, source: "screen", width, height, priority: priorities.share });
    } else pictures.push({ participant: tile.id, source: "camera", width, height, priority: priorities[role] });
  }
  return pictures;
}

/** What two windows show, as one list: a picture that is in both comes in the larger size. */
export function together(...windows: readonly (readonly Picture[])[]): Picture[] {
  const all = new Map<string, Picture>();
  for (const picture of windows.flat()) {
    const key = `${picture.source} ${picture.participant}`;
    const known = all.get(key);
    if (!known) all.set(key, picture);
    else {
      const larger = picture.width * picture.height > known.width * known.height ? picture : known;
      all.set(key, { ...larger, priority: Math.max(picture.priority, known.priority) });
    }
  }
  return [...all.values()];
}

/** Where every tile goes on a stage of this size. */
export function place(
  shown: readonly Tile[], large: Tile | undefined, width: number, height: number, layout: Layout = "grid", strip?: number,
): Placed[] {
  if (large) {
    const others = shown.filter(({ key }) => key !== large.key);
    const [only] = others;
    if (layout === "speaker" && only?.kind === "self") return overlaid(large, only, width, height);
    const spot = spotlight(others.length, width, height, strip);
    const beside = others.map((tile, index): Placed => ({ tile, rect: spot.strip[index] as Rect, role: "normal" }));
    return [{ tile: large, rect: spot.large, role: "large" }, ...beside];
  }
  const [first, second] = shown;
  if (shown.length === 2 && first?.kind === "person" && second?.kind === "self") return overlaid(first, second, width, height);
  if (shown.length === 1 && first?.kind === "person") return [{ tile: first, rect: { x: 0, y: 0, width, height }, role: "large" }];
  const rects = grid(shown.length, width, height);
  return shown.map((tile, index) => ({ tile, rect: rects[index] as Rect, role: "normal" }));
}

function overlaid(large: Tile, floating: Tile, width: number, height: number): Placed[] {
  const { other, self } = pair(width, height);
  return [{ tile: large, rect: other, role: "large" }, { tile: floating, rect: self, role: "floating" }];
}
