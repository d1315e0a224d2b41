// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { View } from "../core/view";
import { api } from "../protocol/api";
import type { Call } from "./call";
import { icon } from "./icon";
import linkIcon from "./icons/link.svg";
import { strings } from "./strings";

/** What stands beside our own picture while nobody else is there: the link, and its QR code for a phone. */
export class InviteCard extends View {
  constructor(private readonly call: Call) {
    super();
    this.className = "invite tile";
  }

  protected render(): Node {
    const { call } = this;
    const text = strings.invite;
    const selectAll = (event: Event): void => (event.target as HTMLInputElement).select();
    return html`
      <div class="invite-content">
        <img class="qr" src=${api.qr(call.meeting.code)} alt=${text.qr} width="132" height="132"
          @error=${(event: Event) => (event.target as Element).remove()}>
        <div>
          <h2>${text.title}</h2>
          <p>${text.text}</p>
          <input class="invite-link" readonly aria-label=${text.linkLabel} .value=${call.link} @focus=${selectAll}>
          <button type="button" class="button primary" @click=${() => void call.copyLink()}>${icon(linkIcon)} ${text.copy}</button>
        </div>
      </div>`;
  }
}

/** The same place where nobody is to be invited: who is awaited. */
export class AloneCard extends View {
  constructor(private readonly sentence: string) {
    super();
    this.className = "invite tile";
  }

  protected render(): Node {
    return html`<div class="invite-content"><div><h2>${this.sentence}</h2></div></div>`;
  }
}

customElements.define("parley-invite", InviteCard);
customElements.define("parley-alone", AloneCard);
