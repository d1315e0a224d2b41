// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../core/html";
import { computed, effect, onDispose, signal, untracked } from "../core/signal";
import { View } from "../core/view";
import { ChatRow, rowsOf } from "../model/chat";
import { around, earlier, later, newest, sameStretch, Stretch } from "../model/stretch";
import type { Call } from "./call";
import { messageView } from "./chat-message";
import { MessageMenu, OpenMessageMenu } from "./chat-menu";
import { writingOf } from "./chat-writing";
import { icon } from "./icon";
import downIcon from "./icons/down.svg";
import { settings } from "./settings";
import { strings } from "./strings";

/** Nearer to the end than this, a new line scrolls into view; nearer to an edge, what lies beyond is drawn. In pixels. */
const near = 80;
const ahead = 400;
/** How long a message that was jumped to is marked, in milliseconds. */
const markedFor = 2_000;

/**
 * The conversation. Of a long one only a stretch is drawn, which moves along with the scrolling.
 *
 * The buttons of all messages are one tab stop: up and down go from message to message, left and right from button to
 * button, Home and End to the first and last message.
 */
export class ChatLog extends View {
  private readonly stretch = signal<Stretch>({ start: 0, end: 0 }, sameStretch);
  /** Whether the end is in view, and new lines bring themselves into view. */
  private readonly following = signal(true);
  /** How many lines there were when the end was last in view. */
  private readonly seen = signal(0);
  private readonly menu = signal<OpenMessageMenu | undefined>(undefined);
  private readonly log = document.createElement("div");
  private stop: HTMLElement | undefined;
  private holder: HTMLElement | undefined;

  constructor(private readonly call: Call) {
    super();
    this.className = "log-frame";
  }

  protected render(): Node {
    const { call, log } = this;
    const { room } = call.meeting;
    const text = strings.chat;
    const lines = computed(() => room().chat);
    this.stretch.set(newest(lines.peek().length));
    const rows = computed(() => rowsOf(lines(), this.stretch(), call.firstNew()));
    const actions = {
      jump: (seq: number) => this.jump(seq),
      answer: writingOf(call).answer.bind(writingOf(call)),
      openMenu: (line: OpenMessageMenu["line"], opener: HTMLElement) => this.menu.set({ line, opener }),
    };
    log.className = "log";
    log.tabIndex = 0;
    log.setAttribute("role", "log");
    log.setAttribute("aria-label", text.title);
    // What is only drawn because somebody scrolls is no news.
    effect(() => log.setAttribute("aria-live", this.following() && !settings().unsaid.includes("chat") ? "polite" : "off"));
    log.append(html`
      ${() => (this.stretch().start > 0 || room().chatComplete ? null : html`<p class="panel-note">${text.older}</p>`)}
      <p class="panel-note" ?hidden=${() => lines().length > 0}>${text.empty}</p>
      ${each(rows, ({ line }: ChatRow) => `${line.from} ${line.id}`, (row) => messageView(call, row, actions))}`);
    this.listen();
    effect(() => {
      const { length } = lines();
      untracked(() => this.grown(length));
    });
    writingOf(call).showNewest = () => this.showNewest();
    requestAnimationFrame(() => this.begin());
    const missed = computed(() => !this.following() && lines().slice(this.seen()).some(({ from }) => from !== room().self?.id));
    return html`
      ${log}
      ${() => (this.following() ? null : html`
        <button type="button" class="to-newest" ?data-news=${missed} aria-label=${() => (missed() ? text.showNew : text.showNewest)}
          @click=${() => { this.showNewest(); log.focus(); }}>${() => (missed() ? text.newMessages : null)} ${icon(downIcon)}</button>`)}
      ${() => {
        const open = this.menu();
        return open ? new MessageMenu(call, open, () => this.menu.set(undefined)) : null;
      }}`;
  }

  /** At the end, or where it goes on after what was read last. */
  private begin(): void {
    const { log } = this;
    this.tidy();
    log.scrollTop = log.scrollHeight;
    const mark = log.querySelector(".new-mark");
    if (mark && mark.getBoundingClientRect().top < log.getBoundingClientRect().top) mark.scrollIntoView({ block: "start" });
  }

  private grown(total: number): void {
    if (!this.following.peek()) return;
    this.stretch.set(newest(total));
    this.seen.set(total);
    requestAnimationFrame(() => {
      if (this.following.peek()) this.log.scrollTop = this.log.scrollHeight;
    });
  }

  private showNewest(): void {
    this.following.set(true);
    this.grown(this.call.meeting.room.peek().chat.length);
  }

  private scrolled(): void {
    const { log } = this;
    const total = this.call.meeting.room.peek().chat.length;
    const stretch = this.stretch.peek();
    const below = log.scrollHeight - log.scrollTop - log.clientHeight;
    const atEnd = below < near && stretch.end >= total;
    this.following.set(atEnd);
    if (atEnd) this.seen.set(total);
    if (log.scrollTop < ahead && stretch.start > 0) this.move(earlier(stretch));
    else if (below < ahead && stretch.end < total) this.move(later(stretch, total));
  }

