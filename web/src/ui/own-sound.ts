// SPDX-License-Identifier: Apache-2.0

import { every, systemClock } from "../core/clock";
import { computed, effect, onDispose, Signal } from "../core/signal";
import type { LocalSource } from "../media/devices";
import { LevelMeter, listenMuted } from "../media/level";
import { Silence } from "../model/silence";
import { MutedTalk } from "../model/talk";
import { settings } from "./settings";
import { strings } from "./strings";
import { dismissToasts, toast } from "./toasts";

/** How often our own microphone is listened to, in milliseconds. */
const listenPeriod = 100;

/**
 * A word for somebody who talks with the microphone off, and for somebody whose microphone is on and sends nothing.
 * The sound for it stays in this page. `may` tells
 * whether turning it on is allowed at all. Lasts as long as the scope around it.
 */
export function listenToOwn(microphone: Signal<LocalSource>, may: Signal<boolean>): void {
  const ear = new LevelMeter();
  const talk = new MutedTalk();
  const on = computed(() => microphone().on);
  const track = computed(() => microphone().track);
  effect(() => {
    const now = track();
    if (on()) dismissToasts("muted-talk");
    if (!now) return;
    if (on()) listenForSilence(ear, now);
    else if (settings().mutedTalk && may()) listenForTalk(ear, talk, now);
  });
}

function listenForTalk(ear: LevelMeter, talk: MutedTalk, track: MediaStreamTrack): void {
  onDispose(listenMuted(ear, track));
  onDispose(every(systemClock, listenPeriod, () => {
    if (!talk.hear(ear.amplitude(), true, systemClock.now())) return;
    toast(settings.peek().singleKeys ? strings.stage.mutedTalk : strings.stage.mutedTalkShort, "muted-talk");
  }));
}

function listenForSilence(ear: LevelMeter, track: MediaStreamTrack): void {
  const silence = new Silence();
  let told = false;
  ear.listen(track);
  onDispose(() => ear.listen(null));
  onDispose(every(systemClock, listenPeriod, () => {
    const heard = silence.hear(ear.measures ? ear.amplitude() : undefined, systemClock.now());
    // Once: who has been told knows.
    if (heard === "nothing" && !told) toast(strings.stage.silentMicrophone, "silent-microphone");
    else if (heard !== "nothing" && told) dismissToasts("silent-microphone");
    told = heard === "nothing";
  }));
}
