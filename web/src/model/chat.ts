// SPDX-License-Identifier: Apache-2.0

import type { ChatLine } from "./room";

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
  return before !== undefined && before.from === line.from && line.sentAt - before.sentAt < together;
}
