// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../core/html";
import { effect, onDispose, signal } from "../core/signal";
import { View } from "../core/view";
import type { Meeting } from "../model/meeting";

/**
 * Plays what the others say. The elements live here and not in the tiles, so that no change of the picture can
 * interrupt the sound; they are plain audio elements because only those pass the browser's echo canceller.
 */
export class Sounds extends View {
  /** The browser wants a click before it plays anything. */
  readonly blocked = signal(false);

  constructor(private readonly meeting: Meeting) {
    super();
    this.hidden = true;
  }

  /** Called from a click, which is what the browser waits for. */
  unblock(): void {
    this.blocked.set(false);
    for (const audio of this.querySelectorAll("audio")) this.play(audio);
  }

  protected render(): Node {
    return html`${each(this.meeting.sounds, (stream) => stream, (stream) => html`
      <audio autoplay ref=${(element: Element) => this.attach(element as HTMLAudioElement, stream.peek())}></audio>`)}`;
  }

  private attach(audio: HTMLAudioElement, stream: MediaStream): void {
    audio.srcObject = stream;
    effect(() => {
      const { speaker } = this.meeting.devices.choice();
      if (speaker !== undefined) audio.setSinkId?.(speaker).catch(() => undefined);
    });
    effect(() => {
      const gain = this.meeting.gainOf(stream);
      audio.volume = gain;
      // Where the volume is the system's alone, at least silence can be had.
      audio.muted = gain === 0;
    });
    onDispose(() => (audio.srcObject = null));
    this.play(audio);
  }

  private play(audio: HTMLAudioElement): void {
    audio.play().catch((error: unknown) => {
      // Anything else is an element that was taken away while it started.
      if (error instanceof DOMException && error.name === "NotAllowedError") this.blocked.set(true);
    });
  }
}

customElements.define("parley-sounds", Sounds);
