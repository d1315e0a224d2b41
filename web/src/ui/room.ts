// SPDX-License-Identifier: Apache-2.0

import { systemClock } from "../core/clock";
import { html } from "../core/html";
import { computed, effect, onDispose, signal, untracked } from "../core/signal";
import { View } from "../core/view";
import type { LocalDevices } from "../media/devices";
import type { LevelMeter } from "../media/level";
import { openMedia } from "../media/forwarded";
import { watchNetwork } from "../media/network";
import { isHosting, maySend } from "../model/hosting";
import { Meeting } from "../model/meeting";
import { together } from "../model/stage";
import type { MeetingCode } from "../protocol/messages";
import { meetingSocket } from "../protocol/socket";
import { announcer } from "./announcer";
import { becomeApp } from "./app";
import { Call } from "./call";
import { ChatPanel } from "./chat-panel";
import { closeFloating } from "./floating";
import { HostPanel } from "./host-panel";
import { HelpDialog } from "./help-dialog";
import { KnockCard } from "./lobby-section";
import { meetingBanner } from "./meeting-banner";
import { NoticeQueue } from "./notice-queue";
import { listenToOwn } from "./own-sound";
import { PeoplePanel } from "./people-panel";
import { ReactionShower } from "./reacting";
import { recordingBanner } from "./recording";
import { settings, TabSeat } from "./settings";
import { handleShortcuts } from "./shortcuts";
import { Sounds } from "./sounds";
import { Stage } from "./stage";
import { later, strings } from "./strings";
import { tileMenu } from "./tile-menu";
import { toast } from "./toasts";
import { Toolbar } from "./toolbar";
import { troubleBanner } from "./trouble-banner";
import { keepAwake } from "./wake-lock";

interface OpenOptions {
  readonly code: MeetingCode;
  readonly name: string;
  readonly devices: LocalDevices;
  readonly meter: LevelMeter;
}

/** A stay in a meeting that uses this browser's network, clock and devices. Joining is up to the caller. */
export function openMeeting({ code, name, devices, meter }: OpenOptions): Meeting {
  return new Meeting({
    code,
    name,
    devices,
    socket: meetingSocket(),
    seats: new TabSeat(code),
    clock: systemClock,
    ownLevel: () => meter.amplitude(),
    openMedia,
    privacy: () => (settings().hideAddress ? "relayed" : "open"),
    thrifty: () => settings().saving !== "off",
  });
}

/** The meeting itself: the stage, one panel, the controls, and everything that goes on as long as the call does. */
export class Room extends View {
  private readonly call: Call;
  private readonly pollsPanel = signal<((call: Call) => Node) | undefined>(undefined);

  constructor(private readonly meeting: Meeting, alone?: string) {
    super();
    this.className = "room";
    this.call = new Call(meeting, alone);
  }

  protected render(): Node {
    const { call, meeting } = this;
    this.follow();
    this.tabIndex = -1;
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", strings.prejoin.meeting({ code: meeting.code }));
    // The button that joined is gone, and the focus must not be nowhere.
    queueMicrotask(() => document.activeElement === document.body && this.focus({ preventScroll: true }));
    const sounds = new Sounds(meeting);
    return html`
      <h1 class="visually-hidden">${strings.prejoin.meeting({ code: meeting.code })}</h1>
      <a class="skip" href="#controls" @click=${focusControls}>${strings.room.skip}</a>
      <div class="banners">
        ${meetingBanner(meeting)}
        ${recordingBanner(call)}
        ${troubleBanner(meeting)}
        ${() => sounds.blocked() ? html`
          <div class="banner" role="group"><p>${strings.room.hear}</p>
            <button type="button" class="button" @click=${() => sounds.unblock()}>${strings.room.hearButton}</button>
          </div>` : null}
      </div>
      ${new Stage(call)}
      ${new ReactionShower(call)}
      ${new KnockCard(call)}
      ${() => (call.panel() ? html`<div class="beside-sheet" @mousedown=${(event: Event) => event.preventDefault()} @click=${() => call.closePanel()}></div>` : null)}
      ${() => this.panel()}
      ${new Toolbar(call)}
      ${tileMenu(call)}
      ${new HelpDialog(call)}
      ${sounds}`;
  }

  private panel(): Node | null {
    switch (this.call.panel()) {
      case "chat":
        return new ChatPanel(this.call);
      case "people":
        return new PeoplePanel(this.call);
      case "host":
        return new HostPanel(this.call);
      case "polls":
        return this.pollsPanel()?.(this.call) ?? this.fetchPolls();
      default:
        return null;
    }
  }

  /** Most meetings ask nothing. */
  private fetchPolls(): null {
    later(() => import("./polls-panel")).then(
      ({ PollsPanel }) => this.pollsPanel.set((call) => new PollsPanel(call)),
      () => {
        this.call.closePanel();
        toast(strings.common.unreachable);
      },
    );
    return null;
  }

  /** What lasts as long as the room is on the screen. */
  private follow(): void {
    const { call, meeting } = this;
    becomeApp();
    const queue = new NoticeQueue(call);
    meeting.onNotice = (notice) => queue.add(notice);
    meeting.devices.onLost = (kind, replaced) => toast(strings.room.deviceLost[replaced ? kind : "none"]);
    onDispose(watchNetwork(systemClock, (sign) => meeting.networkChanged(sign)));
    onDispose(handleShortcuts(call));
    onDispose(keepAwake());
    onDispose(() => closeFloating(call));
    listenToOwn(meeting.devices.microphone, computed(() => maySend(meeting.room(), "microphone")));
    const hosting = computed(() => isHosting(meeting.room().role));
    effect(() => {
      if (!hosting() && call.panel() === "host") untracked(() => call.closePanel());
    });
    effect(() => {
      const { stage, floating } = call.pictures;
      const pictures = together(stage(), floating());
      untracked(() => meeting.show(pictures));
    });
    effect(() => {
      const waiting = call.unread() + meeting.room().lobby.length;
      const badge = waiting > 0 ? `(${waiting}) ` : "";
      document.title = `${badge}${meeting.code} – ${strings.common.product}`;
    });
    announcer.say(strings.common.people({ count: meeting.room.peek().people.size + 1 }));
  }
}

function focusControls(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>("#controls [tabindex='0']")?.focus();
}

customElements.define("parley-room", Room);
