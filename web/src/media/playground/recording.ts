// SPDX-License-Identifier: Apache-2.0

import { Signal, signal } from "../../core/signal";

export interface RecordingResult {
  /** Address of the recording within this page. */
  readonly url: string;
  readonly type: string;
  /** Ends with what programs expect of the type. */
  readonly fileName: string;
  /** Bytes. */
  readonly size: number;
}

/** Formats worth offering; a browser supports some of them. */
const formats = [
  "video/webm;codecs=vp9,opus",
  "video/webm;codecs=vp8,opus",
  "video/webm;codecs=av1,opus",
  "video/mp4;codecs=avc1.42E01E,mp4a.40.2",
  "video/mp4",
  "audio/webm;codecs=opus",
];

/** Milliseconds between two pieces, so that the size can be seen growing. */
const pieceLength = 500;

/** Records a stream with `MediaRecorder` and keeps the last result. W3C MediaStream Recording. */
export class Recording {
  private readonly ownRunning = signal(false);
  private readonly ownSize = signal(0);
  private readonly ownResult = signal<RecordingResult | undefined>(undefined);
  private readonly ownProblem = signal<string | undefined>(undefined);
  readonly running: Signal<boolean> = this.ownRunning;
  /** Bytes so far. */
  readonly size: Signal<number> = this.ownSize;
  readonly result: Signal<RecordingResult | undefined> = this.ownResult;
  /** The name of the error that ended or prevented it. */
  readonly problem: Signal<string | undefined> = this.ownProblem;
  private recorder: MediaRecorder | undefined;

  static get supported(): boolean {
    return typeof MediaRecorder === "function";
  }

  /** The formats this browser can write. */
  static formats(): readonly string[] {
    return Recording.supported ? formats.filter((format) => MediaRecorder.isTypeSupported(format)) : [];
  }

  start(stream: MediaStream, type: string): void {
    if (this.ownRunning.peek()) return;
    this.discard();
    const pieces: Blob[] = [];
    try {
      const recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
      recorder.ondataavailable = ({ data }) => {
        pieces.push(data);
        this.ownSize.update((size) => size + data.size);
      };
      recorder.onerror = (event) => this.ownProblem.set((event as ErrorEvent).error?.name ?? "Error");
      recorder.onstop = () => this.finish(new Blob(pieces, { type: recorder.mimeType || type }));
      recorder.start(pieceLength);
      this.recorder = recorder;
      this.ownRunning.set(true);
    } catch (error) {
      this.ownProblem.set((error as Error).name);
    }
  }

  stop(): void {
    if (this.recorder?.state === "recording") this.recorder.stop();
  }

  private finish(blob: Blob): void {
    this.recorder = undefined;
    this.ownRunning.set(false);
    const extension = blob.type.startsWith("video/mp4") ? "mp4" : "webm";
    this.ownResult.set({ url: URL.createObjectURL(blob), type: blob.type, fileName: `recording.${extension}`, size: blob.size });
  }

  private discard(): void {
    const old = this.ownResult.peek();
    if (old) URL.revokeObjectURL(old.url);
    this.ownResult.set(undefined);
    this.ownProblem.set(undefined);
    this.ownSize.set(0);
  }
}
