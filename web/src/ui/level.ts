// SPDX-License-Identifier: Apache-2.0

type Reader = () => number;

const drawn = new Map<HTMLElement, Reader>();
let running = false;

/** Draws a level from 0 to 1 as `--level` on `element` for as long as it is in the document. One loop serves all. */
export function drawLevel(element: HTMLElement, read: Reader): void {
  drawn.set(element, read);
  if (!running) requestAnimationFrame(draw);
  running = true;
}

function draw(): void {
  for (const [element, read] of drawn) {
    if (!element.isConnected) drawn.delete(element);
    else element.style.setProperty("--level", read().toFixed(2));
  }
  running = drawn.size > 0;
  if (running) requestAnimationFrame(draw);
}
