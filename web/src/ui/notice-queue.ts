// SPDX-License-Identifier: Apache-2.0

import type { Notice } from "../model/notices";
import type { Call } from "./call";
import { strings } from "./strings/en";
import { toast } from "./toasts";

type Spoken = Exclude<Notice, { type: "chat" | "muted" | "not-muted" }>;

/** Things of one kind within this time are told as one. */
const pause = 500;
const excerpt = 80;

/** Turns notices into toasts: several people who come or go together make one. */
export class NoticeQueue {
  private readonly waiting = new Map<Spoken["type"], string[]>();

  constructor(private readonly call: Call) {}

  add(notice: Notice): void {
    if (notice.type === "chat") return this.chat(notice.message.name, notice.message.text);
    if (notice.type === "muted") return void toast(strings.mutedBy(notice.source, notice.name));
    if (notice.type === "not-muted") return void toast(notice.problem);
    const names = this.waiting.get(notice.type);
    if (names) names.push(notice.name);
    else {
      this.waiting.set(notice.type, [notice.name]);
      setTimeout(() => this.tell(notice.type), pause);
    }
  }

  private tell(type: Spoken["type"]): void {
    const names = this.waiting.get(type) ?? [];
    this.waiting.delete(type);
    toast(strings.notices(type, strings.names(names), names.length > 1));
  }

  private chat(name: string, text: string): void {
    this.call.messageCame();
    // An open chat shows the message and is read out by itself.
    if (this.call.panel.peek() === "chat") return;
    const short = text.length > excerpt ? `${text.slice(0, excerpt)}…` : text;
    toast(strings.chat.announce(name, short), "chat");
  }
}
