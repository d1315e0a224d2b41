// SPDX-License-Identifier: Apache-2.0

/** Measures how loud a local track is. One audio context serves all meters of the page that listen. */
export class LevelMeter {
  private static context: AudioContext | undefined;
  private static readonly listening = new Set<LevelMeter>();
  private source: MediaStreamAudioSourceNode | undefined;
  private analyser: AnalyserNode | undefined;
  private samples = new Float32Array(0);

  /** Listens to `track`, or to nothing. */
  listen(track: MediaStreamTrack | null): void {
    this.source?.disconnect();
    this.source = undefined;
    if (!track) return this.rest();
    const context = (LevelMeter.context ??= new AudioContext());
    LevelMeter.listening.add(this);
    // Browsers start it suspended until the person touches the page.
    if (context.state === "suspended") void context.resume();
    this.analyser ??= Object.assign(context.createAnalyser(), { fftSize: 1024 });
    this.samples = new Float32Array(this.analyser.fftSize);
    this.source = context.createMediaStreamSource(new MediaStream([track]));
    this.source.connect(this.analyser);
  }

  /** A context keeps every track it ever heard until it is closed, in Chromium; so the last one to rest closes it. */
  private rest(): void {
    this.analyser = undefined;
    if (!LevelMeter.listening.delete(this) || LevelMeter.listening.size > 0) return;
    void LevelMeter.context?.close();
    LevelMeter.context = undefined;
  }

  /** Loudness now on a scale made for eyes: 0 is silence, 1 is as loud as speech gets. */
  read(): number {
    return loudness(this.amplitude());
  }

  /** Whether anything can be measured: some browsers let nothing run before the person has touched the page. */
  get measures(): boolean {
    return this.source !== undefined && LevelMeter.context?.state === "running";
  }

  /** Root mean square of the last samples, 0 to 1. */
  amplitude(): number {
    if (!this.source || !this.analyser) return 0;
    if (LevelMeter.context?.state === "suspended") void LevelMeter.context.resume();
    this.analyser.getFloatTimeDomainData(this.samples);
    let sum = 0;
    for (const sample of this.samples) sum += sample * sample;
    return Math.sqrt(sum / this.samples.length);
  }
}

/** Hears a microphone that is switched off for the others, for our own ears only, until the returned function is called. */
export function listenMuted(meter: LevelMeter, track: MediaStreamTrack): () => void {
  // Of a track that is off nothing is heard, but its clone has a switch of its own.
  const clone = track.clone();
  clone.enabled = true;
  meter.listen(clone);
  return () => {
    meter.listen(null);
    clone.stop();
  };
}

/** Maps an amplitude of −60…−10 dB to 0…1, since ears judge by decibels. */
export function loudness(amplitude: number): number {
  if (amplitude <= 0) return 0;
  const decibels = 20 * Math.log10(amplitude);
  return Math.min(1, Math.max(0, (decibels + 60) / 50));
}
