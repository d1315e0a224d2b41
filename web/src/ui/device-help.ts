// SPDX-License-Identifier: Apache-2.0

import { Child, html } from "../core/html";
import { computed } from "../core/signal";
import type { LocalDevices } from "../media/devices";
import type { DeviceProblem } from "../media/problems";
import { later, strings } from "./strings";

/** What can be the matter with a device: it does not open, or it opens and sends nothing. */
export type Trouble = DeviceProblem | "silent";
export type Troubled = "microphone" | "camera" | "both";

/** Help for one device. Its many words are fetched only by those who need them. */
export function helpFor(kind: Troubled, trouble: Trouble, retry?: () => void): Node {
  const place = document.createElement("div");
  later(() => import("./problem-card")).then(
    ({ problemCard }) => place.replaceWith(problemCard(kind, trouble, retry)),
    // Without the server there is no help, and no meeting either.
    () => undefined,
  );
  return place;
}

/** One card for each device in trouble, or one for both when the reason is the same. */
export function deviceProblems(devices: LocalDevices): () => Child {
  const microphone = computed(() => devices.microphone().problem);
  const camera = computed(() => devices.camera().problem);
  const retry = (kinds: { microphone: boolean; camera: boolean }) => (): void => void devices.start(kinds);
  return () => {
    const [voice, picture] = [microphone(), camera()];
    if (voice && voice === picture) {
      const card = helpFor("both", voice, retry({ microphone: true, camera: true }));
      return html`<div class="device-help">${card}<p class="hint">${strings.prejoin.leaveBlank}</p></div>`;
    }
    if (!voice && !picture) return null;
    return html`
      <div class="device-help">
        ${voice ? helpFor("microphone", voice, retry({ microphone: true, camera: false })) : null}
        ${picture ? helpFor("camera", picture, retry({ microphone: false, camera: true })) : null}
        <p class="hint">${strings.prejoin.without}</p>
      </div>`;
  };
}
