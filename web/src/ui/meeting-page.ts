// SPDX-License-Identifier: Apache-2.0

import { effect, scope, type Signal, signal } from "../core/signal";
import { LocalDevices } from "../media/devices";
import { LevelMeter } from "../media/level";
import type { Meeting } from "../model/meeting";
import { api, APIError, MeetingFacts } from "../protocol/api";
import type { MeetingCode, Refusal } from "../protocol/messages";
import { Ending, Over } from "./over";
import { Prejoin } from "./prejoin";
import { remember, settings, TabSeat } from "./settings";
import { later, strings, textFor } from "./strings";
import { loadStyles } from "./styles";

/** How often the screen before a meeting asks who is there. */
const factsPeriod = 5_000;

export interface MeetingPageOptions {
  readonly code: MeetingCode;
  /** Devices that are open already, and the meter that listens to them. */
  readonly media?: { readonly devices: LocalDevices; readonly meter: LevelMeter };
  /** Told instead of the last screen being shown. */
  readonly onEnd?: (ending: Ending) => void;
  /** Said instead of the invitation for others while nobody else is there. */
  readonly alone?: string;
}

/**
 * The meeting page: shows one screen after the other.
 *
 * The room's own code is fetched while the person looks at the preview, so the first screen stays small.
 */
export class MeetingPage {
  private readonly code: MeetingCode;
  readonly devices: LocalDevices;
  private readonly meter: LevelMeter;
  private readonly facts = signal<MeetingFacts | undefined>(undefined);
  private readonly joining = signal(false);
  private readonly problem = signal<string | undefined>(undefined);
  private readonly main = document.querySelector("main") as HTMLElement;

  private readonly stay = signal<Meeting | undefined>(undefined);
  /** The stay in the meeting, from asking to join until it is over. */
  readonly meeting: Signal<Meeting | undefined> = this.stay;
  /** Told why a stay, or the wish for one, came to its end. */
  onOver: (why: string) => void = () => {};

  private leaveMeeting = (): void => {};

  constructor(private readonly options: MeetingPageOptions) {
    const { code, media } = options;
    this.code = code;
    this.devices = media?.devices ?? new LocalDevices(settings.peek().devices, settings.peek().denoise);
    this.meter = media?.meter ?? new LevelMeter();
    if (!media) effect(() => this.meter.listen(this.devices.microphone().on ? this.devices.microphone().track : null));
  }

  /** Goes in at once: the person has been asked everything elsewhere. */
  async enter(name: string): Promise<void> {
    document.title = `${this.code} – ${strings.common.product}`;
    const { microphone, camera } = settings.peek();
    if (!this.options.media) void this.devices.start({ microphone, camera });
    await this.join(name);
  }

  /** Out of the meeting, without a word. The devices stay as they are. */
  leave(): void {
    this.leaveMeeting();
  }

  async open(): Promise<void> {
    document.title = `${this.code} – ${strings.common.product}`;
    const exists = this.ask();
    const { microphone, camera } = settings.peek();
    if (isReload() && new TabSeat(this.code).load()) {
      void this.devices.start({ microphone, camera });
      await this.join(settings.peek().name);
    } else if (await exists) {
      this.prejoin();
      void this.devices.start({ microphone, camera });
    }
    // Fetched early; when that fails, it is fetched again on joining.
    later(() => import("./room")).catch(() => undefined);
    loadStyles("room").catch(() => undefined);
  }

