// SPDX-License-Identifier: Apache-2.0

import type { MediaTrack, ParticipantID } from "../protocol/messages";

/** How we want to hear one sound of somebody. Nobody else learns of it. */
export interface Volume {
  /** 0 to 1. */
  readonly level: number;
  readonly muted: boolean;
}

/** Everything that is not heard as it comes, by person and source. */
export type Hearing = ReadonlyMap<string, Volume>;

export const asItComes: Volume = { level: 1, muted: false };

export function volumeOf(hearing: Hearing, sound: MediaTrack): Volume {
  return hearing.get(keyOf(sound)) ?? asItComes;
}

/** The same with another volume for one sound. A slider at its end mutes, and moving it from there unmutes. */
export function withVolume(hearing: Hearing, sound: MediaTrack, change: Partial<Volume>): Hearing {
  const before = volumeOf(hearing, sound);
  const level = clamp(change.level ?? before.level);
  const muted = change.muted ?? (change.level !== undefined ? level === 0 : before.muted);
  // Unmuting what is at nothing would still be nothing.
  const after = { level: level === 0 && !muted ? 1 : level, muted };
  const next = new Map(hearing);
  if (after.level === 1 && !after.muted) next.delete(keyOf(sound));
  else next.set(keyOf(sound), after);
  return next;
}

/** What to play at: 0 to 1. */
export function gainOf(hearing: Hearing, sound: MediaTrack | undefined): number {
  if (!sound) return 1;
  const { level, muted } = volumeOf(hearing, sound);
  return muted ? 0 : level;
}

/** The same without people who have left. */
export function onlyOf(hearing: Hearing, people: { has(id: ParticipantID): boolean }): Hearing {
  const kept = [...hearing].filter(([key]) => people.has(key.slice(key.indexOf(" ") + 1) as ParticipantID));
  return kept.length === hearing.size ? hearing : new Map(kept);
}

function keyOf({ participant, source }: MediaTrack): string {
  return `${source} ${participant}`;
}

function clamp(level: number): number {
  return Number.isFinite(level) ? Math.min(1, Math.max(0, level)) : 1;
}
