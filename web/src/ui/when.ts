// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import type { Timestamp } from "../protocol/messages";

/** The language in which this browser writes dates. The words around them may be in another. */
export const dateLanguage: string = new Intl.DateTimeFormat().resolvedOptions().locale;

/** The zone this browser lives in. */
export const ownZone: string = new Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** A time as text that a screen reader speaks in the right language. */
export function written(text: string | (() => string), time: Timestamp): DocumentFragment {
  return html`<time datetime=${new Date(time).toISOString()} lang=${dateLanguage}>${text}</time>`;
}
