// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { View } from "../core/view";
import { span, zoneName } from "../model/calendar";
import type { LinkView } from "../model/link";
import type { AppointmentPage } from "./appointment";
import { brand } from "./brand";
import { strings } from "./strings";
import { ownZone, written } from "./when";

type End = Exclude<LinkView, "loading" | "early" | "check" | "waiting" | "call">;

/** Takes the focus when the screen is there, so that its heading is read. */
export function focusLater(element: Element): void {
  requestAnimationFrame(() => (element as HTMLElement).focus({ preventScroll: true }));
}

/** One sentence while something goes on. */
export class NoteView extends View {
  constructor(private readonly sentence: string, private readonly appointment: AppointmentPage) {
    super();
    this.className = "over";
  }

  protected render(): Node {
    const { state } = this.appointment.live;
    const away = (): boolean => state().phase === "waiting";
    return html`
      <div class="card">
        <img class="over-mark" src=${brand.logo} alt="" width="56" height="56">
        <h1 tabindex="-1" ref=${focusLater}>${this.sentence}</h1>
        <p role="status">${() => (away() ? strings.appointment.over.unreachableDetail : "")}</p>
      </div>`;
  }
}

/** The person hung up while the appointment goes on. */
export class LeftCallView extends View {
  constructor(private readonly appointment: AppointmentPage) {
    super();
    this.className = "over";
  }

  protected render(): Node {
    const text = strings.appointment.call;
    const name = this.appointment.page.peek().appointment?.professional.name ?? "";
    return html`
      <div class="card">
        <img class="over-mark" src=${brand.logo} alt="" width="56" height="56">
        <h1 tabindex="-1" ref=${focusLater}>${text.left}</h1>
        <p>${text.leftDetail({ name })}</p>
        <div class="actions"><button type="button" class="button primary" @click=${() => this.appointment.backToCall()}>${text.back}</button></div>
      </div>`;
  }
}

/** There is no appointment to keep, each reason with its own words and what to do now. */
export class EndView extends View {
  constructor(private readonly appointment: AppointmentPage | undefined, private readonly end: End) {
    super();
    this.className = "over";
  }

  protected render(): Node {
    const text = strings.appointment.over;
    const { appointment } = this;
    const known = (): { start: number; end: number } | undefined => appointment?.page().appointment ?? appointment?.facts();
    const name = (): string => appointment?.page().appointment?.professional.name ?? appointment?.facts()?.professional.name ?? "";
    const slug = (): string | undefined => appointment?.facts()?.slug ?? undefined;
    const when = (): Node | null => {
      const slot = known();
      if (!slot || this.end === "revoked") return null;
      return html`<p class="was">${text.was}: <strong>${written(span(slot, ownZone), slot.start)}</strong> <small>${zoneName(ownZone, slot.start)}</small></p>`;
    };
    const book = (): Node | null => {
      const address = slug();
      const offered = this.end === "cancelled" || this.end === "late" || this.end === "finished";
      return offered && address ? html`<a class="button primary" href=${`/book/${encodeURIComponent(address)}`}>${text.book}</a>` : null;
    };
    return html`
      <div class="card">
        <img class="over-mark" src=${brand.logo} alt="" width="56" height="56">
        <h1 tabindex="-1" ref=${focusLater}>${text[this.end]}</h1>
        <p>${() => detailOf(this.end, name())}</p>
        ${when}
        <div class="actions">
          ${this.end === "unreachable" ? html`<button type="button" class="button primary" @click=${() => location.reload()}>${text.again}</button>` : null}
          ${book}
          <a class="button quiet" href="/">${text.home}</a>
        </div>
      </div>`;
  }
}

function detailOf(end: End, name: string): string {
  const detail = strings.appointment.over[`${end}Detail`];
  return typeof detail === "function" ? detail({ name }) : detail;
}

customElements.define("parley-note", NoteView);
customElements.define("parley-left-call", LeftCallView);
customElements.define("parley-link-end", EndView);
