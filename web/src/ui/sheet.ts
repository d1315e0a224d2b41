// SPDX-License-Identifier: Apache-2.0

import { onDispose } from "../core/signal";

/** Who pulls a sheet down so far, or lets go of it so fast, wants it away: pixels, and pixels a millisecond. */
const far = 96;
const fast = 0.5;
/** Less than this is a tap that slips. */
const slip = 32;

/**
 * Lets what lies as a sheet at the lower edge of a phone be pulled down by its upper end. Where it is no sheet, nothing
 * moves: the style sheets say where it is one, by `--sheet`. Ends with the surrounding scope.
 */
export function pulledDown(sheet: HTMLElement, handle: HTMLElement, close: () => void): void {
  let start: { readonly id: number; readonly y: number } | undefined;
  let last = { y: 0, at: 0 };
  /** Of the last stretch alone: whoever comes back up wants it to stay. */
  let speed = 0;
  let pulled = 0;
  const isSheet = (): boolean => getComputedStyle(sheet).getPropertyValue("--sheet").trim() !== "";

  const down = (event: PointerEvent): void => {
    if (!event.isPrimary || event.button !== 0 || (event.target as Element).closest("button, input, select, a") || !isSheet()) return;
    start = { id: event.pointerId, y: event.clientY };
    last = { y: event.clientY, at: event.timeStamp };
    pulled = 0;
    speed = 0;
    handle.setPointerCapture(event.pointerId);
    sheet.toggleAttribute("data-pulled", true);
  };
  const move = (event: PointerEvent): void => {
    if (event.pointerId !== start?.id) return;
    pulled = Math.max(0, event.clientY - start.y);
    speed = (event.clientY - last.y) / Math.max(1, event.timeStamp - last.at);
    last = { y: event.clientY, at: event.timeStamp };
    sheet.style.translate = `0 ${pulled}px`;
  };
  const up = (event: PointerEvent): void => {
    if (event.pointerId !== start?.id) return;
    const away = event.type === "pointerup" && pulled > slip && (speed > fast || pulled > Math.min(far, sheet.offsetHeight / 3));
    start = undefined;
    // From here on it moves by itself; not at all for those who want no motion.
    sheet.toggleAttribute("data-pulled", false);
    sheet.style.translate = away ? `0 ${sheet.offsetHeight + far}px` : "";
    if (away) void settled(sheet).then(close).then(() => (sheet.style.translate = ""));
  };

  // A press would take the focus out of the sheet, and then nobody knew where it belongs once the sheet is gone.
  const press = (event: Event): void => {
    if (start) event.preventDefault();
  };

  handle.toggleAttribute("data-handle", true);
  handle.addEventListener("mousedown", press);
  handle.addEventListener("pointerdown", down);
  handle.addEventListener("pointermove", move);
  handle.addEventListener("pointerup", up);
  handle.addEventListener("pointercancel", up);
  onDispose(() => {
    handle.removeEventListener("mousedown", press);
    handle.removeEventListener("pointerdown", down);
    handle.removeEventListener("pointermove", move);
    handle.removeEventListener("pointerup", up);
    handle.removeEventListener("pointercancel", up);
  });
}

/** When a sheet stands still. */
async function settled(sheet: HTMLElement): Promise<void> {
  await Promise.allSettled(sheet.getAnimations().map(({ finished }) => finished));
}
