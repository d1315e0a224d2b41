// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../../core/html";
import { computed, signal } from "../../core/signal";
import { samples as code } from "../../media/playground/samples";
import { canChooseSpeaker } from "../device-fields";
import { strings } from "../strings";
import { testSound } from "../test-sound";
import { lesson, outcome } from "./lesson";
import type { Workbench } from "./workbench";

const kinds = { microphone: "audioinput", speaker: "audiooutput", camera: "videoinput" } as const;

/** Microphone, speaker and camera, exchanged while in use. */
export function chooseLesson(bench: Workbench): DocumentFragment {
  const { capture, speaker } = bench;
  const text = strings.playground.choose;
  const said = signal("");
  const choose = async (kind: keyof typeof kinds, id: string): Promise<void> => {
    if (kind === "speaker") speaker.set(id);
    else await capture.choose(kind, id);
    const used = kind === "speaker" ? bySpeaker(id) : capture.track(kind)?.label;
    said.set(used ? text.using({ label: used }) : "");
  };
  const bySpeaker = (id: string): string =>
    capture.devices.peek().find((device) => device.kind === "audiooutput" && device.deviceId === id)?.label || text.systemDefault;
  return lesson({
    number: 5, id: "choose", text, code: code.choose,
    content: html`
      <div class="wish">
        ${field(bench, "microphone", choose)} ${field(bench, "camera", choose)}
        ${canChooseSpeaker() ? field(bench, "speaker", choose) : html`<p class="hint">${text.noSpeaker}</p>`}
        <button type="button" class="button quiet" @click=${() => void testSound(speaker.peek())}>${text.test}</button>
      </div>
      ${outcome(said)}`,
  });
}

function field(bench: Workbench, kind: keyof typeof kinds, choose: (kind: keyof typeof kinds, id: string) => Promise<void>): DocumentFragment {
  const { capture, speaker } = bench;
  const text = strings.playground.choose;
  // Without permission there is one of each kind without an id: nothing to choose from.
  const list = computed(() => capture.devices().filter((device) => device.kind === kinds[kind] && device.deviceId !== ""));
  const current = computed(() => (kind === "speaker" ? speaker() : capture.track(kind)?.getSettings().deviceId ?? ""));
  const name = (device: MediaDeviceInfo): string => device.label || text.unnamed({ kind: text[kind], number: list().indexOf(device) + 1 });
  return html`
    <label class="field"><span>${text[kind]}</span>
      <select ?disabled=${() => list().length === 0} @change=${(event: Event) => void choose(kind, (event.target as HTMLSelectElement).value)}>
        ${() => (list().length === 0 ? html`<option>${text.none}</option>` : null)}
        ${() => (kind === "speaker" && list().length > 0 && !list().some(({ deviceId }) => deviceId === "default") ? html`<option value="">${text.systemDefault}</option>` : null)}
        ${each(list, ({ deviceId }) => deviceId, (device) => html`
          <option value=${() => device().deviceId} .selected=${() => device().deviceId === current()}>${() => name(device())}</option>`)}
      </select></label>`;
}

/** What enumerateDevices and getSupportedConstraints say, unchanged. */
export function knowLesson(bench: Workbench): DocumentFragment {
  const { capture } = bench;
  const text = strings.playground.know;
  const row = (device: MediaDeviceInfo): DocumentFragment => html`
    <tr><td>${strings.playground.choose.kinds[device.kind]}</td><td>${device.label || text.hidden}</td>
      <td><code>${device.deviceId ? shortened(device.deviceId) : text.hidden}</code></td></tr>`;
  return lesson({
    number: 6, id: "know", text, code: code.know,
    content: html`
      <h3>${text.devices}</h3>
      ${() => (capture.devices().length === 0
        ? html`<p class="hint">${text.none}</p>`
        : html`<table class="device-table"><thead><tr><th scope="col">${text.device}</th><th scope="col">${text.name}</th><th scope="col">${text.id}</th></tr></thead>
            <tbody>${capture.devices().map(row)}</tbody></table>`)}
      <p><button type="button" class="button quiet" @click=${() => void capture.list()}>${text.refresh}</button></p>
      <h3>${text.supported}</h3>
      <p class="hint">${text.supportedWhy}</p>
      <ul class="chips">${capture.supported().map((name) => html`<li><code>${name}</code></li>`)}</ul>`,
  });
}

/** Ids are long and only differ; the beginning is enough to tell them apart. */
function shortened(id: string): string {
  return id.length > 12 ? `${id.slice(0, 12)}…` : id;
}
