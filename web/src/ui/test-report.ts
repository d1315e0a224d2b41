// SPDX-License-Identifier: Apache-2.0

import { Diagnosis, Outcome, steps, verdictOf } from "../model/diagnosis";
import { testStrings as text } from "./strings/en-test";

/** What a test found, as lines to send to whoever runs the server. No credential is in it. */
export function report(diagnosis: Diagnosis, now = new Date(), agent = navigator.userAgent, host = location.host): string {
  const width = Math.max(...steps.map((step) => text.steps[step].name.length)) + 2;
  const lines = steps.map((step) => `${`${text.steps[step].name}:`.padEnd(width)}${line(diagnosis[step])}`);
  return [
    `Parley connection test of ${host}, ${now.toISOString()}`,
    text.verdicts[verdictOf(diagnosis)],
    "",
    ...lines,
    "",
    `Browser: ${agent}`,
    "",
  ].join("\n");
}

function line(outcome: Outcome): string {
  const state = text.states[outcome.state];
  switch (outcome.state) {
    case "good":
      return [state, outcome.time === undefined ? "" : text.time(outcome.time), outcome.address ?? ""].filter(Boolean).join(", ");
    case "bad":
      return `${state}: ${text.hops[outcome.hop]}${outcome.code ? ` (error ${outcome.code})` : ""}`;
    default:
      return state;
  }
}
