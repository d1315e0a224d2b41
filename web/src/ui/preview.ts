// SPDX-License-Identifier: Apache-2.0

import { systemClock, every } from "../core/clock";
import { html } from "../core/html";
import { computed, effect, onDispose, Signal, signal } from "../core/signal";
import { View } from "../core/view";
import { LocalDevices, looksAway } from "../media/devices";
import type { LevelMeter } from "../media/level";
import { Heard, Silence } from "../model/silence";
import { helpFor } from "./device-help";
import { icon } from "./icon";
import cameraIcon from "./icons/camera.svg";
import cameraOffIcon from "./icons/camera-off.svg";
import microphoneIcon from "./icons/microphone.svg";
import microphoneOffIcon from "./icons/microphone-off.svg";
import personIcon from "./icons/person.svg";
import { drawLevel } from "./level";
import { colourOf, initials } from "./person";
import { change, settings } from "./settings";
import { strings } from "./strings";
import { turnButton } from "./turn-camera";

/** How often the microphone is listened to for silence, in milliseconds. */
const listenPeriod = 200;

/**
 * Our own picture before joining, mirrored, with the two switches and a bar that follows our voice. It says whether a
 * voice was heard, and helps with a microphone that sends nothing.
 */
export class Preview extends View {
  /** Where `elsewhere`, the page itself tells whether a voice was heard. */
  constructor(private readonly devices: LocalDevices, private readonly meter: LevelMeter, private readonly elsewhere = false) {
    super();
    this.className = "preview";
  }

  protected render(): Node {
    const { devices, meter } = this;
    const text = strings.prejoin;
    const showing = signal(false);
    const track = computed(() => devices.camera().track);
    const asking = startsSlowly(devices);
    const live = computed(() => devices.microphone().on && devices.microphone().track !== null);
    const heard = this.listen(live);
    const hint = (): string => {
      if (asking()) return text.asking;
      if (devices.camera().starting) return text.cameraStarting;
      return devices.camera().on ? "" : text.cameraOff;
    };
    const attach = (element: Element): void => {
      const video = element as HTMLVideoElement;
      effect(() => {
        const now = track();
        showing.set(false);
        video.srcObject = now ? new MediaStream([now]) : null;
        if (now) video.play().catch(() => undefined);
      });
      // A browser keeps the last frame of a stream that is gone.
      onDispose(() => (video.srcObject = null));
    };
    return html`
      <div class="preview-picture" data-colour=${() => colourOf(settings().name)}>
        <span class="avatar" aria-hidden="true">${() => (settings().name.trim() ? initials(settings().name) : icon(personIcon))}</span>
        <video class=${() => (looksAway(track()) ? "" : "mirrored")} ?data-showing=${showing} aria-label=${text.preview} .muted=${true} playsinline autoplay
          @playing=${() => showing.set(true)} ref=${attach}></video>
        <p class="preview-hint" aria-live="polite">${() => (showing() && track() ? "" : hint())}</p>
        <div class="preview-switches">
          ${this.toggle("microphone")} ${this.toggle("camera")} ${turnButton(devices)}
        </div>
      </div>
      <div class="voice" ?data-off=${() => !live()}>
        ${icon(microphoneIcon)}
        <div class="voice-bar" ref=${(element: Element) => drawLevel(element as HTMLElement, () => meter.read())}><span></span></div>
        <p>${() => (live() ? (this.elsewhere ? "" : heardText(heard())) : devices.microphone().starting ? "" : text.microphoneOff)}</p>
      </div>
      ${() => (heard() === "nothing" && live() ? helpFor("microphone", "silent") : null)}`;
  }

  /** What was heard of the microphone, anew for each one that is chosen. */
  private listen(live: Signal<boolean>): Signal<Heard> {
    const heard = signal<Heard>("waiting");
    const track = computed(() => (live() ? this.devices.microphone().track : null));
    effect(() => {
      heard.set("waiting");
      const now = track();
      if (!now) return;
      const silence = new Silence();
      const { meter } = this;
      onDispose(every(systemClock, listenPeriod, () => {
        heard.set(silence.hear(meter.measures ? meter.amplitude() : undefined, systemClock.now()));
      }));
    });
    return heard;
  }

  private toggle(kind: "microphone" | "camera"): Node {
    const source = this.devices[kind];
    const [on, off] = kind === "microphone" ? [microphoneIcon, microphoneOffIcon] : [cameraIcon, cameraOffIcon];
    const isOn = computed(() => source().on);
    const label = (): string => strings.devices[isOn() ? "turnOff" : "turnOn"][kind];
    const flip = (): void => {
      const next = !isOn.peek();
      change({ [kind]: next });
      void (kind === "microphone" ? this.devices.setMicrophone(next) : this.devices.setCamera(next));
    };
    return html`
      <button type="button" class="round" ?data-off=${() => !isOn()} ?data-problem=${() => source().problem !== undefined}
        aria-label=${label} title=${label} @click=${flip}>${() => icon(isOn() ? on : off)}</button>`;
  }
}

function heardText(heard: Heard): string {
  const text = strings.prejoin;
  if (heard === "waiting") return text.speakToTest;
  return heard === "voice" ? text.voiceHeard : text.nothingHeard;
}

/** A device that takes this long is most likely waiting for the person to answer the browser's question. */
const askingAfter = 1_200;

function startsSlowly(devices: LocalDevices): Signal<boolean> {
  const starting = computed(() => devices.camera().starting || devices.microphone().starting);
  const slowly = signal(false);
  effect(() => {
    slowly.set(false);
    if (!starting()) return;
    const timer = setTimeout(() => slowly.set(true), askingAfter);
    onDispose(() => clearTimeout(timer));
  });
  return slowly;
}

customElements.define("parley-preview", Preview);
