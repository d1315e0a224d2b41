// SPDX-License-Identifier: Apache-2.0

import { batch, Signal, signal } from "../core/signal";
import { Circumstances, DeviceProblem, problemOf, refusedBy } from "./problems";

export type DeviceKind = "microphone" | "camera" | "speaker";

export interface Device {
  readonly id: string;
  readonly label: string;
}

export type DeviceLists = Readonly<Record<DeviceKind, readonly Device[]>>;
export type DeviceChoice = Readonly<Partial<Record<DeviceKind, string>>>;

/** One of our own devices as the person sees it. */
export interface LocalSource {
  readonly on: boolean;
  /** Being opened; the browser may be asking for permission. */
  readonly starting: boolean;
  /** A muted microphone keeps its track, so that unmuting takes no time; a camera that is off has none. */
  readonly track: MediaStreamTrack | null;
  readonly problem: DeviceProblem | undefined;
}

const off: LocalSource = { on: false, starting: false, track: null, problem: undefined };
export type Source = "microphone" | "camera";

/** The sides of a phone, as its cameras tell them. */
type Side = "user" | "environment";

/** Time a system gets to give a microphone back by itself. */
const muteGrace = 1_000;

const pictureWish: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };

/**
 * Our microphone and camera: opened, switched, exchanged for others while in use, and followed when unplugged.
 * Nothing here throws: what goes wrong becomes the `problem` of the source.
 */
export class LocalDevices {
  private readonly sources = { microphone: signal(off), camera: signal(off) };
  readonly microphone: Signal<LocalSource> = this.sources.microphone;
  readonly camera: Signal<LocalSource> = this.sources.camera;
  private readonly listed = signal<DeviceLists>({ microphone: [], camera: [], speaker: [] });
  readonly lists: Signal<DeviceLists> = this.listed;
  private readonly chosen = signal<DeviceChoice>({});
  readonly choice: Signal<DeviceChoice> = this.chosen;
  private readonly denoised = signal(true);
  readonly denoises: Signal<boolean> = this.denoised;
  /** Told when a device in use went away, and whether another took its place. */
  onLost: (kind: Source, replaced: boolean) => void = () => {};
  /** Asked for instead of a device by its id, while a phone's camera is turned. */
  private side: Side | undefined;
  private readonly media: MediaDevices | undefined = navigator.mediaDevices;

  /** `denoise`: the browser takes noise out of our voice. */
  constructor(choice: DeviceChoice, denoise = true) {
    this.chosen.set(choice);
    this.denoised.set(denoise);
    this.media?.addEventListener("devicechange", () => void this.changed());
    document.addEventListener("visibilitychange", () => void this.recover());
  }

  /** Opens what is wanted with one question to the person where the browser allows it. */
  async start(wanted: { readonly microphone: boolean; readonly camera: boolean }): Promise<void> {
    const both = wanted.microphone && wanted.camera;
    if (both && this.media) {
      this.change("microphone", { on: true, starting: true });
      this.change("camera", { on: true, starting: true });
      try {
        const stream = await this.media.getUserMedia({
          audio: this.constraints("microphone"),
          video: this.constraints("camera"),
        });
        batch(() => {
          this.opened("microphone", stream.getAudioTracks()[0]);
          this.opened("camera", stream.getVideoTracks()[0]);
        });
        return await this.refresh();
      } catch {
        // One of the two is the reason; asked for one by one, the other may work.
      }
    }
    for (const kind of ["microphone", "camera"] as const) {
      if (!wanted[kind]) continue;
      this.change(kind, { on: true });
      await this.open(kind);
    }
    return this.refresh();
  }

  async setMicrophone(on: boolean): Promise<void> {
    const { track, starting } = this.microphone.peek();
    this.change("microphone", { on });
    if (track?.readyState === "live") track.enabled = on;
    // One that is being opened looks at `on` when it is there.
    else if (on && !starting) await this.open("microphone");
  }

  async setCamera(on: boolean): Promise<void> {
    const { track, starting } = this.camera.peek();
    this.change("camera", on ? { on } : { on, track: null });
    if (!on) track?.stop();
    else if (!starting) await this.open("camera");
  }

