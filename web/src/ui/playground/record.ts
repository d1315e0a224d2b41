// SPDX-License-Identifier: Apache-2.0

import { html } from "../../core/html";
import { effect, signal } from "../../core/signal";
import { Recording } from "../../media/playground/recording";
import { samples as code } from "../../media/playground/samples";
import { strings } from "../strings";
import { short } from "../words";
import { action, actions, lesson, outcome } from "./lesson";
import { playOn, Workbench } from "./workbench";

/** Record, play, download. */
export function recordLesson(bench: Workbench): DocumentFragment {
  const text = strings.playground.record;
  const content = Recording.supported ? recorder(bench) : html`<p class="note">${text.unsupported}</p>`;
  return lesson({ number: 3, id: "record", text, code: code.record, content });
}

function recorder(bench: Workbench): DocumentFragment {
  const { capture, recording } = bench;
  const text = strings.playground.record;
  const source = signal<"camera" | "screen">("camera");
  const format = signal(Recording.formats()[0] ?? "");
  const stream = (): MediaStream | undefined => (source() === "camera" ? capture.stream() : capture.screen());
  let clip: HTMLVideoElement | undefined;
  const start = (): void => {
    const now = stream();
    if (now) recording.start(now, format.peek());
  };
  const told = (): string => {
    const problem = recording.problem();
    if (problem) return text.problem({ name: problem });
    if (recording.running()) return text.running({ size: short(recording.size() / 1_000, "kilobyte") });
    const result = recording.result();
    if (result) return text.done({ size: short(result.size / 1_000, "kilobyte"), type: result.type });
    return stream() ? "" : text.needsStream;
  };
  const value = (event: Event): string => (event.target as HTMLSelectElement).value;
  const load = (element: Element): void => {
    clip = element as HTMLVideoElement;
    playOn(bench.speaker)(element);
    effect(() => {
      const url = recording.result()?.url;
      if (url) clip?.setAttribute("src", url);
      else clip?.removeAttribute("src");
    });
  };
  const none = (): boolean => !recording.result();
  return html`
    <div class="wish">
      <label class="field"><span>${text.what}</span>
        <select @change=${(event: Event) => source.set(value(event) as "camera" | "screen")}>
          <option value="camera">${text.camera}</option><option value="screen">${text.screen}</option></select></label>
      <label class="field"><span>${text.format}</span>
        <select @change=${(event: Event) => format.set(value(event))}>
          ${Recording.formats().map((each) => html`<option>${each}</option>`)}</select></label>
    </div>
    ${actions(
      action({ label: text.start, why: text.startWhy, run: start, off: () => !stream() || recording.running() }),
      action({ label: text.stop, why: text.stopWhy, look: "danger", run: () => recording.stop(), off: () => !recording.running() }),
      action({ label: text.play, why: text.playWhy, run: () => void clip?.play().catch(() => undefined), off: none }),
    )}
    <ul class="actions-list" ?hidden=${none}>
      <li class="action"><a class="button quiet" href=${() => recording.result()?.url} download=${() => recording.result()?.fileName}>${text.download}</a>
        <p>${text.downloadWhy}</p></li>
    </ul>
    ${outcomeQuietly(told)}
    <video class="clip" aria-label=${text.clip} controls playsinline ?hidden=${none} ref=${load}></video>`;

  /** The growing size is for eyes only: twice a second is too often to be read out. */
  function outcomeQuietly(sentence: () => string): DocumentFragment {
    return html`${outcome(() => (recording.running() ? "" : sentence()))}
      <p class="outcome" ?hidden=${() => !recording.running()}>${sentence}</p>`;
  }
}
