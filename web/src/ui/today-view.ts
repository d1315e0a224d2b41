// SPDX-License-Identifier: Apache-2.0

import { type Child, each, html } from "../core/html";
import { computed, onDispose, Signal, signal } from "../core/signal";
import { View } from "../core/view";
import { dayName } from "../model/calendar";
import type { Visit } from "../protocol/appointments";
import { BookingSettings, office as officeAPI } from "../protocol/office";
import { copyText } from "./copy";
import type { Desk } from "./desk";
import { icon } from "./icon";
import linkIcon from "./icons/link.svg";
import { PlanDialog } from "./plan-dialog";
import { strings, textFor } from "./strings";
import { toast } from "./toasts";
import { VisitCard } from "./visit-card";
import { dateLanguage } from "./when";

/** The day: who waits, who is in a call, who is still to come, and what is over. */
export class TodayView extends View {
  constructor(private readonly desk: Desk) {
    super();
    this.className = "today";
  }

  protected render(): Node {
    const text = strings.dashboard;
    const { office } = this.desk;
    const known = computed(() => this.desk.live.snapshot() !== undefined);
    return html`
      <h1 class="visually-hidden">${text.views.today}</h1>
      ${() => (known() ? null : html`<p class="loading" role="status">${text.loading}</p>`)}
      <div class="today-parts" ?hidden=${() => !known()}>
        <div class="today-main">
          ${this.waitingRoom()}
          ${this.section("in-call", text.inCall.heading, computed(() => office().inCall), undefined)}
          ${this.section("later", text.today.heading, computed(() => office().today), text.today.empty, this.newAppointment())}
        </div>
        <aside class="today-side">
          ${this.numbers()}
          ${this.bookingPage()}
          ${this.upcoming()}
          ${this.past()}
        </aside>
      </div>`;
  }

  private waitingRoom(): Node {
    const text = strings.dashboard.waiting;
    const waiting = computed(() => this.desk.office().waiting);
    return html`
      <section class="card queue" aria-labelledby="waiting-title">
        <h2 id="waiting-title" tabindex="-1">${text.heading} <span class="count-pill">${() => strings.common.people({ count: waiting().length })}</span></h2>
        ${() => (waiting().length === 0 ? html`<p class="empty">${text.empty} <small>${text.emptyDetail}</small></p>` : null)}
        ${this.list(waiting, true)}
      </section>`;
  }

  private section(id: string, heading: string, visits: Signal<readonly Visit[]>, empty: string | undefined, action: Node | null = null): Node {
    return html`
      <section class="card" aria-labelledby=${id} ?hidden=${() => empty === undefined && visits().length === 0}>
        <div class="section-head"><h2 id=${id}>${heading}</h2>${action}</div>
        ${() => (visits().length === 0 && empty ? html`<p class="hint">${empty}</p>` : null)}
        ${this.list(visits, true)}
      </section>`;
  }

  private list(visits: () => readonly Visit[], large: boolean): Node {
    return html`<ul class="visits">${each(visits, ({ id }) => id, (visit) => html`<li>${new VisitCard(this.desk, visit, large)}</li>`)}</ul>`;
  }

  private newAppointment(): Node {
    const open = (): void => PlanDialog.open({ zone: this.desk.zone, now: this.desk.now.peek() });
    return html`<button type="button" class="button" @click=${open}>${strings.dashboard.plan.create}</button>`;
  }

  private numbers(): Node {
    const text = strings.dashboard.numbers;
    const figures = computed(() => Object.entries(this.desk.live.snapshot()?.numbers ?? {}).filter(([name]) => name in text.names));
    return html`
      <section class="card numbers" aria-labelledby="numbers-title">
        <h2 id="numbers-title">${text.heading}</h2>
        <dl>${each(figures, ([name]) => name, (figure) => html`
          <div><dt>${() => textFor(text.names, figure()[0]) ?? ""}</dt><dd>${() => figure()[1]}</dd></div>`)}</dl>
      </section>`;
  }

  private bookingPage(): Node {
    const text = strings.dashboard.page;
    const settings = signal<BookingSettings | undefined>(undefined);
    let ended = false;
    onDispose(() => (ended = true));
    void officeAPI.settings().then((found) => ended || settings.set(found), () => undefined);
    const copy = async (link: string): Promise<void> =>
      toast((await copyText(link)) ? strings.dashboard.visit.copied : strings.dashboard.visit.copyFailed);
    const content = (): Child => {
      const found = settings();
      if (!found?.slug) return html`<p class="hint">${text.none}</p><a class="button" href="#booking">${text.setUp}</a>`;
      const link = `${location.origin}/book/${found.slug}`;
      return html`
        <p class="address"><a href=${`/book/${found.slug}`} target="_blank">${link}</a>
          ${found.open ? null : html`<small>(${text.closed})</small>`}</p>
        <button type="button" class="button" @click=${() => void copy(link)}>${icon(linkIcon)} ${text.copy}</button>`;
    };
    return html`<section class="card" aria-labelledby="page-title"><h2 id="page-title">${text.heading}</h2>${content}</section>`;
  }

  private upcoming(): Node {
    const text = strings.dashboard.upcoming;
    const days = computed(() => this.desk.office().upcoming);
    return html`
      <section class="card" aria-labelledby="upcoming-title">
        <h2 id="upcoming-title">${text.heading}</h2>
        ${() => (days().length === 0 ? html`<p class="hint">${text.empty}</p>` : null)}
        ${each(days, ({ day }) => day, (entry) => html`
          <div class="day-group"><h3 lang=${dateLanguage}>${dayName(entry.peek().day)}</h3>
            ${this.list(() => entry().visits, false)}</div>`)}
      </section>`;
  }

  private past(): Node {
    const past = computed(() => this.desk.office().past);
    return html`
      <details class="card past" ?hidden=${() => past().length === 0}>
        <summary>${strings.dashboard.past.heading} <span class="count-pill">${() => past().length}</span></summary>
        ${this.list(past, false)}
      </details>`;
  }
}

customElements.define("parley-today", TodayView);
