// SPDX-License-Identifier: Apache-2.0

import { every, systemClock } from "../../core/clock";
import { each, html } from "../../core/html";
import { effect, onDispose, signal, WritableSignal } from "../../core/signal";
import { CallNumbers, rates, sample, Sample } from "../../media/playground/numbers";
import { samples as code } from "../../media/playground/samples";
import type { CallStates, TabCall } from "../../media/playground/tab-call";
import { announcer } from "../announcer";
import { strings } from "../strings";
import { short } from "../words";
import { action, actions, lesson } from "./lesson";
import { story } from "./story";
import type { Workbench } from "./workbench";

/** Milliseconds between two measurements. */
const beat = 1_000;

/** A call between two tabs with every step of it in sight. */
export function callLesson(bench: Workbench, hearing: WritableSignal<boolean>): DocumentFragment {
  const text = strings.playground.call;
  const content = bench.call ? caller(bench, bench.call, hearing) : html`<p class="note">${text.unsupported}</p>`;
  return lesson({ number: 7, id: "call", text, code: code.call, content });
}

function caller(bench: Workbench, call: TabCall, hearing: WritableSignal<boolean>): DocumentFragment {
  const text = strings.playground.call;
  const { capture } = bench;
  const numbers = measured(call);
  const busy = (): boolean => ["calling", "ringing", "connecting", "connected"].includes(call.phase());
  effect(() => {
    const phase = call.phase();
    if (phase !== "idle") announcer.say(text.announce[phase]);
  });
  // A screen, once shared, takes the camera's place.
  effect(() => call.publish({
    audio: capture.track("microphone"),
    video: capture.screen()?.getVideoTracks()[0] ?? capture.track("camera"),
  }));
  const ringing = (): boolean => call.phase() === "ringing";
  const facts = (): string => {
    const now = numbers();
    return now ? factsOf(now) : "";
  };
  return html`
    <p class="tab-name"><strong>${text.thisTab({ name: call.name })}</strong> <span role="status">${() => (call.others().length === 0 ? text.alone : text.others({ count: call.others().length }))}</span></p>
    <ul class="actions-list">
      <li class="action"><a class="button quiet" href="/playground#call" target="_blank" rel="noopener">${text.open}</a><p>${text.openWhy}</p></li>
      ${each(call.others, (name) => name, (name) => action({
        label: () => text.call({ name: name() }), why: text.callWhy, look: "primary", off: busy, run: () => void call.call(name.peek()),
      }))}
    </ul>
    <div class="incoming" ?hidden=${() => !ringing()}>
      ${actions(
        action({ label: text.answer, why: () => text.answerWhy({ name: call.partner() ?? "" }), look: "primary", off: () => !ringing(), run: () => void call.answer() }),
      )}
    </div>
    ${actions(action({ label: () => (ringing() ? text.decline : text.hangUp), why: text.hangUpWhy, look: "danger", off: () => !busy(), run: () => call.hangUp() }))}
    <p class="hint" ?hidden=${() => Boolean(capture.stream() || capture.screen())}>${text.withoutMedia}</p>
    <label class="check"><input type="checkbox" .checked=${hearing} @change=${(event: Event) => hearing.set((event.target as HTMLInputElement).checked)}>
      <span>${text.mute}<small>${() => (hearing() ? "" : text.muted)}</small></span></label>
    <h3>${text.states}</h3>
    ${states(call)}
    ${outcomeWithoutVoice(facts)}
    ${story(call)}`;
}

/** Numbers that change every second are not for reading out. */
function outcomeWithoutVoice(sentence: () => string): DocumentFragment {
  return html`<p class="outcome numbers">${sentence}</p>`;
}

function states(call: TabCall): DocumentFragment {
  const names: readonly (keyof CallStates)[] = ["signalingState", "iceGatheringState", "iceConnectionState", "connectionState"];
  return html`<dl class="rows states">${names.map((name) => html`
    <div><dt><code>${name}</code></dt><dd data-state=${() => call.states()[name]}>${() => call.states()[name]}</dd></div>`)}</dl>`;
}

/** What flows, measured for as long as the tabs are connected. */
function measured(call: TabCall): WritableSignal<CallNumbers | undefined> {
  const numbers = signal<CallNumbers | undefined>(undefined);
  effect(() => {
    if (call.phase() !== "connected") return numbers.set(undefined);
    let last: Sample | undefined;
    const measure = async (): Promise<void> => {
      const report = await call.connection?.getStats().catch(() => undefined);
      if (!report || call.phase.peek() !== "connected") return;
      const now = sample(report, systemClock.now());
      if (last) numbers.set(rates(last, now));
      last = now;
    };
    void measure();
    onDispose(every(systemClock, beat, () => void measure()));
  });
  return numbers;
}

function factsOf({ width, height, framesPerSecond, received, sent, roundTrip }: CallNumbers): string {
  const text = strings.playground.call.numbers;
  const rate = (bits: number): string => `${Math.round(bits / 1_000)} kbit/s`;
  return [
    width > 0 ? text.receiving({ width, height, rate: Math.round(framesPerSecond) }) : text.noPicture,
    text.in({ rate: rate(received) }),
    text.out({ rate: rate(sent) }),
    ...(roundTrip === undefined ? [] : [text.roundTrip({ time: short(roundTrip, "millisecond") })]),
  ].join(" · ");
}
