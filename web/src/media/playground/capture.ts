// SPDX-License-Identifier: Apache-2.0

import { Signal, signal } from "../../core/signal";
import { DeviceProblem, problemOf } from "../problems";
import { openShare } from "../share";

export type CaptureKind = "microphone" | "camera";

/** How a request to change the picture ended. */
export type ChangeResult =
  | { readonly settings: MediaTrackSettings }
  /** The name of the constraint that the camera cannot meet, or of the error. */
  | { readonly refused: string };

const listedKinds: readonly MediaDeviceKind[] = ["audioinput", "audiooutput", "videoinput"];

/**
 * Microphone, camera and screen, one method for each thing that a page asks of the browser.
 *
 * Unlike `LocalDevices`, which hides the browser from a meeting, this hides nothing: the page tells what was called.
 */
export class Capture {
  private readonly ownStream = signal<MediaStream | undefined>(undefined);
  private readonly ownScreen = signal<MediaStream | undefined>(undefined);
  private readonly ownProblem = signal<DeviceProblem | undefined>(undefined);
  private readonly ownDevices = signal<readonly MediaDeviceInfo[]>([]);
  /** Counts up whenever a track came, went or changed its settings. */
  private readonly ownVersion = signal(0);
  /** Microphone and camera; undefined until they are shared. */
  readonly stream: Signal<MediaStream | undefined> = this.ownStream;
  readonly screen: Signal<MediaStream | undefined> = this.ownScreen;
  readonly problem: Signal<DeviceProblem | undefined> = this.ownProblem;
  readonly devices: Signal<readonly MediaDeviceInfo[]> = this.ownDevices;
  private readonly media: MediaDevices | undefined = navigator.mediaDevices;

  constructor() {
    this.media?.addEventListener("devicechange", () => void this.list());
    void this.list();
  }

  /** Asks for microphone and camera with one question; whichever is there when only one is. */
  async share(): Promise<void> {
    this.ownProblem.set(undefined);
    if (!this.media) return this.ownProblem.set(window.isSecureContext ? "unsupported" : "insecure");
    const picture = { width: { ideal: 1280 }, height: { ideal: 720 } };
    try {
      this.opened(await this.media.getUserMedia({ audio: true, video: picture }));
    } catch (error) {
      const alone = problemOf(error) === "not-found" && (await this.shareEither(picture));
      if (!alone) this.ownProblem.set(problemOf(error));
    }
    await this.list();
  }

  private async shareEither(video: MediaTrackConstraints): Promise<boolean> {
    for (const constraints of [{ video }, { audio: true }]) {
      const stream = await this.media?.getUserMedia(constraints).catch(() => undefined);
      if (!stream) continue;
      this.opened(stream);
      return true;
    }
    return false;
  }

  /** Ends every track, which also puts the camera's light out. */
  stop(): void {
    this.ownStream.peek()?.getTracks().forEach((track) => track.stop());
    this.ownStream.set(undefined);
    this.changed();
  }

  /** The track in use now. Reading it subscribes to whatever changes it. */
  track(kind: CaptureKind): MediaStreamTrack | undefined {
    this.ownVersion();
    const stream = this.ownStream();
    return kind === "camera" ? stream?.getVideoTracks()[0] : stream?.getAudioTracks()[0];
  }

  async change(constraints: MediaTrackConstraints): Promise<ChangeResult> {
    const [track] = this.ownStream.peek()?.getVideoTracks() ?? [];
    if (!track) return { refused: "NotFoundError" };
    try {
      await track.applyConstraints(constraints);
      this.changed();
      return { settings: track.getSettings() };
    } catch (error) {
      const { name, constraint } = error as { readonly name?: string; readonly constraint?: string };
      return { refused: constraint || name || "Error" };
    }
  }

  /** Exchanges the microphone or the camera for another; the stream stays the same object. */
  async choose(kind: CaptureKind, id: string): Promise<void> {
    const stream = this.ownStream.peek();
    if (!stream || !this.media) return;
    const name = kind === "camera" ? "video" : "audio";
    const old = stream.getTracks().filter((track) => track.kind === name);
    // Many drivers open a camera only once, so the old one goes first.
    if (kind === "camera") old.forEach((track) => track.stop());
    try {
      const fresh = await this.media.getUserMedia({ [name]: { deviceId: { exact: id } } });
      old.forEach((track) => {
        track.stop();
        stream.removeTrack(track);
      });
      fresh.getTracks().forEach((track) => this.watch(track, stream));
      fresh.getTracks().forEach((track) => stream.addTrack(track));
      this.ownProblem.set(undefined);
    } catch (error) {
      this.ownProblem.set(problemOf(error));
    }
    this.changed();
    await this.list();
  }

  async shareScreen(): Promise<DeviceProblem | undefined> {
    const result = await openShare();
    if ("problem" in result) return result.problem;
    this.stopScreen();
    this.ownScreen.set(result.stream);
    // The browser's own bar has a button to stop, too.
    result.stream.getVideoTracks()[0]?.addEventListener("ended", () => {
      if (this.ownScreen.peek() === result.stream) this.stopScreen();
    });
    this.changed();
    return undefined;
  }

  stopScreen(): void {
    this.ownScreen.peek()?.getTracks().forEach((track) => track.stop());
    this.ownScreen.set(undefined);
    this.changed();
  }

  /** Reads the list of devices again. Without permission browsers leave names and ids out. */
  async list(): Promise<void> {
    const all = (await this.media?.enumerateDevices().catch(() => undefined)) ?? [];
    this.ownDevices.set(all.filter(({ kind }) => listedKinds.includes(kind)));
  }

  /** The names of all constraints this browser knows, in alphabetical order. */
  supported(): readonly string[] {
    return Object.keys(this.media?.getSupportedConstraints() ?? {}).sort();
  }

  private opened(stream: MediaStream): void {
    this.stop();
    stream.getTracks().forEach((track) => this.watch(track, stream));
    this.ownStream.set(stream);
    this.changed();
  }

  private watch(track: MediaStreamTrack, stream: MediaStream): void {
    track.addEventListener("ended", () => {
      stream.removeTrack(track);
      if (this.ownStream.peek() === stream && stream.getTracks().length === 0) this.ownStream.set(undefined);
      this.changed();
    });
  }

  private changed(): void {
    this.ownVersion.update((version) => version + 1);
  }
}
