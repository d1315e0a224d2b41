// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HostWishes } from "../../src/model/host-wishes";
import { openRules } from "../../src/model/hosting";

describe("Rules that a host changes", () => {
  it("are those of the server with the change", () => {
    const asked: unknown[] = [];
    const wishes = new HostWishes((_, payload) => asked.push(payload), () => openRules);
    wishes.changeRules({ locked: true });
    assert.deepEqual(asked, [{ rules: { ...openRules, locked: true } }]);
  });

  it("in a row do not undo each other, though the server has not answered yet", () => {
    const asked: unknown[] = [];
    const wishes = new HostWishes((_, payload) => asked.push(payload), () => openRules);
    wishes.changeRules({ locked: true });
    wishes.changeRules({ chat: false });
    assert.deepEqual(asked[1], { rules: { ...openRules, locked: true, chat: false } });
  });

  it("that were refused are forgotten", () => {
    const asked: unknown[] = [];
    const wishes = new HostWishes((_, payload, answered) => {
      asked.push(payload);
      answered?.();
    }, () => openRules);
    wishes.changeRules({ locked: true });
    wishes.changeRules({ chat: false });
    assert.deepEqual(asked[1], { rules: { ...openRules, chat: false } });
  });
});
