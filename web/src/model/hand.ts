// SPDX-License-Identifier: Apache-2.0

import type { Timestamp } from "../protocol/messages";

/** Whoever speaks for this long has got the floor; a word in between is none. */
const floor = 3_000;

/** Notices that a raised hand has done its work: its owner speaks. */
export class HandKeeper {
  private since: Timestamp | undefined;

  /** Whether to lower the hand now. */
  update(raised: boolean, speaking: boolean, now: Timestamp): boolean {
    if (!raised || !speaking) {
      this.since = undefined;
      return false;
    }
    this.since ??= now;
    if (now - this.since < floor) return false;
    this.since = undefined;
    return true;
  }
}
