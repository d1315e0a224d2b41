// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../core/html";
import { onDispose, signal } from "../core/signal";
import { View } from "../core/view";
import { api, HostedMeeting } from "../protocol/api";
import { confirmed } from "./ask";
import { icon } from "./icon";
import peopleIcon from "./icons/people.svg";
import { strings } from "./strings";
import { ago } from "./words";

const refreshPeriod = 5_000;

/** For the host: every open meeting of this server, with a way in and a way to end it. */
export class HostedList extends View {
  private readonly meetings = signal<readonly HostedMeeting[]>([]);
  private readonly note = signal("");

  protected render(): Node {
    const text = strings.home;
    const { meetings, note } = this;
    void this.refresh();
    const timer = setInterval(() => void this.refresh(), refreshPeriod);
    onDispose(() => clearInterval(timer));
    return html`
      <section class="list" aria-labelledby="hosted-title">
        <h2 id="hosted-title">${text.hosting}</h2>
        <p class="hint" ?hidden=${() => note() === ""}>${note}</p>
        <ul>
          ${each(meetings, ({ meeting }) => meeting, (item) => html`
            <li>
              <a class="row" href=${`/${item.peek().meeting}`}>${icon(peopleIcon)} <span>${item.peek().meeting}</span>
                <small>${() => strings.common.people({ count: item().participants })}, ${() => startedAgo(Date.now() - item().createdAt)}</small></a>
              <a class="button quiet" href=${`/invites#${item.peek().meeting}`} aria-label=${text.invitesLabel({ code: item.peek().meeting })}>${text.invites}</a>
              <button type="button" class="button danger" aria-label=${text.endLabel({ code: item.peek().meeting })}
                @click=${() => void this.end(item.peek())}>${text.end}</button>
            </li>`)}
        </ul>
      </section>`;
  }

  private async refresh(): Promise<void> {
    try {
      const meetings = await api.hosted();
      this.meetings.set(meetings);
      this.note.set(meetings.length === 0 ? strings.home.hostingEmpty : "");
    } catch {
      this.note.set(strings.home.hostingProblem);
    }
  }

  private async end({ meeting }: HostedMeeting): Promise<void> {
    const { question, detail } = strings.home.endConfirm;
    if (!(await confirmed({ question: question({ code: meeting }), detail, yes: strings.home.end }))) return;
    await api.end(meeting).catch(() => undefined);
    await this.refresh();
  }
}

customElements.define("parley-hosted", HostedList);

function startedAgo(milliseconds: number): string {
  return milliseconds < 60_000 ? strings.home.justStarted : strings.home.startedAgo({ ago: ago(milliseconds) });
}
