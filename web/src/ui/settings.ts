// SPDX-License-Identifier: Apache-2.0

import { effect, WritableSignal, signal } from "../core/signal";
import type { DeviceChoice } from "../media/devices";
import type { Layout } from "../model/stage";
import type { ChatRetention } from "../protocol/api";
import type { SeatStore } from "../protocol/connection";
import { meetingCode, MeetingCode } from "../protocol/messages";
import { read, write } from "./storage";

/** What a person chose, remembered in this browser and nowhere else. */
export interface Settings {
  readonly name: string;
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly devices: DeviceChoice;
  readonly singleKeys: boolean;
  readonly layout: Layout;
  readonly retention: ChatRetention;
  /** Others see the server's address instead of ours: everything goes through its relay. */
  readonly hideAddress: boolean;
  /** A sound when somebody comes into the waiting room. */
  readonly chime: boolean;
}

export interface RecentMeeting {
  readonly code: MeetingCode;
  readonly at: number;
}

const defaults: Settings = {
  name: "",
  microphone: true,
  camera: true,
  devices: {},
  singleKeys: true,
  layout: "grid",
  retention: "meeting",
  hideAddress: false,
  chime: true,
};

const recentLimit = 5;

export const settings: WritableSignal<Settings> = signal({ ...defaults, ...read<Partial<Settings>>(localStorage, "settings") });
effect(() => write(localStorage, "settings", settings()));

export function change(part: Partial<Settings>): void {
  settings.update((all) => ({ ...all, ...part }));
}

const storedRecent = read<RecentMeeting[]>(localStorage, "recent");
export const recent: WritableSignal<readonly RecentMeeting[]> = signal(
  (Array.isArray(storedRecent) ? storedRecent : []).filter(({ code }) => meetingCode(code) === code),
);
effect(() => write(localStorage, "recent", recent()));

/** Puts a meeting first in the list. */
export function remember(code: MeetingCode): void {
  const others = recent.peek().filter((each) => each.code !== code);
  recent.set([{ code, at: Date.now() }, ...others].slice(0, recentLimit));
}

export function forget(code: MeetingCode): void {
  recent.update((all) => all.filter((each) => each.code !== code));
}

/** The seat in one meeting, kept for as long as the tab: a reload asks for the same one. */
export class TabSeat implements SeatStore {
  constructor(private readonly code: MeetingCode) {}

  load(): string | undefined {
    return read<string>(sessionStorage, `seat.${this.code}`) ?? undefined;
  }

  save(seat: string | undefined): void {
    write(sessionStorage, `seat.${this.code}`, seat);
  }
}
