// SPDX-License-Identifier: Apache-2.0

/** Measures how loud a local track is. One audio context serves the whole page. */
export class LevelMeter {
  private static context: AudioContext | undefined;
  private source: MediaStreamAudioSourceNode | undefined;
  private analyser: AnalyserNode | undefined;
  private samples = new Float32Array(0);

  /** Listens to `track`, or to nothing. */
  listen(track: MediaStreamTrack | null): void {
    this.source?.disconnect();
    this.source = undefined;
    if (!track) return;
    const context = (LevelMeter.context ??= new AudioContext());
    // Browsers start it suspended until the person touches the page.
    if (context.state === "suspended") void context.resume();
    this.analyser ??= Object.assign(context.createAnalyser(), { fftSize: 1024 });
    this.samples = new Float32Array(this.analyser.fftSize);
    this.source = context.createMediaStreamSource(new MediaStream([track]));
    this.source.connect(this.analyser);
  }

  /** Loudness now on a scale made for eyes: 0 is silence, 1 is as loud as speech gets. */
  read(): number {
    return loudness(this.amplitude());
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

/** Maps an amplitude of −60…−10 dB to 0…1, since ears judge by decibels. */
export function loudness(amplitude: number): number {
  if (amplitude <= 0) return 0;
  const decibels = 20 * Math.log10(amplitude);
  return Math.min(1, Math.max(0, (decibels + 60) / 50));
}
