// SPDX-License-Identifier: Apache-2.0

import type { Call } from "./call";
import { Action, actionFor } from "./key-actions";
import { settings } from "./settings";

/** Listens to keys for as long as the call is on the screen. */
export function handleShortcuts(call: Call): () => void {
  const down = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    // A dialog keeps its keys to itself.
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const press = { key: event.key, ctrl: event.ctrlKey, alt: event.altKey, meta: event.metaKey };
    const action = actionFor(press, { typing: isTyping(target), singleKeys: settings.peek().singleKeys });
    if (!action || (action === "talk" && usesSpace(target))) return;
    if (action === "close" && !call.panel.peek()) return;
    event.preventDefault();
    if (!event.repeat) run(action, call);
  };
  const up = (event: KeyboardEvent): void => {
    if (event.key !== " ") return;
    call.talk(false);
    // Else a button that was clicked with the mouse would be clicked again.
    if (!isTyping(event.target as HTMLElement) && !usesSpace(event.target as HTMLElement)) event.preventDefault();
  };
  // The key may come up in another window: then it would stay on.
  const release = (): void => call.talk(false);
  document.addEventListener("keydown", down);
  document.addEventListener("keyup", up);
  window.addEventListener("blur", release);
  document.addEventListener("visibilitychange", release);
  return () => {
    document.removeEventListener("keydown", down);
    document.removeEventListener("keyup", up);
    window.removeEventListener("blur", release);
    document.removeEventListener("visibilitychange", release);
  };
}

function run(action: Action, call: Call): void {
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
      return call.toggleLayout();
    case "talk":
      return call.talk(true);
    case "help":
      return call.helpOpen.set(true);
    case "controls":
      return document.querySelector<HTMLElement>("#controls [tabindex='0']")?.focus();
    case "close":
      return call.closePanel();
  }
}

function isTyping(target: HTMLElement): boolean {
  return target.matches?.("input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]") ?? false;
}

/** Whether Space already does something where the keyboard focus visibly is. */
function usesSpace(target: HTMLElement): boolean {
  return target.matches?.("button:focus-visible, a:focus-visible, summary, input, [role=menuitem]") ?? false;
}
