// SPDX-License-Identifier: Apache-2.0

import { Child, html } from "../core/html";
import { computed, effect, onDispose, WritableSignal } from "../core/signal";
import { View } from "../core/view";
import type { Source } from "../media/devices";
import { canShare } from "../media/share";
import type { Call, ControlMenu, Panel } from "./call";
import { brand, isOwnBrand } from "./brand";
import { deviceFields, noiseSwitch } from "./device-fields";
import { icon } from "./icon";
import cameraIcon from "./icons/camera.svg";
import cameraOffIcon from "./icons/camera-off.svg";
import chatIcon from "./icons/chat.svg";
import chevronIcon from "./icons/chevron.svg";
import moreIcon from "./icons/more.svg";
import eyeIcon from "./icons/eye.svg";
import handIcon from "./icons/hand.svg";
import gridIcon from "./icons/grid.svg";
import helpIcon from "./icons/help.svg";
import leaveIcon from "./icons/leave.svg";
import linkIcon from "./icons/link.svg";
import microphoneIcon from "./icons/microphone.svg";
import microphoneOffIcon from "./icons/microphone-off.svg";
import pollIcon from "./icons/poll.svg";
import personIcon from "./icons/person.svg";
import peopleIcon from "./icons/people.svg";
import reactIcon from "./icons/react.svg";
import shieldIcon from "./icons/shield.svg";
import shareIcon from "./icons/share.svg";
import shareStopIcon from "./icons/share-stop.svg";
import speakerViewIcon from "./icons/speaker-view.svg";
import { isHosting, maySend } from "../model/hosting";
import { unanswered } from "../model/polls";
import { layouts } from "../model/viewing";
import { withKeyHint } from "./key-hint";
import { moreMenu } from "./more-menu";
import { reactionRow } from "./reacting";
import { moveWithArrows } from "./roving";
import { settings } from "./settings";
import { strings } from "./strings";
import { described } from "./words";

/**
 * The call controls: what meeting this is on the left, what we send in the middle, what we look at on the right.
 * One tab stop; arrow keys move inside. Device menus are closed by Escape, a click elsewhere, or moving on.
 */
export class Toolbar extends View {
  private readonly menu: WritableSignal<ControlMenu | undefined>;

  constructor(private readonly call: Call) {
    super();
    this.menu = call.menu;
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
    const asked = computed(() => meeting.room().polls.length > 0 || call.panel() === "polls");
    const open = computed(() => unanswered(meeting.room().polls));
    const count = computed(() => meeting.room().people.size + 1);
    const viewing = computed(() => meeting.room().role === "viewer");
    const hosting = computed(() => isHosting(meeting.room().role));
    const knocking = computed(() => meeting.room().lobby.length);
    return html`
      <div class="toolbar-start">
        ${isOwnBrand ? html`<p class="toolbar-brand" title=${brand.name}><img src=${brand.logo} alt="" height="28"> <bdi>${brand.name}</bdi></p>` : null}
        <button type="button" class="meeting-code" aria-label=${`${text.copyLink} ${meeting.code}`} title=${text.copyLink}
          @click=${() => void call.copyLink()}><span>${meeting.code}</span> ${icon(linkIcon)}</button>
      </div>
      <div class="toolbar-centre">
        ${() => (viewing() ? html`
          <button type="button" class="button viewer-note" aria-label=${strings.rules.viewer} title=${strings.rules.viewerDetail}
            @click=${() => call.sayViewer()}>${icon(eyeIcon)}<span>${strings.rules.viewer}</span></button>` : null)}
        ${this.source("microphone", viewing)}
        ${this.source("camera", viewing)}
        ${canShare() ? html`
          <button type="button" class="round" data-control="share" ?hidden=${viewing} ?data-active=${sharing} aria-disabled=${() => (maySend(meeting.room(), "screen") ? undefined : "true")} aria-label=${() => (sharing() ? text.shareStop : text.share)}
            title=${() => withKeyHint(sharing() ? text.shareStop : text.share, "share")} @click=${() => void call.toggleShare()}>
            ${() => icon(sharing() ? shareStopIcon : shareIcon)}</button>` : null}
        ${this.hand()}
        ${this.react()}
        ${this.more()}
        <button type="button" class="round leave" aria-label=${text.leave} title=${text.leave}
          @click=${() => call.leave()}>${icon(leaveIcon)}</button>
      </div>
      <div class="toolbar-end">
        ${this.panelButton("people", peopleIcon, () => (knocking() > 0
          ? html`<span class="badge" aria-hidden="true">${knocking}</span>` : html`<span class="count" aria-hidden="true">${count}</span>`))}
        ${this.panelButton("chat", chatIcon, () => (call.unread() > 0 ? html`<span class="badge" aria-hidden="true">${call.unread}</span>` : null))}
        ${() => (hosting() ? this.panelButton("host", shieldIcon, () => null) : null)}
        ${() => (asked() ? this.panelButton("polls", pollIcon, () => (open() > 0 ? html`<span class="badge" aria-hidden="true">${open}</span>` : null)) : null)}
        ${this.layoutButton()}
        <button type="button" class="round plain" data-control="help" aria-label=${strings.help.open} title=${() => withKeyHint(strings.help.open, "help")}
          @click=${() => call.helpOpen.set(true)}>${icon(helpIcon)}</button>
      </div>`;
  }

