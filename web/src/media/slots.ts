// SPDX-License-Identifier: Apache-2.0

import type { MediaSectionID, MediaTrack, SlotWish } from "../protocol/messages";
import type { Picture } from "./session";

/** Names a track among all in a meeting. */
export function trackKey({ participant, source }: MediaTrack): string {
  return `${source} ${participant}`;
}

/**
 * Gives pictures to slots. What is in a slot already stays there, so that nothing on the screen starts over because
 * something else came; what is most important gets the slots that are left.
 */
export function assign(
  before: ReadonlyMap<MediaSectionID, Picture>, pictures: readonly Picture[], slots: readonly MediaSectionID[],
): Map<MediaSectionID, Picture> {
  const after = new Map<MediaSectionID, Picture>();
  const wanted = new Map(byPriority(pictures).slice(0, slots.length).map((picture) => [trackKey(picture), picture]));
  for (const slot of slots) {
    const present = before.get(slot);
    const key = present && trackKey(present);
    const picture = key === undefined ? undefined : wanted.get(key);
    if (!picture || key === undefined) continue;
    after.set(slot, picture);
    wanted.delete(key);
  }
  const free = slots.filter((slot) => !after.has(slot));
  // A slot that was empty before shows nothing of somebody else for a moment.
  free.sort((a, b) => Number(before.has(a)) - Number(before.has(b)));
  for (const picture of wanted.values()) {
    const slot = free.shift();
    if (slot !== undefined) after.set(slot, picture);
  }
  return after;
}

/** The most important first; among equals, as they were given. */
function byPriority(pictures: readonly Picture[]): Picture[] {
  return [...pictures].sort((a, b) => b.priority - a.priority);
}

/** The payload of a view. */
export function wishes(
  assigned: ReadonlyMap<MediaSectionID, Picture>, slots: readonly MediaSectionID[],
): Record<MediaSectionID, SlotWish | null> {
  const wish = (picture: Picture | undefined): SlotWish | null => {
    if (!picture) return null;
    const { participant, source, width, height, priority } = picture;
    return { participant, source, width: Math.round(width), height: Math.round(height), priority };
  };
  return Object.fromEntries(slots.map((slot) => [slot, wish(assigned.get(slot))]));
}

/** How many slots to offer for so many pictures: a few more than needed, so that few joins need a negotiation. */
export function slotsFor(pictures: number, most: number): number {
  return Math.min(most, 4 * Math.max(1, Math.ceil(pictures / 4)));
}

/** Whether two sets of pictures are of the same people, whatever their sizes. */
export function sameTracks(a: ReadonlyMap<MediaSectionID, Picture>, b: ReadonlyMap<MediaSectionID, Picture>): boolean {
  const key = (picture: Picture | undefined): string => (picture ? trackKey(picture) : "");
  return a.size === b.size && [...a].every(([slot, picture]) => key(b.get(slot)) === key(picture));
}
