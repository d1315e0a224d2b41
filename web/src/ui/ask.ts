// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { strings } from "./strings";

/** What is asked before something is done that concerns others or cannot be undone. */
export interface Question {
  readonly question: string;
  /** What would follow, if the question does not say so. */
  readonly detail?: string;
  /** What the answer does, as the button that led here says it. */
  readonly yes: string;
  /** For questions beside whose answer "Cancel" would be read wrongly. */
  readonly no?: string;
  /** Whether nothing is lost by it. */
  readonly harmless?: boolean;
}

let asked = 0;

/**
 * Asks in a modal dialog; the answer is no unless somebody chooses yes. The focus starts where nothing happens, Escape
 * and a press beside the dialog mean no, and the focus goes back to where it was.
 */
export function confirmed({ question, detail, yes, no, harmless = false }: Question): Promise<boolean> {
  const id = `asked-${(asked += 1)}`;
  const dialog = document.createElement("dialog");
  dialog.className = "card ask confirm";
  // One that is about to interrupt: readers read the whole of it.
  dialog.setAttribute("role", "alertdialog");
  dialog.setAttribute("aria-labelledby", `${id}-title`);
  if (detail) dialog.setAttribute("aria-describedby", `${id}-detail`);
  dialog.append(html`
    <p class="visually-hidden" role="status" data-announce="polite"></p>
    <h2 id=${`${id}-title`}>${question}</h2>
    ${detail ? html`<p id=${`${id}-detail`}>${detail}</p>` : null}
    <div class="actions">
      <button type="button" class="button quiet" autofocus @click=${() => dialog.close()}>${no ?? strings.asking.cancel}</button>
      <button type="button" class=${`button ${harmless ? "primary" : "danger filled"}`} @click=${() => dialog.close("yes")}>${yes}</button>
    </div>`);
  // A click on the backdrop is a click on the dialog itself, outside of its box. A selection that ends there is none.
  let pressed = false;
  dialog.onpointerdown = (event) => (pressed = isBeside(dialog, event));
  dialog.onclick = (event) => {
    if (pressed && isBeside(dialog, event)) dialog.close();
  };
  // Within the room, where there is one: who has left it is not asked any more.
  (document.querySelector(".room") ?? document.body).append(dialog);
  dialog.showModal();
  return new Promise((answer) => {
    dialog.onclose = () => {
      dialog.remove();
      answer(dialog.returnValue === "yes");
    };
  });
}

/** Whether something happened on the backdrop of a modal dialog. */
function isBeside(dialog: HTMLDialogElement, { target, clientX, clientY }: MouseEvent): boolean {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return target === dialog && (clientX < left || clientX > right || clientY < top || clientY > bottom);
}
