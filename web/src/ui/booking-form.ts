// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { Signal, signal } from "../core/signal";
import { View } from "../core/view";
import { span, zoneName } from "../model/calendar";
import type { Slot } from "../protocol/booking";
import { limits } from "../protocol/messages";
import { icon } from "./icon";
import clockIcon from "./icons/clock.svg";
import { settings } from "./settings";
import { strings } from "./strings";
import { written } from "./when";

export interface BookingDetails {
  readonly name: string;
  readonly email?: string;
  readonly note?: string;
}

export interface BookingFormOptions {
  readonly when: { readonly slot: Slot; readonly zone: string };
  readonly professional: string;
  /** Why the last try failed, as a sentence. */
  readonly problem: Signal<string>;
  readonly back: () => void;
  readonly book: (details: BookingDetails) => Promise<void>;
}

const longestNote = 2_000;

/** Who books, under the time that was chosen. */
export class BookingForm extends View {
  private readonly nameProblem = signal("");
  private readonly emailProblem = signal("");
  private readonly busy = signal(false);

  constructor(private readonly options: BookingFormOptions) {
    super();
    this.className = "booking-form";
  }

  protected render(): Node {
    const text = strings.booking.details;
    const { when: { slot, zone }, professional, problem, back } = this.options;
    return html`
      <h2 tabindex="-1">${text.heading}</h2>
      <div class="chosen">
        ${icon(clockIcon)}
        <p><span class="visually-hidden">${text.chosen}: </span><strong>${written(span(slot, zone), slot.start)}</strong><br>
          <small>${zoneName(zone, slot.start)}</small></p>
        <button type="button" class="button quiet" @click=${back}>${text.change}</button>
      </div>
      <form class="fields" novalidate @submit=${(event: Event) => void this.submit(event)}>
        <label class="field"><span>${text.name}</span>
          <input name="name" type="text" autocomplete="name" maxlength=${limits.name} required .value=${settings.peek().name}
            aria-describedby="name-problem" aria-invalid=${() => (this.nameProblem() ? "true" : undefined)}></label>
        <p id="name-problem" class="error" role="alert">${this.nameProblem}</p>
        <label class="field"><span>${text.email}</span>
          <input name="email" type="email" autocomplete="email" maxlength="254" aria-describedby="email-hint email-problem"
            aria-invalid=${() => (this.emailProblem() ? "true" : undefined)}></label>
        <p id="email-hint" class="hint">${text.emailDetail({ name: professional })}</p>
        <p id="email-problem" class="error" role="alert">${this.emailProblem}</p>
        <label class="field"><span>${text.note}</span>
          <textarea name="note" rows="3" maxlength=${longestNote}></textarea></label>
        <p class="error" role="alert">${problem}</p>
        <button class="button primary large" aria-disabled=${() => (this.busy() ? "true" : undefined)}>
          ${() => (this.busy() ? text.booking : text.book)}</button>
      </form>`;
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy.peek()) return;
    const { elements } = event.target as HTMLFormElement;
    const field = (name: string): HTMLInputElement => elements.namedItem(name) as HTMLInputElement;
    const [name, email, note] = ["name", "email", "note"].map((each) => field(each).value.trim()) as [string, string, string];
    this.nameProblem.set(name ? "" : strings.booking.details.nameMissing);
    this.emailProblem.set(!email || /^[^\s@]+@[^\s@]+$/.test(email) ? "" : strings.booking.details.emailWrong);
    if (this.nameProblem.peek()) return field("name").focus();
    if (this.emailProblem.peek()) return field("email").focus();
    this.busy.set(true);
    await this.options.book({ name, ...(email ? { email } : {}), ...(note ? { note } : {}) });
    this.busy.set(false);
  }
}

customElements.define("parley-booking-form", BookingForm);