  /** Uses another device from now on; one that is in use is exchanged at once. */
  async choose(kind: DeviceKind, id: string): Promise<void> {
    this.chosen.update((choice) => ({ ...choice, [kind]: id }));
    if (kind === "speaker") return;
    const { track, starting, problem } = this.sources[kind].peek();
    // One that is being opened looks at the choice when it is there.
    if (starting) return;
    if (problem) this.change(kind, { on: true });
    if (track || problem) await this.open(kind);
  }

  /**
   * Takes noise out of our voice from now on, or leaves it in. A microphone that is in use is let go and opened again:
   * browsers hand out a device as it was first opened until nobody has it any more, and take new wishes without
   * obeying them.
   */
  async setDenoise(on: boolean): Promise<void> {
    this.denoised.set(on);
    const { track, starting } = this.microphone.peek();
    // One that is being opened looks at this when it is there.
    if (!track || starting) return;
    this.change("microphone", { starting: true, track: null });
    track.stop();
    await this.open("microphone");
  }

  /** The camera on the other side of a phone, or simply the next one where cameras have no sides. */
  async turnCamera(): Promise<void> {
    const { track, starting } = this.camera.peek();
    if (starting || !track) return;
    const side = sideOf(track);
    const before = deviceOf(track);
    if (side) {
      this.side = side === "user" ? "environment" : "user";
      await this.open("camera");
      this.side = undefined;
    }
    const now = deviceOf(this.camera.peek().track);
    if (now && now !== before) return this.chosen.update((choice) => ({ ...choice, camera: now }));
    const cameras = this.listed.peek().camera;
    const next = cameras[(cameras.findIndex(({ id }) => id === (now ?? before)) + 1) % cameras.length];
    if (next) await this.choose("camera", next.id);
  }

  close(): void {
    for (const source of Object.values(this.sources)) {
      source.peek().track?.stop();
      source.set(off);
    }
  }

  /** Opens a device, or exchanges the one in use. Whether it ends up on is decided by `on` at the end. */
  private async open(kind: Source): Promise<void> {
    const { track: previous } = this.sources[kind].peek();
    const choice = this.chosen.peek()[kind];
    const denoise = this.denoised.peek();
    this.change(kind, { starting: true });
    try {
      if (!this.media) throw new DOMException("no devices", window.isSecureContext ? "NotSupportedError" : "SecurityError");
      // Many drivers open a camera only once, so the old one goes first.
      if (kind === "camera") previous?.stop();
      const stream = await this.ask(this.media, kind);
      if (kind === "microphone") previous?.stop();
      this.opened(kind, stream.getTracks()[0]);
    } catch (error) {
      // A microphone that could not be exchanged goes on as it was.
      if (previous?.readyState === "live") this.change(kind, { starting: false });
      else this.change(kind, { on: false, starting: false, track: null, problem: await this.explain(kind, error) });
    }
    const later = this.chosen.peek()[kind];
    if (later !== undefined && later !== choice) return this.choose(kind, later);
    if (kind === "microphone" && this.denoised.peek() !== denoise) return this.setDenoise(!denoise);
    await this.refresh();
  }

  /** Asks for the chosen device, or for any when that one is not there today. */
  private async ask(media: MediaDevices, kind: Source): Promise<MediaStream> {
    const name = kind === "microphone" ? "audio" : "video";
    try {
      return await media.getUserMedia({ [name]: this.constraints(kind) });
    } catch (error) {
      if (!this.chosen.peek()[kind] || problemOf(error) !== "not-found") throw error;
      return media.getUserMedia({ [name]: this.constraints(kind, "") });
    }
  }

  /** Why a device was not to be had. A refusal that is taken back ends the trouble by itself. */
  private async explain(kind: Source, error: unknown): Promise<DeviceProblem> {
    const problem = problemOf(error);
    if (problem !== "denied") return problem;
    const circumstances = await this.circumstances(kind);
    return refusedBy(problem, circumstances);
  }

  private async circumstances(kind: Source): Promise<Circumstances> {
    const policy = document.permissionsPolicy ?? document.featurePolicy;
    const forbiddenHere = policy?.allowsFeature(kind) === false;
    try {
      const status = await navigator.permissions.query({ name: kind as PermissionName });
      status.onchange = () => {
        if (status.state === "granted") void this.again(kind, ["denied", "dismissed"]);
      };
      return { forbiddenHere, permission: status.state };
    } catch {
      // Not every browser tells.
      return { forbiddenHere, permission: undefined };
    }
  }

