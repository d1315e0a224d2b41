// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../core/html";
import { computed, signal } from "../core/signal";
import { Device, DeviceKind, deviceOf, LocalDevices } from "../media/devices";
import { icon } from "./icon";
import cameraIcon from "./icons/camera.svg";
import microphoneIcon from "./icons/microphone.svg";
import speakerIcon from "./icons/speaker.svg";
import { change } from "./settings";
import { strings } from "./strings";
import { switchField } from "./switch-field";
import { testSound } from "./test-sound";

const icons: Readonly<Record<DeviceKind, string>> = {
  microphone: microphoneIcon,
  camera: cameraIcon,
  speaker: speakerIcon,
};

/** Menus for the devices of the given kinds. The speaker can be tried where the browser cannot switch it, too. */
export function deviceFields(devices: LocalDevices, kinds: readonly DeviceKind[]): DocumentFragment {
  return html`<div class="devices">${kinds.map((kind) => (kind === "speaker" ? speaker(devices) : field(devices, kind)))}</div>`;
}

/** The speaker with a sound to try it, and what to do when nothing is heard. */
function speaker(devices: LocalDevices): DocumentFragment {
  const said = signal("");
  const play = async (): Promise<void> => {
    const played = await testSound(devices.choice.peek().speaker);
    said.set(strings.prejoin[played ? "testSoundPlaying" : "testSoundFailed"]);
  };
  return html`
    <div class="speaker" role="group" aria-label=${strings.devices.speaker}>
      ${canChooseSpeaker() ? field(devices, "speaker") : html`<p class="speaker-name">${icon(speakerIcon)} ${strings.devices.systemDefault}</p>`}
      <button type="button" class="button quiet" aria-label=${strings.prejoin.testSoundLabel} @click=${() => void play()}>${strings.prejoin.testSound}</button>
      <p class="hint" role="status">${said}</p>
    </div>`;
}

/** Whether noise is taken out of our voice. Remembered, and obeyed at once. */
export function noiseSwitch(devices: LocalDevices): DocumentFragment {
  const flip = (denoise: boolean): void => {
    void devices.setDenoise(denoise);
    change({ denoise });
  };
  return switchField(devices.denoises, flip, strings.devices.denoise, strings.devices.denoiseDetail);
}

export function canChooseSpeaker(): boolean {
  return typeof HTMLMediaElement.prototype.setSinkId === "function";
}

function field(devices: LocalDevices, kind: DeviceKind): DocumentFragment {
  const list = computed(() => devices.lists()[kind]);
  const current = computed(() => {
    const inUse = kind === "speaker" ? undefined : deviceOf(devices[kind]().track);
    return inUse ?? devices.choice()[kind] ?? "";
  });
  // Until the person has answered the browser's question nothing is known.
  const nothing = (): string => {
    // Some browsers list no speakers and play on the system's.
    if (kind === "speaker") return strings.devices.systemDefault;
    const { starting, problem } = devices[kind]();
    const waiting = starting || (problem !== undefined && problem !== "not-found");
    return waiting ? strings.devices[kind] : `${strings.devices[kind]}: ${strings.devices.none}`;
  };
  const choose = (event: Event): void => {
    const { value } = event.target as HTMLSelectElement;
    void devices.choose(kind, value);
    change({ devices: devices.choice.peek() });
  };
  const name = (device: Device): string => device.label || strings.devices.unnamed({ kind: strings.devices[kind], number: list().indexOf(device) + 1 });
  return html`
    <label class="field device">
      <span class="visually-hidden">${strings.devices[kind]}</span>
      ${icon(icons[kind])}
      <select @change=${choose} ?disabled=${() => list().length === 0}>
        ${() => (list().length === 0 ? html`<option>${nothing}</option>` : null)}
        ${() => (kind === "speaker" && !list().some(({ id }) => id === "default") && list().length > 0 ? html`<option value="">${strings.devices.systemDefault}</option>` : null)}
        ${each(list, ({ id }) => id, (device) => html`
          <option value=${() => device().id} .selected=${() => device().id === current()}>${() => name(device())}</option>`)}
      </select>
    </label>`;
}
