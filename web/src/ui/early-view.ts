// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { computed, signal } from "../core/signal";
import { View } from "../core/view";
import { isZone, shortly, span, zoneName } from "../model/calendar";
import { remaining, until } from "../model/link";
import { APIError } from "../protocol/api";
import { booking, Slot } from "../protocol/booking";
import type { AppointmentPage } from "./appointment";
import { copyText } from "./copy";
import { icon } from "./icon";
import calendarIcon from "./icons/calendar.svg";
import linkIcon from "./icons/link.svg";
import { focusLater } from "./link-ends";
import { personHeader } from "./person-header";
import { later, strings } from "./strings";
import { remainingTime } from "./words";
import { toast } from "./toasts";
import { ownZone, written } from "./when";

/** Before the waiting room opens: when it does, and what can still be changed. */
export class EarlyView extends View {
  private readonly moving = signal<readonly Slot[] | undefined>(undefined);
  private readonly zone = signal(isZone(ownZone) ? ownZone : "UTC");

  constructor(private readonly appointment: AppointmentPage) {
    super();
    this.className = "link-page";
  }

  protected render(): Node {
    return html`
      ${() => {
        const slots = this.moving();
        return slots ? this.move(slots) : this.overview();
      }}
      ${this.cancelDialog()}`;
  }

  private overview(): Node {
    const text = strings.appointment.early;
    const { page, facts, token } = this.appointment;
    const slot = computed(() => page().appointment);
    const copy = async (): Promise<void> => toast((await copyText(location.href)) ? text.copied : text.copyFailed);
    return html`
      <section class="card link-card">
        ${personHeader(this.appointment)}
        <h1 tabindex="-1" ref=${focusLater}>${text.heading}</h1>
        <p class="link-when">${() => whenOf(slot())}</p>
        <div class="countdown-box">
          <span>${text.opens}</span>
          <strong role="timer" aria-live="off">${() => this.left()}</strong>
          <small>${() => opening(slot()?.opensAt)}</small>
        </div>
        <p>${text.detail}</p>
        <div class="keep">
          <div class="actions">
            <button type="button" class="button quiet" @click=${() => void copy()}>${icon(linkIcon)} ${text.copy}</button>
            <a class="button quiet" href=${booking.calendar(token)} download="appointment.ics">${icon(calendarIcon)} ${text.calendar}</a>
            ${() => (facts()?.slug ? html`<button type="button" class="button quiet" @click=${() => void this.startMove()}>${text.move}</button>` : null)}
            <button type="button" class="button danger" @click=${() => this.dialog?.showModal()}>${text.cancel}</button>
          </div>
          <figure>
            <img class="qr" src=${booking.qr(token)} alt=${text.qr} width="132" height="132"
              @error=${(event: Event) => (event.target as Element).closest("figure")?.remove()}>
            <figcaption>${text.qrHint}</figcaption>
          </figure>
        </div>
      </section>`;
  }

  private left(): string {
    const { page, now } = this.appointment;
    const { appointment } = page();
    return appointment ? remainingTime(remaining(until(page(), appointment.opensAt, now()))) : "";
  }

  private get dialog(): HTMLDialogElement | null {
    return this.querySelector("dialog");
  }

  private cancelDialog(): Node {
    const text = strings.appointment.early;
    const name = (): string => this.appointment.page().appointment?.professional.name ?? "";
    return html`
      <dialog class="card ask" aria-labelledby="cancel-title" aria-describedby="cancel-detail">
        <h2 id="cancel-title">${text.cancelTitle}</h2>
        <p id="cancel-detail">${() => text.cancelDetail({ name: name() })}</p>
        <div class="actions">
          <button type="button" class="button quiet" autofocus @click=${() => this.dialog?.close()}>${text.cancelNo}</button>
          <button type="button" class="button danger" @click=${() => void this.cancel()}>${text.cancelYes}</button>
        </div>
      </dialog>`;
  }

  private async cancel(): Promise<void> {
    try {
      await booking.cancel(this.appointment.token);
      this.dialog?.close();
    } catch {
      toast(strings.appointment.early.cancelFailed);
    }
  }

  private async startMove(): Promise<void> {
    const slug = this.appointment.facts.peek()?.slug;
    if (!slug) return;
    // The calendar is needed by few, so it is fetched when it is.
    const [found] = await Promise.all([booking.page(slug).catch(() => undefined), later(() => import("./slot-picker"))]);
    if (found) this.moving.set(found.slots);
    else toast(strings.appointment.early.moveFailed);
  }

  private move(slots: readonly Slot[]): Node {
    const text = strings.appointment.early;
    const picker = signal<Node | null>(null);
    const available = signal(slots);
    const place = async (): Promise<void> => {
      const { SlotPicker } = await later(() => import("./slot-picker"));
      const made = new SlotPicker({ slots: available, zone: this.zone, choose: (slot) => void this.moveTo(slot) });
      picker.set(made);
      queueMicrotask(() => made.querySelector<HTMLElement>("h2")?.focus());
    };
    void place();
    return html`
      <section class="card link-card">
        <h1>${text.moveHeading}</h1>
        <p class="link-when">${() => whenOf(this.appointment.page().appointment)}</p>
        ${picker}
        <div class="actions"><button type="button" class="button quiet" @click=${() => this.moving.set(undefined)}>${text.moveBack}</button></div>
      </section>`;
  }

  private async moveTo(slot: Slot): Promise<void> {
    const text = strings.appointment.early;
    try {
      const { link } = await booking.move(this.appointment.token, slot.start);
      toast(text.moved);
      // The link holds the time, so there is a new one.
      if (link) return location.replace(link);
      this.moving.set(undefined);
      await this.appointment.load();
    } catch (error) {
      const taken = error instanceof APIError && error.code === "slot-taken";
      toast(taken ? text.moveTaken : text.moveFailed);
      if (taken) void this.startMove();
    }
  }
}

function whenOf(slot: Slot | undefined): Node | null {
  if (!slot) return null;
  return html`<strong>${written(span(slot, ownZone), slot.start)}</strong> <small>${zoneName(ownZone, slot.start)}</small>`;
}

function opening(time: number | undefined): Node | null {
  return time === undefined ? null : html`${strings.appointment.early.opensAt} ${written(shortly(time, ownZone), time)}`;
}

customElements.define("parley-early", EarlyView);
