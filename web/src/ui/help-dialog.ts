// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { effect } from "../core/signal";
import { View } from "../core/view";
import type { Call } from "./call";
import { deviceFields, noiseSwitch } from "./device-fields";
import { icon } from "./icon";
import closeIcon from "./icons/close.svg";
import { keysTable } from "./keys-table";
import { languageField } from "./language-field";
import { pulledDown } from "./sheet";
import { change, Kind, settings } from "./settings";
import { strings } from "./strings";
import { settingSwitch, switchField } from "./switch-field";

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
        <p class="visually-hidden" role="status" data-announce="polite"></p>
        <header ref=${(header: Element) => pulledDown(dialog, header as HTMLElement, () => dialog.close())}>
          <h2 id="help-title">${text.title}</h2>
          <button type="button" class="round plain" aria-label=${text.close} @click=${() => dialog.close()}>${icon(closeIcon)}</button>
        </header>
        ${deviceFields(call.meeting.devices, ["microphone", "camera", "speaker"])}
        ${noiseSwitch(call.meeting.devices)}
        ${settingSwitch("mutedTalk", strings.stage.mutedTalkSwitch, strings.stage.mutedTalkDetail)}
        ${languageField()}
        <h3 id="said-title">${strings.announcements.title}</h3>
        <div role="group" aria-labelledby="said-title">
          <p><small>${strings.announcements.detail}</small></p>
          ${kinds.map((kind) => switchField(() => !settings().unsaid.includes(kind), (on) => say(kind, on), strings.announcements.kinds[kind]))}
        </div>
        <h3>${strings.privacy.title}</h3>
        ${settingSwitch("hideAddress", strings.privacy.hide, strings.privacy.hideDetail)}
        <h3>${text.shortcuts}</h3>
        ${keysTable()}
      </div>`);
    effect(() => {
      if (call.helpOpen() && !dialog.open) dialog.showModal();
    });
    return dialog;
  }
}

const kinds: readonly Kind[] = ["people", "chat", "hands", "shares", "reactions"];

function say(kind: Kind, on: boolean): void {
  change({ unsaid: kinds.filter((each) => (each === kind ? !on : settings.peek().unsaid.includes(each))) });
}

customElements.define("parley-help", HelpDialog);
