// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { batch, computed, effect, onDispose, scope, signal, untracked } from "../../src/core/signal";

/** A log of what an effect saw. */
function recorded<T>(read: () => T): { readonly seen: T[]; readonly stop: () => void } {
  const seen: T[] = [];
  return { seen, stop: effect(() => void seen.push(read())) };
}

describe("Signals", () => {
  it("run an effect at once and after each change", () => {
    const count = signal(1);
    const { seen } = recorded(count);
    count.set(2);
    count.update((value) => value + 1);
    assert.deepEqual(seen, [1, 2, 3]);
  });

  it("say nothing when the value stays the same", () => {
    const point = signal({ x: 1 }, (a, b) => a.x === b.x);
    const { seen } = recorded(point);
    point.set({ x: 1 });
    assert.equal(seen.length, 1);
  });

  it("forget an effect that was stopped", () => {
    const count = signal(1);
    const { seen, stop } = recorded(count);
    stop();
    count.set(2);
    assert.deepEqual(seen, [1]);
  });

  it("let an effect follow only what it read last", () => {
    const which = signal(true);
    const [a, b] = [signal("a1"), signal("b1")];
    const { seen } = recorded(() => (which() ? a() : b()));
    b.set("b2");
    which.set(false);
    a.set("a2");
    assert.deepEqual(seen, ["a1", "b2"]);
  });

  it("are read without subscribing by peek and untracked", () => {
    const [a, b] = [signal(1), signal(1)];
    const { seen } = recorded(() => a.peek() + untracked(b));
    a.set(2);
    b.set(2);
    assert.deepEqual(seen, [2]);
  });

  it("show effects only the end of a batch", () => {
    const [first, last] = [signal("Ana"), signal("Li")];
    const { seen } = recorded(() => `${first()} ${last()}`);
    batch(() => {
      first.set("Ben");
      last.set("Wu");
    });
    assert.deepEqual(seen, ["Ana Li", "Ben Wu"]);
  });

  it("run the other effects when one throws, and report it", () => {
    const count = signal(1);
    effect(() => {
      if (count() === 2) throw new Error("broken");
    });
    const { seen } = recorded(count);
    assert.throws(() => count.set(2), { message: "broken" });
    assert.deepEqual(seen, [1, 2]);
  });

  it("stop effects that trigger each other for ever", () => {
    const count = signal(0);
    assert.throws(() => effect(() => count.set(count() + 1)), { message: "effects keep triggering each other" });
  });
});

describe("Computed values", () => {
  it("are worked out only when asked, and once per change", () => {
    const count = signal(2);
    let runs = 0;
    const double = computed(() => {
      runs += 1;
      return count() * 2;
    });
    assert.equal(runs, 0);
    assert.equal(double() + double(), 8);
    assert.equal(runs, 1);
    count.set(3);
    assert.equal(double(), 6);
    assert.equal(runs, 2);
  });

  it("do not disturb effects while they stay the same", () => {
    const count = signal(1);
    const even = computed(() => count() % 2 === 0);
    const { seen } = recorded(even);
    count.set(3);
    count.set(4);
    assert.deepEqual(seen, [false, true]);
  });

  it("reach an effect once through two paths", () => {
    const count = signal(1);
    const [plus, minus] = [computed(() => count() + 1), computed(() => count() - 1)];
    const { seen } = recorded(() => [plus(), minus()]);
    count.set(5);
    assert.deepEqual(seen, [[2, 0], [6, 4]]);
  });

  it("are tried again after they threw", () => {
    const count = signal(0);
    const inverse = computed(() => {
      if (count() === 0) throw new Error("zero");
      return 1 / count();
    });
    assert.throws(inverse, { message: "zero" });
    count.set(2);
    assert.equal(inverse(), 0.5);
  });
});

describe("Scopes", () => {
  it("end everything made inside, last first", () => {
    const count = signal(1);
    const order: string[] = [];
    let seen: number[] = [];
    const end = scope(() => {
      seen = recorded(count).seen;
      onDispose(() => order.push("first"));
      onDispose(() => order.push("second"));
    });
    end();
    count.set(2);
    assert.deepEqual(seen, [1]);
    assert.deepEqual(order, ["second", "first"]);
  });

  it("let an effect dispose what its last run made", () => {
    const name = signal("a");
    const log: string[] = [];
    const stop = effect(() => {
      const now = name();
      log.push(`make ${now}`);
      onDispose(() => log.push(`drop ${now}`));
    });
    name.set("b");
    stop();
    assert.deepEqual(log, ["make a", "drop a", "make b", "drop b"]);
  });

  it("keep nobody subscribed after many rounds", () => {
    const count = signal(0);
    let runs = 0;
    for (let round = 0; round < 100; round += 1) {
      scope(() => {
        const double = computed(() => count() * 2);
        effect(() => {
          double();
          runs += 1;
        });
      })();
    }
    runs = 0;
    count.set(1);
    assert.equal(runs, 0);
  });
});
