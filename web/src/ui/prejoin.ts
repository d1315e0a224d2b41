// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { Signal, signal } from "../core/signal";
import { View } from "../core/view";
import type { LocalDevices } from "../media/devices";
import type { LevelMeter } from "../media/level";
import type { MeetingFacts } from "../protocol/api";
import { limits, MeetingCode } from "../protocol/messages";
import { isOwnBrand } from "./brand";
import { brandMark } from "./brand-mark";
import { deviceFields } from "./device-fields";
import { deviceProblems } from "./device-help";
import { icon } from "./icon";
import peopleIcon from "./icons/people.svg";
import { Preview } from "./preview";
import { change, settings } from "./settings";
import { strings } from "./strings";
import { settingSwitch } from "./switch-field";

export interface PrejoinOptions {
  readonly code: MeetingCode;
  readonly devices: LocalDevices;
  readonly meter: LevelMeter;
  /** Who is there; undefined until the server has said. */
  readonly facts: Signal<MeetingFacts | undefined>;
  readonly joining: Signal<boolean>;
  /** Why the last try failed, as a sentence. */
  readonly problem: Signal<string | undefined>;
  readonly join: (name: string) => void;
}

/**
 * The screen before a meeting: how we look and sound, who is there, our name, one button.
 * The name has the focus, and Enter joins.
 */
export class Prejoin extends View {
  constructor(private readonly options: PrejoinOptions) {
    super();
    this.className = "prejoin";
  }

  protected render(): Node {
    const { code, devices, meter, facts, joining, problem, join } = this.options;
    const text = strings.prejoin;
    const nameProblem = signal<string | undefined>(undefined);
    const full = (): boolean => {
      const known = facts();
      return known !== undefined && known.participants >= known.capacity;
    };
    const submit = (event: Event): void => {
      event.preventDefault();
      const form = event.target as HTMLFormElement;
      const field = form.elements.namedItem("name") as HTMLInputElement;
      const name = field.value.trim();
      nameProblem.set(name ? undefined : text.nameMissing);
      if (!name) return field.focus();
      change({ name });
      return join(name);
    };
    const focus = (element: Element): void => {
      // On a phone the keyboard would cover half of the preview.
      if (matchMedia("(pointer: fine)").matches) requestAnimationFrame(() => (element as HTMLElement).focus());
    };
    return html`
      <section class="prejoin-devices" aria-label=${text.preview}>
        ${new Preview(devices, meter)}
        ${deviceProblems(devices)}
        ${deviceFields(devices, ["microphone", "camera", "speaker"])}
        ${settingSwitch("hideAddress", strings.privacy.hide, strings.privacy.hideDetail)}
      </section>
      <form class="prejoin-form" novalidate @submit=${submit}>
        ${isOwnBrand ? html`<p class="brand">${brandMark()}</p>` : null}
        <p class="code">${text.meeting({ code })}</p>
        <h1>${text.heading}</h1>
        <p class="who" aria-live="polite">${icon(peopleIcon)} <span>${() => whoIsHere(facts())}</span></p>
        <p class="who recorded" aria-live="polite">${() => recordedBy(facts())}</p>
        <label class="field">
          <span>${text.name}</span>
          <input name="name" type="text" autocomplete="name" maxlength=${limits.name} enterkeyhint="go"
            .value=${settings.peek().name} aria-describedby="join-problem"
            aria-invalid=${() => (nameProblem() ? "true" : undefined)} ref=${focus}
            @input=${(event: Event) => change({ name: (event.target as HTMLInputElement).value })}>
        </label>
        <p id="join-problem" class="error" role="alert">${() => nameProblem() ?? problem() ?? (full() ? text.full : "")}</p>
        <button class="button primary large" aria-disabled=${() => (joining() ? "true" : undefined)}>
          ${() => (joining() ? text.joining : text.join)}
        </button>
        <p class="hint"><a href=${`/test#${code}`}>${text.test}</a></p>
      </form>`;
  }
}

function whoIsHere(facts: MeetingFacts | undefined): string {
  return facts ? strings.prejoin.here({ count: facts.participants }) : "";
}

/** Said before anybody is in. */
function recordedBy(facts: MeetingFacts | undefined): string {
  return facts?.recording ? strings.prejoin.recorded({ name: facts.recording.by }) : "";
}

customElements.define("parley-prejoin", Prejoin);
