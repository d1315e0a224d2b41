// SPDX-License-Identifier: Apache-2.0

import { onDispose } from "../core/signal";

/** Room left between a menu, what opened it, and the edge of the window, in pixels. */
const edge = 8;

/** Puts an open menu beside `at`, wherever there is room for it. */
export function settleBeside(menu: HTMLElement, at: Element): void {
  const view = at.ownerDocument.defaultView;
  if (!at.isConnected || !view) return;
  const place = at.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = place.right - width >= edge ? place.right - width : place.left;
  const below = place.bottom + edge;
  const top = below + height + edge <= view.innerHeight ? below : view.innerHeight - height - edge;
  menu.style.left = `${Math.max(edge, Math.min(left, view.innerWidth - width - edge))}px`;
  menu.style.top = `${Math.max(edge, top)}px`;
}

/** Closes a menu on Escape, a press elsewhere, and when the focus moves on. Ends with the surrounding scope. */
export function closeElsewhere(menu: HTMLElement, opener: HTMLElement, close: () => void): void {
  const page = opener.ownerDocument;
  const elsewhere = (event: Event): void => {
    const target = event.target as Node;
    if (!menu.contains(target) && !opener.contains(target)) close();
  };
  const escape = (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    close();
  };
  page.addEventListener("pointerdown", elsewhere);
  page.addEventListener("focusin", elsewhere);
  page.addEventListener("keydown", escape, { capture: true });
  onDispose(() => {
    page.removeEventListener("pointerdown", elsewhere);
    page.removeEventListener("focusin", elsewhere);
    page.removeEventListener("keydown", escape, { capture: true });
  });
}
