// SPDX-License-Identifier: Apache-2.0

import { Child, each, html } from "../core/html";
import { computed, effect, Signal, signal } from "../core/signal";
import { mayAsk, mayClose } from "../model/hosting";
import { chosen, Result, results } from "../model/polls";
import { limits, Poll } from "../protocol/messages";
import { announcer } from "./announcer";
import { confirmed } from "./ask";
import type { Call } from "./call";
import { PanelView } from "./panel";
import { PollForm } from "./poll-form";
import { strings } from "./strings";
import { listed } from "./words";

/** What the meeting is asked and how it answers: the newest poll first. Choosing an option is voting. */
export class PollsPanel extends PanelView {
  private readonly writing = signal(false);

  constructor(call: Call) {
    super(call, strings.polls.title, strings.polls.close);
    this.classList.add("polls");
  }

  protected content(): Node {
    const { writing } = this;
    const { room } = this.call.meeting;
    const text = strings.polls;
    const newest = computed(() => [...room().polls].reverse());
    const may = computed(() => mayAsk(room()));
    const full = computed(() => room().polls.length >= limits.polls);
    return html`
      <div class="poll-list">
        ${() => (writing() ? new PollForm(this.call.meeting.polls, () => this.endWriting()) : null)}
        <p class="panel-note" ?hidden=${() => newest().length > 0 || writing()}>${() => (may() ? text.empty : text.none)}</p>
        ${each(newest, ({ id }) => id, (poll) => this.poll(poll))}
      </div>
      ${() => (may() && !writing() ? html`
        <button type="button" class="button primary wide" data-control="ask" aria-disabled=${() => (full() ? "true" : undefined)}
          @click=${() => (full.peek() ? announcer.say(text.full) : writing.set(true))}>${text.ask}</button>` : null)}
      ${() => (may() && full() ? html`<p class="panel-note">${text.full}</p>` : null)}`;
  }

  /** The focus goes back to where it came from. */
  private endWriting(): void {
    this.writing.set(false);
    this.querySelector<HTMLElement>("[data-control='ask']")?.focus();
  }

  private poll(poll: Signal<Poll>): DocumentFragment {
    const { meeting } = this.call;
    const text = strings.polls;
    const { id, question, options, secret, several } = poll.peek();
    const rows = computed(() => results(poll()));
    const own = computed(() => (poll().own ?? []).length > 0);
    return html`
      <fieldset class="poll" ?data-closed=${() => poll().closed} aria-describedby=${`${id}-about`}>
        <legend dir="auto">${question}</legend>
        <p class="hint" id=${`${id}-about`}>
          <bdi>${() => (poll().by === meeting.room().self?.id ? strings.room.youShort : poll().name)}</bdi> ·
          ${secret ? text.secret : text.open}${several ? ` · ${text.several}` : ""}</p>
        ${options.map((option, index) => this.option(poll, option, index, computed(() => rows()[index] as Result)))}
        <p class="hint">${() => text.voted({ count: poll().voted })} ${() => this.state(poll())}</p>
        <div class="poll-actions">
          ${() => (own() && !poll().closed ? html`<button type="button" class="link" @click=${() => this.takeBack(poll)}>${text.takeBack}</button>` : null)}
          ${() => (mayClose(meeting.room(), poll()) && !poll().closed ? html`
            <button type="button" class="link" @click=${() => meeting.polls.close(id)}>${text.end}</button>` : null)}
          ${() => (mayClose(meeting.room(), poll()) ? html`
            <button type="button" class="link danger" @click=${() => void this.delete(poll.peek())}>${text.delete}</button>` : null)}
        </div>
      </fieldset>`;
  }

  /** An option to choose, and how it does, as far as that is told. */
  private option(poll: Signal<Poll>, option: string, index: number, result: Signal<Result>): Node {
    const { several, id } = poll.peek();
    const count = (): string => {
      const { votes } = result();
      return votes === undefined ? "" : strings.polls.votes({ count: votes });
    };
    const choose = (): void => this.call.meeting.polls.vote(poll.peek(), chosen(poll.peek(), index));
    const fill = (element: Element): void => {
      effect(() => (element as HTMLElement).style.setProperty("--share", `${Math.round(result().share * 100)}%`));
    };
    return html`
      <label class="poll-option" ?data-own=${() => result().own} ?data-leads=${() => poll().closed && result().leads} ref=${fill}>
        <input type=${several ? "checkbox" : "radio"} name=${`poll-${id}`} .checked=${() => result().own}
          ?disabled=${() => poll().closed} @change=${choose}>
        <span class="poll-text" dir="auto">${option}</span>
        <span class="poll-count">${count}</span>
        ${() => (result().names.length > 0 ? html`<small class="poll-names">${listed(result().names)}</small>` : null)}
      </label>`;
  }

  private state(poll: Poll): Child {
    if (poll.closed) return strings.polls.closed;
    return poll.secret ? strings.polls.secretDetail : null;
  }

  private takeBack(poll: Signal<Poll>): void {
    this.call.meeting.polls.vote(poll.peek(), []);
    this.querySelector<HTMLElement>(`[name='poll-${CSS.escape(poll.peek().id)}']`)?.focus();
  }

  private async delete(poll: Poll): Promise<void> {
    const { deleteConfirm, delete: yes } = strings.polls;
    if (!(await confirmed({ question: deleteConfirm({ question: poll.question }), yes }))) return;
    this.call.meeting.polls.delete(poll.id);
    (this.querySelector<HTMLElement>("[data-control='ask']") ?? this.first)?.focus();
  }
}

customElements.define("parley-polls", PollsPanel);
