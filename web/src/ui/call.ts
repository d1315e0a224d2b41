// SPDX-License-Identifier: Apache-2.0

import { Signal, signal } from "../core/signal";
import { openShare } from "../media/share";
import type { Meeting } from "../model/meeting";
import { APIError, api } from "../protocol/api";
import { announcer } from "./announcer";
import { change, settings } from "./settings";
import { strings } from "./strings/en";
import { dismissToasts, toast } from "./toasts";

export type Panel = "chat" | "people";

/** What the person can do in a call, and what the screen shows besides the room: shared by buttons and keys. */
export class Call {
  private readonly openPanel = signal<Panel | undefined>(undefined);
  readonly panel: Signal<Panel | undefined> = this.openPanel;
  private readonly pin = signal<string | undefined>(undefined);
  /** Key of the tile shown large by choice. */
  readonly pinned: Signal<string | undefined> = this.pin;
  private readonly newMessages = signal(0);
  readonly unread: Signal<number> = this.newMessages;
  readonly helpOpen = signal(false);
  private talking = false;

  /** `alone` is said while nobody else is there, where others are not to be invited. */
  constructor(readonly meeting: Meeting, readonly alone?: string) {}

  get link(): string {
    return `${location.origin}/${this.meeting.code}`;
  }

  toggleMicrophone(): void {
    this.setMicrophone(!this.meeting.devices.microphone.peek().on);
  }

  /** Push to talk: the microphone is on while a key is held, if it was off before. */
  talk(held: boolean): void {
    if (held === this.talking) return;
    if (held && this.meeting.devices.microphone.peek().on) return;
    this.talking = held;
    void this.meeting.devices.setMicrophone(held);
  }

  toggleCamera(): void {
    const on = !this.meeting.devices.camera.peek().on;
    change({ camera: on });
    void this.meeting.devices.setCamera(on);
  }

  async toggleShare(): Promise<void> {
    if (this.meeting.share.peek()) return this.meeting.stopShare();
    const result = await openShare();
    if ("stream" in result) this.meeting.startShare(result.stream);
    else if (result.problem !== "dismissed") toast(strings.room.shareProblem);
  }

  togglePanel(panel: Panel): void {
    this.openPanel.update((open) => (open === panel ? undefined : panel));
    if (this.panel.peek() !== "chat") return;
    this.newMessages.set(0);
    dismissToasts("chat");
  }

  closePanel(): void {
    this.openPanel.set(undefined);
  }

  togglePin(key: string): void {
    this.pin.update((pinned) => (pinned === key ? undefined : key));
  }

  toggleLayout(): void {
    const layout = settings.peek().layout === "grid" ? "speaker" : "grid";
    change({ layout });
    announcer.say(strings.room.layout[layout]);
  }

  messageCame(): void {
    if (this.panel.peek() !== "chat") this.newMessages.update((count) => count + 1);
  }

  async copyLink(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.link);
      toast(strings.room.copied);
    } catch {
      // Without a secure context there is no clipboard.
      toast(`${strings.room.copyFailed} ${this.link}`);
    }
  }

  leave(): void {
    this.meeting.leave();
  }

  /** Only a host's request is granted; everybody, ourselves included, then hears it from the server. */
  async endForAll(): Promise<void> {
    const text = strings.peoplePanel;
    if (!window.confirm(text.endConfirm)) return;
    try {
      await api.end(this.meeting.code);
    } catch (error) {
      toast(error instanceof APIError && error.message ? error.message : text.endFailed);
    }
  }

  private setMicrophone(on: boolean): void {
    this.talking = false;
    change({ microphone: on });
    void this.meeting.devices.setMicrophone(on);
  }
}
