// SPDX-License-Identifier: Apache-2.0

/** One or two letters that stand for a person whose camera is off. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const [first, last] = [words[0], words.length > 1 ? words[words.length - 1] : undefined];
  const letter = (word: string | undefined): string => (word === undefined ? "" : [...word].find((each) => /[\p{L}\p{N}]/u.test(each)) ?? "");
  return (letter(first) + letter(last)).toUpperCase() || [...name.trim()][0] || "?";
}

/** A number from 0 to 5 that stays with the name: which of the avatar colours it gets. */
export function colourOf(name: string): number {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return sum % 6;
}
