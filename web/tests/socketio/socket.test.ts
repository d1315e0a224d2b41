// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { begin, connected, end, heard, make, network, open } from "./connection";

describe("a Socket.IO socket", () => {
  beforeEach(begin);
  afterEach(end);

  describe("that connects", () => {
    it("joins its namespace with what auth says", async () => {
      const socket = make({ auth: { protocol: 1 } });
      const wire = await open();
      assert.deepEqual(wire.take(), ['40/meet,{"protocol":1}']);
      assert.equal(socket.connected, false);
      await wire.receive('40/meet,{"sid":"A"}');
      assert.equal(socket.connected, true);
      assert.equal(socket.disconnected, false);
      assert.equal(socket.recovered, false);
      assert.deepEqual(heard, ["connect A"]);
    });

    it("asks an auth function every time, and uses its answer once", async () => {
      const answers: ((data: object) => void)[] = [];
      make({ auth: (send) => answers.push(send) });
      const first = await open();
      assert.deepEqual(first.take(), []);
      await first.drop();
      await network.advance(1000);
      const second = await open();
      answers[0]?.({ n: 0 });
      answers[1]?.({ n: 1 });
      assert.deepEqual(second.take(), ['40/meet,{"n":1}']);
      assert.deepEqual(first.take(), []);
    });

    it("comes back with what a server needs to send it what it missed", async () => {
      const texts: unknown[] = [];
      const socket = make({ auth: { n: 1 } });
      socket.on("said", (text) => texts.push(text));
      const first = await open();
      await first.receive('40/meet,{"sid":"A","pid":"P"}');
      first.take();
      await first.receive('42/meet,["said","before","offset 1"]');
      await first.drop();
      await network.advance(1000);
      const second = await open();
      assert.deepEqual(second.take(), ['40/meet,{"pid":"P","offset":"offset 1","n":1}']);
      await second.receive('42/meet,["said","missed","offset 2"]');
      assert.deepEqual(texts, ["before"]);
      await second.receive('40/meet,{"sid":"A","pid":"P"}');
      assert.deepEqual([socket.recovered, socket.id, texts], [true, "A", ["before", "missed"]]);
      await second.drop();
      await network.advance(1000);
      const third = await open();
      assert.deepEqual(third.take(), ['40/meet,{"pid":"P","offset":"offset 2","n":1}']);
      await third.receive('40/meet,{"sid":"B","pid":"Q"}');
      assert.equal(socket.recovered, false);
      await third.drop();
      await network.advance(1000);
      assert.deepEqual((await open()).take(), ['40/meet,{"pid":"Q","n":1}']);
    });

    it("does not join twice when it is told to connect twice", async () => {
      const socket = make({ autoConnect: false });
      assert.equal(network.sockets.length, 0);
      socket.connect().connect();
      const wire = await open();
      socket.connect();
      assert.deepEqual(wire.take(), ["40/meet,"]);
      assert.equal(network.sockets.length, 1);
    });

    it("hears why it was refused, and stays away", async () => {
      const socket = make();
      let data: unknown;
      socket.on("connect_error", (error) => (data = error.data));
      const wire = await open();
      await wire.receive('44/meet,{"message":"unsupported-protocol","data":{"supported":[1]}}');
      assert.deepEqual(heard, ["connect_error unsupported-protocol"]);
      assert.deepEqual(data, { supported: [1] });
      assert.equal(socket.active, false);
      await network.advance(60_000);
      assert.equal(network.sockets.length, 1);
      socket.connect();
      assert.equal(network.sockets.length, 2);
    });

    it("delivers what the server sent before its answer", async () => {
      const socket = make();
      socket.on("early", (value: number) => heard.push(`early ${value}`));
      const wire = await open();
      await wire.receive('42/meet,["early",1]', '40/meet,{"sid":"A"}');
      assert.deepEqual(heard, ["early 1", "connect A"]);
    });
  });

  describe("that sends", () => {
    it("keeps events until it is connected, but not volatile ones", async () => {
      const socket = make();
      socket.emit("kept", 1);
      socket.volatile.emit("dropped");
      const wire = await open();
      wire.take();
      assert.equal(wire.sent.length, 0);
      await wire.receive('40/meet,{"sid":"A"}');
      socket.emit("next");
      assert.deepEqual(wire.take(), ['42/meet,["kept",1]', '42/meet,["next"]']);
    });

    it("drops volatile events while earlier ones have not left", async () => {
      const { socket, wire } = await connected();
      socket.volatile.emit("sent");
      wire.bufferedAmount = 1;
      socket.volatile.emit("dropped");
      socket.emit("kept");
      assert.deepEqual(wire.take(), ['42/meet,["sent"]', '42/meet,["kept"]']);
    });

    it("hears answers by callback and by promise", async () => {
      const { socket, wire } = await connected();
      const answers: unknown[] = [];
      socket.emit("ask", 1, (...answer: unknown[]) => answers.push(answer));
      const promise = socket.emitWithAck("ask", 2);
      assert.deepEqual(wire.take(), ['42/meet,0["ask",1]', '42/meet,1["ask",2]']);
      await wire.receive('43/meet,1[{"b":2},"more"]', '43/meet,0["a",1]', '43/meet,0["again"]', "43/meet,99[]");
      assert.deepEqual(await promise, { b: 2 });
      assert.deepEqual(answers, [["a", 1]]);
    });

    it("tells that an answer did not come in time", async () => {
      const { socket, wire } = await connected();
      const answers: unknown[] = [];
      socket.timeout(100).emit("ask", (error: Error | null, value: unknown) => answers.push([error?.message, value]));
      socket.timeout(100).emit("ask", (error: Error | null, value: unknown) => answers.push([error?.message, value]));
      const promise = socket.timeout(50).emitWithAck("ask");
      const rejection = assert.rejects(promise, /operation has timed out/);
      await wire.receive('43/meet,1["fine"]');
      await network.advance(100);
      await wire.receive('43/meet,0["too late"]');
      await rejection;
      assert.deepEqual(answers, [[undefined, "fine"], ["operation has timed out", undefined]]);
      assert.equal(wire.take().length, 3);
    });

    it("does not send what was given up while it waited for a connection", async () => {
      const socket = make();
      const rejection = assert.rejects(socket.timeout(10).emitWithAck("ask"), /timed out/);
      socket.emit("kept");
      await network.advance(10);
      await rejection;
      const wire = await open();
      wire.take();
      await wire.receive('40/meet,{"sid":"A"}');
      assert.deepEqual(wire.take(), ['42/meet,["kept"]']);
    });

    it("uses the default time of its options", async () => {
      const { socket } = await connected({ ackTimeout: 10 });
      const rejection = assert.rejects(socket.emitWithAck("ask"), /timed out/);
      await network.advance(10);
      await rejection;
    });

    it("fails what waits for an answer when the connection ends, but not what was not sent", async () => {
      const { socket, wire } = await connected();
      const lost = assert.rejects(socket.emitWithAck("ask"), /socket has been disconnected/);
      await wire.drop();
      await lost;
      const later = socket.emitWithAck("ask");
      await network.advance(1000);
      const next = await open();
      await next.receive('40/meet,{"sid":"B"}');
      await next.receive('43/meet,1["answer"]');
      assert.equal(await later, "answer");
    });

    it("sends binary as attachments", async () => {
      const { socket, wire } = await connected();
      const bytes = new Uint8Array([1, 2]);
      socket.emit("file", { bytes });
      assert.deepEqual(wire.take(), ['451-/meet,["file",{"bytes":{"_placeholder":true,"num":0}}]', bytes]);
    });

    it("refuses the names of its own events", async () => {
      const { socket } = await connected();
      for (const name of ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]) {
        assert.throws(() => socket.emit(name), { message: `"${name}" is a reserved event name` });
      }
    });

    it("shows leaving events to those who watch", async () => {
      const { socket, wire } = await connected();
      const watch = (event: string, ...args: readonly unknown[]): void => void heard.push(`out ${event} ${args.join()}`);
      socket.onAnyOutgoing(watch);
      socket.emit("a", 1, 2);
      socket.offAnyOutgoing(watch);
      socket.send("b");
      assert.deepEqual(heard, ["connect A", "out a 1,2"]);
      assert.deepEqual(wire.take(), ['42/meet,["a",1,2]', '42/meet,["message","b"]']);
    });
  });

  describe("that receives", () => {
    it("calls listeners in order, those for every event first", async () => {
      const { socket, wire } = await connected();
      const any = (event: string, ...args: readonly unknown[]): void => void heard.push(`any ${event} ${args.join()}`);
      const listener = (value: number): void => void heard.push(`on ${value}`);
      heard.length = 0;
      socket.on("e", listener).once("e", () => heard.push("once"));
      socket.onAny(any).prependAny((event) => heard.push(`first ${event}`));
      assert.equal(socket.listeners("e").length, 2);
      assert.equal(socket.listenersAny().length, 2);
      await wire.receive('42/meet,["e",1]');
      socket.offAny(any).off("e", listener);
      assert.equal(socket.hasListeners("e"), false);
      await wire.receive('42/meet,["e",2]', '42/meet,[7,"number"]');
      assert.deepEqual(heard, ["first e", "any e 1", "on 1", "once", "first e", "first 7"]);
    });

    it("answers once, and only on the connection that asked", async () => {
      const { socket, wire } = await connected();
      const answers: ((...values: unknown[]) => void)[] = [];
      socket.on("question", (_: string, answer: () => void) => answers.push(answer));
      await wire.receive('42/meet,5["question","?"]', '42/meet,6["question","?"]');
      answers[0]?.("yes", 1);
      answers[0]?.("no");
      assert.deepEqual(wire.take(), ['43/meet,5["yes",1]']);
      await wire.drop();
      await network.advance(1000);
      const next = await open();
      await next.receive('40/meet,{"sid":"B"}');
      next.take();
      answers[1]?.("too late");
      assert.deepEqual(next.take(), []);
    });

    it("goes on after a listener has failed", async () => {
      const { socket, wire } = await connected();
      // What a microtask throws must not end the test run.
      const queue = globalThis.queueMicrotask;
      globalThis.queueMicrotask = (task) => queue(() => {
        try {
          task();
        } catch (error) {
          heard.push(`thrown ${(error as Error).message}`);
        }
      });
      socket.on("bad", () => {
        throw new Error("mine");
      });
      socket.on("good", () => heard.push("good"));
      await wire.receive('42/meet,["bad"]', '42/meet,["good"]');
      globalThis.queueMicrotask = queue;
      assert.deepEqual(heard, ["connect A", "thrown mine", "good"]);
    });

    it("ignores events with the names of its own and packets for others", async () => {
      const { socket, wire } = await connected();
      await wire.receive('42/meet,["disconnect","transport close"]', '42/other,["x"]', '41/other,', '42["x"]');
      assert.equal(socket.connected, true);
      assert.deepEqual(heard, ["connect A"]);
    });

    it("ends a connection that makes no sense, and makes another", async () => {
      const { wire } = await connected();
      await wire.receive("4abc");
      assert.equal(wire.readyState, 3);
      assert.deepEqual(heard, ["connect A", "disconnect parse error"]);
      await network.advance(1000);
      assert.equal(network.sockets.length, 2);
    });
  });

  describe("that disconnects", () => {
    it("by its own will: at once, with what was sent, and for good", async () => {
      const { socket, wire } = await connected();
      socket.emit("last");
      socket.disconnect();
      assert.deepEqual(heard, ["connect A", "disconnect io client disconnect"]);
      assert.equal(socket.id, undefined);
      assert.deepEqual(wire.take(), ['42/meet,["last"]', "41/meet,"]);
      assert.equal(wire.readyState, 3);
      await network.advance(60_000);
      assert.equal(network.sockets.length, 1);
      assert.equal(network.restore(), 0, "no timer is left");
    });

    it("by the server's will: for good, until it is told to connect", async () => {
      const { socket, wire } = await connected();
      await wire.receive("41/meet,");
      assert.deepEqual(heard, ["connect A", "disconnect io server disconnect"]);
      assert.equal(socket.active, false);
      await network.advance(60_000);
      assert.equal(network.sockets.length, 1);
      socket.connect();
      await (await open()).receive('40/meet,{"sid":"B"}');
      assert.deepEqual(heard[2], "connect B");
    });

    it("by accident: comes back with what was emitted meanwhile", async () => {
      const { socket, wire } = await connected();
      await wire.drop(false);
      assert.deepEqual(heard, ["connect A", "disconnect transport error"]);
      assert.equal(socket.active, true);
      socket.emit("meanwhile");
      await network.advance(1000);
      const next = await open();
      assert.deepEqual(next.take(), ["40/meet,"]);
      await next.receive('40/meet,{"sid":"B"}');
      assert.deepEqual(next.take(), ['42/meet,["meanwhile"]']);
      assert.deepEqual(heard[2], "connect B");
    });
  });
});
