// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { actionFor, canBeKey, keysFrom, usualKeys, withKey } from "../../src/ui/key-actions";
import { colourOf, initials } from "../../src/ui/person";
import { browserOf, systemOf } from "../../src/ui/platform";

const none = { ctrl: false, alt: false, meta: false };
const free = { typing: false, singleKeys: true, keys: usualKeys };

describe("Keys", () => {
  const cases: [string, string | undefined][] = [
    ["m", "microphone"],
    ["M", "microphone"],
    ["v", "camera"],
    ["s", "share"],
    ["c", "chat"],
    ["p", "people"],
    ["l", "layout"],
    ["?", "help"],
    [" ", "talk"],
    ["k", "who"],
    ["h", "hand"],
    ["e", "react"],
    ["I", "status"],
    ["0", "pin 0"],
    ["9", "pin 9"],
    ["٣", undefined],
    ["F2", "controls"],
    ["Escape", "close"],
    ["x", undefined],
  ];
  for (const [key, action] of cases) {
    it(`${JSON.stringify(key)} means ${action ?? "nothing"}`, () => assert.equal(actionFor({ ...none, key }, free), action));
  }

  it("are text while somebody types, except those that are never text", () => {
    const typing = { ...free, typing: true };
    assert.deepEqual(["m", " ", "?", "F2", "Escape"].map((key) => actionFor({ ...none, key }, typing)), [undefined, undefined, undefined, "controls", "close"]);
  });

  it("alone can be switched off, combinations stay", () => {
    const off = { ...free, singleKeys: false };
    assert.equal(actionFor({ ...none, key: "m" }, off), undefined);
    assert.equal(actionFor({ ...none, key: "d", ctrl: true }, off), "microphone");
    assert.equal(actionFor({ ...none, key: "e", ctrl: true }, { ...off, typing: true }), "camera");
  });

  it("may be changed, and one that is taken changes places", () => {
    const keys = withKey(usualKeys, "microphone", "V");
    const mine = { ...free, keys };
    assert.equal(actionFor({ ...none, key: "v" }, mine), "microphone");
    assert.equal(actionFor({ ...none, key: "m" }, mine), "camera");
    assert.equal(withKey(keys, "camera", "").camera, "");
    assert.equal(actionFor({ ...none, key: "m" }, { ...free, keys: withKey(keys, "camera", "") }), undefined);
  });

  it("that two actions lack do not change places", () => {
    const bare = withKey(withKey(usualKeys, "share", ""), "chat", "");
    assert.deepEqual([bare.share, bare.chat], ["", ""]);
  });

  it("are one sign, but no number and no Space", () => {
    assert.deepEqual(["x", "?", "ß", "Ж", "1", "٣", " ", "F2", "Enter", ""].map(canBeKey), [true, true, true, true, false, false, false, false, false, false]);
  });

  it("that were stored are taken as far as they are keys", () => {
    assert.deepEqual(keysFrom({ ...usualKeys, chat: "x" }), { ...usualKeys, chat: "x" });
    assert.deepEqual(keysFrom({ chat: "m" }), { ...usualKeys, chat: "m", microphone: "c" });
    for (const stored of [undefined, null, 7, "m", { microphone: 7, camera: "long", share: "1" }]) assert.deepEqual(keysFrom(stored), usualKeys);
    assert.deepEqual(keysFrom(withKey(withKey(usualKeys, "microphone", "v"), "help", "")), withKey(withKey(usualKeys, "microphone", "v"), "help", ""));
  });

  it("leave only all three together", () => {
    assert.equal(actionFor({ ...none, key: "Q", ctrl: true, shift: true }, { ...free, typing: true, singleKeys: false }), "leave");
    assert.equal(actionFor({ ...none, key: "q", ctrl: true }, free), undefined);
    assert.equal(actionFor({ ...none, key: "D", ctrl: true, shift: true }, free), undefined);
  });

  it("of the browser and the system are left to them", () => {
    assert.equal(actionFor({ ...none, key: "c", ctrl: true }, free), undefined);
    assert.equal(actionFor({ ...none, key: "m", alt: true }, free), undefined);
    assert.equal(actionFor({ ...none, key: "d", meta: true }, free), undefined);
  });
});

describe("Avatars", () => {
  const cases: [string, string][] = [
    ["Ana Lindqvist", "AL"],
    ["Ben", "B"],
    ["maría josé garcía", "MG"],
    ["李 明", "李明"],
    ["🎧 José", "J"],
    ["  ", "?"],
    ["🎧", "🎧"],
  ];
  for (const [name, letters] of cases) it(`show ${letters} for ${JSON.stringify(name)}`, () => assert.equal(initials(name), letters));

  it("keep their colour", () => {
    assert.equal(colourOf("Ana"), colourOf("Ana"));
    assert.ok(["Ana", "Ben", "Chidi", "Dana"].map(colourOf).every((colour) => colour >= 0 && colour < 6));
  });
});

describe("Help texts", () => {
  const agents: [string, number, string, string][] = [
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36", 0, "windows", "chrome"],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15", 0, "macos", "safari"],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15", 5, "ios", "safari"],
    ["Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36", 5, "android", "chrome"],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", 0, "linux", "firefox"],
  ];
  for (const [agent, touches, system, browser] of agents) {
    it(`for ${browser} on ${system} are chosen`, () => assert.deepEqual([systemOf(agent, touches), browserOf(agent)], [system, browser] as never));
  }
});
