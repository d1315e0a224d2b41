// SPDX-License-Identifier: Apache-2.0

import { Diagnosis, doctorNames, Hop, Outcome, StepID, steps, verdictOf, Way } from "../model/diagnosis";
import { strings } from "./strings";
import { short } from "./words";

const text = strings.test;

/** What a test found, as lines to send to whoever runs the server. No credential is in it. */
export function report(diagnosis: Diagnosis, now = new Date(), agent = navigator.userAgent, host = location.host): string {
  const width = Math.max(...steps.map((step) => titleOf(step).length)) + 2;
  const lines = steps.map((step) => `${`${titleOf(step)}:`.padEnd(width)}${line(diagnosis[step])}`);
  return [
    `Parley connection test of ${host}, ${now.toISOString()}`,
    text.verdicts[verdictOf(diagnosis)],
    "",
    ...lines,
    "",
    ...operatorsPart(diagnosis),
    `Browser: ${agent}`,
    "",
  ].join("\n");
}

/** With the name of the doctor's check of the same thing, for whoever compares. */
function titleOf(step: StepID): string {
  const doctor = doctorNames[step];
  return doctor ? `${text.steps[step].name} [${doctor}]` : text.steps[step].name;
}

/** What the operator can do about what failed, each thing once. */
function operatorsPart(diagnosis: Diagnosis): string[] {
  const words = steps.flatMap((step) => {
    const outcome = diagnosis[step];
    return outcome.state === "bad" ? [adviceFor(step, outcome.hop).operator] : [];
  });
  return words.length === 0 ? [] : [`${text.operator}:`, ...[...new Set(words)].map((each) => `- ${each}`), ""];
}

/** "3.1 Mbit/s over UDP" */
export function rateOf(rate: number, by: Way): string {
  return text.rate({ rate: short(rate / 1e6, "megabit-per-second", rate < 1e7 ? 1 : 0), way: by.toUpperCase() });
}

/** A length of time; clocks of browsers do not tell less than a millisecond. */
export function timeOf(milliseconds: number): string {
  return milliseconds < 1 ? strings.common.under({ length: short(1, "millisecond") }) : short(milliseconds, "millisecond");
}

function line(outcome: Outcome): string {
  const state = text.states[outcome.state];
  switch (outcome.state) {
    case "good":
      return [
        state,
        outcome.time === undefined ? "" : timeOf(outcome.time),
        outcome.address ?? "",
        outcome.rate === undefined || !outcome.by ? "" : rateOf(outcome.rate, outcome.by),
      ].filter(Boolean).join(", ");
    case "bad":
      return `${state}: ${text.hops[outcome.hop]}${outcome.code ? ` (error ${outcome.code})` : ""}`;
    default:
      return state;
  }
}

interface Advice {
  readonly visitor: string;
  readonly operator: string;
}

/** The most fitting advice: by step where the way is the suspect, by hop alone otherwise. */
export function adviceFor(step: StepID, hop: Hop): Advice {
  const { advice } = text;
  if (hop !== "way") return advice[hop];
  if (step === "stun" || step === "udp") return advice["udp-blocked"];
  if (step === "tcp" || step === "tls") return advice[`${step}-blocked`];
  return advice.way;
}
