// SPDX-License-Identifier: Apache-2.0

import { computed, effect, untracked } from "../core/signal";
import { openShare } from "../media/share";
import { asked, Command, EmbeddingEvent, embeddingVersion, eventsBetween, isHello, outside, Phase, Problem, Snapshot } from "../model/embedding";
import type { Meeting } from "../model/meeting";
import type { MeetingPage } from "./meeting-page";
import { change, settings } from "./settings";

/** How long a request to join waits for the preview, which comes once the server has said that there is a meeting. */
const patience = 10_000;

/**
 * Speaks with the page around the frame: takes its requests and tells it what happens.
 *
 * The server lets only pages of `embedding.origins` show a meeting in a frame (frame-ancestors), so whoever is around
 * it may do what is offered here. Nothing is told before that page has said hello, and then only to its origin.
 */
export class Embedded {
  private readonly page: MeetingPage;
  private origin: string | undefined;
  private told: Snapshot = outside;

  constructor(page: MeetingPage) {
    this.page = page;
    document.documentElement.dataset["embedded"] = "";
    window.addEventListener("message", ({ data, origin, source }) => {
      if (source === window.parent) this.hear(data, origin);
    });
    const snapshot = computed(() => this.snapshot());
    effect(() => {
      const now = snapshot();
      untracked(() => this.follow(now));
    });
    page.onOver = (why) => this.tell({ event: "left", why });
    // Says nothing but that it is there: who is around it is not known yet.
    window.parent.postMessage({ parley: embeddingVersion, type: "ready" }, "*");
  }

  private snapshot(): Snapshot {
    const { devices } = this.page;
    const meeting = this.page.meeting();
    const on = { microphone: devices.microphone().on, camera: devices.camera().on };
    if (!meeting) return { ...outside, ...on };
    const { self, people, hands } = meeting.room();
    const phase = phaseOf(meeting);
    return {
      ...on,
      phase,
      self: self && phase === "inside" ? { id: self.id, name: self.name } : undefined,
      people: phase === "inside" ? [...people.values()].map(({ id, name }) => ({ id, name })) : [],
      share: meeting.share() !== null,
      hand: hands.some(({ participant }) => participant === self?.id),
    };
  }

  private follow(now: Snapshot): void {
    const events = eventsBetween(this.told, now);
    this.told = now;
    for (const event of events) this.tell(event);
  }

  private tell(event: EmbeddingEvent): void {
    this.post({ type: "event", ...event });
  }

  private post(message: Readonly<Record<string, unknown>>): void {
    if (this.origin !== undefined) window.parent.postMessage({ parley: embeddingVersion, ...message }, this.origin);
  }

  private hear(data: unknown, origin: string): void {
    if (isHello(data)) {
      this.origin = origin;
      return this.post({ type: "state", state: this.told });
    }
    const request = asked(data);
    if (!request || origin !== this.origin) return;
    const { id, command } = request;
    if (!command) return this.answer(id, "bad-request");
    void this.perform(command).then((problem) => this.answer(id, problem), () => this.answer(id, "unavailable"));
  }

  private answer(id: number, problem: Problem | undefined): void {
    this.post(problem ? { type: "answer", id, ok: false, problem } : { type: "answer", id, ok: true, state: this.told });
  }

  /** Does what the page asks for; says why not. */
  private async perform(command: Command): Promise<Problem | undefined> {
    const meeting = this.page.meeting.peek();
    switch (command.command) {
      case "state":
        return undefined;
      case "join":
        return this.join(command);
      case "leave":
        if (!meeting) return "not-joined";
        meeting.leave();
        return undefined;
      case "microphone":
        change({ microphone: command.on });
        await this.page.devices.setMicrophone(command.on);
        return this.page.devices.microphone.peek().problem ? "unavailable" : undefined;
      case "camera":
        change({ camera: command.on });
        await this.page.devices.setCamera(command.on);
        return this.page.devices.camera.peek().problem ? "unavailable" : undefined;
      case "hand":
        if (this.told.phase !== "inside" || !meeting) return "not-joined";
        if (this.told.hand !== command.on) meeting.raiseHand(command.on);
        return undefined;
      case "share":
        return this.share(command.on, meeting);
    }
  }

  private async join({ name, microphone, camera }: Extract<Command, { command: "join" }>): Promise<Problem | undefined> {
    if (this.told.phase !== "outside") return "already-joined";
    const called = (name ?? settings.peek().name).trim();
    if (!called) return "name-missing";
    const { devices } = this.page;
    if (microphone !== undefined) change({ microphone });
    if (camera !== undefined) change({ camera });
    change({ name: called });
    if (!(await this.page.isReady(patience))) return "unavailable";
    await Promise.all([
      microphone !== undefined && devices.microphone.peek().on !== microphone ? devices.setMicrophone(microphone) : undefined,
      camera !== undefined && devices.camera.peek().on !== camera ? devices.setCamera(camera) : undefined,
    ]);
    await this.page.join(called);
    return undefined;
  }

  /** Browsers ask which screen, and only right after a click: in the frame, or delegated by the page's. */
  private async share(on: boolean, meeting: Meeting | undefined): Promise<Problem | undefined> {
    if (this.told.phase !== "inside" || !meeting) return "not-joined";
    if (on === this.told.share) return undefined;
    if (!on) {
      meeting.stopShare();
      return undefined;
    }
    const result = await openShare();
    if ("problem" in result) return result.problem === "dismissed" ? "needs-click" : "unavailable";
    meeting.startShare(result.stream);
    return undefined;
  }
}

function phaseOf(meeting: Meeting): Phase {
  switch (meeting.state().phase) {
    case "lobby":
      return "waiting";
    case "over":
      return "outside";
    default:
      // A lost connection keeps the seat; who has just got one knows in a moment who they are.
      return meeting.room().self ? "inside" : "joining";
  }
}
