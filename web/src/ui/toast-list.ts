// SPDX-License-Identifier: Apache-2.0

import { Clock, systemClock } from "../core/clock";
import { Signal, signal } from "../core/signal";

/** What a toast is about, where something else may tell it better. */
export type Topic = "chat" | "poll" | "asked" | "muted-talk" | "silent-microphone";

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly topic: Topic | undefined;
}

const shownFor = 4_000;
const most = 3;

/** The messages shown for a moment: the newest few, each for its own time. */
export class ToastList {
  private readonly list = signal<readonly Toast[]>([]);
  readonly shown: Signal<readonly Toast[]> = this.list;
  private next = 0;

  constructor(private readonly clock: Clock = systemClock) {}

  add(text: string, topic?: Topic): void {
    const id = (this.next += 1);
    this.list.update((all) => [...all.slice(1 - most), { id, text, topic }]);
    this.clock.after(shownFor, () => this.keep((toast) => toast.id !== id));
  }

  /** Takes away what is told elsewhere by now. */
  dismiss(topic: Topic): void {
    this.keep((toast) => toast.topic !== topic);
  }

  private keep(wanted: (toast: Toast) => boolean): void {
    this.list.update((all) => all.filter(wanted));
  }
}
