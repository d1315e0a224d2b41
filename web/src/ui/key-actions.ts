// SPDX-License-Identifier: Apache-2.0

/** What has a key of its own, which the person may change. */
export const named = ["microphone", "camera", "share", "chat", "people", "hand", "react", "layout", "who", "status", "help"] as const;
export type Named = (typeof named)[number];

export type Action = Named | "controls" | "talk" | "close" | "leave" | `pin ${Digit}`;
type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** The key of each action, small; empty for none. No two have the same. */
export type Keys = Readonly<Record<Named, string>>;

export const usualKeys: Keys = {
  microphone: "m", camera: "v", share: "s", chat: "c", people: "p", hand: "h", react: "e", layout: "l", who: "k", status: "i", help: "?",
};

/** A key as pressed, in the parts that decide. */
export interface Press {
  readonly key: string;
  readonly ctrl: boolean;
  readonly shift?: boolean;
  readonly alt: boolean;
  readonly meta: boolean;
}

/** What decides besides the key itself. */
export interface KeyContext {
  readonly typing: boolean;
  readonly singleKeys: boolean;
  readonly keys: Keys;
}

/** What a key press means. Letters alone count only where they are not text and the person wants them. */
export function actionFor(press: Press, { typing, singleKeys, keys }: KeyContext): Action | undefined {
  const key = press.key.toLowerCase();
  if (press.alt || press.meta) return undefined;
  if (press.ctrl && press.shift) return key === "q" ? "leave" : undefined;
  if (press.ctrl) return key === "d" ? "microphone" : key === "e" ? "camera" : undefined;
  if (key === "f2") return "controls";
  if (key === "escape") return "close";
  if (typing || !singleKeys) return undefined;
  if (key === " ") return "talk";
  return /^[0-9]$/.test(key) ? (`pin ${key}` as Action) : named.find((action) => keys[action] === key);
}

/** Whether a key can be that of an action: one sign that is neither a number, which pins, nor Space, which talks. */
export function canBeKey(key: string): boolean {
  return [...key].length === 1 && !/[\s\p{Nd}]/u.test(key);
}

/** The keys after one action got another. Whose key it was gets the old one. */
export function withKey(keys: Keys, action: Named, key: string): Keys {
  const wanted = key.toLowerCase();
  const before = named.find((other) => other !== action && wanted !== "" && keys[other] === wanted);
  return { ...keys, ...(before ? { [before]: keys[action] } : {}), [action]: wanted };
}

/** What was stored, as far as it is keys. */
export function keysFrom(stored: unknown): Keys {
  const found = typeof stored === "object" && stored !== null ? (stored as Partial<Record<Named, unknown>>) : {};
  let keys: Keys = usualKeys;
  for (const action of named) {
    const key = found[action];
    if (typeof key === "string" && (key === "" || canBeKey(key)) && keys[action] !== key) keys = withKey(keys, action, key);
  }
  return keys;
}
