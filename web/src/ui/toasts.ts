// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../core/html";
import { View } from "../core/view";
import { announcer } from "./announcer";
import { ToastList, Topic } from "./toast-list";

const toasts = new ToastList();

/** Shows a short message for a moment, and says it to screen readers unless the person does not want such things said. */
export function toast(text: string, topic?: Topic, said = true): void {
  toasts.add(text, topic);
  if (said) announcer.say(text);
}

export function dismissToasts(topic: Topic): void {
  toasts.dismiss(topic);
}

/** Where toasts appear. The announcer speaks them, so this needs no live region of its own. */
export class Toasts extends View {
  protected render(): Node {
    this.className = "toasts";
    this.setAttribute("role", "log");
    this.setAttribute("aria-live", "off");
    return html`${each(toasts.shown, ({ id }) => id, (toast) => html`<p class="toast">${() => toast().text}</p>`)}`;
  }
}

customElements.define("parley-toasts", Toasts);
