// SPDX-License-Identifier: Apache-2.0

import { type Child, html } from "../core/html";
import { signal } from "../core/signal";
import { View } from "../core/view";
import { zoneName } from "../model/calendar";
import { hoursOf, HoursRow, problemOfRow, rowsOf, slugOf } from "../model/hours";
import { APIError } from "../protocol/api";
import { BookingSettings, office } from "../protocol/office";
import type { Desk } from "./desk";
import { once, problemSignals, submitButton, textField } from "./form";
import { HoursEditor } from "./hours-editor";
import { strings } from "./strings";
import { long } from "./words";
import { toast } from "./toasts";

const lengths = [10, 15, 20, 25, 30, 40, 45, 50, 60, 90, 120];
const leads = [0, 30, 60, 120, 240, 720, 1_440, 2_880];
const horizons = [7, 14, 28, 42, 56, 84, 182];

/** What a professional who has never been here starts with: weekdays, nine to five, with a break. */
function firstSettings(name: string): BookingSettings {
  const days = [1, 2, 3, 4, 5];
  const availability = days.flatMap((weekday) => [{ weekday, start: 540, end: 720 }, { weekday, start: 780, end: 1_020 }]);
  return {
    slug: slugOf(name), open: true, slotMinutes: 30, leadMinutes: 120, horizonDays: 28, intro: "", consent: "", availability,
  };
}

/** The form behind a professional's booking page. */
export class BookingSettingsView extends View {
  private readonly settings = signal<BookingSettings | undefined>(undefined);
  private readonly rows = signal<readonly HoursRow[]>([]);
  private readonly busy = signal(false);
  private readonly problems = problemSignals("slug", "load", "all");
  private readonly changed = signal(false);
  /** Row problems are told after the first try to save, not while somebody is typing. */
  private readonly strict = signal(false);

  constructor(private readonly desk: Desk) {
    super();
    this.className = "booking-settings";
  }

  protected render(): Node {
    void this.load();
    return html`
      <section class="card" aria-labelledby="booking-title">
        <h1 id="booking-title">${strings.dashboard.booking.heading}</h1>
        <p class="error" role="alert">${this.problems.load}</p>
        ${() => {
          const settings = this.settings();
          return settings ? this.form(settings) : null;
        }}
      </section>`;
  }

  private async load(): Promise<void> {
    try {
      this.take(await office.settings());
    } catch {
      this.problems.load.set(strings.dashboard.booking.loadFailed);
    }
  }

  private take(found: BookingSettings): void {
    const settings = found.slug ? found : firstSettings(this.desk.user.name);
    this.rows.set(rowsOf(settings.availability));
    this.settings.set(settings);
  }

  private form(settings: BookingSettings): Node {
    const text = strings.dashboard.booking;
    const touched = (): void => this.changed.set(true);
    return html`
      <form class="fields" novalidate @submit=${(event: Event) => void this.submit(event)} @input=${touched}>
        <label class="check switch"><input type="checkbox" name="open" .checked=${settings.open}>
          <span><strong>${text.open}</strong><br><small>${text.openDetail}</small></span></label>
        ${textField({ name: "slug", label: text.slug, value: settings.slug, longest: 40, hint: `${location.origin}/book/… ${text.slugDetail}`, problem: this.problems.slug })}
        <div class="field-row">
          ${choice("slotMinutes", text.length, lengths, settings.slotMinutes, (count) => long(count, "minute"))}
          ${choice("leadMinutes", text.lead, leads, settings.leadMinutes, leadOf)}
          ${choice("horizonDays", text.horizon, horizons, settings.horizonDays, horizonOf)}
        </div>
        ${area("intro", text.intro, text.introDetail, settings.intro, 5_000)}
        ${area("consent", text.consent, text.consentDetail, settings.consent, 5_000)}
        <fieldset class="hours">
          <legend>${text.hours}</legend>
          <p class="hint">${text.hoursDetail({ zone: zoneName(this.desk.zone, Date.now()) })}</p>
          ${new HoursEditor(this.rows, this.strict, touched)}
        </fieldset>
        <p class="error" role="alert">${this.problems.all}</p>
        <div class="save-bar">${submitButton(text.save, text.saving, this.busy)} <span class="hint" role="status">${() => this.unsaved()}</span></div>
      </form>`;
  }

  private unsaved(): Child {
    return this.changed() ? strings.dashboard.booking.unsaved : "";
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const text = strings.dashboard.booking;
    const { elements } = event.target as HTMLFormElement;
    const field = (name: string): HTMLInputElement => elements.namedItem(name) as HTMLInputElement;
    const slug = field("slug").value.trim().toLowerCase();
    this.problems.all.set("");
    this.problems.slug.set(/^(?=.{3,40}$)[a-z0-9]+(-+[a-z0-9]+)*$/.test(slug) ? "" : text.slugWrong);
    if (this.problems.slug.peek()) return field("slug").focus();
    this.strict.set(true);
    const rows = this.rows.peek();
    const wrong = rows.find((row) => problemOfRow(row, rows));
    if (wrong) return this.querySelector<HTMLElement>(`[data-row="${wrong.key}"] input`)?.focus();
    return once(this.busy, () => this.save({
      slug,
      open: field("open").checked,
      slotMinutes: Number(field("slotMinutes").value),
      leadMinutes: Number(field("leadMinutes").value),
      horizonDays: Number(field("horizonDays").value),
      intro: field("intro").value.trim(),
      consent: field("consent").value.trim(),
      availability: hoursOf(rows),
    }));
  }

  private async save(settings: BookingSettings): Promise<void> {
    const text = strings.dashboard.booking;
    try {
      await office.changeSettings(settings);
      this.changed.set(false);
      this.strict.set(false);
      toast(text.saved);
    } catch (error) {
      const { code, message } = error instanceof APIError ? error : new APIError("", "");
      if (code === "slug-taken") {
        this.problems.slug.set(text.slugTaken);
        this.querySelector<HTMLElement>("[name=slug]")?.focus();
      } else {
        this.problems.all.set(message || text.failed);
      }
    }
  }
}

function choice(name: string, label: string, values: readonly number[], present: number, words: (value: number) => string): Node {
  const all = values.includes(present) ? values : [...values, present].sort((a, b) => a - b);
  return html`
    <label class="field"><span>${label}</span>
      <select name=${name}>${all.map((value) => html`<option value=${value} .selected=${value === present}>${words(value)}</option>`)}</select></label>`;
}

function area(name: string, label: string, hint: string, value: string, longest: number): Node {
  return html`
    <label class="field"><span>${label}</span>
      <textarea name=${name} rows="3" maxlength=${longest} aria-describedby=${`${name}-hint`} .value=${value}></textarea></label>
    <p class="hint" id=${`${name}-hint`}>${hint}</p>`;
}

customElements.define("parley-booking-settings", BookingSettingsView);

function leadOf(minutes: number): string {
  const text = strings.dashboard.booking.leads;
  if (minutes === 0) return text.none;
  const hours = minutes / 60;
  const length = minutes < 60 ? long(minutes, "minute") : hours < 24 ? long(hours, "hour") : long(hours / 24, "day");
  return text.before({ length });
}

function horizonOf(days: number): string {
  return strings.dashboard.booking.horizons({ length: days % 7 === 0 ? long(days / 7, "week") : long(days, "day") });
}
