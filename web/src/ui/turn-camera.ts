// SPDX-License-Identifier: Apache-2.0

import { Child, html } from "../core/html";
import { computed, Signal } from "../core/signal";
import type { LocalDevices } from "../media/devices";
import { icon } from "./icon";
import turnIcon from "./icons/camera-turn.svg";
import { change } from "./settings";
import { strings } from "./strings";

/** Whether there is another camera to turn to, on something that one holds in the hand. */
export function turnsCamera(devices: LocalDevices): Signal<boolean> {
  const held = matchMedia("(pointer: coarse)").matches;
  return computed(() => held && devices.camera().track !== null && devices.lists().camera.length > 1);
}

export async function turnCamera(devices: LocalDevices): Promise<void> {
  await devices.turnCamera();
  change({ devices: devices.choice.peek() });
}

/** Turns to the camera on the other side, where there is a choice. */
export function turnButton(devices: LocalDevices, size = ""): () => Child {
  const useful = turnsCamera(devices);
  return () => (useful() ? html`
    <button type="button" class=${`round ${size}`} data-turn aria-label=${strings.devices.turnCamera} title=${strings.devices.turnCamera}
      @click=${() => void turnCamera(devices)}>${icon(turnIcon)}</button>` : null);
}
