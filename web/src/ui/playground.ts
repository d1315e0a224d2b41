// SPDX-License-Identifier: Apache-2.0

import { systemClock } from "../core/clock";
import { html } from "../core/html";
import { signal } from "../core/signal";
import { View } from "../core/view";
import { LevelMeter } from "../media/level";
import { Capture } from "../media/playground/capture";
import { Recording } from "../media/playground/recording";
import { openTabCall } from "../media/playground/tab-call";
import { callLesson } from "./playground/call";
import { chooseLesson, knowLesson } from "./playground/devices";
import { pictureLesson } from "./playground/picture";
import { recordLesson } from "./playground/record";
import { screenLesson, shareLesson } from "./playground/share";
import { stage } from "./playground/stage";
import type { Workbench } from "./playground/workbench";

/** The playground: pictures on one side, lessons on the other; on a phone the pictures stay at the top. */
class Playground extends View {
  constructor(private readonly bench: Workbench) {
    super();
    this.className = "play-grid";
  }

  protected render(): Node {
    const { bench } = this;
    const hearing = signal(false);
    return html`
      ${stage(bench, hearing)}
      <div class="lessons">
        ${shareLesson(bench)} ${pictureLesson(bench)} ${recordLesson(bench)} ${screenLesson(bench)}
        ${chooseLesson(bench)} ${knowLesson(bench)} ${callLesson(bench, hearing)}
      </div>`;
  }
}

customElements.define("parley-playground", Playground);

const call = openTabCall(systemClock);
window.addEventListener("pagehide", () => call?.leave());
document.getElementById("playground")?.replaceWith(
  new Playground({
    capture: new Capture(), recording: new Recording(), call, meter: new LevelMeter(), shown: signal<boolean>(false), speaker: signal(""),
  }),
);
// The lessons did not exist when the browser looked for the part that the address names.
document.getElementById(location.hash.slice(1))?.scrollIntoView();
