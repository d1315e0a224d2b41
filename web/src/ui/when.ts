// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import type { Timestamp } from "../protocol/messages";
import { language } from "./strings";

/**
 * The language in which dates are written: that of the page, in the person's own variety if the browser has one, so
 * that an English page tells the time as it is told in London or in New York.
 */
export const dateLanguage: string = varietyOf(language, new Intl.DateTimeFormat().resolvedOptions().locale);

function varietyOf(tag: string, own: string): string {
  return own.split("-")[0] === tag.split("-")[0] ? own : tag;
}

/** The zone this browser lives in. */
export const ownZone: string = new Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** A time as text that a screen reader speaks in the right language. */
export function written(text: string | (() => string), time: Timestamp): DocumentFragment {
  return html`<time datetime=${new Date(time).toISOString()} lang=${dateLanguage}>${text}</time>`;
}
