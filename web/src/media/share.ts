// SPDX-License-Identifier: Apache-2.0

import { DeviceProblem, problemOf } from "./problems";

export type ShareResult = { readonly stream: MediaStream } | { readonly problem: DeviceProblem };

/** Whether this browser can share a screen at all; those on phones cannot. */
export function canShare(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === "function";
}

/** Whether this share would show itself when it is shown here: a whole screen has this window on it. */
export function showsItself(stream: MediaStream): boolean {
  const [track] = stream.getVideoTracks();
  const settings: MediaTrackSettings & { readonly displaySurface?: string } = track?.getSettings?.() ?? {};
  if (settings.displaySurface !== undefined) return settings.displaySurface === "monitor";
  // Firefox does not say it otherwise.
  return /^(primary monitor|monitor \d|screen \d|entire screen)/i.test(track?.label ?? "");
}

/** Asks for a screen, window or tab, with its sound where the system can. */
export async function openShare(): Promise<ShareResult> {
  try {
    const constraints: DisplayMediaStreamConstraints & Record<string, unknown> = {
      video: { frameRate: { ideal: 15, max: 30 } },
      // The sound of a share is not speech: nothing should be filtered out of it.
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
      selfBrowserSurface: "exclude",
      surfaceSwitching: "include",
      systemAudio: "include",
    };
    const stream = await navigator.mediaDevices.getDisplayMedia(constraints);
    const [video] = stream.getVideoTracks();
    // Text should stay sharp when the line gets narrow; the frame rate may suffer.
    if (video) video.contentHint = "detail";
    return { stream };
  } catch (error) {
    const problem = problemOf(error);
    // In this dialog "no" is an answer, not a fault.
    return { problem: problem === "denied" ? "dismissed" : problem };
  }
}