  /** Another try, if what was in the way may be gone. */
  private async again(kind: Source, gone: readonly DeviceProblem[]): Promise<void> {
    const { problem, starting } = this.sources[kind].peek();
    if (!problem || starting || !gone.includes(problem)) return;
    await this.start({ microphone: kind === "microphone", camera: kind === "camera" });
  }

  /** Something was plugged in or out. */
  private async changed(): Promise<void> {
    await this.refresh();
    for (const kind of ["microphone", "camera"] as const) {
      if (this.listed.peek()[kind].length > 0) await this.again(kind, ["not-found"]);
    }
  }

  private opened(kind: Source, track: MediaStreamTrack | undefined): void {
    const { on, starting } = this.sources[kind].peek();
    if (!track) return;
    // Switched off, or everything closed, while the browser was still asking.
    if (!starting || (kind === "camera" && !on)) {
      track.stop();
      return this.change(kind, { starting: false, track: null });
    }
    if (kind === "camera") track.contentHint = "motion";
    else track.enabled = on;
    this.change(kind, { starting: false, track, problem: undefined });
    track.addEventListener("ended", () => {
      if (this.sources[kind].peek().track === track) void this.replaceLost(kind);
    });
  }

  /** Unplugged, or taken away by the system: goes on with whatever the system offers now. */
  private async replaceLost(kind: Source): Promise<void> {
    this.chosen.update(({ [kind]: _gone, ...rest }) => rest);
    await this.open(kind);
    this.onLost(kind, this.sources[kind].peek().track !== null);
  }

  /**
   * iOS takes the microphone for a phone call and often does not give it back (WebKit leaves the track muted):
   * when the page is looked at again and the track stays mute, it is opened anew.
   */
  private async recover(): Promise<void> {
    if (document.visibilityState !== "visible") return;
    // Perhaps the person has just closed the program that held it.
    for (const kind of ["microphone", "camera"] as const) await this.again(kind, ["in-use"]);
    const { track } = this.microphone.peek();
    if (!track?.muted) return;
    await new Promise((resolve) => setTimeout(resolve, muteGrace));
    if (track.muted && this.microphone.peek().track === track) await this.open("microphone");
  }

  private constraints(kind: Source, id = this.chosen.peek()[kind]): MediaTrackConstraints {
    if (kind === "camera" && this.side) return { facingMode: { exact: this.side }, ...pictureWish };
    // Not `ideal`: Chromium then prefers the default device of its own settings.
    const device: MediaTrackConstraints = id ? { deviceId: { exact: id } } : {};
    if (kind === "microphone") {
      const denoise = this.denoised.peek();
      // The stronger of the two, where the browser and the system have it.
      return { ...device, echoCancellation: true, noiseSuppression: denoise, voiceIsolation: denoise, autoGainControl: true };
    }
    return { ...device, ...pictureWish };
  }

  private async refresh(): Promise<void> {
    const all = await this.media?.enumerateDevices().catch(() => []);
    if (!all) return;
    const list = (kind: MediaDeviceKind): Device[] =>
      // Without permission browsers list devices without id or name: nothing to choose from.
      all.filter((each) => each.kind === kind && each.deviceId).map(({ deviceId, label }) => ({ id: deviceId, label }));
    this.listed.set({ microphone: list("audioinput"), camera: list("videoinput"), speaker: list("audiooutput") });
  }

  private change(kind: Source, change: Partial<LocalSource>): void {
    this.sources[kind].update((source) => ({ ...source, ...change }));
  }
}

/** The id of the device a track comes from. */
export function deviceOf(track: MediaStreamTrack | null): string | undefined {
  return track?.getSettings().deviceId;
}

/** Which side of a phone a camera looks from; nothing of one that has no side. */
function sideOf(track: MediaStreamTrack): Side | undefined {
  const side = track.getSettings().facingMode;
  return side === "user" || side === "environment" ? side : undefined;
}

/** Whether a camera shows what the person sees instead of the person: that is no mirror. */
export function looksAway(track: MediaStreamTrack | null): boolean {
  return track !== null && sideOf(track) === "environment";
}
