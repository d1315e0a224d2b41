// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cameraEncodings, isWatched } from "../../src/media/encodings";

const sizes = (longest: number): number[] =>
  cameraEncodings(longest).filter(({ active }) => active).map(({ scaleResolutionDownBy }) => longest / scaleResolutionDownBy);

describe("A camera", () => {
  const cases: [number, number[]][] = [[1920, [480, 960, 1920]], [1280, [320, 640, 1280]], [960, [240, 480, 960]], [640, [320, 640]], [320, [320]]];
  for (const [longest, expected] of cases) {
    it(`of ${longest} pixels is sent in ${expected.length} sizes`, () => assert.deepEqual(sizes(longest), expected));
  }

  it("is sent in its smaller sizes only by somebody who saves data, and in one at least", () => {
    const thrifty = (longest: number): string[] => cameraEncodings(longest, true).filter(({ active }) => active).map(({ rid }) => rid);
    assert.deepEqual([1920, 1280, 640, 320].map(thrifty), [["low"], ["low", "medium"], ["low", "medium"], ["low"]]);
  });

  it("is agreed on in three sizes, always under the same names and the smallest first", () => {
    for (const [longest] of cases) assert.deepEqual(cameraEncodings(longest).map(({ rid }) => rid), ["low", "medium", "high"]);
  });
});

describe("Encodings", () => {
  it("are all watched until the server says otherwise", () => {
    assert.deepEqual(["low", undefined].map((rid) => isWatched(undefined, rid)), [true, true]);
    assert.deepEqual(["low", "high"].map((rid) => isWatched(["low"], rid)), [true, false]);
  });

  it("without a name are the empty one", () => {
    assert.deepEqual([isWatched([""], undefined), isWatched([], undefined)], [true, false]);
  });
});
