// SPDX-License-Identifier: Apache-2.0

import type { Timestamp } from "../protocol/messages";

/** What has been heard of a microphone that is on. */
export type Heard =
  /** Nothing yet that tells anything. */
  | "waiting"
  /** A voice. */
  | "voice"
  /** Nothing at all, not even the noise of a quiet room: it is switched off somewhere. */
  | "nothing";

/** Below this, as an amplitude, is no room: even the noise of a bad microphone's own wires is louder. −90 dB */
const emptiness = 0.00003;
/** Above this is a voice near by, and not the noise of a room. −36 dB */
const voice = 0.016;
/** A microphone gets so long to begin; some are silent while they wake up. Milliseconds. */
const patience = 4_000;

/**
 * Finds out whether a microphone that is on hears anything.
 *
 * A switch at a headset, a key of a laptop or a system's privacy switch lets browsers open a microphone that sends
 * nothing but zeros: no exception tells of it, and the person talks to nobody.
 */
export class Silence {
  private heard: Heard = "waiting";
  private since: Timestamp | undefined;

  /** Takes the loudness now, as an amplitude from 0 to 1, or nothing while nothing can be measured. */
  hear(amplitude: number | undefined, now: Timestamp): Heard {
    if (amplitude === undefined) {
      this.since = undefined;
      return this.heard;
    }
    if (amplitude > emptiness) {
      this.since = undefined;
      if (amplitude > voice) this.heard = "voice";
      else if (this.heard === "nothing") this.heard = "waiting";
      return this.heard;
    }
    this.since ??= now;
    if (now - this.since >= patience) this.heard = "nothing";
    return this.heard;
  }
}
