// SPDX-License-Identifier: Apache-2.0

import { html } from "../../core/html";
import { computed, effect } from "../../core/signal";
import { drawLevel } from "../level";
import { strings } from "../strings";
import { attach, playOn, Workbench } from "./workbench";

/** All pictures of the page, always in sight: our camera, our screen, the other tab. */
export function stage(bench: Workbench, hearing: () => boolean): DocumentFragment {
  const { capture, call } = bench;
  const text = strings.playground.stage;
  const camera = computed(() => (bench.shown() ? capture.stream() : undefined));
  const remote = (): MediaStream | undefined => call?.remote();
  const hint = (): string => {
    if (camera()) return "";
    return capture.stream() ? text.cameraHidden : text.cameraOff;
  };
  const settings = (): string => {
    const found = capture.track("camera")?.getSettings();
    return found && camera() ? text.settings({ width: found.width ?? 0, height: found.height ?? 0, rate: Math.round(found.frameRate ?? 0) }) : "";
  };
  effect(() => bench.meter.listen(capture.track("microphone") ?? null));
  return html`
    <div class="stage" role="group" aria-label=${text.label}>
      <figure class="picture own">
        <video aria-label=${text.camera} .muted=${true} playsinline autoplay ref=${attach(camera)}></video>
        <p class="picture-hint">${hint}</p>
        <figcaption>${text.camera} <small>${settings}</small></figcaption>
        <div class="voice-bar" aria-hidden="true" ref=${(element: Element) => drawLevel(element as HTMLElement, () => bench.meter.read())}><span></span></div>
      </figure>
      <figure class="picture" ?hidden=${() => !capture.screen()}>
        <video aria-label=${text.screen} .muted=${true} playsinline autoplay ref=${attach(() => capture.screen())}></video>
        <figcaption>${text.screen}</figcaption>
      </figure>
      <figure class="picture" ?hidden=${() => !remote()}>
        <video aria-label=${strings.playground.call.remote} .muted=${() => !hearing()} playsinline autoplay
          ref=${(element: Element) => (attach(remote)(element), playOn(bench.speaker)(element))}></video>
        <figcaption>${strings.playground.call.remote}</figcaption>
      </figure>
    </div>`;
}
