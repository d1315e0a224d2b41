// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SignalQueue } from "../../src/media/signal-queue";
import { ConnectionLost } from "../../src/protocol/connection";
import { Refusal, SignalData } from "../../src/protocol/messages";
import { ManualClock } from "../manual-clock";

const signal = (text: string): SignalData => ({ description: { type: "offer", sdp: text } });
const textOf = (data: SignalData): string => ("description" in data ? data.description.sdp : "");

class Bench {
  readonly clock = new ManualClock();
  readonly sent: { text: string; answer: (failure?: Error) => void }[] = [];
  readonly queue = new SignalQueue((data, answer) => this.sent.push({ text: textOf(data), answer }), this.clock);

  send(...all: readonly string[]): this {
    for (const text of all) this.queue.send(signal(text));
    return this;
  }

  answer(index: number, failure?: Error): void {
    this.sent[index]?.answer(failure);
  }

  get texts(): string {
    return this.sent.map(({ text }) => text).join(" ");
  }
}

describe("The signal queue", () => {
  it("has several signals under way", () => {
    assert.equal(new Bench().send("a", "b", "c").texts, "a b c");
  });

  it("sends again, in order, what a lost connection left unanswered", () => {
    const bench = new Bench().send("a", "b", "c");
    bench.answer(0);
    bench.answer(1, new ConnectionLost());
    bench.answer(2, new ConnectionLost());
    bench.queue.resume();
    assert.equal(bench.texts, "a b c b c");
  });

  it("holds back what follows a signal that could not be sent", () => {
    const bench = new Bench().send("a");
    bench.answer(0, new ConnectionLost());
    bench.send("b");
    assert.equal(bench.texts, "a");
    bench.queue.resume();
    assert.equal(bench.texts, "a a b");
  });

  for (const code of ["too-fast", "no-such-participant"] as const) {
    it(`tries again a second after ${code}`, () => {
      const bench = new Bench().send("a", "b");
      bench.answer(0, new Refusal(code, ""));
      bench.answer(1, new Refusal(code, ""));
      bench.clock.advance(999);
      assert.equal(bench.texts, "a b");
      bench.clock.advance(1);
      assert.equal(bench.texts, "a b a b");
    });
  }

  it("drops what was meant for a page that is gone", () => {
    const bench = new Bench().send("a", "b");
    bench.answer(0, new Refusal("stale-page", ""));
    bench.queue.resume();
    assert.equal(bench.texts, "a b");
  });

  it("sends nothing after it was closed", () => {
    const bench = new Bench().send("a");
    bench.answer(0, new Refusal("too-fast", ""));
    bench.queue.close();
    bench.send("b").clock.advance(5_000);
    assert.equal(bench.texts, "a");
  });
});
