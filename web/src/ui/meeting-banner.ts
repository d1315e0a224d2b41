// SPDX-License-Identifier: Apache-2.0

import { systemClock } from "../core/clock";
import { computed, effect, onDispose, signal } from "../core/signal";
import { Away, worthTelling } from "../model/interruption";
import type { Meeting } from "../model/meeting";
import { announcer } from "./announcer";
import { awayBanner } from "./banner";
import { strings } from "./strings";

/** Tells that the connection to the meeting is away, with what is known of the reason. That it is back is told by a notice. */
export function meetingBanner(meeting: Meeting): DocumentFragment {
  const text = strings.reconnection.away;
  const cause = signal<Away["cause"]>("lost");
  const away = computed(() => meeting.away() !== undefined);
  effect(() => {
    const known = meeting.away();
    if (known) cause.set(known.cause);
  });
  effect(() => {
    if (!away()) return;
    // Not the short gap, but one that lasts.
    onDispose(systemClock.after(worthTelling, () => announcer.say(text[cause.peek()], "assertive")));
  });
  return awayBanner(meeting.connection, () => text[cause()]);
}
