// SPDX-License-Identifier: Apache-2.0

import type { BySection, Forwarding, MediaConnectionID, MediaSectionID, MediaTrack, ParticipantID } from "../protocol/messages";
import { ServerLink, ServerLinkOptions } from "./server-link";
import { AskServer, Picture, sourcesOf, Whose } from "./session";
import { assign, sameTracks, slotsFor, wishes } from "./slots";

export interface SubscriberOptions extends Pick<ServerLinkOptions, "clock" | "connect" | "relays" | "onChange"> {
  readonly ask: AskServer;
  readonly forwarding: Forwarding;
}

/** While somebody drags an edge of the window, sizes change with every frame. */
const sizePause = 250;

/** Where something arrives. Its stream stays the same, whatever it carries. */
interface Slot {
  readonly kind: "audio" | "video";
  readonly transceiver: RTCRtpTransceiver;
  readonly stream: MediaStream;
}

/**
 * What we receive from the server: sections that each carry what the server puts there. Sound is put into slots by
 * the server, pictures as we ask for.
 */
export class Subscriber {
  readonly link: ServerLink;
  private slots: Slot[] = [];
  private contents = new Map<string, MediaTrack>();
  private pictures: readonly Picture[] = [];
  private assigned = new Map<MediaSectionID, Picture>();
  /** The view that the server knows, as text. */
  private told = "";
  private cancelTelling = (): void => {};

  constructor(private readonly options: SubscriberOptions) {
    this.link = new ServerLink({
      ...options,
      prepare: (connection) => this.prepare(connection),
      offer: (offer, answer) => {
        options.ask("subscribe", offer, answer);
        // The server hears both in order, so pictures need not wait for the answer.
        this.told = "";
        this.tell();
      },
      onAgreed: () => this.tell(),
    });
    this.link.negotiate();
  }

  /** The streams of all audio slots. */
  get sounds(): readonly MediaStream[] {
    return this.slots.filter(({ kind }) => kind === "audio").map(({ stream }) => stream);
  }

  /** Whose sound is in which stream, as far as the server has said. */
  get carried(): ReadonlyMap<MediaStream, MediaTrack> {
    const found = new Map<MediaStream, MediaTrack>();
    for (const { kind, stream, transceiver: { mid } } of this.slots) {
      const content = kind === "audio" && mid !== null ? this.contents.get(mid) : undefined;
      if (content) found.set(stream, content);
    }
    return found;
  }

  /** What receives somebody's picture and its sound just now. */
  receiversOf(whose: Whose): RTCRtpReceiver[] {
    const sources = sourcesOf(whose);
    const carries = ({ transceiver: { mid } }: Slot): boolean => {
      const content = mid === null ? undefined : this.contents.get(mid);
      return content?.participant === whose.participant && sources.includes(content.source);
    };
    return this.slots.filter(carries).map(({ transceiver }) => transceiver.receiver);
  }

  /** Where somebody's camera or screen is to be seen, if it is in a slot. */
  pictureOf(participant: ParticipantID, source: "camera" | "screen"): MediaStream | undefined {
    return this.slots.find(({ kind, transceiver: { mid } }) => {
      const content = kind === "video" && mid !== null ? this.contents.get(mid) : undefined;
      return content?.participant === participant && content.source === source;
    })?.stream;
  }

  show(pictures: readonly Picture[]): void {
    this.pictures = pictures;
    const wanted = slotsFor(pictures.length, this.options.forwarding.videoSlots);
    const missing = wanted - this.slots.filter(({ kind }) => kind === "video").length;
    if (missing > 0) {
      for (let count = 0; count < missing; count += 1) this.slots.push(this.addSlot("video", this.link.connection));
      this.link.negotiate();
    }
    const before = this.assigned;
    this.assign();
    this.cancelTelling();
    if (!sameTracks(before, this.assigned)) this.tell();
    else this.cancelTelling = this.options.clock.after(sizePause, () => this.tell());
  }

  /** What the server says about slots. */
  fill(slots: BySection<MediaTrack | null>): void {
    for (const [mid, track] of Object.entries<MediaTrack | null>(slots)) {
      if (track) this.contents.set(mid, track);
      else this.contents.delete(mid);
    }
    this.options.onChange();
  }

  /** Signalling is back, perhaps with another seat's memory of us: says once more what we want to see. */
  resume(): void {
    this.link.resume();
    this.told = "";
    this.tell();
  }

  ended(name: MediaConnectionID, busy: boolean): void {
    this.link.ended(name, busy);
  }

  close(): void {
    this.cancelTelling();
    this.link.close();
  }

  private prepare(connection: RTCPeerConnection): void {
    const { audioSlots, videoSlots } = this.options.forwarding;
    this.contents.clear();
    this.assigned.clear();
    const pictures = slotsFor(this.pictures.length, videoSlots);
    this.slots = [
      ...Array.from({ length: audioSlots }, () => this.addSlot("audio", connection)),
      ...Array.from({ length: pictures }, () => this.addSlot("video", connection)),
    ];
  }

  private addSlot(kind: "audio" | "video", connection: RTCPeerConnection): Slot {
    const transceiver = connection.addTransceiver(kind, { direction: "recvonly" });
    if (kind === "video") preferUsefulCodecs(transceiver);
    return { kind, transceiver, stream: new MediaStream([transceiver.receiver.track]) };
  }

  /** The video slots that the present offer names. */
  private get videoSlots(): MediaSectionID[] {
    const mids = this.slots.filter(({ kind }) => kind === "video").map(({ transceiver }) => transceiver.mid);
    return mids.filter((mid) => mid !== null) as MediaSectionID[];
  }

  private assign(): void {
    this.assigned = assign(this.assigned, this.pictures, this.videoSlots);
  }

  private tell(): void {
    this.cancelTelling();
    this.assign();
    const slots = wishes(this.assigned, this.videoSlots);
    const text = JSON.stringify(slots);
    if (text === this.told || text === "{}") return;
    this.told = text;
    this.options.ask("view", { slots }, (result) => {
      if (!("failure" in result) || this.told !== text) return;
      this.told = "";
      this.cancelTelling();
      // Too fast, or lost: then `resume` says it as well.
      this.cancelTelling = this.options.clock.after(4 * sizePause, () => this.tell());
    });
  }
}

/** Offers with many slots are long: codecs nobody sends, and error correction that is not used, make them longer. */
function preferUsefulCodecs(transceiver: RTCRtpTransceiver): void {
  const known = globalThis.RTCRtpReceiver?.getCapabilities?.("video")?.codecs ?? [];
  const useful = known.filter(({ mimeType, sdpFmtpLine = "" }) => {
    if (/\/(red|ulpfec|flexfec.*|h265)$/i.test(mimeType)) return false;
    return !/h264/i.test(mimeType) || (/packetization-mode=1/.test(sdpFmtpLine) && /profile-level-id=42/.test(sdpFmtpLine));
  });
  try {
    if (useful.length > 0) transceiver.setCodecPreferences?.(useful);
  } catch {
    // An order of preference is not worth a failure.
  }
}
