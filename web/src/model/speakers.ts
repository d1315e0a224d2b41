// SPDX-License-Identifier: Apache-2.0

import type { HeardSpeakers } from "../media/session";
import type { ParticipantID, Timestamp } from "../protocol/messages";

export interface Speakers {
  /** Everybody heard right now: their tiles get a ring. */
  readonly speaking: ReadonlySet<ParticipantID>;
  /** The one person worth showing large. Changes slowly. */
  readonly active: ParticipantID | undefined;
}

/** Louder than this is speech; between the two a speaker is still speaking. */
const startLevel = 0.02;
const stopLevel = 0.008;
/** A pause between two words must not put the ring out. */
const hangover = 500;
/** A cough must not take the stage. */
const promotion = 1_500;

interface Voice {
  /** When the present stretch of speech began. */
  since: Timestamp;
  heard: Timestamp;
}

/** Decides from loudness who speaks. Time is handed in, so every run is the same run. */
export class SpeakerDetector {
  private readonly voices = new Map<ParticipantID, Voice>();
  private active: ParticipantID | undefined;

  /** `levels` holds everybody in the room, as amplitudes from 0 to 1. */
  update(levels: ReadonlyMap<ParticipantID, number>, now: Timestamp): Speakers {
    for (const id of [...this.voices.keys()]) if (!levels.has(id)) this.voices.delete(id);
    for (const [id, level] of levels) {
      const voice = this.voices.get(id);
      if (level >= (voice ? stopLevel : startLevel)) {
        if (voice) voice.heard = now;
        else this.voices.set(id, { since: now, heard: now });
      } else if (voice && now - voice.heard > hangover) this.voices.delete(id);
    }
    this.promote(levels, now);
    return { speaking: new Set(this.voices.keys()), active: this.active };
  }

  private promote(levels: ReadonlyMap<ParticipantID, number>, now: Timestamp): void {
    if (this.active !== undefined && !levels.has(this.active)) this.active = undefined;
    if (this.active !== undefined && this.voices.has(this.active)) return;
    const ready = [...this.voices].filter(([, voice]) => now - voice.since >= promotion);
    // Whoever began first has the floor.
    const [first] = ready.sort(([, a], [, b]) => a.since - b.since);
    if (first) this.active = first[0];
  }
}

/**
 * What we measured ourselves together with what the server tells. The server's word counts for who has the floor, except
 * that we do not look at ourselves: while we speak, whoever spoke before us stays.
 */
export function merge(
  measured: Speakers,
  told: HeardSpeakers | undefined,
  { self, before, present }: {
    readonly self: ParticipantID;
    readonly before: ParticipantID | undefined;
    readonly present: { has(id: ParticipantID): boolean };
  },
): Speakers {
  // Of ourselves we know better, and sooner.
  const others = (told?.speaking ?? []).filter((id) => id !== self && present.has(id));
  const speaking = new Set([...measured.speaking, ...others]);
  const candidates = [told?.dominant, measured.active, before];
  return { speaking, active: candidates.find((id) => id !== undefined && id !== self && present.has(id)) };
}

export function sameSpeakers(a: Speakers, b: Speakers): boolean {
  return a.active === b.active && a.speaking.size === b.speaking.size && [...a.speaking].every((id) => b.speaking.has(id));
}
