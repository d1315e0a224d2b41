// SPDX-License-Identifier: Apache-2.0

const parsed = new Map<string, Node>();

/** A copy of an icon file's drawing. It says nothing to screen readers: the control around it has the words. */
export function icon(markup: string): Node {
  let drawing = parsed.get(markup);
  if (!drawing) {
    const template = document.createElement("template");
    template.innerHTML = markup.trim();
    const svg = template.content.firstElementChild as Element;
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("class", "icon");
    drawing = svg;
    parsed.set(markup, drawing);
  }
  return drawing.cloneNode(true);
}
