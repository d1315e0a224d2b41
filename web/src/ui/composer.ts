// SPDX-License-Identifier: Apache-2.0

import { Child, html } from "../core/html";
import { computed, effect, onDispose, Signal, signal } from "../core/signal";
import { View } from "../core/view";
import { addressees, gist } from "../model/chat";
import { mayWrite } from "../model/hosting";
import { FileLimits, limits, ParticipantID } from "../protocol/messages";
import { announcer } from "./announcer";
import { attach, attachButton, attachmentList, takeDrops } from "./attach";
import type { Call } from "./call";
import { Writing, writingOf } from "./chat-writing";
import { icon } from "./icon";
import closeIcon from "./icons/close.svg";
import lockIcon from "./icons/lock.svg";
import sendIcon from "./icons/send.svg";
import { strings } from "./strings";

/** From here on the panel counts down. */
const countFrom = limits.chat - 200;
/** Longer texts are not pasted at all: nobody shortens them by hand, and a field with them in it stops the page. */
const pasteLimit = 4 * limits.chat;

/** The field to take part in the conversation. Enter sends, Shift+Enter starts a new line. */
export class Composer extends View {
  private readonly writing: Writing;
  private readonly field = document.createElement("textarea");
  /** What was wrong with what was just pasted. */
  private readonly problem = signal("");

  constructor(private readonly call: Call) {
    super();
    this.className = "composer-frame";
    this.writing = writingOf(call);
  }

  protected render(): Node {
    const { field, writing } = this;
    const text = strings.chat;
    const left = computed(() => limits.chat - [...writing.text()].length);
    const obstacle = computed(() => this.obstacle());
    const { attachments } = this.call.meeting;
    const something = computed(() => writing.text().trim() !== "" || attachments.all().length > 0);
    const sendable = computed(() => something() && left() >= 0 && obstacle() === "" && attachments.ready());
    const send = (event?: Event): void => {
      event?.preventDefault();
      if (!sendable.peek()) return this.explain(obstacle.peek() || (attachments.ready.peek() ? "" : strings.files.notYet));
      writing.send();
      field.focus();
    };
    this.prepare(field, send);
    const back = (): void => field.focus();
    const panel = this.closest<HTMLElement>(".panel");
    if (panel) takeDrops(panel, this.limits, (files) => this.attach(files));
    return html`
      <form class="composer" ?data-alone=${() => writing.to() !== undefined} @submit=${send}>
        ${this.quote()}
        ${this.recipient()}
        <p id="chat-problem" class="said-state" data-over ?hidden=${() => !obstacle() && !this.problem()}>${() => obstacle() || this.problem()}</p>
        ${attachmentList(this.call, this.limits, back)}
        <p id="chat-left" class="said-state" ?data-over=${() => left() < 0} ?hidden=${() => left() > limits.chat - countFrom}>
          ${() => (left() >= 0 ? text.left({ count: left() }) : text.tooMany({ count: -left() }))}</p>
        <div class="composer-row">${attachButton(this.call, this.limits, back)}${field}
          <button class="round" aria-label=${text.send} title=${text.send} aria-disabled=${() => (sendable() ? undefined : "true")}>${icon(sendIcon)}</button>
        </div>
      </form>`;
  }