  /** A switch with a menu of devices beside it. */
  private source(kind: Source, hidden: () => boolean): Node {
    const { call, menu } = this;
    const source = call.meeting.devices[kind];
    const [onIcon, offIcon] = kind === "microphone" ? [microphoneIcon, microphoneOffIcon] : [cameraIcon, cameraOffIcon];
    const on = computed(() => source().on);
    const allowed = computed(() => maySend(call.meeting.room(), kind));
    const label = (): string => (allowed() ? strings.devices[on() ? "turnOff" : "turnOn"][kind] : strings.rules.forbidden[kind]);
    const flip = (): void => (kind === "microphone" ? call.toggleMicrophone() : call.toggleCamera());
    const open = computed(() => menu() === kind);
    return html`
      <div class="split" ?hidden=${hidden} ?data-off=${() => !on()} ?data-problem=${() => source().problem !== undefined}>
        <button type="button" class="round" data-control=${kind} ?data-off=${() => !on()} aria-label=${label} aria-disabled=${() => (allowed() ? undefined : "true")}
          title=${() => withKeyHint(label(), kind)} @click=${flip}>${() => icon(on() ? onIcon : offIcon)}</button>
        <button type="button" class="split-menu" aria-label=${strings.room.deviceMenu[kind]} aria-expanded=${() => String(open())}
          title=${strings.room.deviceMenu[kind]} @click=${() => menu.set(open.peek() ? undefined : kind)}>${icon(chevronIcon)}</button>
        ${() => (open() ? this.devices(kind) : null)}
      </div>`;
  }

  private devices(kind: Source): Node {
    return html`
      <div class="popover" role="group" aria-label=${strings.room.deviceMenu[kind]}>
        ${deviceFields(this.call.meeting.devices, kind === "microphone" ? ["microphone", "speaker"] : ["camera"])}
        ${kind === "microphone" ? noiseSwitch(this.call.meeting.devices) : null}
      </div>`;
  }

  /** Our hand, with its place in the queue while it is up. */
  private hand(): Node {
    const { call } = this;
    const place = call.handPlace;
    const text = strings.hands;
    const label = (): string => (place() > 0 ? text.lower({ place: place() }) : text.raise);
    return html`
      <button type="button" class="round" data-control="hand" ?data-raised=${() => place() > 0} aria-label=${label} title=${() => withKeyHint(label(), "hand")}
        @click=${() => call.toggleHand()}>${icon(handIcon)}${() => (place() > 0 ? html`<span class="count" aria-hidden="true">${place}</span>` : null)}</button>`;
  }

