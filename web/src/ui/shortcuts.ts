// SPDX-License-Identifier: Apache-2.0

import { untracked } from "../core/signal";
import type { Call } from "./call";
import { Action, actionFor } from "./key-actions";
import { ownKeys } from "./key-hint";
import { settings } from "./settings";

/** Listens to keys in one window of the call until the returned function is called. */
export function handleShortcuts(call: Call, page: Document = document): () => void {
  const window = page.defaultView;
  const down = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    if (event.key !== " ") call.talkKey.other();
    // A dialog keeps its keys to itself.
    if (event.defaultPrevented || page.querySelector("dialog[open]")) return;
    const press = { key: event.key, ctrl: event.ctrlKey, shift: event.shiftKey, alt: event.altKey, meta: event.metaKey };
    const action = actionFor(press, { typing: isTyping(target), singleKeys: settings.peek().singleKeys, keys: untracked(ownKeys) });
    if (!action || (action === "talk" && usesSpace(target))) return;
    if (action === "close" && !call.panel.peek()) return;
    event.preventDefault();
    if (action === "talk") call.talkKey.down(event.repeat);
    else if (!event.repeat) run(action, call, page);
  };
  const up = (event: KeyboardEvent): void => {
    if (event.key !== " ") return;
    call.talkKey.up();
    // Else a button that was clicked with the mouse would be clicked again.
    if (!isTyping(event.target as HTMLElement) && !usesSpace(event.target as HTMLElement)) event.preventDefault();
  };
  // The key may come up in another window: then it would stay on.
  const release = (): void => call.talkKey.up();
  page.addEventListener("keydown", down);
  page.addEventListener("keyup", up);
  window?.addEventListener("blur", release);
  window?.addEventListener("pagehide", release);
  page.addEventListener("visibilitychange", release);
  return () => {
    release();
    page.removeEventListener("keydown", down);
    page.removeEventListener("keyup", up);
    window?.removeEventListener("blur", release);
    window?.removeEventListener("pagehide", release);
    page.removeEventListener("visibilitychange", release);
  };
}

function run(action: Exclude<Action, "talk">, call: Call, page: Document): void {
  switch (action) {
    case "microphone":
      return call.toggleMicrophone();
    case "camera":
      return call.toggleCamera();
    case "share":
      return void call.toggleShare();
    case "chat":
    case "people":
      return call.togglePanel(action);
    case "layout":
      return call.nextLayout();
    case "help":
      return call.helpOpen.set(true);
    case "controls":
      return page.querySelector<HTMLElement>(".toolbar [tabindex='0']")?.focus();
    case "close":
      return call.closePanel();
    case "leave":
      return void call.askToLeave();
    case "hand":
      return call.toggleHand();
    case "react":
      return openReactions(call, page);
    case "who":
      return call.sayWhoSpeaks();
    case "status":
      return call.sayStatus();
    default:
      return call.pinNumber(Number(action.slice(4)));
  }
}

function isTyping(target: HTMLElement): boolean {
  return target.matches?.("input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]") ?? false;
}

/** Whether Space already does something where the keyboard focus visibly is. */
function usesSpace(target: HTMLElement): boolean {
  return target.matches?.("button:focus-visible, a:focus-visible, summary, input, [role=menuitem]") ?? false;
}

/** Where the bar has no room for their button, reactions are in the menu. */
function openReactions(call: Call, page: Document): void {
  const place = page.querySelector<HTMLElement>("#controls [data-control=react]")?.offsetParent ? "react" : "more";
  call.menu.update((menu) => (menu === place ? undefined : place));
  if (place === "more") requestAnimationFrame(() => page.querySelector<HTMLElement>(".more-menu .reaction-row button")?.focus());
}
