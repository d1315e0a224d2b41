// SPDX-License-Identifier: Apache-2.0

import { Signal, signal } from "../core/signal";
import type { HeardSpeakers } from "../media/session";
import type { ParticipantID } from "../protocol/messages";
import { merge, sameSpeakers, SpeakerDetector, Speakers } from "./speakers";

/** What is known of everybody's loudness at one moment. */
export interface Loudness {
  readonly self: ParticipantID;
  readonly people: ReadonlyMap<ParticipantID, unknown>;
  /** Of whom this browser hears itself, 0 to 1. */
  readonly levels: ReadonlyMap<ParticipantID, number>;
  /** Whom the server hears. */
  readonly told: HeardSpeakers | undefined;
}

/** Who speaks, and who has had the floor. */
export class Floor {
  private readonly heard = signal<Speakers>({ speaking: new Set(), active: undefined }, sameSpeakers);
  readonly speakers: Signal<Speakers> = this.heard;
  private readonly spoke = signal<readonly ParticipantID[]>([]);
  /** Who had the floor, the last one first. */
  readonly recent: Signal<readonly ParticipantID[]> = this.spoke;
  private readonly detector = new SpeakerDetector();

  /** Takes in how loud everybody is; says whether we speak ourselves. */
  hear({ self, people, levels, told }: Loudness, now: number): boolean {
    const measured = this.detector.update(levels, now);
    const speakers = merge(measured, told, { self, before: this.heard.peek().active, present: people });
    this.heard.set(speakers);
    const { active } = speakers;
    const recent = this.spoke.peek();
    if (active !== undefined && recent[0] !== active) {
      this.spoke.set([active, ...recent.filter((id) => id !== active && people.has(id))]);
    }
    return measured.speaking.has(self);
  }
}
