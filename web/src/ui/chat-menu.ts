// SPDX-License-Identifier: Apache-2.0

import { Child, html } from "../core/html";
import { computed, effect } from "../core/signal";
import { View } from "../core/view";
import { addressees, audienceOf, placed } from "../model/chat";
import { mayDelete, mayWrite } from "../model/hosting";
import type { ChatLine } from "../model/room";
import { Reaction, reactions } from "../protocol/messages";
import { confirmed } from "./ask";
import { closeElsewhere, settleBeside } from "./beside";
import type { Call } from "./call";
import { writingOf } from "./chat-writing";
import { copyText } from "./copy";
import { icon } from "./icon";
import copyIcon from "./icons/copy.svg";
import lockIcon from "./icons/lock.svg";
import replyIcon from "./icons/reply.svg";
import trashIcon from "./icons/trash.svg";
import { reactionPicture } from "./reactions";
import { strings } from "./strings";
import { toast } from "./toasts";

/** A message whose menu is open, and what opened it. */
export interface OpenMessageMenu {
  readonly line: ChatLine;
  readonly opener: HTMLElement;
}

/** What can be done with one message. It takes the focus when it opens; when it closes, the focus goes back. */
export class MessageMenu extends View {
  constructor(private readonly call: Call, private readonly open: OpenMessageMenu, private readonly done: () => void) {
    super();
    this.className = "popover message-menu";
  }

  protected render(): Node {
    const { call } = this;
    const { line, opener } = this.open;
    const { room } = call.meeting;
    const text = strings.chat;
    const own = line.from === room.peek().self?.id;
    this.setAttribute("role", "dialog");
    this.setAttribute("aria-label", own ? text.actionsOwn : text.actionsFor({ name: line.name }));
    closeElsewhere(this, opener, () => this.close());
    const now = computed(() => placed(room().chat, line.seq ?? 0));
    effect(() => {
      if (!now() || now()?.deleted) this.close();
    });
    requestAnimationFrame(() => {
      settleBeside(this, opener);
      this.querySelector("button")?.focus();
    });
    const others = computed(() => addressees(room()));
    return html`
      <div class="reaction-row" role="group" aria-label=${text.react}>${reactions.map((reaction) => this.reaction(reaction))}</div>
      ${() => (mayWrite(room(), audienceOf(room(), line)) ? this.item(replyIcon, text.answer, () => writingOf(call).answer(line)) : null)}
      ${() => (others().some(({ id }) => id === line.from)
        ? this.item(lockIcon, text.writeAlone({ name: line.name }), () => writingOf(call).writeTo({ id: line.from, name: line.name })) : null)}
      ${this.item(copyIcon, text.copy, () => void this.copy())}
      ${() => (mayDelete(room(), now() ?? line) ? this.item(trashIcon, text.delete, () => void this.delete(), true) : null)}`;
  }

  private reaction(reaction: Reaction): Child {
    const { meeting } = this.call;
    const { line } = this.open;
    const name = strings.reactions[reaction];
    const mine = computed(() => {
      const { self } = meeting.room();
      return (placed(meeting.room().chat, line.seq ?? 0)?.reactions?.[reaction] ?? []).some((id) => id === self?.id);
    });
    const put = (): void => {
      meeting.reactTo(line.seq ?? 0, reaction, !mine.peek());
      this.close();
    };
    return html`
      <button type="button" aria-label=${name} title=${name} aria-pressed=${() => String(mine())} @click=${put}>
        ${reactionPicture(reaction)}</button>`;
  }

  private item(drawing: string, label: string, act: () => void, dangerous = false): Node {
    return html`
      <button type="button" class="menu-item" ?data-danger=${dangerous} @click=${() => { this.close(); act(); }}>
        ${icon(drawing)} <span>${label}</span></button>`;
  }

  private async copy(): Promise<void> {
    toast((await copyText(this.open.line.text)) ? strings.chat.copied : strings.chat.copyFailed);
  }

  private async delete(): Promise<void> {
    const { seq } = this.open.line;
    if (seq !== undefined && (await confirmed({ ...strings.chat.deleteConfirm, yes: strings.chat.delete }))) this.call.meeting.deleteMessage(seq);
  }

  private close(): void {
    const inside = this.contains(document.activeElement);
    this.done();
    if (inside) this.open.opener.focus();
  }
}

customElements.define("parley-message-menu", MessageMenu);
