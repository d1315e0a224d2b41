// SPDX-License-Identifier: Apache-2.0

import { Child, html } from "../core/html";
import { canShare } from "../media/share";
import { isHosting, mayAsk } from "../model/hosting";
import { layouts, savings } from "../model/viewing";
import type { Call } from "./call";
import { canFloat, toggleFloating } from "./floating";
import { canFillScreen, fillsScreen, toggleFullscreen } from "./fullscreen";
import { icon } from "./icon";
import fullscreenIcon from "./icons/fullscreen.svg";
import handIcon from "./icons/hand.svg";
import helpIcon from "./icons/help.svg";
import pollIcon from "./icons/poll.svg";
import pipIcon from "./icons/pip.svg";
import shareIcon from "./icons/share.svg";
import turnIcon from "./icons/camera-turn.svg";
import shieldIcon from "./icons/shield.svg";
import { reactionRow } from "./reacting";
import { change, settings } from "./settings";
import { pulledDown } from "./sheet";
import { stripButtons } from "./strip-handle";
import { strings } from "./strings";
import { settingSwitch } from "./switch-field";
import { turnCamera, turnsCamera } from "./turn-camera";

/** What the person sees of the meeting and how: nothing in here changes anything for others. */
export function moreMenu(call: Call, close: () => void): Node {
  const text = strings.stage;
  const item = (drawing: string, label: () => string, act: () => void): Node => html`
    <button type="button" class="menu-item" @click=${() => { close(); act(); }}>${icon(drawing)} <span>${label}</span></button>`;
  const pulled = (grip: Element): void => pulledDown(grip.parentElement as HTMLElement, grip as HTMLElement, close);
  return html`
    <div class="popover more-menu" role="group" aria-label=${text.more}>
      <div class="grip" ref=${pulled}></div>
      <div class="narrow-only">
        ${reactionRow(call, close)}
        ${item(handIcon, () => (call.handPlace() > 0 ? strings.hands.lower({ place: call.handPlace() }) : strings.hands.raise), () => call.toggleHand())}
        ${isHosting(call.meeting.room.peek().role) ? item(shieldIcon, () => strings.rules.title, () => call.togglePanel("host")) : null}
      </div>
      ${canShare() ? html`<div class="without-share">
        ${item(shareIcon, () => (call.meeting.share() ? strings.room.shareStop : strings.room.share), () => void call.toggleShare())}
      </div>` : null}
      ${turnsCamera(call.meeting.devices)() ? item(turnIcon, () => strings.devices.turnCamera, () => void turnCamera(call.meeting.devices)) : null}
      ${choice("layout", text.layoutTitle, layouts, (layout) => text.layouts[layout], () => settings().layout, (layout) => change({ layout }))}
      ${document.querySelector(".strip-handle") ? stripButtons() : null}
      ${choice("saving", text.savingTitle, savings, (saving) => text.savings[saving], call.saving, (saving) => call.setSaving(saving))}
      ${settingSwitch("hideSelf", text.hideSelf, text.hideSelfDetail)}
      ${canFloat() ? item(pipIcon, () => (call.floating() ? text.floatClose : text.float), () => void toggleFloating(call)) : null}
      ${canFillScreen() ? item(fullscreenIcon, () => (fillsScreen() ? text.fullscreenEnd : text.fullscreen), () => void toggleFullscreen()) : null}
      ${() => (mayAsk(call.meeting.room()) || call.meeting.room().polls.length > 0 ? item(pollIcon, () => strings.polls.title, () => call.togglePanel("polls")) : null)}
      ${item(helpIcon, () => strings.help.open, () => call.helpOpen.set(true))}
    </div>`;
}

function choice<T extends string>(
  name: string, title: string, values: readonly T[], label: (value: T) => string, chosen: () => T, choose: (value: T) => void,
): Child {
  return html`
    <fieldset class="choice">
      <legend>${title}</legend>
      ${values.map((value) => html`
        <label><input type="radio" name=${`more-${name}`} value=${value} .checked=${() => chosen() === value} @change=${() => choose(value)}>
          <span>${label(value)}</span></label>`)}
    </fieldset>`;
}
