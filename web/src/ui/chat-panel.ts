// SPDX-License-Identifier: Apache-2.0

import { Child, each, html } from "../core/html";
import { computed, effect, Signal, signal } from "../core/signal";
import { continues, links } from "../model/chat";
import type { ChatLine } from "../model/room";
import { limits } from "../protocol/messages";
import type { Call } from "./call";
import { icon } from "./icon";
import sendIcon from "./icons/send.svg";
import { PanelView } from "./panel";
import { strings } from "./strings/en";

/** From here on the panel counts down. */
const countFrom = limits.chat - 200;
/** Nearer to the end than this, a new line scrolls into view. */
const nearEnd = 80;

interface Shown {
  readonly line: ChatLine;
  /** Under the name of the line before. */
  readonly continued: boolean;
}

/** What was written but not sent survives closing the panel. */
const drafts = new WeakMap<Call, string>();

/** The conversation, and the field to take part in it. Enter sends, Shift+Enter starts a new line. */
export class ChatPanel extends PanelView {
  constructor(call: Call) {
    super(call, strings.chat.title, strings.chat.close);
    this.classList.add("chat");
  }

  protected override get first(): HTMLElement | null {
    return this.querySelector("textarea");
  }

  protected content(): Node {
    const { room } = this.call.meeting;
    const text = strings.chat;
    const shown = computed(() => {
      const { chat } = room();
      return chat.map((line, index): Shown => ({ line, continued: continues(chat[index - 1], line) }));
    });
    return html`
      <div class="log" role="log" aria-label=${text.title} tabindex="0" ref=${(element: Element) => stayAtEnd(element as HTMLElement, shown)}>
        ${() => (room().chatComplete ? null : html`<p class="panel-note">${text.older}</p>`)}
        <p class="panel-note" ?hidden=${() => room().chat.length > 0}>${text.empty}</p>
        ${each(shown, ({ line }) => `${line.from} ${line.id}`, (item) => this.line(item))}
      </div>
      ${this.composer()}`;
  }

  private line(item: Signal<Shown>): Element {
    const { meeting } = this.call;
    const line = computed(() => item().line);
    const own = (): boolean => line().from === meeting.room().self?.id;
    const article = document.createElement("article");
    effect(() => article.toggleAttribute("data-continued", item().continued));
    effect(() => article.toggleAttribute("data-own", own()));
    effect(() => (article.dataset["state"] = line().state));
    const time = new Date(line.peek().sentAt);
    article.append(html`
      <p class="said-by"><strong>${() => (own() ? strings.room.youShort : line().name)}</strong>
        <time datetime=${time.toISOString()}>${time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}</time></p>
      <p class="said">${links(line.peek().text).map(piece)}</p>
      ${() => this.state(line())}`);
    return article;
  }

  private state(line: ChatLine): Child {
    const text = strings.chat;
    if (line.state === "sent") return null;
    if (line.state === "pending") {
      const joined = this.call.meeting.state().phase === "joined";
      return html`<p class="said-state">${joined ? text.sending : text.waiting}</p>`;
    }
    return html`
      <p class="said-state failed">${text.failed} ${line.problem ?? ""}
        <button type="button" class="link" @click=${() => this.call.meeting.sayAgain(line.id)}>${text.retry}</button></p>`;
  }

  private composer(): Node {
    const text = strings.chat;
    const draft = signal(drafts.get(this.call) ?? "");
    const left = computed(() => limits.chat - [...draft()].length);
    const sendable = computed(() => draft().trim() !== "" && left() >= 0);
    const field = document.createElement("textarea");
    field.value = draft.peek();
    field.rows = 1;
    field.placeholder = text.input;
    field.setAttribute("aria-label", text.input);
    field.setAttribute("enterkeyhint", "send");
    field.setAttribute("aria-describedby", "chat-left");
    const written = (): void => {
      draft.set(field.value);
      drafts.set(this.call, field.value);
      field.style.height = "auto";
      field.style.height = `${Math.min(field.scrollHeight, 140)}px`;
    };
    const send = (event?: Event): void => {
      event?.preventDefault();
      if (!sendable.peek()) return;
      this.call.meeting.say(draft.peek().trim());
      field.value = "";
      written();
      field.focus();
    };
    field.oninput = written;
    field.onkeydown = (event) => {
      // While an input method composes, Enter belongs to it.
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
    };
    return html`
      <form class="composer" @submit=${send}>
        <p id="chat-left" class="said-state" ?data-over=${() => left() < 0} ?hidden=${() => left() > limits.chat - countFrom}>
          ${() => text.left(left())}</p>
        <div class="composer-row">${field}
          <button class="round" aria-label=${text.send} title=${text.send} aria-disabled=${() => (sendable() ? undefined : "true")}>${icon(sendIcon)}</button>
        </div>
      </form>`;
  }
}

function piece({ text, href }: { readonly text: string; readonly href?: string }): Child {
  return href === undefined ? text : html`<a href=${href} target="_blank" rel="noopener noreferrer nofollow">${text}</a>`;
}

/** Keeps the newest line in view for somebody who has not scrolled up to read. */
function stayAtEnd(log: HTMLElement, lines: Signal<readonly unknown[]>): void {
  effect(() => {
    lines();
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < nearEnd;
    if (atEnd || log.scrollTop === 0) requestAnimationFrame(() => (log.scrollTop = log.scrollHeight));
  });
}

customElements.define("parley-chat", ChatPanel);
