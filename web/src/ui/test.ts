// SPDX-License-Identifier: Apache-2.0

import { systemClock } from "../core/clock";
import { Child, html } from "../core/html";
import { computed, effect, signal } from "../core/signal";
import { View } from "../core/view";
import { LocalDevices } from "../media/devices";
import { LevelMeter } from "../media/level";
import { browserTest } from "../media/relay-test";
import { Diagnosis, nothingYet, Outcome, StepID, steps, verdictOf } from "../model/diagnosis";
import { examine } from "../model/examine";
import { meetingCode } from "../protocol/messages";
import { announcer } from "./announcer";
import { copyText } from "./copy";
import { deviceFields } from "./device-fields";
import { deviceProblems } from "./device-help";
import { icon } from "./icon";
import checkIcon from "./icons/check.svg";
import copyIcon from "./icons/note.svg";
import clockIcon from "./icons/clock.svg";
import downloadIcon from "./icons/download.svg";
import shareIcon from "./icons/arrow.svg";
import retryIcon from "./icons/retry.svg";
import warningIcon from "./icons/warning.svg";
import { browserOf } from "./platform";
import { Preview } from "./preview";
import { settings } from "./settings";
import { strings } from "./strings";
import { adviceFor, rateOf, report, timeOf } from "./test-report";
import { toast, Toasts } from "./toasts";

const text = strings.test;

/** The page that tests the way to the server: a list that fills itself, advice where something fails, a report. */
class ConnectionTest extends View {
  private readonly diagnosis = signal<Diagnosis>(nothingYet);
  private readonly uncopied = signal("");

  protected render(): Node {
    const verdict = computed(() => verdictOf(this.diagnosis()));
    void this.run();
    effect(() => {
      if (verdict() !== "running") announcer.say(text.verdicts[verdict()]);
    });
    return html`
      <section class="card" data-verdict=${verdict}>
        <h2>${() => icon(verdictIcons[verdict()])} <span>${() => text.verdicts[verdict()]}</span></h2>
        <p>${() => text.verdictDetails[verdict()]}</p>
        <p class="actions">
          <button type="button" class="button" aria-disabled=${() => (verdict() === "running" ? "true" : undefined)}
            @click=${() => void this.run()}>${icon(retryIcon)} ${text.again}</button>
          <button type="button" class="button quiet" @click=${() => void this.copy()}>${icon(copyIcon)} ${text.copy}</button>
          <button type="button" class="button quiet" @click=${() => this.download()}>${icon(downloadIcon)} ${text.download}</button>
          ${"share" in navigator ? html`<button type="button" class="button quiet" @click=${() => void this.share()}>${icon(shareIcon)} ${text.share}</button>` : null}
        </p>
        ${() => (this.uncopied() ? html`
          <label class="field"><span>${text.copyFailed}</span><textarea readonly rows="10" .value=${this.uncopied()}></textarea></label>` : null)}
      </section>
      <ol class="test-steps" aria-label=${text.stepsLabel}>${steps.map((step) => this.step(step))}</ol>
      ${devicesCard()}`;
  }

  private step(step: StepID): Node {
    const outcome = computed(() => this.diagnosis()[step]);
    const state = computed(() => outcome().state);
    return html`
      <li data-state=${state} data-step=${step}>
        <span class="mark">${() => icon(stateIcons[state()])}</span>
        <div><h3>${text.steps[step].name}</h3><p>${() => sentence(step, outcome())}</p></div>
        <span class="test-time">${() => timing(outcome())}</span>
        ${() => advice(step, this.diagnosis())}
      </li>`;
  }

  private async run(): Promise<void> {
    if (steps.some((step) => this.diagnosis.peek()[step].state === "running")) return;
    this.uncopied.set("");
    this.diagnosis.set(nothingYet);
    const meeting = meetingCode(location.hash.slice(1));
    const namesOnly = browserOf(navigator.userAgent) === "firefox";
    await examine(browserTest(systemClock), meeting, namesOnly, (change) => this.diagnosis.update(change));
  }

