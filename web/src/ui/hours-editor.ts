// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../core/html";
import { computed, Signal, WritableSignal } from "../core/signal";
import { View } from "../core/view";
import { weekdayNames } from "../model/calendar";
import { clockTime, HoursRow, minutesOf, problemOfRow } from "../model/hours";
import { icon } from "./icon";
import closeIcon from "./icons/close.svg";
import { strings } from "./strings";
import { dateLanguage } from "./when";

const hour = 60;

/** The weekly hours: for each day any number of stretches. */
export class HoursEditor extends View {
  constructor(
    private readonly rows: WritableSignal<readonly HoursRow[]>, private readonly strict: Signal<boolean>,
    private readonly touched: () => void,
  ) {
    super();
  }

  protected render(): Node {
    // From Monday, as they are stored, whatever the reader's week begins with.
    return html`<ul class="weekdays">${weekdayNames(1).map(({ long }, index) => this.day(index + 1, long))}</ul>`;
  }

  private day(weekday: number, name: string): Node {
    const text = strings.dashboard.booking;
    const rows = computed(() => this.rows().filter((row) => row.weekday === weekday));
    return html`
      <li class="weekday">
        <strong lang=${dateLanguage}>${name}</strong>
        <div class="stretches">
          ${() => (rows().length === 0 ? html`<span class="hint">${text.none}</span>` : null)}
          ${each(rows, ({ key }) => key, (row) => this.stretch(name, row))}
        </div>
        <button type="button" class="button quiet" aria-label=${text.addTo({ day: name })} @click=${() => this.add(weekday)}>${text.add}</button>
      </li>`;
  }

  private stretch(day: string, row: Signal<HoursRow>): DocumentFragment {
    const text = strings.dashboard.booking;
    const problem = computed(() => (this.strict() ? problemOfRow(row(), this.rows()) : undefined));
    const field = (end: "from" | "to", label: string): Node => html`
      <input type="time" aria-label=${label} .value=${row.peek()[end]} aria-invalid=${() => (problem() ? "true" : undefined)}
        @input=${(event: Event) => this.change(row.peek().key, { [end]: (event.target as HTMLInputElement).value })}>`;
    return html`
      <div class="stretch" data-row=${row.peek().key}>
        ${field("from", text.from({ day }))} <span>${text.until}</span> ${field("to", text.to({ day }))}
        <button type="button" class="round plain" aria-label=${() => text.removeHours({ day, from: row().from, to: row().to })} @click=${() => this.drop(row.peek())}>${icon(closeIcon)}</button>
        <p class="error" role="alert">${() => {
          const found = problem();
          return found ? text.problems[found] : "";
        }}</p>
      </div>`;
  }

  private change(key: number, part: Partial<HoursRow>): void {
    this.rows.update((rows) => rows.map((row) => (row.key === key ? { ...row, ...part } : row)));
    this.touched();
  }

  private drop({ key, weekday }: HoursRow): void {
    this.rows.update((rows) => rows.filter((row) => row.key !== key));
    this.touched();
    // The button that had the focus is gone.
    this.querySelectorAll<HTMLElement>(".weekday > button")[weekday - 1]?.focus();
  }

  /** After the last stretch of the day, as far as there is room. */
  private add(weekday: number): void {
    const rows = this.rows.peek();
    const key = 1 + Math.max(-1, ...rows.map((row) => row.key));
    const last = Math.max(...rows.filter((row) => row.weekday === weekday).map(({ to }) => minutesOf(to) ?? 0), 8 * hour);
    const start = Math.min(last + hour, 23 * hour);
    this.rows.set([...rows, { key, weekday, from: clockTime(start), to: clockTime(Math.min(start + 3 * hour, 24 * hour)) }]);
    this.touched();
    this.querySelector<HTMLElement>(`[data-row="${key}"] input`)?.focus();
  }
}

customElements.define("parley-hours", HoursEditor);
