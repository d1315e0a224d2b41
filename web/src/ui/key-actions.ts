// SPDX-License-Identifier: Apache-2.0

export type Action = "microphone" | "camera" | "share" | "chat" | "people" | "layout" | "controls" | "help" | "talk" | "close";

/** A key as pressed, in the parts that decide. */
export interface Press {
  readonly key: string;
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly meta: boolean;
}

const singleKeys: Readonly<Record<string, Action>> = {
  m: "microphone",
  v: "camera",
  s: "share",
  c: "chat",
  p: "people",
  l: "layout",
  "?": "help",
  " ": "talk",
};

/** What a key press means. Letters alone count only where they are not text and the person wants them. */
export function actionFor(press: Press, context: { readonly typing: boolean; readonly singleKeys: boolean }): Action | undefined {
  const key = press.key.toLowerCase();
  if (press.alt || press.meta) return undefined;
  if (press.ctrl) return key === "d" ? "microphone" : key === "e" ? "camera" : undefined;
  if (key === "f2") return "controls";
  if (key === "escape") return "close";
  return context.typing || !context.singleKeys ? undefined : singleKeys[key];
}
