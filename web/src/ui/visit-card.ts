// SPDX-License-Identifier: Apache-2.0

import { type Child, html } from "../core/html";
import { computed, Signal, signal } from "../core/signal";
import { View } from "../core/view";
import { timeOfDay } from "../model/calendar";
import { minutesSince } from "../model/dashboard";
import type { CheckIn, Visit } from "../protocol/appointments";
import { office } from "../protocol/office";
import { confirmed } from "./ask";
import { copyText } from "./copy";
import type { Desk } from "./desk";
import { icon } from "./icon";
import cameraIcon from "./icons/camera.svg";
import cameraOffIcon from "./icons/camera-off.svg";
import checkIcon from "./icons/check.svg";
import clockIcon from "./icons/clock.svg";
import microphoneIcon from "./icons/microphone.svg";
import microphoneOffIcon from "./icons/microphone-off.svg";
import signalIcon from "./icons/signal.svg";
import { NotesField } from "./notes-field";
import { colourOf, initials } from "./person";
import { PlanDialog } from "./plan-dialog";
import { strings } from "./strings";
import { toast } from "./toasts";
import { written } from "./when";

/** One appointment with all that can be done about it now. Large ones have their main actions at hand. */
export class VisitCard extends View {
  private readonly newLink = signal("");

  constructor(private readonly desk: Desk, private readonly visit: Signal<Visit>, private readonly large: boolean) {
    super();
    this.className = "visit";
  }

  protected render(): Node {
    const { visit, desk } = this;
    const name = (): string => visit().client.name;
    const state = computed(() => visit().state);
    const hasMeeting = computed(() => visit().meeting !== undefined);
    const checkIn = computed(() => visit().checkIn, sameJSON);
    const place = (element: Element): void => {
      if (desk.takesFocus(visit.peek().id)) requestAnimationFrame(() => (element as HTMLElement).focus());
    };
    return html`
      <article class=${this.large ? "visit-card large" : "visit-card"} data-state=${state} aria-label=${() => `${name()}, ${strings.dashboard.visit.states[state()]}`}>
        <div class="visit-head">
          <span class="avatar small" aria-hidden="true" data-colour=${() => colourOf(name())}>${() => initials(name())}</span>
          <div class="visit-who">
            <h3 tabindex="-1" ref=${place}>${name}</h3>
            <p class="visit-when">${() => this.time()} ${() => this.remark()}</p>
          </div>
          ${this.large ? html`<div class="visit-actions">${() => this.actions(state(), hasMeeting())}</div>` : null}
        </div>
        ${() => (checkIn() && state() === "waiting" ? findings(checkIn() as CheckIn) : null)}
        ${() => (visit().note ? html`<p class="visit-note"><span>${strings.dashboard.visit.note}:</span> ${visit().note}</p>` : null)}
        <div class="visit-foot">${new NotesField(desk, visit)} ${() => this.more(state())}</div>
      </article>`;
  }

  private time(): Node {
    const { start, end } = this.visit();
    const { zone } = this.desk;
    return html`${written(timeOfDay(start, zone), start)} – ${written(timeOfDay(end, zone), end)}`;
  }

  /** What is worth knowing besides the time, in a few words. */
  private remark(): Child {
    const text = strings.dashboard;
    const { state, waitingSince, connected, foreign, end } = this.visit();
    if (foreign && state === "admitted") return html`<span class="warn">${text.visit.foreign}</span>`;
    if (state === "waiting") {
      const since = text.waiting.since({ count: minutesSince(waitingSince ?? this.desk.now(), this.desk.now()) });
      const warning = foreign ? text.visit.foreign : connected ? "" : text.waiting.disconnected;
      return html`<span class="wait">${icon(clockIcon)} ${since}</span>${warning ? html` <span class="warn">${warning}</span>` : null}`;
    }
    if (state === "booked" && this.desk.now() > end) return html`<span class="warn">${text.visit.missed}</span>`;
    if (state === "booked" && connected) return html`<span class="wait">${text.visit.here}</span>`;
    return state === "finished" || state === "cancelled" ? html`<span class="state">${text.visit.states[state]}</span>` : null;
  }

