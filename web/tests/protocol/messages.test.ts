// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { meetingCode } from "../../src/protocol/messages";

describe("Meeting codes", () => {
  const accepted = [
    "abc-defg-hij",
    "  ABC-defg-HIJ ",
    "abcdefghij",
    "abc defg hij",
    "/abc-defg-hij",
    "https://meet.example.org:8443/abc-defg-hij",
    "https://192.168.1.5:8443/abc-defg-hij?from=mail#top",
  ];
  for (const text of accepted) {
    it(`are found in ${JSON.stringify(text)}`, () => assert.equal(meetingCode(text), "abc-defg-hij"));
  }

  const rejected = ["", "abc", "abc-defg-hi1", "abc-defg-hijk", "https://meet.example.org/", "abc-defg-hij extra", "ab-cdefg-hij"];
  for (const text of rejected) {
    it(`are not found in ${JSON.stringify(text)}`, () => assert.equal(meetingCode(text), undefined));
  }
});
