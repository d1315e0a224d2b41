// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { addressees, audienceOf, continues, excerpt, links, rowsOf } from "../../src/model/chat";
import { openRules } from "../../src/model/hosting";
import { ChatLine, emptyRoom, reduce } from "../../src/model/room";
import { id, joinReply, message, participant } from "../samples";

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

  it("stands under its own name when it is for others to see, or answers something", () => {
    assert.equal(continues(line("a", 0), { ...line("a", 1), to: id("b") }), false);
    assert.equal(continues({ ...line("a", 0), to: id("b") }, { ...line("a", 1), to: id("b") }), true);
    assert.equal(continues(line("a", 0), { ...line("a", 1), reply: 7 }), false);
  });
});

describe("The rows of a chat", () => {
  const lines = [1, 2, 3, 4].map((seq): ChatLine => ({ ...message(seq, "a"), state: "sent" }));

  it("know what they answer, and when that is gone", () => {
    const [first, second, third] = lines as [ChatLine, ChatLine, ChatLine];
    const rows = rowsOf([first, { ...second, reply: 1 }, { ...third, reply: 99 }], { start: 1, end: 3 });
    assert.deepEqual(rows.map(({ quoted }) => quoted), [first, "gone"]);
    assert.equal(rowsOf([first, { ...second, reply: 1, deleted: true }], { start: 1, end: 2 })[0]?.quoted, undefined);
  });

  it("begin with a name at the top and where new ones begin", () => {
    const rows = rowsOf(lines, { start: 1, end: 4 }, 3);
    assert.deepEqual(rows.map(({ continued, firstNew }) => [continued, firstNew]), [[false, false], [false, true], [true, false]]);
  });
});

describe("Messages to one person", () => {
  const others = [participant("h", { role: "host" }), participant("p"), participant("g", { guest: true })];
  const inside = reduce(emptyRoom, { type: "joined", reply: joinReply("me", others) }, 0);

  it("may go to everybody who can read them, or to hosts while the chat is off", () => {
    assert.deepEqual(addressees(inside).map(({ name }) => name), ["h", "p"]);
    const quiet = reduce(inside, { type: "rules-changed", rules: { ...openRules, chat: false }, by: id("h") }, 0);
    assert.deepEqual(addressees(quiet).map(({ name }) => name), ["h"]);
  });

  it("are answered to the same two people", () => {
    const line = (from: string, to?: string): ChatLine => ({ ...message(1, from), state: "sent", ...(to === undefined ? {} : { to: id(to) }) });
    assert.equal(audienceOf(inside, line("p")), undefined);
    assert.equal(audienceOf(inside, line("p", "me")), "p");
    assert.equal(audienceOf(inside, line("me", "p")), "p");
  });
});

describe("The beginning of a message", () => {
  it("is one line, and cut between characters", () => {
    assert.equal(excerpt("a\n\n b"), "a b");
    assert.equal(excerpt("👍🏽👍", 2), "👍🏽…");
    assert.equal(excerpt("x".repeat(10_000_000)).length, 81);
  });
});
