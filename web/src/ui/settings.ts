// SPDX-License-Identifier: Apache-2.0

import { effect, WritableSignal, signal } from "../core/signal";
import type { DeviceChoice } from "../media/devices";
import { Layout, layouts, Saving, savings, usualStrip } from "../model/viewing";
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
  /** The browser takes noise out of our voice. */
  readonly denoise: boolean;
  readonly singleKeys: boolean;
  /** As stored: what it means is for `key-hint.ts` to say. */
  readonly keys: unknown;
  /** What screen readers are not told of. */
  readonly unsaid: readonly Kind[];
  /** How much of the stage the strip beside a large picture takes. */
  readonly strip: number;
  readonly layout: Layout;
  /** How much of the others' pictures is to come, from the next call on. */
  readonly saving: Saving;
  /** Our own picture is not on the stage. */
  readonly hideSelf: boolean;
  /** A word when we talk while the microphone is off. */
  readonly mutedTalk: boolean;
  readonly retention: ChatRetention;
  /** Others see the server's address instead of ours: everything goes through its relay. */
  readonly hideAddress: boolean;
  /** A sound when somebody comes into the waiting room. */
  readonly chime: boolean;
}

/** Kinds of things that happen to others, told to screen readers unless the person does not want it. */
export type Kind = "people" | "chat" | "hands" | "shares" | "reactions";

export interface RecentMeeting {
  readonly code: MeetingCode;
  readonly at: number;
}

const defaults: Settings = {
  name: "",
  microphone: true,
  camera: true,
  devices: {},
  denoise: true,
  singleKeys: true,
  keys: {},
  unsaid: ["reactions"],
  strip: usualStrip,
  layout: "grid",
  saving: "off",
  hideSelf: false,
  mutedTalk: true,
  retention: "meeting",
  hideAddress: false,
  chime: true,
};

const recentLimit = 5;

export const settings: WritableSignal<Settings> = signal(known({ ...defaults, ...read<Partial<Settings>>("localStorage", "settings") }));
effect(() => write("localStorage", "settings", settings()));

/** What another version of this page has stored may be nothing we know. */
function known(stored: Settings): Settings {
  const { layout, saving, unsaid } = stored;
  return {
    ...stored,
    layout: layouts.includes(layout) ? layout : defaults.layout,
    saving: savings.includes(saving) ? saving : defaults.saving,
    unsaid: Array.isArray(unsaid) ? unsaid : defaults.unsaid,
  };
}

export function change(part: Partial<Settings>): void {
  settings.update((all) => ({ ...all, ...part }));
}

const storedRecent = read<RecentMeeting[]>("localStorage", "recent");
export const recent: WritableSignal<readonly RecentMeeting[]> = signal(
  (Array.isArray(storedRecent) ? storedRecent : []).filter(({ code }) => meetingCode(code) === code),
);
effect(() => write("localStorage", "recent", recent()));

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
    return read<string>("sessionStorage", `seat.${this.code}`) ?? undefined;
  }

  save(seat: string | undefined): void {
    write("sessionStorage", `seat.${this.code}`, seat);
  }
}
