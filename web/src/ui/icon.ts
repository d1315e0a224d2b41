// SPDX-License-Identifier: Apache-2.0

import { parse } from "../core/html";

const parsed = new Map<string, Node>();

/** A copy of an icon file's drawing. It says nothing to screen readers: the control around it has the words. */
export function icon(markup: string): Node {
  let drawing = parsed.get(markup);
  if (!drawing) {
    const svg = parse(markup).firstElementChild as Element;
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("class", "icon");
    drawing = svg;
    parsed.set(markup, drawing);
  }
  return drawing.cloneNode(true);
}
