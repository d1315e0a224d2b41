// SPDX-License-Identifier: Apache-2.0

import { Child, each, html } from "../core/html";
import { computed, effect, Signal } from "../core/signal";
import { ChatRow, gist, links } from "../model/chat";
import type { ChatLine } from "../model/room";
import { Reaction, reactions } from "../protocol/messages";
import type { Call } from "./call";
import { fileView } from "./chat-file";
import { nameIn } from "./chat-writing";
import { icon } from "./icon";
import lockIcon from "./icons/lock.svg";
import moreIcon from "./icons/more.svg";
import replyIcon from "./icons/reply.svg";
import { reactionPicture } from "./reactions";
import { strings } from "./strings";
import { dateLanguage } from "./when";
import { listed } from "./words";

/** What a message can have done to it, beyond itself. */
export interface MessageActions {
  /** Shows the message that another one answers. */
  readonly jump: (seq: number) => void;
  readonly answer: (line: ChatLine) => void;
  readonly openMenu: (line: ChatLine, opener: HTMLElement) => void;
}

/** One line of chat. Its buttons are reached with arrow keys: see `ChatLog`. */
export function messageView(call: Call, row: Signal<ChatRow>, actions: MessageActions): Element {
  const line = computed(() => row().line);
  const own = computed(() => line().from === call.meeting.room().self?.id);
  const article = document.createElement("article");
  effect(() => article.toggleAttribute("data-continued", row().continued));
  effect(() => article.toggleAttribute("data-own", own()));
  effect(() => article.toggleAttribute("data-alone", line().to !== undefined));
  effect(() => article.toggleAttribute("data-deleted", line().deleted === true));
  effect(() => (article.dataset["state"] = line().state));
  effect(() => (article.dataset["seq"] = String(line().seq ?? "")));
  const usable = computed(() => line().seq !== undefined && !line().deleted);
  const said = computed(() => (line().deleted ? undefined : line().text));
  // The same object for as long as the message is: reactions come as new lines.
  const file = computed(() => line().file, (a, b) => a?.id === b?.id);
  const firstNew = computed(() => row().firstNew);
  article.append(html`
    ${() => (firstNew() ? html`<p class="new-mark">${strings.chat.newMessages}</p>` : null)}
    <p class="said-by"><strong><bdi>${() => (own() ? strings.room.youShort : line().name)}</bdi></strong>
      ${time(line.peek().sentAt)}
      ${() => (line().to === undefined ? null : alone(call, line(), own()))}</p>
    ${quote(call, row, actions)}
    <p class="said" dir="auto" ?hidden=${() => said() === ""}>${() => { const text = said(); return text === undefined ? strings.chat.deleted : links(text).map(piece); }}</p>
    ${() => { const shown = file(); return shown ? fileView(shown) : null; }}
    ${reactionsOf(call, line)}
    ${() => state(call, line())}
    ${() => (usable() ? buttons(line, own, actions) : null)}`);
  return article;
}

/** The time, and the day if that is not today. */
function time(sentAt: number): Node {
  const date = new Date(sentAt);
  const today = date.toDateString() === new Date().toDateString();
  const clock = { hour: "2-digit", minute: "2-digit" } as const;
  const shown = today ? date.toLocaleTimeString(dateLanguage, clock) : date.toLocaleString(dateLanguage, { day: "numeric", month: "short", ...clock });
  return html`<time datetime=${date.toISOString()} title=${date.toLocaleString(dateLanguage)}>${shown}</time>`;
}

function alone(call: Call, line: ChatLine, own: boolean): Child {
  const text = strings.chat;
  const name = own && line.to !== undefined ? nameIn(call, line.to) ?? text.somebodyGone : "";
  return html`<span class="said-alone">${icon(lockIcon)} ${own ? text.toAlone({ name }) : text.toYouAlone}</span>`;
}

function quote(call: Call, row: Signal<ChatRow>, { jump }: MessageActions): Child {
  const text = strings.chat;
  const quoted = computed(() => row().quoted);
  return () => {
    const original = quoted();
    if (original === undefined) return null;
    if (original === "gone") return html`<p class="quote">${text.quoteGone}</p>`;
    const { seq } = original;
    const name = original.from === call.meeting.room.peek().self?.id ? strings.room.youShort : original.name;
    const short = original.deleted ? text.deleted : gist(original);
    return html`
      <button type="button" class="quote" data-rove tabindex="-1" aria-label=${text.quoted({ name, text: short })}
        @click=${() => seq !== undefined && jump(seq)}><strong><bdi>${name}</bdi></strong><span dir="auto">${short}</span></button>`;
  };
}

/** A button for each reaction that somebody has put to the message: it adds ours, or takes it away. */
function reactionsOf(call: Call, line: Signal<ChatLine>): Child {
  const { meeting } = call;
  const present = computed(() => reactions.filter((reaction) => (line().reactions?.[reaction]?.length ?? 0) > 0), sameItems);
  const button = (reaction: Signal<Reaction>): DocumentFragment => {
    const which = reaction.peek();
    const people = computed(() => line().reactions?.[which] ?? []);
    const mine = computed(() => people().some((id) => id === meeting.room().self?.id));
    const names = (): string => {
      const self = meeting.room().self?.id;
      return listed(people().map((id) => (id === self ? strings.stage.you : nameIn(call, id) ?? strings.chat.somebodyGone)));
    };
    const label = (): string => strings.chat.reacted({ reaction: strings.reactions[which], names: names() });
    return html`
      <button type="button" class="chip" data-rove tabindex="-1" aria-pressed=${() => String(mine())} aria-label=${label} title=${label}
        @click=${() => meeting.reactTo(line.peek().seq ?? 0, which, !mine.peek())}>
        ${reactionPicture(which)} ${() => people().length}</button>`;
  };
  return html`<div class="chips" ?hidden=${() => present().length === 0}>${each(present, (reaction) => reaction, button)}</div>`;
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

function state(call: Call, line: ChatLine): Child {
  const text = strings.chat;
  if (line.state === "sent") return null;
  if (line.state === "pending") {
    const joined = call.meeting.state().phase === "joined";
    return html`<p class="said-state">${joined ? text.sending : text.waiting}</p>`;
  }
  return html`
    <p class="said-state failed">${text.failed} ${line.problem ?? ""}
      <button type="button" class="link" @click=${() => call.meeting.sayAgain(line.id)}>${text.retry}</button></p>`;
}

function buttons(line: Signal<ChatLine>, own: Signal<boolean>, { answer, openMenu }: MessageActions): Child {
  const text = strings.chat;
  const { name } = line.peek();
  const labels = own.peek() ? { answer: text.answer, more: text.actionsOwn } : { answer: text.answerTo({ name }), more: text.actionsFor({ name }) };
  return html`
    <div class="message-buttons">
      <button type="button" data-rove tabindex="-1" aria-label=${labels.answer} title=${text.answer}
        @click=${() => answer(line.peek())}>${icon(replyIcon)}</button>
      <button type="button" data-rove="first" tabindex="-1" aria-label=${labels.more} title=${text.actions} aria-haspopup="dialog"
        @click=${(event: Event) => openMenu(line.peek(), event.currentTarget as HTMLElement)}>${icon(moreIcon)}</button>
    </div>`;
}

function piece({ text, href }: { readonly text: string; readonly href?: string }): Child {
  return href === undefined ? text : html`<a href=${href} target="_blank" rel="noopener noreferrer nofollow">${text}</a>`;
}