  /** Whether somebody can join: the meeting is there, and the preview is shown or an ending that allows coming back. */
  async isReady(patience: number): Promise<boolean> {
    const until = Date.now() + patience;
    while (!this.main.querySelector("parley-prejoin, parley-over button")) {
      if (Date.now() > until) return false;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return true;
  }

  private prejoin(): void {
    this.joining.set(false);
    const { code, devices, meter, facts, joining, problem } = this;
    this.show(new Prejoin({ code, devices, meter, facts, joining, problem, join: (name) => void this.join(name) }));
    // Asked until the screen changes.
    const timer = setInterval(() => {
      if (this.main.querySelector("parley-prejoin")) void this.ask();
      else clearInterval(timer);
    }, factsPeriod);
  }

  async join(name: string): Promise<void> {
    if (this.joining.peek()) return;
    this.joining.set(true);
    this.problem.set(undefined);
    try {
      const [{ openMeeting, Room }] = await Promise.all([later(() => import("./room")), loadStyles("room")]);
      const meeting = openMeeting({ code: this.code, name, devices: this.devices, meter: this.meter });
      this.leaveMeeting = (): void => {
        stop();
        this.stay.set(undefined);
        meeting.leave();
      };
      const stop = scope(() => {
        effect(() => {
          const state = meeting.state();
          if (state.phase === "joined" && this.joining.peek()) {
            this.joining.set(false);
            if (!this.options.onEnd) remember(this.code);
            this.show(new Room(meeting, this.options.alone));
          } else if (state.phase === "lobby") {
            void this.lobby(meeting);
          } else if (state.phase === "waiting" && this.joining.peek()) {
            this.problem.set(strings.common.unreachable);
            if (!this.options.onEnd && !this.main.querySelector("parley-prejoin")) this.prejoin();
          } else if (state.phase === "over") {
            queueMicrotask(() => {
              stop();
              meeting.close();
              this.stay.set(undefined);
              this.onOver(typeof state.why === "string" ? state.why : state.why.code);
              this.ended(state.why);
            });
          }
        });
      });
      this.stay.set(meeting);
      meeting.join();
    } catch {
      // The room's code or its styles could not be fetched.
      this.joining.set(false);
      this.problem.set(strings.common.unreachable);
    }
  }

  /** Its code comes with the room's: most people never wait. */
  private async lobby(meeting: Meeting): Promise<void> {
    try {
      const { LobbyView } = await later(() => import("./lobby-view"));
      if (meeting.state.peek().phase === "lobby") this.show(new LobbyView(meeting));
    } catch {
      // We do wait, and come in when we are let in.
      this.problem.set(strings.common.unreachable);
    }
  }

  private ended(why: "left" | "replaced" | "ended" | "removed" | Refusal): void {
    const wasInside = !this.joining.peek();
    this.joining.set(false);
    if (typeof why === "string") return this.over(why);
    if (why.code === "no-such-meeting") return this.over("unknown");
    if (why.code === "meeting-ended") return this.over("ended");
    const sentence = textFor(strings.refusals, why.code) ?? why.message;
    if (wasInside || this.options.onEnd) return this.over({ refused: sentence });
    this.problem.set(sentence);
    void this.ask();
    if (!this.main.querySelector("parley-prejoin")) this.prejoin();
    return undefined;
  }

  private over(ending: Ending): void {
    if (this.options.onEnd) return this.options.onEnd(ending);
    this.devices.close();
    this.show(new Over(ending, () => this.again(ending)));
  }

  /** Straight back for somebody who was inside; from the start for the others. */
  private again(ending: Ending): void {
    const { microphone, camera } = settings.peek();
    void this.devices.start({ microphone, camera });
    if (ending === "left" || ending === "replaced") void this.join(settings.peek().name);
    else {
      void this.ask();
      this.prejoin();
    }
  }

  /** Whether the meeting exists; when the server cannot say, joining will. */
  private async ask(): Promise<boolean> {
    try {
      this.facts.set(await api.meeting(this.code));
    } catch (error) {
      if (error instanceof APIError && error.code === "no-such-meeting") {
        this.over("unknown");
        return false;
      }
    }
    return true;
  }

  private show(screen: HTMLElement): void {
    this.main.replaceChildren(screen);
  }
}

function isReload(): boolean {
  const [entry] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return entry?.type === "reload";
}
