// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../../core/html";
import { computed, Signal, signal } from "../../core/signal";
import { interfaceNames, Step, StepKind } from "../../media/playground/steps";
import type { TabCall } from "../../media/playground/tab-call";
import { strings, textFor } from "../strings";
import { short } from "../words";

const arrows: Readonly<Record<Step["direction"], string>> = { here: "•", sent: "→", received: "←" };
const stateKinds: readonly StepKind[] = ["signalling-state", "gathering-state", "ice-state", "connection-state"];

/**
 * Every step of a call in its order, with a sentence about each.
 * The list can be scrolled with the keyboard; its length is not read out while it grows.
 */
export function story(call: TabCall): DocumentFragment {
  const text = strings.playground.call;
  const withStates = signal(true);
  const shown = computed(() => call.steps().filter(({ kind }) => withStates() || !stateKinds.includes(kind)));
  return html`
    <div class="story-head"><h3 id="story-title">${text.story}</h3>
      <label class="check"><input type="checkbox" .checked=${withStates} @change=${(event: Event) => withStates.set((event.target as HTMLInputElement).checked)}>
        <span>${text.filter}</span></label></div>
    <p class="hint" ?hidden=${() => call.steps().length > 0}>${text.storyEmpty}</p>
    <ol class="story" role="list" tabindex="0" aria-labelledby="story-title" ?hidden=${() => call.steps().length === 0}>
      ${each(shown, ({ number }) => number, (step) => line(step))}
    </ol>`;
}

function line(step: Signal<Step>): DocumentFragment {
  const { kind, direction, detail, at, text } = step.peek();
  const name = interfaceNames[kind] ?? textFor(strings.playground.stepNames, kind) ?? kind;
  return html`
    <li data-direction=${direction} data-step=${kind}>
      <span class="story-arrow" aria-hidden="true">${arrows[direction]}</span>
      <div>
        <p class="story-call"><code>${name}</code> ${detail ? html`<code class="detail">${detail}</code>` : null}
          <small><span class="visually-hidden">${strings.playground.call.direction[direction]}, </span>${short(at / 1_000, "second", 2)}</small></p>
        <p>${strings.playground.steps[kind]}</p>
        ${text ? html`<details class="code"><summary>${strings.playground.call.read}</summary><pre>${text}</pre></details>` : null}
      </div>
    </li>`;
}
