// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { announcer } from "./announcer";
import type { Trouble, Troubled } from "./device-help";
import { icon } from "./icon";
import warningIcon from "./icons/warning.svg";
import { browserOf, System, systemOf } from "./platform";
import { strings } from "./strings";

/** What is wrong with a device, and the steps that help in this browser on this system. */
export function problemCard(kind: Troubled, trouble: Trouble, retry?: () => void): DocumentFragment {
  const text = strings.problems;
  const title = titleOf(kind, trouble);
  announcer.say(title);
  // Asking again cannot change these.
  const final = trouble === "insecure" || trouble === "unsupported" || trouble === "embedded" || !retry;
  return html`
    <div class="problem" role="group" aria-label=${title}>
      <h3>${icon(warningIcon)} ${title}</h3>
      <ol>${stepsFor(trouble).map((step) => html`<li>${step}</li>`)}</ol>
      ${trouble === "embedded" ? html`<a class="button quiet" href=${location.href} target="_blank" rel="noopener">${text.openAlone}</a>` : null}
      ${final ? null : html`<button type="button" class="button quiet" @click=${retry}>${text.retry}</button>`}
    </div>`;
}

function titleOf(kind: Troubled, trouble: Trouble): string {
  const title = strings.problems.title[trouble];
  return typeof title === "string" ? title : title[kind];
}

function stepsFor(trouble: Trouble): readonly string[] {
  const { steps } = strings.problems;
  const system = systemOf(navigator.userAgent, navigator.maxTouchPoints);
  switch (trouble) {
    case "denied":
      return steps.denied[addressBarOf(system)];
    case "denied-by-system":
      return steps.system[system === "linux" ? "other" : system];
    case "silent":
      return [...steps.silent, ...steps.soundOf[system]];
    default:
      return steps[trouble];
  }
}

/** Where a browser keeps what it allows a page: on phones it is elsewhere, and on iOS in the system's settings. */
function addressBarOf(system: System): keyof typeof strings.problems.steps.denied {
  const agent = navigator.userAgent;
  const browser = browserOf(agent);
  if (system === "ios") return browser === "safari" ? "ios" : "ios-app";
  if (system === "android") {
    if (browser === "firefox") return "firefox-android";
    return browser === "chrome" ? "chrome-android" : "other";
  }
  return /\bEdg\//.test(agent) ? "edge" : browser;
}
