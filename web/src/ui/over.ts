// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { View } from "../core/view";
import { brand } from "./brand";
import { strings } from "./strings";

/** Why the person is not, or no longer, in a meeting. */
export type Ending = "left" | "ended" | "replaced" | "removed" | "unknown" | { readonly refused: string };

/** The last screen: what happened, and the one or two things to do next. The heading takes the focus. */
export class Over extends View {
  constructor(private readonly ending: Ending, private readonly again: () => void) {
    super();
    this.className = "over";
  }

  protected render(): Node {
    const { title, detail, button } = describe(this.ending);
    const focus = (element: Element): void => {
      requestAnimationFrame(() => (element as HTMLElement).focus());
    };
    return html`
      <div class="card">
        <img class="over-mark" src=${brand.logo} alt="" width="56" height="56">
        <h1 tabindex="-1" ref=${focus}>${title}</h1>
        <p>${detail}</p>
        <div class="actions">
          ${button ? html`<button type="button" class="button primary" @click=${this.again}>${button}</button>` : null}
          <a class=${button ? "button quiet" : "button primary"} href="/">${strings.over.home}</a>
        </div>
      </div>`;
  }
}

function describe(ending: Ending): { title: string; detail: string; button?: string } {
  const text = strings.over;
  switch (ending) {
    case "left":
      return { title: text.left, detail: text.leftDetail, button: text.rejoin };
    case "ended":
      return { title: text.ended, detail: text.endedDetail };
    case "replaced":
      return { title: text.replaced, detail: text.replacedDetail, button: text.useHere };
    case "removed":
      return { title: text.removed, detail: text.removedDetail };
    case "unknown":
      return { title: text.unknown, detail: text.unknownDetail };
    default:
      return { title: text.refused, detail: ending.refused, button: text.again };
  }
}

customElements.define("parley-over", Over);
