// SPDX-License-Identifier: Apache-2.0

import { systemClock } from "../core/clock";
import { computed, effect, onDispose, Signal, signal, untracked } from "../core/signal";
import { isZone } from "../model/calendar";
import { arrivals, departures, emptyOffice, Office, officeOf } from "../model/dashboard";
import type { User } from "../protocol/accounts";
import { Dashboard, decodeDashboard, Status, Visit } from "../protocol/appointments";
import { appointmentSocket, LiveConnection, LiveRefusal } from "../protocol/live";
import { meetingCode, MeetingCode } from "../protocol/messages";
import { announcer } from "./announcer";
import { confirmed } from "./ask";
import { chime } from "./chime";
import { change, settings } from "./settings";
import { strings } from "./strings";
import { handOver } from "./tab-memory";
import { toast } from "./toasts";
import { ownZone } from "./when";

const tick = 1_000;

/** What a professional sees and does: the live state of all appointments, and every action on one. */
export class Desk {
  readonly live = new LiveConnection<Dashboard>({
    socket: appointmentSocket(),
    clock: systemClock,
    random: Math.random,
    event: "dashboard",
    decode: decodeDashboard,
  });
  readonly office: Signal<Office>;
  /** The zone in which days begin and times are shown. */
  readonly zone: string;
  private readonly skew = signal(0);
  private readonly time = signal(Date.now());
  /** Now by the server's clock. */
  readonly now: Signal<number>;
  /** The appointment that was acted upon: the focus follows it into its new list. */
  private followed: string | undefined;

  constructor(readonly user: User) {
    this.zone = user.zone && isZone(user.zone) ? user.zone : ownZone;
    this.office = computed(() => {
      const dashboard = this.live.snapshot();
      return dashboard ? officeOf(dashboard, this.zone) : emptyOffice;
    });
    this.now = computed(() => this.time() + this.skew());
    if (!settings.peek().name) change({ name: user.name });
  }

  /** Lasts as long as the surrounding scope. */
  open(): void {
    const timer = setInterval(() => this.time.set(Date.now()), tick);
    onDispose(() => clearInterval(timer));
    let before: Dashboard | undefined;
    effect(() => {
      const after = this.live.snapshot();
      if (!after) return;
      untracked(() => this.tell(before, after));
      before = after;
    });
    effect(() => {
      const count = this.office().waiting.length;
      document.title = count > 0 ? strings.dashboard.titleWaiting({ count }) : strings.dashboard.title;
    });
    this.live.open();
  }

  setStatus(status: Status): void {
    void this.attempt(() => this.live.request("status", { status }));
  }

  /** Lets a client in and opens the call in another tab, so that the queue stays in sight. */
  async admit({ id, client }: Visit): Promise<void> {
    this.followed = id;
    // A tab may be opened only as the direct answer to a click, which the answer of the server is not.
    const tab = window.open("about:blank", "_blank");
    try {
      const { meeting } = await this.live.request("admit", { id });
      const code = typeof meeting === "string" ? meetingCode(meeting) : undefined;
      if (code) this.enter(code, client.name, tab);
      else tab?.close();
    } catch (error) {
      tab?.close();
      toast(sentenceFor(error));
    }
  }

  join({ meeting, client }: Visit): void {
    if (meeting) this.enter(meeting, client.name, window.open("about:blank", "_blank"));
  }

  sendBack({ id }: Visit): void {
    this.act("send-back", id);
  }

  async finish({ id, client }: Visit): Promise<void> {
    const { finishConfirm, finish } = strings.dashboard.visit;
    const question = finishConfirm.question({ name: client.name });
    if (await confirmed({ question, detail: finishConfirm.detail, yes: finish })) this.act("finish", id);
  }

  /** Saves what the professional wrote. Throws `LiveRefusal`. */
  async saveNotes(id: string, text: string): Promise<void> {
    await this.live.request("notes", { id, text });
  }

  /** Whether the focus is to go to this appointment, which has come to a new place. Asked once. */
  takesFocus(id: string): boolean {
    if (this.followed !== id) return false;
    this.followed = undefined;
    return true;
  }

  /** Runs `work` and tells when it fails. */
  async attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      toast(sentenceFor(error));
      return false;
    }
  }

  private act(event: string, id: string): void {
    this.followed = id;
    void this.attempt(() => this.live.request(event, { id }));
  }

  private enter(code: MeetingCode, client: string, tab: Window | null): void {
    handOver({ code, name: this.user.name, alone: strings.dashboard.visit.alone({ name: client }) });
    if (!tab) return toast(strings.dashboard.visit.blocked);
    tab.location.replace(`/${code}`);
    return announcer.say(strings.dashboard.visit.opened);
  }

  private tell(before: Dashboard | undefined, after: Dashboard): void {
    this.skew.set(after.now - Date.now());
    const came = arrivals(before, after);
    for (const { client } of came) toast(strings.dashboard.arrived({ name: client.name }));
    for (const { client } of departures(before, after)) toast(strings.dashboard.gone({ name: client.name }));
    if (came.length > 0 && settings.peek().chime) void chime();
  }
}

function sentenceFor(error: unknown): string {
  const fallback = strings.dashboard.visit.failed;
  return error instanceof LiveRefusal || error instanceof Error ? error.message || fallback : fallback;
}
