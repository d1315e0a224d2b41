// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { View } from "../core/view";
import { span, zoneName } from "../model/calendar";
import { Booked, booking } from "../protocol/booking";
import { copyText } from "./copy";
import { icon } from "./icon";
import calendarIcon from "./icons/calendar.svg";
import checkIcon from "./icons/check.svg";
import linkIcon from "./icons/link.svg";
import { strings } from "./strings";
import { toast } from "./toasts";
import { written } from "./when";

export interface BookedCardOptions {
  readonly booked: Booked;
  readonly zone: string;
  readonly another: () => void;
}

/** The booking is made: the link in every form in which it can be kept. */
export class BookedCard extends View {
  constructor(private readonly options: BookedCardOptions) {
    super();
    this.className = "booked";
  }

  protected render(): Node {
    const text = strings.booking.done;
    const { booked, zone, another } = this.options;
    const link = new URL(booked.link, location.origin).href;
    const copy = async (): Promise<void> => toast((await copyText(link)) ? text.copied : text.copyFailed);
    return html`
      <span class="done-mark" aria-hidden="true">${icon(checkIcon)}</span>
      <h2 tabindex="-1">${text.heading}</h2>
      <p class="booked-when"><strong>${written(span(booked, zone), booked.start)}</strong><br><small>${zoneName(zone, booked.start)}</small></p>
      <p>${text.keep}</p>
      <div class="keep">
        <div class="keep-link">
          <input class="invite-link" readonly aria-label=${text.link} .value=${link} @focus=${(event: Event) => (event.target as HTMLInputElement).select()}>
          <div class="actions">
            <button type="button" class="button primary" @click=${() => void copy()}>${icon(linkIcon)} ${text.copy}</button>
            <a class="button quiet" href=${booking.calendar(booked.token)} download="appointment.ics">${icon(calendarIcon)} ${text.calendar}</a>
          </div>
        </div>
        <figure>
          <img class="qr" src=${booking.qr(booked.token)} alt=${text.qr} width="148" height="148"
            @error=${(event: Event) => (event.target as Element).closest("figure")?.remove()}>
          <figcaption>${text.qrHint}</figcaption>
        </figure>
      </div>
      <div class="actions">
        <a class="button quiet" href=${link}>${text.open}</a>
        <button type="button" class="button quiet" @click=${another}>${text.another}</button>
      </div>`;
  }
}

customElements.define("parley-booked", BookedCard);
