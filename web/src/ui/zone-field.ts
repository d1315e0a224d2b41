// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import type { WritableSignal } from "../core/signal";
import { zoneName, zones } from "../model/calendar";
import type { Timestamp } from "../protocol/messages";
import { icon } from "./icon";
import globeIcon from "./icons/globe.svg";
import { strings } from "./strings";
import { ownZone } from "./when";

/** In which zone times are shown, and the choice of another. Offsets are those at `time`. */
export function zoneField(zone: WritableSignal<string>, time: () => Timestamp, label: string = strings.booking.picker.zone): DocumentFragment {
  const others = zones(ownZone).filter((each) => each !== ownZone);
  const choose = (event: Event): void => zone.set((event.target as HTMLSelectElement).value);
  return html`
    <label class="field zone">
      <span>${icon(globeIcon)} ${label}</span>
      <select @change=${choose}>
        <option value=${ownZone} .selected=${zone.peek() === ownZone}>${() => strings.booking.picker.ownZone({ name: zoneName(ownZone, time()) })}</option>
        ${others.map((each) => html`<option value=${each} .selected=${zone.peek() === each}>${regionOf(each)}</option>`)}
      </select>
    </label>`;
}

/** "Europe – Berlin": sorted as the list of the browser is, and found by typing. */
function regionOf(zone: string): string {
  return zone.split("/").join(" – ").replace(/_/g, " ");
}
