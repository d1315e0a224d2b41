// SPDX-License-Identifier: Apache-2.0

import { systemClock } from "../core/clock";
import { html } from "../core/html";
import { effect, onDispose } from "../core/signal";
import { View } from "../core/view";
import type { LocalDevices } from "../media/devices";
import type { LevelMeter } from "../media/level";
import { openMedia } from "../media/forwarded";
import { watchNetwork } from "../media/network";
import { Meeting } from "../model/meeting";
import type { MeetingCode } from "../protocol/messages";
import { meetingSocket } from "../protocol/socket";
import { announcer } from "./announcer";
import { connectionBanner } from "./banner";
import { Call } from "./call";
import { ChatPanel } from "./chat-panel";
import { HelpDialog } from "./help-dialog";
import { NoticeQueue } from "./notice-queue";
import { PeoplePanel } from "./people-panel";
import { settings, TabSeat } from "./settings";
import { handleShortcuts } from "./shortcuts";
import { Sounds } from "./sounds";
import { Stage } from "./stage";
import { strings } from "./strings/en";
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
  });
}

/** The meeting itself: the stage, one panel, the controls, and everything that goes on as long as the call does. */
export class Room extends View {
  private readonly call: Call;

  constructor(private readonly meeting: Meeting, alone?: string) {
    super();
    this.className = "room";
    this.call = new Call(meeting, alone);
  }

  protected render(): Node {
    const { call, meeting } = this;
    this.follow();
    const sounds = new Sounds(meeting);
    return html`
      <h1 class="visually-hidden">${strings.prejoin.meeting(meeting.code)}</h1>
      <a class="skip" href="#controls" @click=${focusControls}>${strings.room.skip}</a>
      <div class="banners">
        ${connectionBanner(meeting.connection)}
        ${troubleBanner(meeting)}
        ${() => sounds.blocked() ? html`
          <div class="banner" role="group"><p>${strings.room.hear}</p>
            <button type="button" class="button" @click=${() => sounds.unblock()}>${strings.room.hearButton}</button>
          </div>` : null}
      </div>
      ${new Stage(call)}
      ${() => this.panel()}
      ${new Toolbar(call)}
      ${new HelpDialog(call)}
      ${sounds}`;
  }

  private panel(): Node | null {
    switch (this.call.panel()) {
      case "chat":
        return new ChatPanel(this.call);
      case "people":
        return new PeoplePanel(this.call);
      default:
        return null;
    }
  }

  /** What lasts as long as the room is on the screen. */
  private follow(): void {
    const { call, meeting } = this;
    const queue = new NoticeQueue(call);
    meeting.onNotice = (notice) => queue.add(notice);
    meeting.devices.onLost = (kind, replaced) => toast(strings.room.deviceLost[replaced ? kind : "none"]);
    onDispose(watchNetwork(systemClock, () => meeting.networkChanged()));
    onDispose(handleShortcuts(call));
    onDispose(keepAwake());
    effect(() => {
      const badge = call.unread() > 0 ? `(${call.unread()}) ` : "";
      document.title = `${badge}${meeting.code} – ${strings.product}`;
    });
    announcer.say(strings.people(meeting.room.peek().people.size + 1));
  }
}

function focusControls(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>("#controls [tabindex='0']")?.focus();
}

customElements.define("parley-room", Room);
