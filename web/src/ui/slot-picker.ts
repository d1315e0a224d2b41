// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { computed, effect, Signal, signal, untracked, WritableSignal } from "../core/signal";
import { View } from "../core/view";
import { byDay, dayName, DayKey, firstWeekday, monthName, monthsOf, SlotDay, timeOfDay, weekdayNames } from "../model/calendar";
import type { Slot } from "../protocol/booking";
import { icon } from "./icon";
import chevronIcon from "./icons/chevron.svg";
import { strings } from "./strings";
import { dateLanguage } from "./when";
import { zoneField } from "./zone-field";

export interface SlotPickerOptions {
  readonly slots: Signal<readonly Slot[]>;
  readonly zone: WritableSignal<string>;
  readonly choose: (slot: Slot) => void;
}

/**
 * A calendar of the days that have free times, and the times of the chosen day.
 *
 * The days are one tab stop: arrow keys go from one free day to the next, Home and End to the first and the last.
 */
export class SlotPicker extends View {
  private readonly days: Signal<readonly SlotDay[]>;
  private readonly picked = signal<DayKey | undefined>(undefined);
  /** The chosen day, or the first free one. */
  private readonly day: Signal<SlotDay | undefined>;
  private readonly month = signal(0);

  constructor(private readonly options: SlotPickerOptions) {
    super();
    this.className = "picker";
    this.days = computed(() => byDay(options.slots(), options.zone()));
    this.day = computed(() => this.days().find(({ day }) => day === this.picked()) ?? this.days()[0]);
  }

  protected render(): Node {
    const text = strings.booking.picker;
    const { zone, slots } = this.options;
    return html`
      <h2 tabindex="-1">${text.heading}</h2>
      ${zoneField(zone, () => slots()[0]?.start ?? Date.now())}
      ${() => (this.days().length === 0 ? html`<p class="empty">${text.none}</p>` : html`
        <div class="picker-parts">${this.calendar()} ${this.times()}</div>`)}`;
  }

  private calendar(): Node {
    const text = strings.booking.picker;
    const first = firstWeekday(dateLanguage);
    const months = computed(() => monthsOf(this.days().map(({ day }) => day), first));
    // The month of the chosen day comes into view; leafing through others chooses nothing.
    effect(() => {
      const name = this.day()?.day.slice(0, 7);
      const index = months().findIndex(({ year, month }) => name === `${year}-${String(month).padStart(2, "0")}`);
      if (index >= 0) untracked(() => this.month.set(index));
    });
    const shown = computed(() => months()[Math.min(this.month(), months().length - 1)]);
    const leaf = (step: number): void => this.month.update((index) => Math.min(months.peek().length - 1, Math.max(0, index + step)));
    const button = (label: string, step: number, end: () => boolean): Node => html`
      <button type="button" class=${`round plain turn ${step < 0 ? "back" : "on"}`} aria-label=${label} title=${label}
        aria-disabled=${() => (end() ? "true" : undefined)} @click=${() => leaf(step)}>${icon(chevronIcon)}</button>`;
    return html`
      <div class="calendar">
        <div class="calendar-head">
          ${button(text.previous, -1, () => this.month() <= 0)}
          <h3 aria-live="polite" lang=${dateLanguage}>${() => (shown() ? monthName(shown() as NonNullable<ReturnType<typeof shown>>) : "")}</h3>
          ${button(text.next, 1, () => this.month() >= months().length - 1)}
        </div>
        <table aria-label=${text.month} @keydown=${(event: KeyboardEvent) => this.move(event)}>
          <thead lang=${dateLanguage}><tr>${weekdayNames(first).map(({ short, long }) => html`<th scope="col" abbr=${long}>${short}</th>`)}</tr></thead>
          <tbody>${() => shown()?.weeks.map((week) => html`<tr>${week.map((day) => html`<td>${day ? this.cell(day) : null}</td>`)}</tr>`)}</tbody>
        </table>
      </div>`;
  }

  private cell(day: DayKey): Node {
    const number = String(Number(day.slice(8)));
    const count = computed(() => this.days().find((each) => each.day === day)?.slots.length ?? 0);
    const chosen = computed(() => this.day()?.day === day);
    return html`${() => (count() === 0 ? html`<span class="day">${number}</span>` : html`
      <button type="button" class="day" lang=${dateLanguage} data-day=${day} aria-label=${() => strings.booking.picker.day({ name: dayName(day), count: count() })}
        aria-pressed=${() => String(chosen())} tabindex=${() => (chosen() || this.isEntry(day) ? 0 : -1)}
        @click=${() => this.picked.set(day)}>${number}</button>`)}`;
  }

  /** The tab stop of a month that does not show the chosen day. */
  private isEntry(day: DayKey): boolean {
    const month = day.slice(0, 7);
    const inMonth = this.days().filter((each) => each.day.startsWith(month));
    return !this.day()?.day.startsWith(month) && inMonth[0]?.day === day;
  }

  private move(event: KeyboardEvent): void {
    const from = (event.target as HTMLElement).dataset["day"];
    const days = this.days.peek().map(({ day }) => day);
    const at = days.findIndex((day) => day === from);
    if (at < 0) return;
    const week = 7 * 86_400_000;
    const forward = document.documentElement.dir === "rtl" ? -1 : 1;
    const beyond = (sign: 1 | -1): number => {
      const goal = Date.parse(days[at] as string) + sign * week;
      const found = sign > 0
        ? days.findIndex((day) => Date.parse(day) >= goal)
        : days.length - 1 - [...days].reverse().findIndex((day) => Date.parse(day) <= goal);
      return found < 0 || found >= days.length ? at : found;
    };
    const steps: Readonly<Record<string, () => number>> = {
      ArrowRight: () => at + forward, ArrowLeft: () => at - forward, ArrowDown: () => beyond(1), ArrowUp: () => beyond(-1),
      Home: () => 0, End: () => days.length - 1,
    };
    const next = days[steps[event.key]?.() ?? -1];
    if (next === undefined) return;
    event.preventDefault();
    this.picked.set(next);
    this.querySelector<HTMLElement>(`[data-day="${next}"]`)?.focus();
  }

  private times(): Node {
    const text = strings.booking.picker;
    const { zone, choose } = this.options;
    return html`
      <div class="times">
        ${() => {
          const day = this.day();
          return day && html`
            <h3 lang=${dateLanguage}>${dayName(day.day)}</h3>
            <p class="hint">${text.count({ count: day.slots.length })}</p>
            <ul aria-label=${text.times({ day: dayName(day.day) })}>${day.slots.map((slot) => html`
              <li><button type="button" class="button quiet" lang=${dateLanguage} @click=${() => choose(slot)}>${timeOfDay(slot.start, zone())}</button></li>`)}</ul>`;
        }}
      </div>`;
  }
}

customElements.define("parley-slots", SlotPicker);
