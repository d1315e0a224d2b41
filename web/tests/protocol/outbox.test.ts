// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ConnectionLost } from "../../src/protocol/connection";
import { Refusal } from "../../src/protocol/messages";
import { ChatOutbox } from "../../src/protocol/outbox";
import { ManualClock } from "../manual-clock";

type Result = { reply: any } | { failure: Error };

class Bench {
  readonly requests: { id: string; answer: (result: Result) => void }[] = [];
  readonly log: string[] = [];
  readonly clock = new ManualClock();
  readonly outbox = new ChatOutbox({
    clock: this.clock,
    connection: { request: (_: string, payload: any, answer: any) => void this.requests.push({ id: payload.id, answer }) } as never,
    onSent: (id, { seq }) => this.log.push(`${id} is ${seq}`),
    onFailed: (id, { code }) => this.log.push(`${id} failed: ${code}`),
  });

  answer(result: Result): void {
    this.requests[this.requests.length - 1]?.answer(result);
  }

  get ids(): string[] {
    return this.requests.map(({ id }) => id);
  }
}

describe("The chat outbox", () => {
  it("sends one message after the other", () => {
    const bench = new Bench();
    bench.outbox.send({ id: "a", text: "1" });
    bench.outbox.send({ id: "b", text: "2" });
    assert.deepEqual(bench.ids, ["a"]);
    bench.answer({ reply: { seq: 1, sentAt: 5 } });
    assert.deepEqual(bench.ids, ["a", "b"]);
    assert.deepEqual(bench.log, ["a is 1"]);
  });

  it("sends a message again under the same id after the connection came back", () => {
    const bench = new Bench();
    bench.outbox.send({ id: "a", text: "1" });
    bench.answer({ failure: new ConnectionLost() });
    bench.outbox.resume();
    bench.answer({ reply: { seq: 1, sentAt: 5 } });
    assert.deepEqual(bench.ids, ["a", "a"]);
    assert.deepEqual(bench.log, ["a is 1"]);
  });

  it("ignores the late answer to a message it sent again", () => {
    const bench = new Bench();
    bench.outbox.send({ id: "a", text: "1" });
    const [first] = bench.requests;
    bench.outbox.resume();
    bench.answer({ reply: { seq: 1, sentAt: 5 } });
    first?.answer({ reply: { seq: 1, sentAt: 5 } });
    assert.deepEqual(bench.log, ["a is 1"]);
  });

  it("reports a refused message and goes on with the next", () => {
    const bench = new Bench();
    bench.outbox.send({ id: "a", text: "1" });
    bench.outbox.send({ id: "b", text: "2" });
    bench.answer({ failure: new Refusal("chat-unavailable", "Disk full.") });
    assert.deepEqual(bench.log, ["a failed: chat-unavailable"]);
    assert.deepEqual(bench.ids, ["a", "b"]);
  });

  it("slows down when told to", () => {
    const bench = new Bench();
    bench.outbox.send({ id: "a", text: "1" });
    bench.answer({ failure: new Refusal("too-fast", "Slow down.") });
    assert.deepEqual(bench.ids, ["a"]);
    bench.clock.advance(1_000);
    assert.deepEqual(bench.ids, ["a", "a"]);
  });
});