  private prepare(field: HTMLTextAreaElement, send: (event: Event) => void): void {
    const { writing } = this;
    const text = strings.chat;
    field.rows = 1;
    field.dir = "auto";
    field.setAttribute("enterkeyhint", "send");
    field.setAttribute("aria-describedby", "chat-problem chat-left");
    effect(() => {
      const to = writing.to();
      const label = to ? text.inputAlone({ name: to.name }) : text.input;
      field.placeholder = to ? label : text.placeholder;
      field.setAttribute("aria-label", label);
    });
    effect(() => {
      const value = writing.text();
      if (field.value !== value) field.value = value;
      field.style.height = "auto";
      field.style.height = `${Math.min(field.scrollHeight, 140)}px`;
    });
    field.oninput = () => {
      this.problem.set("");
      writing.text.set(field.value);
    };
    field.onpaste = (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      const pasted = event.clipboardData?.getData("text/plain") ?? "";
      if (files.length === 0 && pasted.length <= pasteLimit) return;
      event.preventDefault();
      if (files.length > 0) return this.attach(files);
      // As a file it can be read; in the field it would only be in the way.
      if (!this.limits()) return this.explain(text.pasteTooLong({ limit: String(limits.chat) }));
      this.attach([new File([pasted], strings.files.pastedName, { type: "text/plain" })]);
      this.explain(strings.files.pastedAsFile);
    };
    field.onkeydown = (event) => {
      // While an input method composes, Enter belongs to it.
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) return send(event);
      if (event.key !== "Escape" || !writing.reply.peek()) return;
      // Escape gives up the answer first, and closes the panel only then.
      event.preventDefault();
      writing.reply.set(undefined);
    };
    writing.focus = () => field.focus();
    onDispose(() => (writing.focus = () => {}));
  }

  private readonly limits = (): FileLimits | undefined => this.call.meeting.room().files;

  private attach(files: readonly File[]): void {
    const now = this.limits();
    if (!now) return;
    attach(this.call, files, now);
    this.field.focus();
  }

  private explain(problem: string): void {
    if (!problem) return;
    this.problem.set(problem);
    announcer.say(problem);
  }

  /** Why nothing can be sent just now, as a sentence; empty when it can. */
  private obstacle(): string {
    const { room } = this.call.meeting;
    const text = strings.chat;
    const to = this.writing.to();
    const others = addressees(room());
    if (!to) return mayWrite(room()) ? "" : others.length > 0 ? text.onlyHosts : text.switchedOff;
    if (others.some(({ id }) => id === to.id)) return "";
    return room().people.has(to.id) ? text.notThem({ name: to.name }) : text.hasLeft({ name: to.name });
  }

  private quote(): Child {
    const { writing } = this;
    const text = strings.chat;
    const self = (): ParticipantID | undefined => this.call.meeting.room.peek().self?.id;
    return () => {
      const line = writing.reply();
      if (!line) return null;
      return html`
        <div class="replying">
          <p><strong>${line.from === self() ? text.answeringSelf : text.answering({ name: line.name })}</strong> <span dir="auto">${gist(line)}</span></p>
          <button type="button" class="round plain" aria-label=${text.answerCancel} title=${text.answerCancel}
            @click=${() => { writing.reply.set(undefined); writing.focus(); }}>${icon(closeIcon)}</button>
        </div>`;
    };
  }

  /** Whom it goes to. There is nothing to choose while nobody else is here. */
  private recipient(): Child {
    const { call, writing } = this;
    const { room } = call.meeting;
    const text = strings.chat;
    const choices = computed(() => {
      const to = writing.to();
      const people = addressees(room()).map(({ id, name }) => ({ id, name }));
      return to && !people.some(({ id }) => id === to.id) ? [...people, to] : people;
    }, (a, b) => JSON.stringify(a) === JSON.stringify(b));
    const everybody = computed(() => mayWrite(room()));
    const present = computed(() => choices().length > 0);
    const choose = (event: Event): void => {
      const { value } = event.target as HTMLSelectElement;
      const chosen = choices.peek().find(({ id }) => id === value);
      if (writing.reply.peek()) writing.reply.set(undefined);
      writing.to.set(chosen);
      writing.focus();
    };
    return () => (present() ? html`
      <label class="recipient">
        <span>${text.to}</span>
        <select aria-label=${text.to} @change=${choose} ref=${(element: Element) => this.keepChosen(element as HTMLSelectElement, choices)}>
          <option value="" ?disabled=${() => !everybody()}>${text.everybody}</option>
          ${() => choices().map(({ id, name }) => html`<option value=${id}>${name}</option>`)}
        </select>
        ${() => (writing.to() ? html`<span class="said-alone">${icon(lockIcon)} ${text.alone}</span>` : null)}
      </label>` : null);
  }

  /** The options are made after the field, and made again as people come and go. */
  private keepChosen(select: HTMLSelectElement, choices: Signal<unknown>): void {
    effect(() => {
      choices();
      const value = this.writing.to()?.id ?? "";
      queueMicrotask(() => (select.value = value));
    });
  }
}

customElements.define("parley-composer", Composer);
