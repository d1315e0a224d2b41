// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { destination, meetingCode } from "../../src/protocol/messages";

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

describe("Destinations", () => {
  const host = "meet.example.org:8443";
  const ours = ["abc-defg-hij", " https://meet.example.org:8443/abc-defg-hij ", "HTTPS://MEET.example.org:8443/abc-defg-hij", "http://meet.example.org:8443/abcdefghij"];
  for (const text of ours) {
    it(`are here for ${JSON.stringify(text)}`, () => assert.deepEqual(destination(text, host), { code: "abc-defg-hij" }));
  }

  const others: [string, string][] = [
    ["https://meet.google.com/abc-defg-hij", "meet.google.com"],
    ["https://meet.example.org/abc-defg-hij", "meet.example.org"],
    ["https://meet.example.org:8443@evil.example/abc-defg-hij", "evil.example"],
  ];
  for (const [text, elsewhere] of others) {
    it(`are elsewhere for ${text}`, () => assert.deepEqual(destination(text, host), { elsewhere }));
  }

  for (const text of ["", "nonsense", "https://meet.google.com/", "https://[/abc-defg-hij"]) {
    it(`are nowhere for ${JSON.stringify(text)}`, () => assert.equal(destination(text, host), undefined));
  }
});
