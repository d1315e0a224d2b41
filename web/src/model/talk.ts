// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../core/clock";
import type { Timestamp } from "../protocol/messages";

export interface TalkKeyOptions {
  readonly clock: Clock;
  /** Switches the microphone for as long as the key is held. */
  readonly talk: (on: boolean) => void;
}

/** A held key repeats every 30 to 100 ms on all systems; after this long without, it is no longer held. */
const repeatPatience = 1_500;
/** Where keys do not repeat at all, nobody holds one for longer than this. */
const longest = 120_000;

/**
 * The key that is held to talk. A microphone must never stay on because a system kept the key's release to itself: it
 * may come up in another window, under a dialog, or while the machine sleeps.
 */
export class TalkKey {
  private held = false;
  private repeats = false;
  private cancel = (): void => {};

  constructor(private readonly options: TalkKeyOptions) {}

  /** The key went down, or repeats because it is still down. */
  down(isRepeat: boolean): void {
    // A repeat without a beginning is of a key that was taken for released, or went down elsewhere.
    if (isRepeat && !this.held) return;
    this.repeats = isRepeat;
    this.wait(isRepeat ? repeatPatience : longest);
    if (this.held) return;
    this.held = true;
    this.options.talk(true);
  }

  /** Another key went down: systems repeat only the newest, so silence of this one means nothing any more. */
  other(): void {
    if (this.held && this.repeats) this.wait(longest);
    this.repeats = false;
  }

  /** The key came up, or could have come up unseen. */
  up(): void {
    this.cancel();
    if (!this.held) return;
    this.held = false;
    this.options.talk(false);
  }

  private wait(patience: number): void {
    this.cancel();
    this.cancel = this.options.clock.after(patience, () => this.up());
  }
}

/** Louder than this is speech into a microphone near by; a room's noise is below. */
const speech = 0.03;
/** So much speech within the window is somebody who believes to be heard; a cough or a chair is less. */
const enough = 900;
const span = 2_500;
/** Who has been told knows for a while. */
const rest = 30_000;

/** Notices that somebody talks whose microphone is off. */
export class MutedTalk {
  private spoken: { readonly at: Timestamp; readonly time: number }[] = [];
  private before: Timestamp | undefined;
  private quietUntil = 0;

  /** Takes the loudness now, as an amplitude from 0 to 1; whether to tell the person. Called several times a second. */
  hear(level: number, muted: boolean, now: Timestamp): boolean {
    const time = Math.min(200, now - (this.before ?? now));
    this.before = now;
    if (!muted) {
      this.spoken = [];
      return false;
    }
    if (level >= speech) this.spoken.push({ at: now, time });
    this.spoken = this.spoken.filter(({ at }) => now - at < span);
    const total = this.spoken.reduce((sum, each) => sum + each.time, 0);
    if (total < enough || now < this.quietUntil) return false;
    this.quietUntil = now + rest;
    this.spoken = [];
    return true;
  }
}
