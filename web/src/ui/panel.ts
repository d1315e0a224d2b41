// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { onDispose } from "../core/signal";
import { View } from "../core/view";
import type { Call } from "./call";
import { icon } from "./icon";
import closeIcon from "./icons/close.svg";
import { pulledDown } from "./sheet";

let panels = 0;

/**
 * A panel beside the stage, or a sheet over its lower half on a phone. Opening moves the focus in; closing gives it back
 * to where it was.
 */
export abstract class PanelView extends View {
  constructor(protected readonly call: Call, private readonly heading: string, private readonly closeLabel: string) {
    super();
    this.className = "panel";
  }

  protected abstract content(): Node;

  /** What takes the focus when the panel opens. */
  protected get first(): HTMLElement | null {
    return this.querySelector("button");
  }

  protected render(): Node {
    const opener = document.activeElement as HTMLElement | null;
    const id = `panel-${(panels += 1)}`;
    this.setAttribute("role", "complementary");
    this.setAttribute("aria-labelledby", id);
    // As soon as the content is in: what is typed next belongs in there.
    queueMicrotask(() => this.first?.focus());
    onDispose(() => {
      // Only when the focus was in here: closing must not take it away from elsewhere.
      if (document.activeElement === document.body) opener?.focus();
    });
    return html`
      <header ref=${(header: Element) => pulledDown(this, header as HTMLElement, () => this.call.closePanel())}>
        <h2 id=${id}>${this.heading}</h2>
        <button type="button" class="round plain" aria-label=${this.closeLabel} title=${this.closeLabel}
          @click=${() => this.call.closePanel()}>${icon(closeIcon)}</button>
      </header>
      ${this.content()}`;
  }
}
