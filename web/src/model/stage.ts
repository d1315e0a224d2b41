// SPDX-License-Identifier: Apache-2.0

import type { ParticipantID } from "../protocol/messages";
import { grid, pair, Rect, spotlight } from "./grid";
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

/** Where every tile goes on a stage of this size. */
export function place(shown: readonly Tile[], large: Tile | undefined, width: number, height: number): Placed[] {
  if (large) {
    const others = shown.filter((tile) => tile !== large);
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
