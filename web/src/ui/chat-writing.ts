// SPDX-License-Identifier: Apache-2.0

import { signal } from "../core/signal";
import { audienceOf } from "../model/chat";
import type { ChatLine } from "../model/room";
import type { ParticipantID } from "../protocol/messages";
import type { Call } from "./call";

/** Somebody who is written to alone. The name is kept for when they have left. */
export interface Addressee {
  readonly id: ParticipantID;
  readonly name: string;
}

/** What is being written and to whom: it survives closing the panel. */
export class Writing {
  readonly text = signal("");
  /** Undefined for everybody. */
  readonly to = signal<Addressee | undefined>(undefined, (a, b) => a?.id === b?.id);
  /** The message it answers. */
  readonly reply = signal<ChatLine | undefined>(undefined);
  /** Puts the focus where one writes. */
  focus: () => void = () => {};
  /** Brings the end of the chat into view. */
  showNewest: () => void = () => {};

  constructor(private readonly call: Call) {}

  /** Begins an answer, which those see who saw the question. */
  answer(line: ChatLine): void {
    const room = this.call.meeting.room.peek();
    const audience = audienceOf(room, line);
    this.reply.set(line);
    this.to.set(audience === undefined ? undefined : { id: audience, name: nameIn(this.call, audience) ?? line.name });
    this.focus();
  }

  /** Begins a message to one person. */
  writeTo(addressee: Addressee): void {
    this.reply.set(undefined);
    this.to.set(addressee);
    this.focus();
  }

  send(): void {
    const { meeting } = this.call;
    const [to, reply] = [this.to.peek()?.id, this.reply.peek()?.seq];
    const about = { ...(to === undefined ? {} : { to }), ...(reply === undefined ? {} : { reply }) };
    const text = this.text.peek().trim();
    // Each file is a message; the text goes with the first one.
    const [first, ...others] = meeting.attachments.take();
    meeting.say(text, { ...about, ...(first ? { file: first } : {}) });
    for (const file of others) meeting.say("", { ...(to === undefined ? {} : { to }), file });
    this.text.set("");
    this.reply.set(undefined);
    this.showNewest();
  }
}

const writings = new WeakMap<Call, Writing>();

export function writingOf(call: Call): Writing {
  const known = writings.get(call) ?? new Writing(call);
  writings.set(call, known);
  return known;
}

/** What somebody who is here is called. */
export function nameIn(call: Call, id: ParticipantID): string | undefined {
  const { self, people } = call.meeting.room();
  return id === self?.id ? self.name : people.get(id)?.name;
}
