// SPDX-License-Identifier: Apache-2.0

import { effect, onDispose, Signal, WritableSignal } from "../../core/signal";
import type { LevelMeter } from "../../media/level";
import type { Capture } from "../../media/playground/capture";
import type { Recording } from "../../media/playground/recording";
import type { TabCall } from "../../media/playground/tab-call";

/** What all lessons of the playground work on. */
export interface Workbench {
  readonly capture: Capture;
  readonly recording: Recording;
  /** Undefined where tabs cannot talk to each other. */
  readonly call: TabCall | undefined;
  readonly meter: LevelMeter;
  /** Whether the camera's stream is given to an element. */
  readonly shown: WritableSignal<boolean>;
  /** The id of the speaker that plays; empty is the system's. */
  readonly speaker: WritableSignal<string>;
}

/** Gives a video element its stream for as long as it is on the page. */
export function attach(stream: () => MediaStream | undefined): (element: Element) => void {
  return (element) => {
    const video = element as HTMLVideoElement;
    effect(() => {
      const now = stream() ?? null;
      if (video.srcObject === now) return;
      video.srcObject = now;
      if (now) video.play().catch(() => undefined);
    });
    // A browser keeps the last frame of a stream that is gone.
    onDispose(() => (video.srcObject = null));
  };
}

/** Sends an element's sound to the chosen speaker. */
export function playOn(speaker: Signal<string>): (element: Element) => void {
  return (element) => {
    effect(() => {
      const id = speaker();
      // An unplugged speaker is no reason to stay silent.
      void (element as HTMLVideoElement).setSinkId?.(id).catch(() => undefined);
    });
  };
}
