// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../core/html";
import { computed } from "../core/signal";
import { Device, DeviceKind, deviceOf, LocalDevices } from "../media/devices";
import { icon } from "./icon";
import cameraIcon from "./icons/camera.svg";
import microphoneIcon from "./icons/microphone.svg";
import speakerIcon from "./icons/speaker.svg";
import { change } from "./settings";
import { strings } from "./strings/en";
import { testSound } from "./test-sound";

const icons: Readonly<Record<DeviceKind, string>> = {
  microphone: microphoneIcon,
  camera: cameraIcon,
  speaker: speakerIcon,
};

/** Menus for the devices of the given kinds. The speaker's is left out where the browser cannot switch it. */
export function deviceFields(devices: LocalDevices, kinds: readonly DeviceKind[]): DocumentFragment {
  const usable = kinds.filter((kind) => kind !== "speaker" || canChooseSpeaker());
  return html`<div class="devices">${usable.map((kind) => field(devices, kind))}</div>`;
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
    const waiting = kind !== "speaker" && devices[kind]().starting;
    return waiting ? strings.devices[kind] : `${strings.devices[kind]}: ${strings.devices.none}`;
  };
  const choose = (event: Event): void => {
    const { value } = event.target as HTMLSelectElement;
    void devices.choose(kind, value);
    change({ devices: devices.choice.peek() });
  };
  const name = (device: Device): string => device.label || strings.devices.unnamed(strings.devices[kind], list().indexOf(device) + 1);
  return html`
    <label class="field device" ?hidden=${() => kind === "speaker" && list().length === 0}>
      <span class="visually-hidden">${strings.devices[kind]}</span>
      ${icon(icons[kind])}
      <select @change=${choose} ?disabled=${() => list().length === 0}>
        ${() => (list().length === 0 ? html`<option>${nothing}</option>` : null)}
        ${() => (kind === "speaker" && !list().some(({ id }) => id === "default") && list().length > 0 ? html`<option value="">${strings.devices.systemDefault}</option>` : null)}
        ${each(list, ({ id }) => id, (device) => html`
          <option value=${() => device().id} .selected=${() => device().id === current()}>${() => name(device())}</option>`)}
      </select>
      ${kind === "speaker" ? html`
        <button type="button" class="button quiet" aria-label=${strings.prejoin.testSoundLabel}
          @click=${() => void testSound(devices.choice.peek().speaker)}>${strings.prejoin.testSound}</button>` : null}
    </label>`;
}
