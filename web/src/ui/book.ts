// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { signal, WritableSignal } from "../core/signal";
import { View } from "../core/view";
import { isZone, zoneName } from "../model/calendar";
import { APIError } from "../protocol/api";
import { Booked, booking, BookingPage, Slot } from "../protocol/booking";
import { BookedCard } from "./booked-card";
import { BookingForm } from "./booking-form";
import { colourOf, initials } from "./person";
import { SlotPicker } from "./slot-picker";
import { strings } from "./strings";
import { recallBooking, rememberBooking } from "./tab-memory";
import { Toasts } from "./toasts";
import { ownZone } from "./when";

type Step =
  | { readonly name: "time" }
  | { readonly name: "details"; readonly slot: Slot }
  | { readonly name: "done"; readonly booked: Booked };

/** A professional's public page: choose a time, say who you are, get a link. */
class BookPage extends View {
  private readonly slots: WritableSignal<readonly Slot[]>;
  private readonly step = signal<Step>({ name: "time" });
  private readonly zone = signal(isZone(ownZone) ? ownZone : "UTC");
  private readonly problem = signal("");
  private readonly notice = signal("");
  private moved = false;

  constructor(private readonly slug: string, private readonly page: BookingPage) {
    super();
    this.className = "book";
    this.slots = signal(page.slots);
    const booked = recallBooking(slug);
    if (booked && booked.end > Date.now()) this.step.set({ name: "done", booked });
  }

  protected render(): Node {
    const { professional, slotMinutes, zone, intro } = this.page;
    const text = strings.booking;
    return html`
      <aside class="card who-card">
        <span class="avatar" aria-hidden="true" data-colour=${colourOf(professional.name)}>${initials(professional.name)}</span>
        <h1>${text.heading({ name: professional.name })}</h1>
        ${professional.title ? html`<p class="person-title">${professional.title}</p>` : null}
        ${intro ? html`<p class="intro">${intro}</p>` : null}
        <ul class="facts">
          <li>${text.minutes({ count: slotMinutes })}</li>
          ${zone === ownZone ? null : html`<li>${text.theirs({ name: professional.name, zone: zoneName(zone, Date.now()) })}</li>`}
          <li>${text.needs}</li>
        </ul>
      </aside>
      <section class="card step" aria-live="off">
        <p class="error notice" role="alert">${this.notice}</p>
        ${() => this.current(this.step())}
      </section>`;
  }

  private current(step: Step): Node {
    // A new step is announced by its heading; the first one is simply there.
    if (this.moved) queueMicrotask(() => this.querySelector<HTMLElement>(".step h2")?.focus());
    this.moved = true;
    switch (step.name) {
      case "time":
        return new SlotPicker({ slots: this.slots, zone: this.zone, choose: (slot) => this.choose(slot) });
      case "details":
        return new BookingForm({
          when: { slot: step.slot, zone: this.zone.peek() },
          professional: this.page.professional.name,
          problem: this.problem,
          back: () => this.step.set({ name: "time" }),
          book: (details) => this.book(step.slot, details),
        });
      case "done":
        return new BookedCard({ booked: step.booked, zone: this.zone.peek(), another: () => this.again() });
    }
  }

  private choose(slot: Slot): void {
    this.notice.set("");
    this.problem.set("");
    this.step.set({ name: "details", slot });
  }

  private again(): void {
    rememberBooking(this.slug, undefined);
    this.step.set({ name: "time" });
    void this.refresh();
  }

  private async book(slot: Slot, details: { name: string; email?: string; note?: string }): Promise<void> {
    this.problem.set("");
    try {
      const booked = await booking.book(this.slug, { start: slot.start, zone: this.zone.peek(), ...details });
      rememberBooking(this.slug, booked);
      this.step.set({ name: "done", booked });
    } catch (error) {
      const { code, message } = error instanceof APIError ? error : new APIError("", "");
      if (code === "slot-taken") {
        await this.refresh();
        this.notice.set(strings.booking.details.taken);
        this.step.set({ name: "time" });
      } else if (code === "too-many-requests") {
        this.problem.set(strings.booking.details.tooMany);
      } else {
        this.problem.set(message || strings.booking.closed.unreachable);
      }
    }
  }

  private async refresh(): Promise<void> {
    const page = await booking.page(this.slug).catch(() => undefined);
    if (page) this.slots.set(page.slots);
  }
}

customElements.define("parley-book", BookPage);

/** There is nothing to book, and why. */
function closed(error: unknown): Node {
  const text = strings.booking.closed;
  const code = error instanceof APIError ? error.code : "";
  const again = (): void => location.reload();
  if (code === "no-such-booking-page") return notice(text.unknown, text.unknownDetail);
  return notice(text.unreachable, text.unreachableDetail, html`<button type="button" class="button primary" @click=${again}>${text.again}</button>`);
}

function notice(title: string, detail: string, action?: Node): Node {
  return html`
    <div class="card notice-card">
      <h1>${title}</h1>
      <p>${detail}</p>
      <div class="actions">${action} <a class=${action ? "button quiet" : "button primary"} href="/">${strings.booking.closed.home}</a></div>
    </div>`;
}

async function open(slug: string): Promise<void> {
  const main = document.querySelector("main") as HTMLElement;
  try {
    const page = await booking.page(slug);
    document.title = strings.booking.title({ name: page.professional.name });
    const { shut, shutDetail } = strings.booking.closed;
    main.replaceChildren(page.open ? new BookPage(slug, page) : notice(shut, shutDetail));
  } catch (error) {
    main.replaceChildren(closed(error));
  }
}

document.body.append(new Toasts());
void open(decodeURIComponent(location.pathname.split("/")[2] ?? ""));
