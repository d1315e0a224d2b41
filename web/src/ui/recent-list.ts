// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../core/html";
import { signal } from "../core/signal";
import { View } from "../core/view";
import { api, APIError } from "../protocol/api";
import type { MeetingCode } from "../protocol/messages";
import { icon } from "./icon";
import clockIcon from "./icons/clock.svg";
import closeIcon from "./icons/close.svg";
import { forget, recent } from "./settings";
import { strings } from "./strings";
import { ago } from "./words";

/** Meetings this browser has been in. Only this browser knows. */
export class RecentList extends View {
  /** What the server says of them now, as far as it has answered. */
  private readonly now = signal<ReadonlyMap<string, string>>(new Map());

  private stateOf(code: MeetingCode): string {
    return this.now().get(code) ?? "";
  }

  /** Once: a list of links is no dashboard. */
  private async look(): Promise<void> {
    for (const { code } of recent.peek()) {
      let state = "";
      try {
        const { participants } = await api.meeting(code);
        if (participants > 0) state = strings.home.hereNow({ count: participants });
      } catch (error) {
        const isOver = error instanceof APIError && ["no-such-meeting", "meeting-ended"].includes(error.code);
        if (!isOver) return;
        state = strings.home.over;
      }
      this.now.update((all) => new Map(all).set(code, state));
    }
  }

  protected render(): Node {
    const text = strings.home;
    void this.look();
    return html`
      <section class="list" ?hidden=${() => recent().length === 0} aria-labelledby="recent-title">
        <h2 id="recent-title">${text.recent}</h2>
        <ul>
          ${each(recent, ({ code }) => code, (meeting) => html`
            <li>
              <a class="row" href=${`/${meeting.peek().code}`}>${icon(clockIcon)} <span>${meeting.peek().code}</span>
                <small>${() => [ago(Date.now() - meeting().at), this.stateOf(meeting().code)].filter(Boolean).join(" · ")}</small></a>
              <button type="button" class="round plain" aria-label=${text.forget({ code: meeting.peek().code })} title=${text.forget({ code: meeting.peek().code })}
                @click=${() => forget(meeting.peek().code)}>${icon(closeIcon)}</button>
            </li>`)}
        </ul>
      </section>`;
  }
}

customElements.define("parley-recent", RecentList);
