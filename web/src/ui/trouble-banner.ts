// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { computed } from "../core/signal";
import type { Meeting } from "../model/meeting";
import { Trouble, troubleOf } from "../model/trouble";
import { change, settings } from "./settings";
import { strings } from "./strings";
import { listed } from "./words";

/** Says with whom no connection comes about, why as far as we know, and where to find out more. */
export function troubleBanner(meeting: Meeting): DocumentFragment {
  const text = strings.trouble;
  const trouble = computed(
    () => troubleOf(meeting.remote(), settings().hideAddress ? "relayed" : "open"),
    (a, b) => a?.cause === b?.cause && a?.people.join() === b?.people.join(),
  );
  const names = ({ people }: Trouble): string =>
    listed(people.map((id) => meeting.room().people.get(id)?.name ?? "").filter(Boolean));
  return html`${() => {
    const now = trouble();
    const { load } = meeting.own();
    if (!now) return load === "normal" ? null : html`<div class="banner" role="group"><p role="status">${strings.banner.load[load]}</p></div>`;
    return html`
      <div class="banner" role="group" aria-label=${text.title}>
        <p role="status"><strong>${() => text.failed({ names: names(now) })}</strong> ${text.cause[now.cause]}</p>
        ${now.cause === "hidden" ? html`
          <button type="button" class="button" @click=${() => change({ hideAddress: false })}>${text.show}</button>` : html`
          <a class="button" href=${`/test#${meeting.code}`} target="_blank" rel="noopener">${text.test}</a>`}
      </div>`;
  }}`;
}
