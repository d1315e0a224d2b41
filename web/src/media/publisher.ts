// SPDX-License-Identifier: Apache-2.0

import type { BySection, MediaConnectionID, MediaSectionID, MediaSource } from "../protocol/messages";
import { cameraEncodings, isWatched, screenEncoding } from "./encodings";
import { ServerLink, ServerLinkOptions } from "./server-link";
import type { AskServer, LocalMedia } from "./session";

export interface PublisherOptions extends Pick<ServerLinkOptions, "clock" | "connect" | "relays" | "onChange"> {
  readonly ask: AskServer;
}

const silent: LocalMedia = { microphone: null, camera: null, screen: null };

/**
 * What we send to the server. The connection is made when there is something to send for the first time; from then
 * on it has a section for the microphone and one for the camera, whether or not they are on, and, once a screen was
 * shared, two more. Devices come, go and change without negotiation.
 */
export class Publisher {
  link: ServerLink | undefined;
  private local = silent;
  private sections = new Map<MediaSource, RTCRtpTransceiver>();
  private watched: BySection<readonly string[]> = {};
  private applying: Promise<void> = Promise.resolve();

  constructor(private readonly options: PublisherOptions) {}

  publish(local: LocalMedia): void {
    this.local = local;
    if (!this.link) {
      if (local.microphone ?? local.camera ?? local.screen) this.open();
      return;
    }
    if (this.addShare(this.link.connection)) this.link.negotiate();
    this.apply();
  }

  /** Which of our encodings anybody watches. */
  setWatched(watched: BySection<readonly string[]>): void {
    this.watched = watched;
    this.apply();
  }

  ended(name: MediaConnectionID, busy: boolean): void {
    this.link?.ended(name, busy);
  }

  /** What sends our camera, microphone and screen. */
  get senders(): RTCRtpSender[] {
    return [...this.sections.values()].map(({ sender }) => sender).filter(({ track }) => track !== null);
  }

  close(): void {
    this.link?.close();
  }

  private open(): void {
    this.link = new ServerLink({
      ...this.options,
      prepare: (connection) => this.prepare(connection),
      offer: (offer, answer) => this.options.ask("publish", { ...offer, tracks: this.tracks() }, answer),
      // Encodings can be changed only now.
      onAgreed: () => this.apply(),
    });
    this.link.negotiate();
  }

  private prepare(connection: RTCPeerConnection): void {
    const { microphone, camera } = this.local;
    this.watched = {};
    this.sections = new Map<MediaSource, RTCRtpTransceiver>([
      ["microphone", connection.addTransceiver(microphone ?? "audio", { direction: "sendonly" })],
      ["camera", connection.addTransceiver(camera ?? "video", {
        direction: "sendonly",
        sendEncodings: cameraEncodings(longestSide(camera)).map((encoding) => ({ ...encoding })),
      })],
    ]);
    this.addShare(connection);
  }

  /** Makes sections for a first share; whether there are new ones. */
  private addShare(connection: RTCPeerConnection): boolean {
    const { screen } = this.local;
    const picture = screen?.getVideoTracks()[0];
    const sound = screen?.getAudioTracks()[0];
    const before = this.sections.size;
    if (picture && !this.sections.has("screen")) {
      const init: RTCRtpTransceiverInit = { direction: "sendonly", sendEncodings: [{ ...screenEncoding }] };
      this.sections.set("screen", connection.addTransceiver(picture, init));
    }
    if (sound && !this.sections.has("screenSound")) {
      this.sections.set("screenSound", connection.addTransceiver(sound, { direction: "sendonly" }));
    }
    return this.sections.size > before;
  }

  private tracks(): Record<MediaSectionID, MediaSource> {
    return Object.fromEntries([...this.sections].map(([source, { mid }]) => [mid ?? "", source]));
  }

  private trackOf(source: MediaSource): MediaStreamTrack | null {
    const { microphone, camera, screen } = this.local;
    switch (source) {
      case "microphone":
        return microphone;
      case "camera":
        return camera;
      case "screen":
        return screen?.getVideoTracks()[0] ?? null;
      case "screenSound":
        return screen?.getAudioTracks()[0] ?? null;
    }
  }

  /** One change after the other: browsers refuse parameters that were read before another change. */
  private apply(): void {
    this.applying = this.applying.then(async () => {
      for (const [source, transceiver] of this.sections) {
        try {
          await this.applyTo(source, transceiver);
        } catch (error) {
          // The connection was closed meanwhile, or negotiates: then this comes again.
          console.debug("not applied:", source, error);
        }
      }
    });
  }

  private async applyTo(source: MediaSource, { sender, mid }: RTCRtpTransceiver): Promise<void> {
    const track = this.trackOf(source);
    if (sender.track !== track) await sender.replaceTrack(track);
    if (source !== "camera" && source !== "screen") return;
    const parameters = sender.getParameters();
    const planned = source === "camera" ? cameraEncodings(longestSide(track), this.local.thrifty) : [];
    const watched = mid === null ? undefined : this.watched[mid as MediaSectionID];
    let changed = false;
    for (const encoding of parameters.encodings ?? []) {
      const plan = planned.find(({ rid }) => rid === encoding.rid);
      const wanted = { ...plan, active: (plan?.active ?? true) && isWatched(watched, encoding.rid) };
      if (!differs(encoding, wanted)) continue;
      Object.assign(encoding, wanted);
      changed = true;
    }
    if (changed) await sender.setParameters(parameters);
  }
}

function differs(encoding: RTCRtpEncodingParameters, wanted: Partial<RTCRtpEncodingParameters>): boolean {
  return (
    (encoding.active ?? true) !== wanted.active ||
    (wanted.maxBitrate !== undefined && encoding.maxBitrate !== wanted.maxBitrate) ||
    (wanted.scaleResolutionDownBy !== undefined && encoding.scaleResolutionDownBy !== wanted.scaleResolutionDownBy)
  );
}

/** Until a camera has told its size, it is taken for one as we ask for. */
function longestSide(track: MediaStreamTrack | null): number {
  const { width = 0, height = 0 } = track?.getSettings?.() ?? {};
  return Math.max(width, height) || 1280;
}
