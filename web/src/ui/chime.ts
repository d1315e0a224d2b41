// SPDX-License-Identifier: Apache-2.0

import { Signal, signal } from "../core/signal";
import { playNotes } from "./test-sound";

/** Two notes, falling: a door bell. */
const bell = [783.99, 587.33];

const refused = signal(false);

/** The browser keeps sounds back until the person has clicked somewhere. */
export const chimeBlocked: Signal<boolean> = refused;

export async function chime(): Promise<void> {
  refused.set(!(await playNotes(bell)));
}
