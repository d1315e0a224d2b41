// SPDX-License-Identifier: Apache-2.0

import type { ParticipantID } from "../protocol/messages";
import { mayWrite } from "./hosting";
import type { ChatLine, Person, RoomState } from "./room";

export type TextPiece = { readonly text: string; readonly href?: string };

/** Splits a message into text and links. Only http and https addresses become links. */
export function links(text: string): TextPiece[] {
  const pieces: TextPiece[] = [];
  let end = 0;
  for (const match of text.matchAll(/\bhttps?:\/\/[^\s<>"]+/gi)) {
    const start = match.index ?? 0;
    const address = withoutTrailingPunctuation(match[0] ?? "");
    if (!isAddress(address)) continue;
    if (start > end) pieces.push({ text: text.slice(end, start) });
    pieces.push({ text: address, href: address });
    end = start + address.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}

/** A full stop or bracket after an address belongs to the sentence, unless the address opened the bracket. */
function withoutTrailingPunctuation(address: string): string {
  let end = address.length;
  while (end > 0) {
    const last = address.charAt(end - 1);
    const opening = new Map([[")", "("], ["]", "["]]).get(last);
    const open = opening !== undefined && count(address.slice(0, end), opening) >= count(address.slice(0, end), last);
    if (open || !/[.,;:!?'"”’)\]]/.test(last)) break;
    end -= 1;
  }
  return address.slice(0, end);
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

function isAddress(text: string): boolean {
  try {
    return new URL(text).hostname !== "";
  } catch {
    return false;
  }
}

/** Lines of one person within this time stand under one name. */
const together = 3 * 60_000;

/** Whether `line` continues what the line before it began. */
export function continues(before: ChatLine | undefined, line: ChatLine): boolean {
  if (before === undefined || before.from !== line.from || before.to !== line.to || line.reply !== undefined) return false;
  return line.sentAt - before.sentAt < together;
}

/** A line of chat and what its neighbours have to do with how it is drawn. */
export interface ChatRow {
  readonly line: ChatLine;
  /** Under the name of the line before. */
  readonly continued: boolean;
  /** The first one that came while nobody looked. */
  readonly firstNew: boolean;
  /** What it answers; `gone` when we do not have that. */
  readonly quoted?: ChatLine | "gone";
}

/** The lines from `start` to before `end`, ready to be drawn. */
export function rowsOf(chat: readonly ChatLine[], { start, end }: { readonly start: number; readonly end: number }, firstNew?: number): ChatRow[] {
  const marked = firstNew === undefined ? -1 : chat.findIndex(({ seq }) => seq !== undefined && seq >= firstNew);
  return chat.slice(start, end).map((line, index): ChatRow => {
    const place = start + index;
    const first = place === marked;
    const quoted = line.reply === undefined || line.deleted ? undefined : placed(chat, line.reply) ?? "gone";
    const continued = !first && index > 0 && continues(chat[place - 1], line);
    return { line, continued, firstNew: first, ...(quoted === undefined ? {} : { quoted }) };
  });
}

/** The line with this place in the meeting's log. */
export function placed(chat: readonly ChatLine[], seq: number): ChatLine | undefined {
  return chat.find((line) => line.seq === seq);
}

/** Whom we may write to alone, in the order of joining. Guests of other programs see no such messages. */
export function addressees(room: RoomState): readonly Person[] {
  return [...room.people.values()].filter((person) => person.guest !== true && mayWrite(room, person.id));
}

/** Whom an answer to `line` goes to: those who saw it, and nobody else. Undefined for everybody. */
export function audienceOf(room: Pick<RoomState, "self">, line: ChatLine): ParticipantID | undefined {
  if (line.to === undefined) return undefined;
  return line.from === room.self?.id ? line.to : line.from;
}

/** What a message says, for where its file is not shown: its text, else what the file is called. */
export function gist({ text, file }: Pick<ChatLine, "text" | "file">): string {
  return excerpt(text) || (file?.name ?? "");
}

/** The beginning of a text, in one line, for where there is no room for all of it. */
export function excerpt(text: string, most = 80): string {
  const characters = [...text.slice(0, 4 * most).replace(/\s+/g, " ").trim()];
  return characters.length > most ? `${characters.slice(0, most).join("")}…` : characters.join("");
}
