// SPDX-License-Identifier: Apache-2.0

import { systemClock } from "../core/clock";
import { computed, effect, Signal, signal, untracked } from "../core/signal";
import { LocalDevices } from "../media/devices";
import { LevelMeter } from "../media/level";
import { emptyLink, LinkEvent, LinkPage, mustCheckInAgain, reduceLink, viewOf } from "../model/link";
import { Appointment, CheckIn, decodeAppointment } from "../protocol/appointments";
import { APIError } from "../protocol/api";
import { BookedFacts, booking, clientNameIn, tokenIn } from "../protocol/booking";
import { appointmentSocket, LiveConnection } from "../protocol/live";
import type { MeetingCode } from "../protocol/messages";
import { announcer } from "./announcer";
import { chime } from "./chime";
import { CheckView } from "./check-view";
import { EarlyView } from "./early-view";
import { EndView, LeftCallView, NoteView } from "./link-ends";
import type { MeetingPage } from "./meeting-page";
import { change, settings } from "./settings";
import { later, strings } from "./strings";
import { recallCheckIn, rememberAppointment, rememberCheckIn } from "./tab-memory";
import { Toasts } from "./toasts";
import { WaitingView } from "./waiting-view";

/** What the server says of a link that leads nowhere. */
const badLinks = new Set(["invalid-link", "link-expired", "revoked", "no-such-appointment"]);
/** How often countdowns are drawn anew. */
const tick = 1_000;

/**
 * The page behind a client's link: shows what the appointment is at now, from too early to the call itself.
 *
 * The call is shown on this same page, so that camera and microphone stay open and nobody is asked twice.
 */
export class AppointmentPage {
  readonly devices = new LocalDevices(settings.peek().devices, settings.peek().denoise);
  readonly meter = new LevelMeter();
  readonly live: LiveConnection<Appointment>;
  private readonly current = signal<LinkPage>(emptyLink);
  readonly page: Signal<LinkPage> = this.current;
  private readonly known = signal<BookedFacts | undefined>(undefined);
  /** What the socket does not tell: consent, time of closing, the booking page. */
  readonly facts: Signal<BookedFacts | undefined> = this.known;
  private readonly time = signal(Date.now());
  readonly now: Signal<number> = this.time;
  private readonly name: string;
  private readonly address = location.pathname + location.search;
  private readonly main = document.querySelector("main") as HTMLElement;
  /** The call we are in, or on our way to: its page is fetched. */
  private call: { readonly code: MeetingCode; page: MeetingPage | undefined } | undefined;
  private devicesWanted = false;

  constructor(readonly token: string) {
    this.live = new LiveConnection({
      socket: appointmentSocket(token),
      clock: systemClock,
      random: Math.random,
      event: "appointment",
      decode: decodeAppointment,
    });
    this.name = clientNameIn(token) ?? settings.peek().name;
    if (this.name) change({ name: this.name });
  }

  open(): void {
    effect(() => this.meter.listen(this.devices.microphone().on ? this.devices.microphone().track : null));
    setInterval(() => this.time.set(Date.now()), tick);
    effect(() => {
      const appointment = this.live.snapshot();
      if (appointment) untracked(() => this.heard({ type: "snapshot", appointment }));
    });
    effect(() => {
      const state = this.live.state();
      if (state.phase === "over") untracked(() => this.heard({ type: "refused", code: state.why.code }));
    });
    const view = computed(() => viewOf(this.page()));
    const meeting = computed(() => (view() === "call" ? this.page().appointment?.meeting : undefined));
    const left = computed(() => this.page().leftCall !== undefined);
    effect(() => {
      const [shown, code, gone] = [view(), meeting(), left()];
      untracked(() => this.show(shown, code, gone));
    });
    this.live.open();
    void this.load();
  }

  /** Asks the server for the facts; called again after the appointment was moved. */
  async load(): Promise<void> {
    try {
      this.known.set(await booking.facts(this.token));
    } catch (error) {
      // The socket says the same, but not while nothing answers at all.
      const code = error instanceof APIError ? error.code : "";
      if (badLinks.has(code) && !this.page.peek().appointment) this.heard({ type: "refused", code });
    }
  }

