// SPDX-License-Identifier: Apache-2.0

/** One of the sizes in which the camera is sent. */
export interface CameraEncoding {
  readonly rid: string;
  readonly scaleResolutionDownBy: number;
  readonly maxBitrate: number;
  /** False where the camera's picture is too small for one more size. */
  readonly active: boolean;
}

const rates = { low: 150_000, medium: 500_000, high: 1_700_000 } as const;

/**
 * In which sizes to send a camera with pictures this long on their longer side, the smallest first.
 *
 * There are always three, because their number is agreed on once and cameras change. Chromium sends only the first
 * two of a picture shorter than 960 and one of a picture shorter than 480, whatever it is asked for, so that these
 * two have to be the useful ones. Somebody `thrifty` sends only those that are shorter than 960.
 */
export function cameraEncodings(longest: number, thrifty = false): readonly CameraEncoding[] {
  const scales = longest >= 960 ? [4, 2, 1] : longest >= 480 ? [2, 1, undefined] : [1, undefined, undefined];
  return (["low", "medium", "high"] as const).map((rid, index) => ({
    rid,
    scaleResolutionDownBy: scales[index] ?? 1,
    // What is sent in full size has the rate of its size.
    maxBitrate: scales[index] === 1 && longest < 960 ? (longest >= 480 ? 700_000 : 300_000) : rates[rid],
    active: scales[index] !== undefined && !(thrifty && longest / (scales[index] ?? 1) >= 960),
  }));
}

/** A shared screen is sent once: people read it, so it keeps its size and rather loses frames. */
export const screenEncoding = { maxBitrate: 2_500_000, maxFramerate: 15 } as const;

/** Whether anybody watches an encoding; a server that has told nothing yet wants everything. */
export function isWatched(watched: readonly string[] | undefined, rid: string | undefined): boolean {
  return watched === undefined || watched.includes(rid ?? "");
}