  private react(): Node {
    const { call, menu } = this;
    const open = computed(() => menu() === "react");
    const label = strings.reacting.open;
    return html`
      <div class="split bare" data-control="react">
        <button type="button" class="round" aria-label=${label} title=${() => withKeyHint(label, "react")} aria-expanded=${() => String(open())}
          @click=${() => menu.set(open.peek() ? undefined : "react")}>${icon(reactIcon)}</button>
        ${() => (open() ? html`
          <div class="popover reaction-menu" ref=${focusFirst}>${reactionRow(call, () => this.closeMenu())}</div>` : null)}
      </div>`;
  }

  /** What is seen and how. */
  private more(): Node {
    const { call, menu } = this;
    const open = computed(() => menu() === "more");
    return html`
      <div class="split bare">
        <button type="button" class="round" data-control="more" aria-label=${strings.stage.more} title=${strings.stage.more}
          aria-expanded=${() => String(open())} @click=${() => menu.set(open.peek() ? undefined : "more")}>${icon(moreIcon)}</button>
        ${() => (open() ? moreMenu(call, () => this.closeMenu()) : null)}
      </div>`;
  }

  /** The focus goes back to what had opened it. */
  private closeMenu(): void {
    const opener = this.querySelector<HTMLElement>(".split > [aria-expanded='true']");
    this.menu.set(undefined);
    opener?.focus();
  }

  private panelButton(panel: Panel, drawing: string, extra: () => Child): Node {
    const { call } = this;
    const open = computed(() => call.panel() === panel);
    const title = panel === "host" ? strings.rules.title : panel === "polls" ? strings.polls.title : strings.room[panel];
    const detail = (): string => {
      const { people, lobby } = call.meeting.room();
      if (panel === "people") {
        return described([strings.common.people({ count: people.size + 1 }), ...(lobby.length > 0 ? [strings.hosting.waiting({ count: lobby.length })] : [])]);
      }
      if (panel === "polls") return strings.polls.waiting({ count: unanswered(call.meeting.room().polls) });
      return panel === "chat" && call.unread() > 0 ? strings.chat.unread({ count: call.unread() }) : "";
    };
    return html`
      <button type="button" class="round plain" data-control=${panel} aria-expanded=${() => String(open())} ?data-active=${open}
        aria-label=${() => described([title, detail()].filter((part) => part !== ""))} title=${() => (panel === "host" || panel === "polls" ? title : withKeyHint(title, panel))}
        @click=${() => call.togglePanel(panel)}>${icon(drawing)}${extra}</button>`;
  }

  private layoutButton(): Node {
    const { call } = this;
    const next = computed(() => layouts[(layouts.indexOf(settings().layout) + 1) % layouts.length] ?? "grid");
    const drawings = { grid: gridIcon, sidebar: speakerViewIcon, speaker: personIcon } as const;
    const label = (): string => strings.stage.showLayout[next()];
    const useful = (): boolean => call.meeting.room().people.size > 1;
    return html`
      <button type="button" class="round plain" data-control="layout" ?hidden=${() => !useful()} aria-label=${label}
        title=${() => withKeyHint(label(), "layout")} @click=${() => call.nextLayout()}>
        ${() => icon(drawings[next()])}</button>`;
  }

  private closeMenusElsewhere(): void {
    const { menu } = this;
    const press = (event: Event): void => {
      if (!(event.target as Element).closest?.(".split")) menu.set(undefined);
    };
    const escape = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" || !menu.peek()) return;
      event.preventDefault();
      this.closeMenu();
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

function focusFirst(element: Element): void {
  queueMicrotask(() => element.querySelector<HTMLElement>("button")?.focus());
}

customElements.define("parley-toolbar", Toolbar);