  async checkIn(checkIn: CheckIn): Promise<void> {
    await this.live.request("check-in", checkIn);
    this.heard({ type: "checked-in", checkIn });
  }

  async leaveQueue(): Promise<void> {
    this.heard({ type: "left-queue" });
    announcer.say(strings.appointment.waiting.left);
    await this.live.request("leave", {}).catch(() => undefined);
  }

  backToCall(): void {
    this.heard({ type: "back-to-call" });
  }

  /** Opens camera and microphone unless they are. */
  startDevices(): void {
    if (this.devicesWanted) return;
    this.devicesWanted = true;
    const { microphone, camera } = settings.peek();
    void this.devices.start({ microphone, camera });
  }

  private heard(event: LinkEvent): void {
    const before = this.page.peek();
    if (event.type === "snapshot" && !before.appointment) {
      // A reload: what was said before still holds.
      const checkIn = recallCheckIn(event.appointment.id);
      if (checkIn) this.current.set({ ...before, checkIn });
    }
    const after = reduceLink(this.page.peek(), event, Date.now());
    this.current.set(after);
    if (after.appointment) rememberCheckIn(after.appointment.id, after.checkIn);
    if (event.type === "snapshot" && mustCheckInAgain(after) && after.checkIn) {
      void this.live.request("check-in", after.checkIn).catch(() => undefined);
    }
    const [was, is] = [before.appointment?.state, after.appointment?.state];
    if (was === "admitted" && is === "waiting") announcer.say(strings.appointment.waiting.sentBack, "assertive");
  }

  private show(view: ReturnType<typeof viewOf>, code: MeetingCode | undefined, left: boolean): void {
    if (view === "call" && code && !left) return this.enterCall(code);
    this.leaveCall();
    document.title = strings.appointment.title;
    switch (view) {
      case "loading":
        return this.draw(new NoteView(strings.appointment.loading, this));
      case "early":
        this.stopDevices();
        return this.draw(new EarlyView(this));
      case "check":
        this.startDevices();
        return this.draw(new CheckView(this));
      case "waiting":
        this.startDevices();
        // At hand when we are called.
        void later(() => import("./meeting-page")).catch(() => undefined);
        return this.draw(new WaitingView(this));
      case "call":
        if (left) this.stopDevices();
        return this.draw(left ? new LeftCallView(this) : new NoteView(strings.appointment.call.joining, this));
      default:
        this.stopDevices();
        return this.draw(new EndView(this, view));
    }
  }

  private enterCall(code: MeetingCode): void {
    if (this.call?.code === code) return;
    this.leaveCall();
    const professional = this.page.peek().appointment?.professional.name ?? "";
    announcer.say(strings.appointment.call.admitted({ name: professional }), "assertive");
    // Who waits for long looks elsewhere.
    void chime();
    rememberAppointment(code, this.token);
    this.startDevices();
    this.draw(new NoteView(strings.appointment.call.joining, this));
    history.replaceState(null, "", `/${code}`);
    const call: NonNullable<typeof this.call> = { code, page: undefined };
    this.call = call;
    later(() => import("./meeting-page")).then(({ MeetingPage }) => {
      if (this.call !== call) return;
      call.page = new MeetingPage({
        code,
        media: { devices: this.devices, meter: this.meter },
        alone: strings.appointment.call.alone({ name: professional }),
        onEnd: () => this.heard({ type: "left-call", meeting: code }),
      });
      void call.page.enter(this.name);
    }, () => {
      // The network is away, and so is the server, which will say again that we are called.
      if (this.call === call) this.call = undefined;
    });
  }

  private leaveCall(): void {
    if (!this.call) return;
    const { code, page } = this.call;
    this.call = undefined;
    page?.leave();
    if (this.page.peek().appointment?.state !== "admitted") rememberAppointment(code, undefined);
    history.replaceState(null, "", this.address);
  }

  private stopDevices(): void {
    this.devicesWanted = false;
    this.devices.close();
  }

  private draw(screen: HTMLElement): void {
    this.main.replaceChildren(screen);
  }
}

document.body.append(new Toasts());
const token = tokenIn(location.href);
if (token) new AppointmentPage(token).open();
else document.querySelector("main")?.replaceChildren(new EndView(undefined, "invalid"));
