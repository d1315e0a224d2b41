// SPDX-License-Identifier: Apache-2.0

import { Signal, signal } from "../core/signal";

const filling = signal(document.fullscreenElement !== null);
document.addEventListener("fullscreenchange", () => filling.set(document.fullscreenElement !== null));

export const fillsScreen: Signal<boolean> = filling;

/** Phones of one maker let only videos of their own player do that. */
export function canFillScreen(): boolean {
  return document.fullscreenEnabled === true;
}

/** The whole page: the controls stay where they are. */
export async function toggleFullscreen(): Promise<void> {
  const change = fillsScreen.peek() ? document.exitFullscreen() : document.documentElement.requestFullscreen();
  // The browser has its own word for why not.
  await change.catch(() => undefined);
}
