// SPDX-License-Identifier: Apache-2.0

import { type Child, html } from "../core/html";
import { signal } from "../core/signal";
import { View } from "../core/view";
import { dayOf, fieldTime, instantOf, zoneName } from "../model/calendar";
import { APIError } from "../protocol/api";
import type { Visit } from "../protocol/appointments";
import { limits } from "../protocol/messages";
import { office } from "../protocol/office";
import { copyText } from "./copy";
import { fieldsOf, once, problemSignals, submitButton, textField } from "./form";
import { strings } from "./strings";
import { toast } from "./toasts";

export interface PlanOptions {
  readonly zone: string;
  readonly now: number;
  /** The appointment to move; without one a new one is made. */
  readonly visit?: Visit;
}

/** Asks when: for a new appointment, whose link is then shown, or for another time of one. */
export class PlanDialog extends View {
  private readonly problems = problemSignals("name", "time", "all");
  private readonly busy = signal(false);
  private readonly link = signal("");

  constructor(private readonly options: PlanOptions) {
    super();
  }

  /** Shows the dialog over the page until it is closed; the focus then goes back to where it was. */
  static open(options: PlanOptions): void {
    const made = new PlanDialog(options);
    document.body.append(made);
    made.dialog?.showModal();
  }

  private get dialog(): HTMLDialogElement | null {
    return this.querySelector("dialog");
  }

  protected render(): Node {
    const text = strings.dashboard.plan;
    const { visit } = this.options;
    return html`
      <dialog class="card ask" aria-labelledby="plan-title" @close=${() => this.remove()}>
        <h2 id="plan-title">${visit ? text.moveHeading({ name: visit.client.name }) : text.createHeading}</h2>
        <p class="hint">${visit ? text.moveDetail : text.createDetail}</p>
        ${() => (this.link() ? this.result() : this.form())}
      </dialog>`;
  }

  private form(): Child {
    const text = strings.dashboard.plan;
    const { visit, zone, now } = this.options;
    const hour = 3_600_000;
    // The next full hour, for want of anything better.
    const start = visit?.start ?? Math.ceil(now / hour) * hour;
    return html`
      <form class="fields" novalidate @submit=${(event: Event) => void this.submit(event)}>
        ${visit ? null : textField({ name: "name", label: text.name, longest: limits.name, problem: this.problems.name })}
        ${visit ? null : textField({ name: "email", label: text.email, type: "email" })}
        <div class="field-row">
          <label class="field"><span>${text.day}</span><input type="date" name="day" .value=${dayOf(start, zone)}></label>
          <label class="field"><span>${text.time}</span><input type="time" name="time" .value=${fieldTime(start, zone)}></label>
        </div>
        <p class="hint">${text.zone({ zone: zoneName(zone, start) })}</p>
        <p class="error" role="alert">${this.problems.time}</p>
        <p class="error" role="alert">${this.problems.all}</p>
        <div class="actions">
          ${submitButton(text.save, text.saving, this.busy, false)}
          <button type="button" class="button quiet" @click=${() => this.dialog?.close()}>${text.cancel}</button>
        </div>
      </form>`;
  }

  private result(): Child {
    const text = strings.dashboard;
    const copy = async (): Promise<void> => toast((await copyText(this.link.peek())) ? text.visit.copied : text.visit.copyFailed);
    queueMicrotask(() => this.querySelector<HTMLElement>(".invite-link")?.focus());
    return html`
      <div class="fields">
        <label class="field"><span>${text.plan.created}</span>
          <input class="invite-link" readonly .value=${this.link.peek()} @focus=${(event: Event) => (event.target as HTMLInputElement).select()}></label>
        <div class="actions">
          <button type="button" class="button primary" @click=${() => void copy()}>${text.visit.copyLink}</button>
          <button type="button" class="button quiet" @click=${() => this.dialog?.close()}>${text.plan.close}</button>
        </div>
      </div>`;
  }

  private async submit(event: Event): Promise<void> {
    const text = strings.dashboard.plan;
    const { visit, zone } = this.options;
    const form = fieldsOf(event);
    const name = visit ? visit.client.name : form.value("name").trim();
    const start = instantOf(form.value("day"), form.value("time"), zone);
    this.problems.all.set("");
    this.problems.name.set(name ? "" : text.nameMissing);
    this.problems.time.set(start === undefined ? text.timeMissing : "");
    if (!name) return form.focus("name");
    if (start === undefined) return form.focus("day");
    const email = visit ? "" : form.value("email").trim();
    return once(this.busy, async () => {
      try {
        if (visit) await this.move(visit, start);
        else this.link.set(new URL((await office.create({ start, name, ...(email ? { email } : {}) })).link, location.origin).href);
      } catch (error) {
        const { code, message } = error instanceof APIError ? error : new APIError("", "");
        this.problems.all.set(code === "slot-taken" ? text.taken : message || text.failed);
      }
    });
  }

  private async move({ id }: Visit, start: number): Promise<void> {
    await office.move(id, start);
    this.dialog?.close();
    toast(strings.dashboard.plan.moved);
  }
}

customElements.define("parley-plan", PlanDialog);
