// SPDX-License-Identifier: Apache-2.0

import { Signal, signal } from "../core/signal";

/** The screen that we share, if we do. */
export class OwnScreen {
  private readonly shown = signal<MediaStream | null>(null);
  readonly stream: Signal<MediaStream | null> = this.shown;

  start(stream: MediaStream): void {
    this.stop();
    this.shown.set(stream);
    // Browsers have their own "stop sharing" button.
    stream.getVideoTracks()[0]?.addEventListener("ended", () => {
      if (this.shown.peek() === stream) this.stop();
    });
  }

  stop(): void {
    for (const track of this.shown.peek()?.getTracks() ?? []) track.stop();
    this.shown.set(null);
  }
}
