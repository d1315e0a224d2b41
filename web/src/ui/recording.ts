// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { computed, effect, signal, untracked } from "../core/signal";
import { announcer } from "./announcer";
import type { Call } from "./call";
import { icon } from "./icon";
import recordIcon from "./icons/record.svg";
import { read, write } from "./storage";
import { strings } from "./strings";
import { toast } from "./toasts";

/**
 * That the meeting is recorded: a mark for as long as it is, and once, for each of us, the question whether to stay. Who
 * has said it, and who has already stayed, is not asked, not even after a reload.
 */
export function recordingBanner(call: Call): DocumentFragment {
  const text = strings.recording;
  const { room, code } = call.meeting;
  const key = `recording.${code}`;
  const stayed = signal(read<number>("sessionStorage", key));
  const recording = computed(() => room().recording, (a, b) => a?.since === b?.since && a?.by === b?.by);
  const stay = (): void => {
    stayed.set(recording.peek()?.since);
    write("sessionStorage", key, stayed.peek());
  };
  const asks = computed(() => recording() !== null && recording()?.since !== stayed());
  let told = false;
  effect(() => {
    const now = recording();
    untracked(() => {
      if (now && call.saidToRecord) stay();
      if (now && asks.peek()) announcer.say(text.told({ name: now.by }), "assertive");
      else if (now) announcer.say(text.mark);
      else if (told) toast(text.over);
      call.saidToRecord = false;
      told = now !== null;
    });
  });
  return html`
    ${() => (asks() ? html`
      <div class="banner recorded" role="group" aria-label=${text.mark}>
        <p><strong>${() => text.told({ name: recording()?.by ?? "" })}</strong> ${text.detail}</p>
        <button type="button" class="button" @click=${stay}>${text.stay}</button>
        <button type="button" class="button" @click=${() => call.leave()}>${strings.room.leave}</button>
      </div>` : null)}
    ${() => (recording() ? html`
      <p class="recording-mark">${icon(recordIcon)} <strong>${text.mark}</strong> <bdi>${() => recording()?.by ?? ""}</bdi></p>` : null)}`;
}
