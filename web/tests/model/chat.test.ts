// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { continues, links } from "../../src/model/chat";
import type { ChatLine } from "../../src/model/room";
import { message } from "../samples";

describe("Links in a message", () => {
  const cases: [string, string[]][] = [
    ["no link", []],
    ["https://example.org", ["https://example.org"]],
    ["see https://example.org/a?b=c#d, and http://x.y.", ["https://example.org/a?b=c#d", "http://x.y"]],
    ["(https://example.org/wiki/Parley_(film))", ["https://example.org/wiki/Parley_(film)"]],
    ["HTTPS://EXAMPLE.ORG", ["HTTPS://EXAMPLE.ORG"]],
    ["javascript:alert(1) data:text/html,x file:///etc", []],
    ["https:// alone", []],
    ["<https://example.org>", ["https://example.org"]],
    ["xhttps://example.org", []],
  ];
  for (const [text, expected] of cases) {
    it(`are found in ${JSON.stringify(text)}`, () => {
      const pieces = links(text);
      assert.deepEqual(pieces.flatMap(({ href }) => href ?? []), expected);
      assert.equal(pieces.map((piece) => piece.text).join(""), text);
    });
  }
});

describe("A line of chat", () => {
  const line = (from: string, sentAt: number): ChatLine => ({ ...message(1, from), sentAt, state: "sent" });

  it("stands under the name above only soon after the same person", () => {
    assert.equal(continues(line("a", 0), line("a", 60_000)), true);
    assert.equal(continues(line("a", 0), line("b", 60_000)), false);
    assert.equal(continues(line("a", 0), line("a", 600_000)), false);
    assert.equal(continues(undefined, line("a", 0)), false);
  });
});
