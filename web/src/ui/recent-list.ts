// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../core/html";
import { View } from "../core/view";
import { icon } from "./icon";
import clockIcon from "./icons/clock.svg";
import closeIcon from "./icons/close.svg";
import { forget, recent } from "./settings";
import { strings } from "./strings/en";

/** Meetings this browser has been in. Only this browser knows. */
export class RecentList extends View {
  protected render(): Node {
    const text = strings.home;
    return html`
      <section class="list" ?hidden=${() => recent().length === 0} aria-labelledby="recent-title">
        <h2 id="recent-title">${text.recent}</h2>
        <ul>
          ${each(recent, ({ code }) => code, (meeting) => html`
            <li>
              <a class="row" href=${`/${meeting.peek().code}`}>${icon(clockIcon)} <span>${meeting.peek().code}</span>
                <small>${() => strings.ago(Date.now() - meeting().at)}</small></a>
              <button type="button" class="round plain" aria-label=${text.forget(meeting.peek().code)} title=${text.forget(meeting.peek().code)}
                @click=${() => forget(meeting.peek().code)}>${icon(closeIcon)}</button>
            </li>`)}
        </ul>
      </section>`;
  }
}

customElements.define("parley-recent", RecentList);