  /** Draws another stretch, and leaves what is in view where it is. */
  private move(to: Stretch): void {
    const { log } = this;
    const from = this.stretch.peek();
    const top = log.getBoundingClientRect().top;
    const articles = [...log.querySelectorAll("article")];
    const kept = articles.filter((_, index) => from.start + index >= to.start && from.start + index < to.end);
    const anchor = kept.find((article) => article.getBoundingClientRect().bottom > top) ?? kept[0];
    const before = anchor?.getBoundingClientRect().top ?? 0;
    this.stretch.set(to);
    if (anchor) log.scrollTop += anchor.getBoundingClientRect().top - before;
  }

  /** Shows a message that may be far up, and puts the focus on it. */
  private jump(seq: number): void {
    const { chat } = this.call.meeting.room.peek();
    const index = chat.findIndex((line) => line.seq === seq);
    const { start, end } = this.stretch.peek();
    if (index < 0) return;
    if (index < start || index >= end) this.stretch.set(around(index, chat.length));
    const article = this.log.querySelector<HTMLElement>(`article[data-seq="${seq}"]`);
    if (!article) return;
    article.scrollIntoView({ block: "center" });
    this.focusOn(article);
    article.toggleAttribute("data-found", true);
    setTimeout(() => article.removeAttribute("data-found"), markedFor);
  }

  private focusOn(article: Element | null | undefined): void {
    const button = article?.querySelector<HTMLElement>("[data-rove='first']") ?? article?.querySelector<HTMLElement>("[data-rove]");
    (button ?? this.log).focus({ preventScroll: button !== undefined && button !== null });
    article?.scrollIntoView({ block: "nearest" });
  }

  // MARK: One tab stop

  private listen(): void {
    const { log } = this;
    log.addEventListener("scroll", () => this.scrolled(), { passive: true });
    log.addEventListener("keydown", (event) => this.key(event));
    log.addEventListener("focusin", (event) => {
      this.holder = event.target as HTMLElement;
      if (this.holder.matches("[data-rove]")) this.stopAt(this.holder);
    });
    log.addEventListener("focusout", () => queueMicrotask(() => {
      // An element that is taken away loses the focus without anybody having moved on.
      if (this.holder?.isConnected && !log.contains(document.activeElement)) this.holder = undefined;
    }));
    const observer = new MutationObserver(() => this.tidy());
    observer.observe(log, { childList: true, subtree: true });
    const size = new ResizeObserver(() => {
      if (this.following.peek()) log.scrollTop = log.scrollHeight;
    });
    size.observe(log);
    onDispose(() => {
      observer.disconnect();
      size.disconnect();
    });
  }

  private stopAt(button: HTMLElement | undefined): void {
    if (this.stop !== button) this.stop?.setAttribute("tabindex", "-1");
    this.stop = button;
    button?.setAttribute("tabindex", "0");
  }

  /** Messages come and go: there is always one stop, the newest unless somebody is at another, and the focus is never lost. */
  private tidy(): void {
    if (!this.stop?.isConnected || !this.holder) this.stopAt([...this.log.querySelectorAll<HTMLElement>("[data-rove='first']")].at(-1));
    if (!this.holder || this.holder.isConnected || document.activeElement !== document.body) return;
    this.holder = undefined;
    (this.stop ?? this.log).focus({ preventScroll: true });
  }

  /** The messages with which something can be done. */
  private usable(): HTMLElement[] {
    return [...this.log.querySelectorAll<HTMLElement>("article")].filter((article) => article.querySelector("[data-rove]"));
  }

  private key(event: KeyboardEvent): void {
    const button = event.target as HTMLElement;
    if (!button.matches("[data-rove]") || event.altKey || event.ctrlKey || event.metaKey) return;
    const article = button.closest("article");
    const articles = this.usable();
    const beside = [...(article?.querySelectorAll<HTMLElement>("[data-rove]") ?? [])].filter((each) => each.offsetParent !== null);
    const at = article ? articles.indexOf(article) : -1;
    const forward = getComputedStyle(this.log).direction === "rtl" ? -1 : 1;
    const step = beside.indexOf(button) + (event.key === "ArrowRight" ? forward : -forward);
    switch (event.key) {
      case "ArrowUp":
        if (at > 0) this.focusOn(articles[at - 1]);
        break;
      case "ArrowDown":
        if (at < articles.length - 1) this.focusOn(articles[at + 1]);
        break;
      case "ArrowLeft":
      case "ArrowRight":
        beside[(step + beside.length) % beside.length]?.focus();
        break;
      case "Home":
        this.stretch.set(around(0, this.call.meeting.room.peek().chat.length));
        this.focusOn(this.usable()[0]);
        break;
      case "End":
        this.showNewest();
        this.focusOn(this.usable().at(-1));
        break;
      default:
        return;
    }
    event.preventDefault();
  }
}

customElements.define("parley-chat-log", ChatLog);
