// SPDX-License-Identifier: Apache-2.0

import { type Child, html } from "../core/html";
import { computed, onDispose, Signal, signal } from "../core/signal";
import { View } from "../core/view";
import { checkInOf } from "../model/link";
import type { NetworkResult } from "../protocol/appointments";
import { LiveRefusal } from "../protocol/live";
import { judge, roundTrips } from "../protocol/probe";
import type { AppointmentPage } from "./appointment";
import { connectionBanner } from "./banner";
import { deviceFields } from "./device-fields";
import { deviceProblems } from "./device-help";
import { icon } from "./icon";
import cameraIcon from "./icons/camera.svg";
import checkIcon from "./icons/check.svg";
import microphoneIcon from "./icons/microphone.svg";
import signalIcon from "./icons/signal.svg";
import warningIcon from "./icons/warning.svg";
import { focusLater } from "./link-ends";
import { personHeader } from "./person-header";
import { Preview } from "./preview";
import { strings } from "./strings";
import { whenLine } from "./waiting-view";

type Verdict = "good" | "warn" | "busy";

interface Finding {
  readonly verdict: Verdict;
  readonly sentence: string;
}

/** Loudness that speech reaches and a quiet room does not, 0 to 1 on the meter's scale. */
const speech = 0.3;
const listenPeriod = 200;

/** The device check before the waiting room: see and hear yourself, test the network, agree. */
export class CheckView extends View {
  private readonly heard = signal(false);
  private readonly network = signal<NetworkResult | "checking">("checking");
  private readonly problem = signal("");
  private readonly busy = signal(false);

  constructor(private readonly appointment: AppointmentPage) {
    super();
    this.className = "prejoin check-page";
  }

  protected render(): Node {
    const { devices, meter, live, page } = this.appointment;
    const text = strings.appointment.check;
    const timer = setInterval(() => {
      if (meter.read() > speech) this.heard.set(true);
    }, listenPeriod);
    onDispose(() => clearInterval(timer));
    void this.testNetwork();
    // Computed, so that another state does not draw the question anew and untick it.
    const words = computed(() => page().appointment?.consent ?? "");
    const joinedOnce = live.snapshot.peek() !== undefined;
    return html`
      ${joinedOnce ? connectionBanner(live, { reconnecting: strings.appointment.waiting.lost, stopping: strings.appointment.waiting.restarting }) : null}
      <section class="prejoin-devices" aria-label=${text.heading}>
        ${new Preview(devices, meter, true)}
        ${deviceProblems(devices)}
        ${deviceFields(devices, ["microphone", "camera", "speaker"])}
      </section>
      <form class="prejoin-form" novalidate @submit=${(event: Event) => void this.submit(event)}>
        ${personHeader(this.appointment)}
        <h1 tabindex="-1" ref=${focusLater}>${text.heading}</h1>
        ${whenLine(this.appointment)}
        <ul class="findings" aria-label=${text.results}>
          ${finding(microphoneIcon, this.microphone())}
          ${finding(cameraIcon, this.camera())}
          ${finding(signalIcon, this.connection(), () => this.again())}
        </ul>
        ${() => this.consent(words())}
        <p class="error" role="alert">${this.problem}</p>
        <button class="button primary large" aria-disabled=${() => (this.busy() ? "true" : undefined)}>
          ${() => (this.busy() ? text.entering : text.enter)}</button>
      </form>`;
  }

  private consent(words: string): Child {
    const text = strings.appointment.check;
    if (!words) return null;
    return html`
      <section class="consent" aria-labelledby="consent-title">
        <h2 id="consent-title">${text.consentHeading}</h2>
        <p class="consent-text" tabindex="0">${words}</p>
        <label class="check"><input type="checkbox" name="consent" required @change=${() => this.problem.set("")}><span>${text.consent}</span></label>
      </section>`;
  }

  private microphone(): Signal<Finding> {
    const { microphone } = this.appointment.devices;
    const text = strings.appointment.check.microphone;
    return computed(() => {
      const { on, starting, track, problem } = microphone();
      if (starting) return { verdict: "busy", sentence: text.starting };
      if (problem) return { verdict: "warn", sentence: text.problem };
      if (!on || !track) return { verdict: "warn", sentence: text.off };
      return this.heard() ? { verdict: "good", sentence: text.heard } : { verdict: "busy", sentence: text.silent };
    });
  }

  private camera(): Signal<Finding> {
    const { camera } = this.appointment.devices;
    const text = strings.appointment.check.camera;
    return computed(() => {
      const { on, starting, track, problem } = camera();
      if (starting) return { verdict: "busy", sentence: text.starting };
      if (problem) return { verdict: "warn", sentence: text.problem };
      return on && track ? { verdict: "good", sentence: text.on } : { verdict: "warn", sentence: text.off };
    });
  }

  private connection(): Signal<Finding> {
    return computed(() => {
      const result = this.network();
      const verdict = result === "checking" ? "busy" : result === "good" ? "good" : "warn";
      return { verdict, sentence: strings.appointment.check.network[result] };
    });
  }

  private again(): Child {
    const result = this.network();
    if (result === "good" || result === "checking") return null;
    return html`<button type="button" class="button quiet small" @click=${() => void this.testNetwork()}>${strings.appointment.check.again}</button>
      <a class="button quiet small" href="/test" target="_blank" rel="noopener">${strings.appointment.check.more}</a>`;
  }

  private async testNetwork(): Promise<void> {
    this.network.set("checking");
    this.network.set(judge(await roundTrips(() => performance.now())));
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy.peek()) return;
    const box = (event.target as HTMLFormElement).elements.namedItem("consent") as HTMLInputElement | null;
    if (box && !box.checked) {
      this.problem.set(strings.appointment.check.consentMissing);
      return box.focus();
    }
    this.busy.set(true);
    const { devices } = this.appointment;
    const [microphone, camera] = [devices.microphone.peek(), devices.camera.peek()];
    const network = this.network.peek();
    try {
      await this.appointment.checkIn(checkInOf({
        microphone: { on: microphone.on, live: microphone.track !== null, problem: microphone.problem },
        camera: { on: camera.on, live: camera.track !== null, problem: camera.problem },
        network: network === "checking" ? "unknown" : network,
        consent: box?.checked ?? false,
      }));
    } catch (error) {
      this.problem.set((error instanceof LiveRefusal && error.message) || strings.appointment.check.failed);
    }
    this.busy.set(false);
  }
}

function finding(picture: string, found: Signal<Finding>, more?: () => Child): Node {
  const verdict = computed(() => found().verdict);
  const marks: Readonly<Record<Verdict, string>> = { good: checkIcon, warn: warningIcon, busy: picture };
  return html`
    <li data-verdict=${verdict}><span class="mark">${() => icon(marks[verdict()])}</span>
      <span role="status">${() => found().sentence}</span> ${more ?? null}</li>`;
}

customElements.define("parley-check", CheckView);
