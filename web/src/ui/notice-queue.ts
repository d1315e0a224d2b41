// SPDX-License-Identifier: Apache-2.0

import { excerpt, gist } from "../model/chat";
import { remaining } from "../model/link";
import type { Notice } from "../model/notices";
import type { MediaSource } from "../protocol/messages";
import { announcer } from "./announcer";
import type { Call } from "./call";
import { chime } from "./chime";
import { Kind, settings } from "./settings";
import { strings, textFor } from "./strings";
import { listed, remainingTime } from "./words";
import { toast } from "./toasts";

type Spoken = Exclude<Notice, { type: "chat" | "back" | "muted" | "not-done" | "role" | "hand-lowered" | "rule" | "spotlit" | "poll" | "lobby-chat" }>;

/** With more others than that, comings and goings are shown but not said. */
const fullRoom = 10;

const kindOf: Readonly<Record<Spoken["type"], Kind>> = {
  joined: "people", left: "people", lost: "people", removed: "people", knock: "people", hand: "hands",
  "share-started": "shares", "share-stopped": "shares",
};

/** Things of one kind within this time are told as one. */
const pause = 500;

/** Turns notices into toasts: several people who come or go together make one. */
export class NoticeQueue {
  private readonly waiting = new Map<Spoken["type"], string[]>();

  constructor(private readonly call: Call) {}

  add(notice: Notice): void {
    if (notice.type === "back") return void toast(backAgain(notice));
    if (notice.type === "chat") return this.chat(notice);
    if (notice.type === "muted") return tellAtOnce(mutedBy(notice.source, notice.name));
    if (notice.type === "role") return tellAtOnce(strings.roleGiven[notice.role]);
    if (notice.type === "rule") return this.rule(notice);
    if (notice.type === "spotlit") return void toast(strings.hosting.spotlit);
    if (notice.type === "hand-lowered") return void toast(strings.hands.loweredBy[notice.why]);
    if (notice.type === "poll") return void toast(strings.polls.asked({ name: notice.name, question: excerpt(notice.question) }), "poll");
    if (notice.type === "lobby-chat") return void toast(strings.lobby.said({ name: notice.name, text: excerpt(notice.text) }));
    if (notice.type === "not-done") return void toast(textFor(strings.refusals, notice.code) ?? notice.problem);
    // Who knocks is told by a card that stays; the bell is for those who look elsewhere.
    if (notice.type === "knock" && settings.peek().chime) void chime();
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
    const said = strings.notices[type]({ names: listed(names), count: names.length });
    if (type === "knock") announcer.say(said);
    else toast(said, undefined, this.isWanted(type));
  }

  /** In a full room, who comes and goes is no news. */
  private isWanted(type: Spoken["type"]): boolean {
    const kind = kindOf[type];
    if (kind === "people" && this.call.meeting.room.peek().people.size > fullRoom) return false;
    return !settings.peek().unsaid.includes(kind);
  }

  private rule({ rule, on }: Notice & { type: "rule" }): void {
    const told = strings.rules.told[rule][on ? "on" : "off"];
    if (on) toast(told);
    else tellAtOnce(told);
  }

  private chat({ message, counted = false }: Notice & { type: "chat" }): void {
    const { seq, name, to } = message;
    this.call.messageCame(seq);
    // An open chat shows the message and is read out by itself.
    if (counted || this.call.panel.peek() === "chat") return;
    const say = to === undefined ? strings.chat.announce : strings.chat.announceAlone;
    toast(say({ name, text: gist(message) }), "chat", !settings.peek().unsaid.includes("chat"));
  }
}

/** What takes something from us is said before anything else. */
function tellAtOnce(text: string): void {
  toast(text, undefined, false);
  announcer.say(text, "assertive");
}

/** What happened to the connection, in one line. */
function backAgain({ cause, lasted, messages }: Notice & { type: "back" }): string {
  const text = strings.reconnection;
  const length = remainingTime(remaining(lasted));
  return [text.back[cause]({ length }), ...(messages > 0 ? [text.messages({ count: messages })] : [])].join(" ");
}

function mutedBy(source: MediaSource, name: string): string {
  const text = strings.mutedBy;
  return text[source === "screenSound" ? "screen" : source]({ name: name || text.somebody });
}
