// SPDX-License-Identifier: Apache-2.0

import { Child, html } from "../core/html";
import { computed, effect, onDispose, signal } from "../core/signal";
import { View } from "../core/view";
import type { Source } from "../media/devices";
import { canShare } from "../media/share";
import type { Call, Panel } from "./call";
import { deviceFields } from "./device-fields";
import { icon } from "./icon";
import cameraIcon from "./icons/camera.svg";
import cameraOffIcon from "./icons/camera-off.svg";
import chatIcon from "./icons/chat.svg";
import chevronIcon from "./icons/chevron.svg";
import gridIcon from "./icons/grid.svg";
import helpIcon from "./icons/help.svg";
import leaveIcon from "./icons/leave.svg";
import linkIcon from "./icons/link.svg";
import microphoneIcon from "./icons/microphone.svg";
import microphoneOffIcon from "./icons/microphone-off.svg";
import peopleIcon from "./icons/people.svg";
import shareIcon from "./icons/share.svg";
import shareStopIcon from "./icons/share-stop.svg";
import speakerViewIcon from "./icons/speaker-view.svg";
import { moveWithArrows } from "./roving";
import { settings } from "./settings";
import { strings } from "./strings/en";

/**
 * The call controls: what meeting this is on the left, what we send in the middle, what we look at on the right.
 * One tab stop; arrow keys move inside. Device menus are closed by Escape, a click elsewhere, or moving on.
 */
export class Toolbar extends View {
  private readonly menu = signal<Source | undefined>(undefined);

  constructor(private readonly call: Call) {
    super();
    this.id = "controls";
    this.className = "toolbar";
  }

  protected render(): Node {
    const { call } = this;
    const { meeting } = call;
    const text = strings.room;
    this.setAttribute("role", "toolbar");
    this.setAttribute("aria-label", text.controls);
    onDispose(moveWithArrows(this));
    this.closeMenusElsewhere();
    const sharing = computed(() => meeting.share() !== null);
    const count = computed(() => meeting.room().people.size + 1);
    return html`
      <div class="toolbar-start">
        <button type="button" class="meeting-code" aria-label=${`${text.copyLink} ${meeting.code}`} title=${text.copyLink}
          @click=${() => void call.copyLink()}><span>${meeting.code}</span> ${icon(linkIcon)}</button>
      </div>
      <div class="toolbar-centre">
        ${this.source("microphone", "M")}
        ${this.source("camera", "V")}
        ${canShare() ? html`
          <button type="button" class="round" data-control="share" ?data-active=${sharing} aria-label=${() => (sharing() ? text.shareStop : text.share)}
            title=${() => `${sharing() ? text.shareStop : text.share} (S)`} @click=${() => void call.toggleShare()}>
            ${() => icon(sharing() ? shareStopIcon : shareIcon)}</button>` : null}
        <button type="button" class="round leave" aria-label=${text.leave} title=${text.leave}
          @click=${() => call.leave()}>${icon(leaveIcon)}</button>
      </div>
      <div class="toolbar-end">
        ${this.panelButton("people", peopleIcon, "P", () => html`<span class="count" aria-hidden="true">${count}</span>`)}
        ${this.panelButton("chat", chatIcon, "C", () => (call.unread() > 0 ? html`<span class="badge" aria-hidden="true">${call.unread}</span>` : null))}
        ${this.layoutButton()}
        <button type="button" class="round plain" data-control="help" aria-label=${strings.help.open} title=${`${strings.help.open} (?)`}
          @click=${() => call.helpOpen.set(true)}>${icon(helpIcon)}</button>
      </div>`;
  }

  /** A switch with a menu of devices beside it. */
  private source(kind: Source, key: string): Node {
    const { call, menu } = this;
    const source = call.meeting.devices[kind];
    const [onIcon, offIcon] = kind === "microphone" ? [microphoneIcon, microphoneOffIcon] : [cameraIcon, cameraOffIcon];
    const on = computed(() => source().on);
    const label = (): string => strings.devices[on() ? "turnOff" : "turnOn"][kind];
    const flip = (): void => (kind === "microphone" ? call.toggleMicrophone() : call.toggleCamera());
    const open = computed(() => menu() === kind);
    return html`
      <div class="split" ?data-off=${() => !on()} ?data-problem=${() => source().problem !== undefined}>
        <button type="button" class="round" data-control=${kind} ?data-off=${() => !on()} aria-label=${label}
          title=${() => `${label()} (${key})`} @click=${flip}>${() => icon(on() ? onIcon : offIcon)}</button>
        <button type="button" class="split-menu" aria-label=${strings.room.deviceMenu[kind]} aria-expanded=${() => String(open())}
          title=${strings.room.deviceMenu[kind]} @click=${() => menu.set(open.peek() ? undefined : kind)}>${icon(chevronIcon)}</button>
        ${() => (open() ? this.devices(kind) : null)}
      </div>`;
  }

  private devices(kind: Source): Node {
    return html`
      <div class="popover" role="group" aria-label=${strings.room.deviceMenu[kind]}>
        ${deviceFields(this.call.meeting.devices, kind === "microphone" ? ["microphone", "speaker"] : ["camera"])}
      </div>`;
  }

  private panelButton(panel: Panel, drawing: string, key: string, extra: () => Child): Node {
    const { call } = this;
    const open = computed(() => call.panel() === panel);
    const detail = (): string => {
      if (panel === "people") return strings.people(call.meeting.room().people.size + 1);
      return call.unread() > 0 ? strings.chat.unread(call.unread()) : "";
    };
    return html`
      <button type="button" class="round plain" data-control=${panel} aria-expanded=${() => String(open())} ?data-active=${open}
        aria-label=${() => [strings.room[panel], detail()].filter(Boolean).join(", ")} title=${`${strings.room[panel]} (${key})`}
        @click=${() => call.togglePanel(panel)}>${icon(drawing)}${extra}</button>`;
  }

  private layoutButton(): Node {
    const { call } = this;
    const other = computed(() => (settings().layout === "grid" ? "speaker" : "grid"));
    const useful = (): boolean => call.meeting.room().people.size > 1;
    return html`
      <button type="button" class="round plain" data-control="layout" ?hidden=${() => !useful()} aria-label=${() => strings.room.layout[other()]}
        title=${() => `${strings.room.layout[other()]} (L)`} @click=${() => call.toggleLayout()}>
        ${() => icon(other() === "speaker" ? speakerViewIcon : gridIcon)}</button>`;
  }

  private closeMenusElsewhere(): void {
    const { menu } = this;
    const press = (event: Event): void => {
      if (!(event.target as Element).closest?.(".split")) menu.set(undefined);
    };
    const escape = (event: KeyboardEvent): void => {
      const open = menu.peek();
      if (event.key !== "Escape" || !open) return;
      event.preventDefault();
      menu.set(undefined);
      this.querySelector<HTMLElement>(`[data-control=${open}] + .split-menu`)?.focus();
    };
    effect(() => {
      if (!menu()) return;
      document.addEventListener("pointerdown", press);
      document.addEventListener("focusin", press);
      document.addEventListener("keydown", escape, { capture: true });
      onDispose(() => {
        document.removeEventListener("pointerdown", press);
        document.removeEventListener("focusin", press);
        document.removeEventListener("keydown", escape, { capture: true });
      });
    });
  }
}

customElements.define("parley-toolbar", Toolbar);
