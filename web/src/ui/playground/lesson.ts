// SPDX-License-Identifier: Apache-2.0

import { Child, html } from "../../core/html";
import { strings } from "../strings";

export interface LessonOptions {
  readonly number: number;
  /** Names the section in addresses: `/playground#record`. */
  readonly id: string;
  readonly text: { readonly title: string; readonly intro: string };
  /** The lines of script that this lesson is about. */
  readonly code: string;
  readonly content: Child;
}

/** One card: a heading, a sentence, things to do, and the script behind them. */
export function lesson({ number, id, text, code, content }: LessonOptions): DocumentFragment {
  return html`
    <section class="card lesson" id=${id} aria-labelledby=${`${id}-title`}>
      <h2 id=${`${id}-title`}><span class="lesson-number" aria-hidden="true">${number}</span> ${text.title}</h2>
      <p class="intro">${text.intro}</p>
      ${content}
      <details class="code"><summary>${strings.playground.code}</summary><pre>${code}</pre></details>
    </section>`;
}

export interface ActionOptions {
  readonly label: Child;
  /** What it does, in a sentence. */
  readonly why: Child;
  readonly run: () => void;
  /** A button that cannot be used stays where it is and keeps the focus. */
  readonly off?: () => boolean;
  readonly look?: "primary" | "quiet" | "danger";
}

/** A button with its explanation beside it. */
export function action({ label, why, run, off = () => false, look = "quiet" }: ActionOptions): DocumentFragment {
  return html`
    <li class="action">
      <button type="button" class=${`button ${look}`} aria-disabled=${() => (off() ? "true" : undefined)}
        @click=${() => (off() ? undefined : run())}>${label}</button>
      <p>${why}</p>
    </li>`;
}

/** The actions of a lesson, one below the other. */
export function actions(...list: readonly DocumentFragment[]): DocumentFragment {
  return html`<ul class="actions-list">${list}</ul>`;
}

/** The sentence that says what came of it; screen readers are told when it changes. */
export function outcome(sentence: () => string): DocumentFragment {
  return html`<p class="outcome" role="status">${sentence}</p>`;
}
