// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ToastList } from "../../src/ui/toast-list";
import { ManualClock } from "../manual-clock";

describe("Toasts", () => {
  const texts = (list: ToastList): string[] => list.shown.peek().map(({ text }) => text);

  it("go away each after its own time", () => {
    const clock = new ManualClock();
    const list = new ToastList(clock);
    list.add("one");
    clock.advance(3_000);
    list.add("two");
    assert.deepEqual(texts(list), ["one", "two"]);
    clock.advance(1_000);
    assert.deepEqual(texts(list), ["two"]);
    clock.advance(3_000);
    assert.deepEqual(texts(list), []);
  });

  it("give way to newer ones", () => {
    const list = new ToastList(new ManualClock());
    for (const text of ["one", "two", "three", "four"]) list.add(text);
    assert.deepEqual(texts(list), ["two", "three", "four"]);
  });

  it("about the chat go away when it is opened, others stay", () => {
    const clock = new ManualClock();
    const list = new ToastList(clock);
    list.add("Ben says hello", "chat");
    list.add("Cleo joined");
    list.add("Ben says well", "chat");
    list.dismiss("chat");
    assert.deepEqual(texts(list), ["Cleo joined"]);
    clock.advance(4_000);
    assert.deepEqual(texts(list), []);
  });
});