  /** To somebody in another program of this device; who closes the question has decided. */
  private async share(): Promise<void> {
    await navigator.share({ title: document.title, text: report(this.diagnosis.peek()) }).catch(() => undefined);
  }

  private download(): void {
    const address = URL.createObjectURL(new Blob([report(this.diagnosis.peek())], { type: "text/plain" }));
    const link = Object.assign(document.createElement("a"), { href: address, download: `parley-test-${location.hostname}.txt` });
    document.body.append(link);
    link.click();
    link.remove();
    // Browsers begin to read it some time after the click.
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }

  private async copy(): Promise<void> {
    const words = report(this.diagnosis.peek());
    if (await copyText(words)) toast(text.copied);
    else this.uncopied.set(words);
  }
}

const stateIcons: Readonly<Record<Outcome["state"], string>> = {
  waiting: clockIcon, running: retryIcon, good: checkIcon, bad: warningIcon, skipped: clockIcon,
};
const verdictIcons: Readonly<Record<ReturnType<typeof verdictOf>, string>> = {
  running: clockIcon, browser: warningIcon, ready: checkIcon, fallback: warningIcon, "direct-only": warningIcon, signalling: warningIcon, unreachable: warningIcon,
};

function sentence(step: StepID, outcome: Outcome): string {
  if (outcome.state === "bad") return text.hops[outcome.hop];
  if (step === "throughput" && outcome.state === "good" && outcome.rate !== undefined && outcome.by) return rateOf(outcome.rate, outcome.by);
  if (step !== "stun" || outcome.state !== "good") return text.steps[step].detail;
  return outcome.address ? text.address({ address: outcome.address }) : text.noTranslation;
}

function timing(outcome: Outcome): string {
  if (outcome.state === "good" && outcome.time !== undefined) return timeOf(outcome.time);
  return text.states[outcome.state];
}

/** What helps, once: where several parts fail alike, at the first of them. */
function advice(step: StepID, diagnosis: Diagnosis): Child {
  const words = adviceOf(step, diagnosis);
  if (!words || steps.find((each) => adviceOf(each, diagnosis) === words) !== step) return null;
  const { visitor, operator } = words;
  const outcome = diagnosis[step];
  const trust = outcome.state === "bad" && outcome.hop === "certificate" ? html`${" "}<a href="/trust">${text.trust}</a>` : null;
  return html`
    <dl class="test-advice">
      <dt>${text.visitor}</dt><dd>${visitor}${trust}</dd>
      <dt>${text.operator}</dt><dd>${operator}</dd>
    </dl>`;
}

function adviceOf(step: StepID, diagnosis: Diagnosis): ReturnType<typeof adviceFor> | undefined {
  const outcome = diagnosis[step];
  return outcome.state === "bad" ? adviceFor(step, outcome.hop) : undefined;
}

/** Camera and microphone, for whoever wants to test them as well. */
function devicesCard(): Node {
  const wanted = signal(false);
  return html`
    <section class="card test-devices" aria-labelledby="test-devices">
      <h2 id="test-devices">${text.devices.title}</h2>
      ${() => (wanted() ? devicesTest() : html`
        <p>${text.devices.detail}</p>
        <p><button type="button" class="button quiet" @click=${() => wanted.set(true)}>${text.devices.start}</button></p>`)}
    </section>`;
}

function devicesTest(): Node {
  const devices = new LocalDevices(settings.peek().devices, settings.peek().denoise);
  const meter = new LevelMeter();
  effect(() => meter.listen(devices.microphone().on ? devices.microphone().track : null));
  void devices.start({ microphone: true, camera: true });
  return html`${new Preview(devices, meter)} ${deviceProblems(devices)} ${deviceFields(devices, ["microphone", "camera", "speaker"])}`;
}

customElements.define("parley-test", ConnectionTest);
document.getElementById("test")?.replaceWith(new ConnectionTest());
document.body.append(new Toasts());