  private actions(state: Visit["state"], hasMeeting: boolean): Child {
    const text = strings.dashboard.visit;
    const { desk, visit } = this;
    const { name } = visit.peek().client;
    const button = (kind: string, label: string, full: string, run: () => unknown): Node => html`
      <button type="button" class=${`button ${kind}`} aria-label=${full} @click=${() => void run()}>${label}</button>`;
    if (state === "waiting") return button("primary", text.admit, text.admitOf({ name }), () => desk.admit(visit.peek()));
    if (state !== "admitted") return null;
    return [
      hasMeeting ? button("primary", text.join, text.joinOf({ name }), () => desk.join(visit.peek())) : null,
      button("quiet", text.sendBack, text.sendBackOf({ name }), () => desk.sendBack(visit.peek())),
      button("danger", text.finish, text.finishOf({ name }), () => void desk.finish(visit.peek())),
    ];
  }

  private more(state: Visit["state"]): Child {
    const text = strings.dashboard.visit;
    if (state !== "booked" && state !== "waiting") return null;
    const { name } = this.visit.peek().client;
    return html`
      <details class="more">
        <summary aria-label=${text.moreOf({ name })}>${text.more}</summary>
        <div class="actions">
          <button type="button" class="button quiet" @click=${() => this.move()}>${strings.dashboard.plan.move}</button>
          <button type="button" class="button quiet" @click=${() => void this.revoke()}>${text.revoke}</button>
          <button type="button" class="button danger" @click=${() => void this.cancel()}>${text.cancel}</button>
        </div>
        ${() => this.linkField()}
      </details>`;
  }

  private linkField(): Child {
    const text = strings.dashboard.visit;
    const link = this.newLink();
    if (!link) return null;
    const copy = async (): Promise<void> => toast((await copyText(link)) ? text.copied : text.copyFailed);
    return html`
      <label class="field"><span>${text.newLink}</span>
        <input class="invite-link" readonly .value=${link} @focus=${(event: Event) => (event.target as HTMLInputElement).select()}></label>
      <button type="button" class="button" @click=${() => void copy()}>${text.copyLink}</button>`;
  }

  private move(): void {
    PlanDialog.open({ zone: this.desk.zone, now: this.desk.now.peek(), visit: this.visit.peek() });
  }

  private async revoke(): Promise<void> {
    const { id, client } = this.visit.peek();
    const { revokeConfirm, revoke } = strings.dashboard.visit;
    if (!(await confirmed({ question: revokeConfirm.question({ name: client.name }), detail: revokeConfirm.detail, yes: revoke }))) return;
    await this.desk.attempt(async () => {
      const { link } = await office.revoke(id);
      this.newLink.set(new URL(link, location.origin).href);
    });
  }

  private async cancel(): Promise<void> {
    const { id, client } = this.visit.peek();
    const { cancelConfirm, cancel, keep } = strings.dashboard.visit;
    const question = cancelConfirm.question({ name: client.name });
    if (!(await confirmed({ question, detail: cancelConfirm.detail, yes: cancel, no: keep }))) return;
    await this.desk.attempt(() => office.cancel(id));
  }
}

/** What the client's device check found: a picture and words for each, never colour alone. */
function findings({ camera, microphone, network, consent }: CheckIn): Node {
  const text = strings.dashboard.check;
  const chip = (picture: string, words: string, good: boolean): Node => html`<li data-good=${String(good)}>${icon(picture)} ${words}</li>`;
  return html`
    <ul class="check-in" aria-label=${strings.dashboard.waiting.checkedIn}>
      ${chip(camera === "ok" ? cameraIcon : cameraOffIcon, text.camera[camera], camera === "ok")}
      ${chip(microphone === "ok" ? microphoneIcon : microphoneOffIcon, text.microphone[microphone], microphone === "ok")}
      ${chip(signalIcon, text.network[network], network === "good")}
      ${consent ? chip(checkIcon, text.consent, true) : null}
    </ul>`;
}

function sameJSON(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

customElements.define("parley-visit", VisitCard);
