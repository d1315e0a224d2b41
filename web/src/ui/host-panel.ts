// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import type { MeetingRules } from "../protocol/messages";
import type { Call } from "./call";
import { holdFocus } from "./hold-focus";
import { icon } from "./icon";
import cameraOffIcon from "./icons/camera-off.svg";
import handIcon from "./icons/hand.svg";
import linkIcon from "./icons/link.svg";
import microphoneOffIcon from "./icons/microphone-off.svg";
import shareStopIcon from "./icons/share-stop.svg";
import { PanelView } from "./panel";
import { strings } from "./strings";
import { settingSwitch, switchField } from "./switch-field";

type Rule = keyof MeetingRules;

/** What the meeting allows, and what can be done with everybody at once: for those who host. */
export class HostPanel extends PanelView {
  constructor(call: Call) {
    super(call, strings.rules.title, strings.rules.close);
  }

  protected content(): Node {
    const { call } = this;
    const { room, host } = call.meeting;
    const text = strings.rules;
    const others = (): boolean => room().people.size > 0;
    holdFocus(this);
    return html`
      <div class="host-panel">
        <fieldset><legend>${text.comingIn}</legend>
          ${this.rule("lobby")}
          ${this.rule("locked")}
          ${settingSwitch("chime", text.ring, text.ringDetail)}
        </fieldset>
        <fieldset><legend>${text.mayTitle}</legend>
          <p class="panel-note">${text.mayDetail}</p>
          ${this.rule("microphone")}
          ${this.rule("camera")}
          ${this.rule("screen")}
          ${this.rule("chat")}
          ${this.rule("polls")}
        </fieldset>
        <fieldset><legend>${strings.recording.title}</legend>
          ${switchField(() => room().recording !== null, (on) => call.sayRecording(on), strings.recording.say, strings.recording.sayDetail)}
        </fieldset>
        <section aria-labelledby="host-now"><h3 id="host-now">${text.now}</h3>
          ${this.action(microphoneOffIcon, strings.hosting.muteAll.microphone, others, () => void call.muteAll("microphone"))}
          ${this.action(cameraOffIcon, strings.hosting.muteAll.camera, others, () => void call.muteAll("camera"))}
          ${this.action(shareStopIcon, strings.hosting.muteAll.screen, others, () => void call.muteAll("screen"))}
          ${this.action(handIcon, text.lowerAll, () => room().hands.length > 0, () => host.lowerHands())}
        </section>
        ${() => (room().role === "host" ? html`
          <a class="menu-item" href=${`/invites#${call.meeting.code}`} target="_blank" rel="noopener">${icon(linkIcon)} <span>${text.invitations}</span></a>
          <button type="button" class="button wide danger" @click=${() => void call.endForAll()}>${strings.peoplePanel.end}</button>` : null)}
      </div>`;
  }

  private rule(rule: Rule): Node {
    const { room, host } = this.call.meeting;
    const text = strings.rules.switches[rule];
    return switchField(() => room().rules[rule], (on) => host.changeRules({ [rule]: on }), text.name, text.detail);
  }

  private action(drawing: string, label: string, useful: () => boolean, act: () => void): Node {
    return html`
      <button type="button" class="menu-item" aria-disabled=${() => (useful() ? undefined : "true")}
        @click=${() => { if (useful()) act(); }}>${icon(drawing)} <span>${label}</span></button>`;
  }
}

customElements.define("parley-host", HostPanel);
