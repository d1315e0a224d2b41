// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { effect } from "../core/signal";
import { View } from "../core/view";
import type { Call } from "./call";
import { deviceFields } from "./device-fields";
import { icon } from "./icon";
import closeIcon from "./icons/close.svg";
import { privacySwitch } from "./privacy-switch";
import { change, settings } from "./settings";
import { strings } from "./strings/en";

/** Keys as they are named on the keyboard, each list an alternative to the one before it. */
const keys: readonly (readonly [keyof typeof strings.help.keys, readonly (readonly string[])[]])[] = [
  ["microphone", [["M"], ["Ctrl", "D"]]],
  ["talk", [[strings.help.space]]],
  ["camera", [["V"], ["Ctrl", "E"]]],
  ["share", [["S"]]],
  ["chat", [["C"]]],
  ["people", [["P"]]],
  ["layout", [["L"]]],
  ["controls", [["F2"]]],
  ["help", [["?"]]],
  ["close", [["Esc"]]],
];

/** Help and the few settings of a call, in a native dialog: it keeps the focus, and Escape closes it. */
export class HelpDialog extends View {
  constructor(private readonly call: Call) {
    super();
  }

  protected render(): Node {
    const { call } = this;
    const text = strings.help;
    const dialog = document.createElement("dialog");
    dialog.className = "dialog";
    dialog.setAttribute("aria-labelledby", "help-title");
    dialog.onclose = () => call.helpOpen.set(false);
    // A click on the backdrop is a click on the dialog itself, not on anything in it.
    dialog.onclick = (event) => {
      if (event.target === dialog) dialog.close();
    };
    dialog.append(html`
      <div class="dialog-body">
        <header>
          <h2 id="help-title">${text.title}</h2>
          <button type="button" class="round plain" aria-label=${text.close} @click=${() => dialog.close()}>${icon(closeIcon)}</button>
        </header>
        ${deviceFields(call.meeting.devices, ["microphone", "camera", "speaker"])}
        <h3>${strings.privacy.title}</h3>
        ${privacySwitch()}
        <h3>${text.shortcuts}</h3>
        <label class="switch">
          <input type="checkbox" role="switch" .checked=${() => settings().singleKeys}
            @change=${(event: Event) => change({ singleKeys: (event.target as HTMLInputElement).checked })}>
          <span>${text.singleKeys}<small>${text.singleKeysDetail}</small></span>
        </label>
        <dl class="keys" ?data-off=${() => !settings().singleKeys}>
          ${keys.map(([name, ways]) => html`
            <div><dt>${text.keys[name]}</dt><dd>${ways.map(way)}</dd></div>`)}
        </dl>
      </div>`);
    effect(() => {
      if (call.helpOpen() && !dialog.open) dialog.showModal();
    });
    return dialog;
  }
}

function way(together: readonly string[], index: number): Node {
  return html`${index > 0 ? ` ${strings.help.or} ` : null}${together.map((key) => html`<kbd>${key}</kbd>`)}`;
}

customElements.define("parley-help", HelpDialog);
