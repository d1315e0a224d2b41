// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { Signal, signal, WritableSignal } from "../core/signal";

let fields = 0;

export interface FieldOptions {
  readonly name: string;
  readonly label: string;
  readonly type?: "text" | "email" | "password" | "number";
  readonly value?: string;
  readonly autocomplete?: string;
  readonly longest?: number;
  readonly hint?: string;
  readonly problem?: Signal<string>;
}

/** A labelled text field with its hint and its problem, tied together for screen readers. */
export function textField({ name, label, type = "text", value = "", autocomplete = "off", longest = 254, hint, problem }: FieldOptions): DocumentFragment {
  const id = `field-${(fields += 1)}`;
  const described = [hint ? `${id}-hint` : "", problem ? `${id}-problem` : ""].filter(Boolean).join(" ");
  return html`
    <label class="field"><span>${label}</span>
      <input name=${name} type=${type} autocomplete=${autocomplete} maxlength=${longest} .value=${value}
        autocapitalize=${type === "text" ? undefined : "none"} spellcheck=${type === "text" ? undefined : "false"}
        aria-describedby=${described || undefined} aria-invalid=${() => (problem?.() ? "true" : undefined)}></label>
    ${hint ? html`<p class="hint" id=${`${id}-hint`}>${hint}</p>` : null}
    ${problem ? html`<p class="error" id=${`${id}-problem`} role="alert">${problem}</p>` : null}`;
}

/** A submit button that says it is busy, and ignores a second press. */
export function submitButton(label: string, busyLabel: string, busy: Signal<boolean>, large = true): DocumentFragment {
  return html`
    <button class=${large ? "button primary large" : "button primary"} aria-disabled=${() => (busy() ? "true" : undefined)}>
      ${() => (busy() ? busyLabel : label)}</button>`;
}

/** The fields of a submitted form by name. */
export function fieldsOf(event: Event): { value(name: string): string; focus(name: string): void; reset(): void } {
  event.preventDefault();
  const form = event.target as HTMLFormElement;
  const find = (name: string): HTMLInputElement => form.elements.namedItem(name) as HTMLInputElement;
  return { value: (name) => find(name).value, focus: (name) => find(name).focus(), reset: () => form.reset() };
}

/** Runs `work` unless it runs already. */
export async function once(busy: WritableSignal<boolean>, work: () => Promise<void>): Promise<void> {
  if (busy.peek()) return;
  busy.set(true);
  try {
    await work();
  } finally {
    busy.set(false);
  }
}

export function problemSignals<Name extends string>(...names: readonly Name[]): Readonly<Record<Name, WritableSignal<string>>> {
  return Object.fromEntries(names.map((name) => [name, signal("")])) as Record<Name, WritableSignal<string>>;
}
