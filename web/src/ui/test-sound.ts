// SPDX-License-Identifier: Apache-2.0

/** Three soft rising notes: long enough to find out where they come from. */
const notes = [523.25, 659.25, 783.99];
const noteLength = 0.22;
const sampleRate = 24_000;

const addresses = new Map<readonly number[], string>();

/** Plays the test sound on the speaker with this id, or on the system's. False when the browser does not let it. */
export function testSound(speaker: string | undefined): Promise<boolean> {
  return playNotes(notes, speaker);
}

/** Plays notes of these frequencies. False when the browser does not let it. */
export async function playNotes(frequencies: readonly number[], speaker?: string): Promise<boolean> {
  const address = addresses.get(frequencies) ?? URL.createObjectURL(new Blob([wave(frequencies)], { type: "audio/wav" }));
  addresses.set(frequencies, address);
  const audio = new Audio(address);
  // An unplugged speaker is no reason to stay silent.
  if (speaker) await audio.setSinkId?.(speaker).catch(() => undefined);
  return audio.play().then(() => true, () => false);
}

/** The notes as a WAV file: an element can be sent to a chosen speaker everywhere, an audio context cannot. */
function wave(frequencies: readonly number[]): ArrayBuffer {
  const count = Math.round((frequencies.length + 1) * noteLength * sampleRate);
  const view = new DataView(new ArrayBuffer(44 + 2 * count));
  const header = [0x52494646, 0, 0x57415645, 0x666d7420];
  header.forEach((word, index) => view.setUint32(4 * index, word));
  view.setUint32(4, 36 + 2 * count, true);
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, 2 * sampleRate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  view.setUint32(36, 0x64617461);
  view.setUint32(40, 2 * count, true);
  for (let index = 0; index < count; index += 1) {
    const time = index / sampleRate;
    const sound = frequencies.reduce((sum, frequency, place) => sum + note(frequency, time - place * noteLength), 0);
    view.setInt16(44 + 2 * index, 9_000 * sound, true);
  }
  return view.buffer;
}

/** One note with a short attack and a slow decay, so that it neither clicks nor startles. */
function note(frequency: number, time: number): number {
  if (time < 0) return 0;
  return Math.sin(2 * Math.PI * frequency * time) * Math.min(1, time / 0.02) * Math.exp(-7 * time);
}
