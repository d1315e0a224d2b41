// SPDX-License-Identifier: Apache-2.0

import type { ParticipantID, RaisedHand, Timestamp } from "../protocol/messages";

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

/** Our own hand: raised and lowered by us, lowered by the hosts, or because we had our say. */
export class OwnHand {
  private readonly keeper = new HandKeeper();
  /** Why it is about to go down, while it is us who lower it. */
  private lowering: "asked" | "spoke" | undefined;

  constructor(private readonly ask: (raised: boolean) => void, private readonly onLowered: (why: "spoke" | "host") => void) {}

  raise(raised: boolean): void {
    this.lowering = raised ? undefined : "asked";
    this.ask(raised);
  }

  /** Takes in the queue as it will be, and tells when our hand goes down and it was not us who asked for it. */
  follow(before: RaisedHand | undefined, hands: readonly { readonly participant: ParticipantID }[]): void {
    if (!before || hands.some(({ participant }) => participant === before.participant)) return;
    if (this.lowering !== "asked") this.onLowered(this.lowering ?? "host");
    this.lowering = undefined;
  }

  /** Lowers it once we have spoken for a while. */
  hear(raised: boolean, speaking: boolean, now: Timestamp): void {
    if (!this.keeper.update(raised, speaking, now)) return;
    this.raise(false);
    this.lowering = "spoke";
  }
}
