// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { change, Settings, settings } from "./settings";

/** A switch that shows what is so: `flip` is told what the person wants, and it moves when that has happened. */
export function switchField(on: () => boolean, flip: (on: boolean) => void, name: string, detail?: string): DocumentFragment {
  const wish = (event: Event): void => {
    const box = event.target as HTMLInputElement;
    const wished = box.checked;
    box.checked = on();
    flip(wished);
  };
  return html`
    <label class="switch">
      <input type="checkbox" role="switch" .checked=${on} @change=${wish}>
      <span>${name}${detail ? html`<small>${detail}</small>` : null}</span>
    </label>`;
}

/** What is either so or not. */
type Switchable = { [Key in keyof Settings]: Settings[Key] extends boolean ? Key : never }[keyof Settings];

/** A switch for what this browser remembers. */
export function settingSwitch(key: Switchable, name: string, detail: string): DocumentFragment {
  return switchField(() => settings()[key], (on) => change({ [key]: on }), name, detail);
}
