// SPDX-License-Identifier: Apache-2.0

import { html } from "../../core/html";
import { computed, signal } from "../../core/signal";
import { abilities, Ability, constraintsFrom } from "../../media/playground/constraints";
import { samples as code } from "../../media/playground/samples";
import { strings } from "../strings";
import { lesson, outcome } from "./lesson";
import type { Workbench } from "./workbench";

const presets: readonly (readonly [width: number, height: number])[] = [[320, 180], [640, 360], [640, 480], [1280, 720]];
const aspects: readonly (readonly [name: string, ratio: number])[] = [["16:9", 16 / 9], ["4:3", 4 / 3], ["1:1", 1], ["9:16", 9 / 16]];

/** Size, frame rate and aspect of the running camera, beside what it can do. */
export function pictureLesson(bench: Workbench): DocumentFragment {
  const { capture } = bench;
  const text = strings.playground.picture;
  const said = signal("");
  const track = computed(() => capture.track("camera"));
  const change = async (constraints: MediaTrackConstraints): Promise<void> => {
    if (!track.peek()) return said.set(text.needsCamera);
    const result = await capture.change(constraints);
    if ("refused" in result) return said.set(text.refused({ constraint: result.refused }));
    const { width = 0, height = 0, frameRate = 0 } = result.settings;
    return said.set(text.changed({ width, height, rate: Math.round(frameRate) }));
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    void change(constraintsFrom(wishOf(event.target as HTMLFormElement)));
  };
  const range = (name: "width" | "height" | "frameRate"): string | undefined => {
    const found = capabilitiesOf(track())?.[name];
    return found?.max === undefined ? undefined : `${Math.ceil(found.min ?? 1)} – ${Math.floor(found.max)}`;
  };
  const number = (name: "width" | "height" | "frameRate"): DocumentFragment => html`
    <label class="field"><span>${text[name]}</span>
      <input name=${name} type="number" inputmode="numeric" min="1" step="1" placeholder=${() => range(name)}></label>`;
  return lesson({
    number: 2, id: "picture", text, code: code.picture,
    content: html`
      <div class="presets" role="group" aria-label=${text.presets}>
        ${presets.map(([width, height]) => html`
          <button type="button" class="button quiet" @click=${() => void change({ width: { ideal: width }, height: { ideal: height } })}>${`${width} × ${height}`}</button>`)}
      </div>
      <form class="wish" novalidate @submit=${submit}>
        ${number("width")} ${number("height")} ${number("frameRate")}
        <label class="field"><span>${text.aspect}</span>
          <select name="aspectRatio"><option value="">${text.anyAspect}</option>
            ${aspects.map(([name, ratio]) => html`<option value=${ratio}>${name}</option>`)}</select></label>
        <label class="field wide"><span>${text.how}</span>
          <select name="how"><option value="wish">${text.wish}</option><option value="demand">${text.demand}</option></select></label>
        <button class="button primary">${text.apply}</button>
      </form>
      ${outcome(said)}
      <div class="facts">
        ${table(text.capabilities, () => abilities(capabilitiesOf(track()) ?? {}), () => (track() ? text.unknown : text.needsCamera))}
        ${table(text.settings, () => abilities(track()?.getSettings() ?? {}), () => text.needsCamera)}
      </div>`,
  });

  function capabilitiesOf(now: MediaStreamTrack | undefined): MediaTrackCapabilities | undefined {
    // Reading the track's version makes the table follow what changed.
    capture.track("camera");
    return typeof now?.getCapabilities === "function" ? now.getCapabilities() : undefined;
  }

  function wishOf(form: HTMLFormElement): Parameters<typeof constraintsFrom>[0] {
    const value = (name: string): string => (form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement).value;
    const numeric = (name: string): number | undefined => (value(name) === "" ? undefined : Number(value(name)));
    return {
      width: numeric("width"), height: numeric("height"), frameRate: numeric("frameRate"),
      aspectRatio: numeric("aspectRatio"), demand: value("how") === "demand",
    };
  }
}

/** Names and values in two columns, or a sentence when there are none. */
function table(title: string, rows: () => readonly Ability[], empty: () => string): DocumentFragment {
  return html`
    <div><h3>${title}</h3>
      ${() => (rows().length === 0
        ? html`<p class="hint">${empty()}</p>`
        : html`<dl class="rows">${rows().map(({ name, range }) => html`<div><dt>${name}</dt><dd>${range}</dd></div>`)}</dl>`)}
    </div>`;
}
