// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { change, settings } from "./settings";
import { strings } from "./strings";

/** Whether others learn our network address. Remembered, and obeyed at once by a call that is running. */
export function privacySwitch(): DocumentFragment {
  const text = strings.privacy;
  return html`
    <label class="switch">
      <input type="checkbox" role="switch" .checked=${() => settings().hideAddress}
        @change=${(event: Event) => change({ hideAddress: (event.target as HTMLInputElement).checked })}>
      <span>${text.hide}<small>${text.hideDetail}</small></span>
    </label>`;
}
