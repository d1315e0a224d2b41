// SPDX-License-Identifier: Apache-2.0

/** As somebody types who looks for a name: without capitals and marks. */
function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
}

/** Whether a name holds every word of what was typed. */
export function matches(name: string, query: string): boolean {
  const words = plain(name);
  return plain(query).split(/\s+/).every((word) => words.includes(word));
}

/** The part of a long list that is looked at, with some more before and after it, as indexes: `end` is the first one not. */
export function windowOf(count: number, row: number, top: number, height: number, spare = 8): { start: number; end: number } {
  const first = Math.floor(Math.max(0, top) / row);
  const start = Math.max(0, Math.min(count, first) - spare);
  return { start, end: Math.min(count, first + Math.ceil(height / row) + spare + 1) };
}
