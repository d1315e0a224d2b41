// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../core/html";
import { signal } from "../core/signal";
import { View } from "../core/view";
import { announcer } from "./announcer";

interface Toast {
  readonly id: number;
  readonly text: string;
}

const shownFor = 4_000;
const most = 3;

const toasts = signal<readonly Toast[]>([]);
let next = 0;

/** Shows a short message for a moment, and says it to screen readers. */
export function toast(text: string): void {
  const id = (next += 1);
  toasts.update((all) => [...all.slice(1 - most), { id, text }]);
  announcer.say(text);
  setTimeout(() => toasts.update((all) => all.filter((each) => each.id !== id)), shownFor);
}

/** Where toasts appear. The announcer speaks them, so this needs no live region of its own. */
export class Toasts extends View {
  protected render(): Node {
    this.className = "toasts";
    return html`${each(toasts, ({ id }) => id, (toast) => html`<p class="toast">${() => toast().text}</p>`)}`;
  }
}

customElements.define("parley-toasts", Toasts);
