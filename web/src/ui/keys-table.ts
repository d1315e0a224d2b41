// SPDX-License-Identifier: Apache-2.0

import { Child, html } from "../core/html";
import { computed, onDispose, Signal, signal, effect, untracked, WritableSignal } from "../core/signal";
import { announcer } from "./announcer";
import { canBeKey, Named, usualKeys, withKey } from "./key-actions";
import { keyName, ownKeys } from "./key-hint";
import { change, settings } from "./settings";
import { strings } from "./strings";
import { settingSwitch } from "./switch-field";

type Row = Named | "talk" | "pin" | "tiles" | "leave" | "controls" | "close";

/** In the order in which they are listed. */
const rows: readonly Row[] = [
  "microphone", "talk", "camera", "share", "chat", "people", "hand", "react", "layout", "pin", "tiles", "who", "status", "leave",
  "controls", "help", "close",
];

/** Keys that stay as they are, each list an alternative to the one before it. */
const fixed: Readonly<Partial<Record<Row, readonly (readonly string[])[]>>> = {
  microphone: [["Ctrl", "D"]],
  camera: [["Ctrl", "E"]],
  talk: [[strings.help.space]],
  pin: [["1"], ["9"], ["0"]],
  tiles: [["←", "↑", "→", "↓"]],
  leave: [["Ctrl", "Shift", "Q"]],
  controls: [["F2"]],
  close: [["Esc"]],
};

function nameOf(row: Row): string {
  if (row === "hand") return strings.hands.key;
  if (row === "react") return strings.reacting.key;
  const names: Readonly<Record<string, string>> = { ...strings.help.keys, ...strings.stage.keys };
  return names[row] ?? "";
}

/** All keys of the call. Single keys are buttons: who presses one says which key it shall be. */
export function keysTable(): DocumentFragment {
  const text = strings.keyTable;
  const asking = signal<Named | undefined>(undefined);
  listen(asking);
  const changed = computed(() => Object.entries(usualKeys).some(([action, key]) => ownKeys()[action as Named] !== key));
  return html`
    ${settingSwitch("singleKeys", strings.help.singleKeys, strings.help.singleKeysDetail)}
    <p id="keys-how"><small>${text.how}</small></p>
    <dl class="keys" ?data-off=${() => !settings().singleKeys}>
      ${rows.map((row) => html`<div><dt>${nameOf(row)}</dt><dd>${waysOf(row, asking)}</dd></div>`)}
    </dl>
    <button type="button" class="button quiet" ?hidden=${() => !changed()} @click=${(event: Event) => {
      change({ keys: usualKeys });
      announcer.say(text.restored);
      // The button goes away, and the focus must not.
      (event.target as Element).closest("dialog")?.querySelector<HTMLElement>(".key-button")?.focus();
    }}>${text.restore}</button>`;
}

function waysOf(row: Row, asking: WritableSignal<Named | undefined>): Child[] {
  const ways: Child[] = (fixed[row] ?? []).map((together) => html`${together.map((key) => html`<kbd>${key}</kbd>`)}`);
  if (row in usualKeys) ways.unshift(keyButton(row as Named, asking));
  return ways.map((way, index) => html`${index > 0 ? ` ${strings.help.or} ` : null}${way}`);
}

function keyButton(action: Named, asking: WritableSignal<Named | undefined>): Child {
  const text = strings.keyTable;
  const waits = computed(() => asking() === action);
  const key = computed(() => ownKeys()[action]);
  const shown = (): string => (waits() ? text.press : key() === "" ? text.none : keyName(key()));
  const label = (): string => (waits() ? text.press : text.change({ action: nameOf(action), key: key() === "" ? text.none : keyName(key()) }));
  return html`
    <button type="button" class="key-button" ?data-waits=${waits} aria-label=${label} aria-describedby="keys-how"
      @click=${() => asking.set(waits.peek() ? undefined : action)} @blur=${() => waits.peek() && asking.set(undefined)}>${shown}</button>`;
}

/** The next key is the answer: Escape leaves it as it was, Backspace means none. */
function listen(asking: Signal<Named | undefined> & WritableSignal<Named | undefined>): void {
  const text = strings.keyTable;
  effect(() => {
    const action = asking();
    if (!action) return;
    const down = (event: KeyboardEvent): void => {
      if (["Shift", "Control", "Alt", "Meta", "AltGraph", "Tab"].includes(event.key)) return;
      // Not the dialog's: Escape would close it.
      event.preventDefault();
      event.stopPropagation();
      const none = event.key === "Backspace" || event.key === "Delete";
      if (event.key !== "Escape" && !none && !canBeKey(event.key)) return announcer.say(text.cannot);
      asking.set(undefined);
      if (event.key === "Escape") return;
      change({ keys: withKey(untracked(ownKeys), action, none ? "" : event.key) });
      announcer.say(text.change({ action: nameOf(action), key: none ? text.none : keyName(event.key) }));
    };
    document.addEventListener("keydown", down, { capture: true });
    onDispose(() => document.removeEventListener("keydown", down, { capture: true }));
  });
}
