// SPDX-License-Identifier: Apache-2.0

import { onDispose } from "../core/signal";

const reachable = "button:not([disabled]), input, select, textarea, a[href], [tabindex='0']";

/** Gives the focus to what comes next in `area` when the element that has it is taken away: it is never nowhere. */
export function holdFocus(area: HTMLElement): void {
  let last: HTMLElement | undefined;
  let place = 0;
  const all = (): HTMLElement[] => [...area.querySelectorAll<HTMLElement>(reachable)].filter((each) => each.offsetParent !== null);
  const focusIn = (event: FocusEvent): void => {
    last = event.target as HTMLElement;
    place = all().indexOf(last);
  };
  const focusOut = (event: FocusEvent): void => {
    // What is taken away gives the focus to nobody.
    if (event.relatedTarget) last = undefined;
  };
  const observer = new MutationObserver(() => {
    if (!last || last.isConnected || document.activeElement !== document.body) return;
    const now = all();
    now[Math.min(Math.max(0, place), now.length - 1)]?.focus();
  });
  observer.observe(area, { childList: true, subtree: true });
  area.addEventListener("focusin", focusIn);
  area.addEventListener("focusout", focusOut);
  onDispose(() => {
    observer.disconnect();
    area.removeEventListener("focusin", focusIn);
    area.removeEventListener("focusout", focusOut);
  });
}
