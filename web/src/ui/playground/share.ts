// SPDX-License-Identifier: Apache-2.0

import { html } from "../../core/html";
import { signal } from "../../core/signal";
import { samples as code } from "../../media/playground/samples";
import { canShare } from "../../media/share";
import { problemCard } from "../problem-card";
import { strings } from "../strings";
import { described } from "../words";
import { action, actions, lesson, outcome } from "./lesson";
import type { Workbench } from "./workbench";

/** Microphone and camera: share, show, hide, stop. */
export function shareLesson(bench: Workbench): DocumentFragment {
  const { capture, shown } = bench;
  const text = strings.playground.share;
  const asking = signal(false);
  const share = async (): Promise<void> => {
    asking.set(true);
    await capture.share();
    asking.set(false);
  };
  const off = (): boolean => !capture.stream();
  const tracks = (): string => {
    capture.track("camera");
    const stream = capture.stream();
    if (!stream) return text.nothing;
    const tracks = stream.getTracks().map(({ kind, label }) => text.track[kind === "audio" ? "audio" : "video"]({ label }));
    return text.shared({ count: tracks.length, tracks: described(tracks) });
  };
  return lesson({
    number: 1, id: "share", text, code: code.share,
    content: [
      actions(
        action({ label: text.share, why: text.shareWhy, look: "primary", run: () => void share(), off: () => asking() || !off() }),
        action({ label: text.show, why: text.showWhy, run: () => shown.set(true), off: () => off() || shown() }),
        action({ label: text.hide, why: text.hideWhy, run: () => shown.set(false), off: () => off() || !shown() }),
        action({ label: text.stop, why: text.stopWhy, look: "danger", off, run: () => {
          capture.stop();
          shown.set(false);
        } }),
      ),
      outcome(tracks),
      () => {
        const problem = capture.problem();
        return problem ? problemCard("both", problem, () => void share()) : null;
      },
    ],
  });
}

/** A screen, a window or a tab. */
export function screenLesson(bench: Workbench): DocumentFragment {
  const { capture } = bench;
  const text = strings.playground.screen;
  const problem = signal("");
  const share = async (): Promise<void> => {
    const found = await capture.shareScreen();
    problem.set(found === undefined ? "" : found === "dismissed" ? text.dismissed : text.problem);
  };
  const told = (): string => {
    const track = capture.screen()?.getVideoTracks()[0];
    if (!track) return problem();
    const { width = 0, height = 0 } = track.getSettings();
    return text.shared({ label: track.label, width, height });
  };
  const content = canShare()
    ? [
        actions(
          action({ label: text.share, why: text.shareWhy, run: () => void share() }),
          action({ label: text.stop, why: text.stopWhy, look: "danger", run: () => capture.stopScreen(), off: () => !capture.screen() }),
        ),
        outcome(told),
      ]
    : html`<p class="note">${text.unsupported}</p>`;
  return lesson({ number: 4, id: "screen", text, code: code.screen, content });
}
