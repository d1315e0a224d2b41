// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import type { DeviceProblem } from "../media/problems";
import { icon } from "./icon";
import warningIcon from "./icons/warning.svg";
import { browserOf, systemOf } from "./platform";
import { strings } from "./strings/en";

/** What is wrong with a device, and the steps that help in this browser on this system. */
export function problemCard(kind: "microphone" | "camera" | "both", problem: DeviceProblem, retry: () => void): DocumentFragment {
  const text = strings.problems;
  // Asking again cannot change these.
  const final = problem === "insecure" || problem === "unsupported";
  return html`
    <div class="problem" role="group" aria-label=${text.title(kind, problem)}>
      <h3>${icon(warningIcon)} ${text.title(kind, problem)}</h3>
      <ol>${stepsFor(problem).map((step) => html`<li>${step}</li>`)}</ol>
      ${final ? null : html`<button type="button" class="button quiet" @click=${retry}>${text.retry}</button>`}
    </div>`;
}

function stepsFor(problem: DeviceProblem): readonly string[] {
  const { steps } = strings.problems;
  const system = systemOf(navigator.userAgent, navigator.maxTouchPoints);
  if (problem === "denied") return steps.denied[system === "ios" ? "ios" : browserOf(navigator.userAgent)];
  if (problem === "denied-by-system") return steps.system[system === "linux" ? "other" : system];
  return steps[problem];
}
