// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { Engine, type EngineOptions } from "../../src/socketio/engine";
import { FakeNetwork, openPacket, settled } from "./fake-network";

let network: FakeNetwork;
let heard: string[];

/** An engine that has begun to connect, and whose reports are noted in `heard`. */
function connect(options: Partial<EngineOptions> = {}): Engine {
  const engine = new Engine({
    address: "http://server.test/socket.io/", query: { a: "b c" }, withCredentials: false, extraHeaders: {}, protocols: [],
    transports: ["polling", "websocket"], upgrade: true, tryAllTransports: false, ...options,
  });
  engine.on("open", () => heard.push("open"));
  engine.on("message", (data) => heard.push(`message ${typeof data === "string" ? data : data.byteLength}`));
  engine.on("upgrade", (transport) => heard.push(`upgrade ${transport.name}`));
  engine.on("close", (reason, error) => heard.push(`close ${reason}${error ? `: ${error.message}` : ""}`));
  engine.open();
  return engine;
}

/** An engine over polling whose next GET is waiting. */
async function connectPolling(fields: object = {}, options: Partial<EngineOptions> = {}): Promise<Engine> {
  const engine = connect({ upgrade: false, ...options });
  await network.take("GET").answer(openPacket(fields));
  return engine;
}

/** An engine over polling with a WebSocket that has sent its probe. */
async function connectProbing(): Promise<Engine> {
  const engine = await connectPolling({}, { upgrade: true });
  await network.socket.accept();
  assert.deepEqual(network.socket.take(), ["2probe"]);
  return engine;
}

describe("an Engine.IO connection", () => {
  beforeEach(() => {
    network = new FakeNetwork();
    heard = [];
  });
  afterEach(() => {
    network.restore();
  });

  describe("over polling", () => {
    it("asks with the protocol's parameters, then with the session's id", async () => {
      connect({ upgrade: false, extraHeaders: { "x-a": "1" }, withCredentials: true });
      const first = network.take("GET");
      assert.equal(first.url.href, "http://server.test/socket.io/?a=b+c&EIO=4&transport=polling");
      assert.deepEqual(first.init.headers, { "x-a": "1" });
      assert.equal(first.init.credentials, "include");
      await first.answer(openPacket());
      assert.equal(network.take("GET").url.searchParams.get("sid"), "S");
      assert.deepEqual(heard, ["open"]);
    });

    it("sends what came meanwhile in one request, in order", async () => {
      const engine = connect({ upgrade: false });
      engine.send("a");
      engine.send("b");
      await network.take("GET").answer(openPacket());
      const post = network.take("POST");
      assert.equal(post.body, "4a\x1e4b");
      engine.send("c");
      engine.send(new Uint8Array([1, 2]));
      assert(!network.has("POST"), "one at a time");
      await post.answer("ok");
      assert.equal(network.take("POST").body, "4c\x1ebAQI=");
    });

    it("sends no more at once than the server takes", async () => {
      const engine = await connectPolling({ maxPayload: 40 });
      for (const text of ["0123456789", "abc", "def", "ghi", "too long for any body of forty bytes"]) engine.send(text);
      const bodies: string[] = [];
      for (await settled(); network.has("POST"); await settled()) {
        const post = network.take("POST");
        bodies.push(post.body);
        await post.answer("ok");
      }
      assert.deepEqual(bodies, ["40123456789", "4abc\x1e4def\x1e4ghi", "4too long for any body of forty bytes"]);
    });

    it("receives packets in order and asks again", async () => {
      await connectPolling();
      await network.take("GET").answer("4a\x1ebAQID\x1e6\x1e4b");
      assert.deepEqual(heard, ["open", "message a", "message 3", "message b"]);
      assert(network.has("GET"));
    });

    it("fails when the server cannot be reached", async () => {
      connect();
      await network.take("GET").fail();
      assert.deepEqual(heard, ["close transport error: xhr poll error"]);
      assert(!network.has("GET"));
    });

    it("fails when the server no longer knows the session", async () => {
      const engine = await connectPolling();
      engine.send("a");
      await settled();
      await network.take("POST").answer('{"code":1}', 400);
      assert.deepEqual(heard, ["open", "close transport error: xhr post error"]);
    });

    it("ends when the server closes it", async () => {
      await connectPolling();
      await network.take("GET").answer("4a\x1e1\x1e4b");
      assert.deepEqual(heard, ["open", "message a", "close transport close"]);
      assert(!network.has("GET"));
    });

    it("says goodbye after what was to be sent", async () => {
      const engine = await connectPolling();
      engine.send("last");
      engine.close();
      engine.send("too late");
      await settled();
      await network.take("POST").answer("ok");
      assert.equal(network.take("POST").body, "1");
      assert.deepEqual(heard, ["open", "close forced close"]);
    });

    it("can be given up before it is open", async () => {
      const engine = connect();
      engine.close();
      await network.take("GET").answer(openPacket());
      assert.deepEqual(heard, ["close forced close"]);
      assert(!network.has("POST"));
    });
  });

  describe("over a WebSocket", () => {
    it("sends each packet at once", async () => {
      const engine = connect({ transports: ["websocket"] });
      assert.equal(network.socket.url.href, "ws://server.test/socket.io/?a=b+c&EIO=4&transport=websocket");
      await network.socket.accept();
      engine.send("early");
      assert.deepEqual(network.socket.take(), [], "the session is not open");
      await network.socket.receive(openPacket({ upgrades: [] }));
      const bytes = new Uint8Array([1]);
      engine.send(bytes);
      assert.deepEqual(network.socket.take(), ["4early", bytes]);
      await network.socket.receive("4hello", new ArrayBuffer(2));
      assert.deepEqual(heard, ["open", "message hello", "message 2"]);
    });

    it("tells a lost connection from a failed one", async () => {
      for (const [wasClean, report] of [[true, "close transport close"], [false, "close transport error: websocket error"]] as const) {
        heard = [];
        connect({ transports: ["websocket"] });
        await network.socket.accept();
        await network.socket.receive(openPacket());
        await network.socket.drop(wasClean);
        assert.deepEqual(heard, ["open", report]);
      }
    });

    it("closes on a packet that is none", async () => {
      connect({ transports: ["websocket"] });
      await network.socket.accept();
      await network.socket.receive(openPacket(), "9", "4never");
      assert.deepEqual(heard, ["open", "close transport error: server error"]);
      assert.equal(network.socket.readyState, 3);
    });

    it("is refused when the server's first packet makes no sense", async () => {
      for (const packet of ["0", "0{}", "0[]", "0null", '0{"sid":1}', "0{"]) {
        heard = [];
        connect({ transports: ["websocket"] });
        await network.socket.accept();
        await network.socket.receive(packet);
        assert.deepEqual(heard, ["close transport error: server error"], packet);
      }
    });

    it("falls back to polling only when asked to", async () => {
      connect({ transports: ["websocket", "polling"] });
      await network.socket.drop(false);
      assert.deepEqual(heard, ["close transport error: websocket error"]);
      heard = [];
      connect({ transports: ["websocket", "polling"], tryAllTransports: true });
      await network.socket.drop(false);
      await network.take("GET").answer(openPacket({ upgrades: [] }));
      assert.deepEqual(heard, ["open"]);
    });
  });

  describe("with a heartbeat", () => {
    it("answers pings and lives on", async () => {
      connect({ transports: ["websocket"] });
      await network.socket.accept();
      await network.socket.receive(openPacket());
      for (let round = 0; round < 3; round++) {
        await network.advance(44_999);
        await network.socket.receive("2");
        assert.deepEqual(network.socket.take(), ["3"]);
      }
      assert.deepEqual(heard, ["open"]);
    });

    it("closes when pings stay away", async () => {
      connect({ transports: ["websocket"] });
      await network.socket.accept();
      await network.socket.receive(openPacket());
      await network.advance(44_999);
      assert.deepEqual(heard, ["open"]);
      await network.advance(1);
      assert.deepEqual(heard, ["open", "close ping timeout"]);
      assert.equal(network.restore(), 0, "no timer is left");
    });

    it("notices after the machine slept, before the timer runs", async () => {
      const engine = connect({ transports: ["websocket"] });
      await network.socket.accept();
      await network.socket.receive(openPacket());
      network.sleep(45_001);
      engine.checkHeartbeat();
      assert.deepEqual(heard, ["open", "close ping timeout"]);
    });
  });

  describe("that changes to a WebSocket", () => {
    it("waits for both requests, and loses and reorders nothing", async () => {
      const engine = await connectProbing();
      const poll = network.take("GET");
      engine.send("1");
      await settled();
      const post = network.take("POST");
      await network.socket.receive("3probe");
      engine.send("2");
      assert.deepEqual(network.socket.take(), [], "both requests are under way");
      await poll.answer("4a\x1e6");
      assert.deepEqual(network.socket.take(), [], "the POST is under way");
      await post.answer("ok");
      assert.deepEqual(network.socket.take(), ["5", "42"]);
      await network.socket.receive("4b");
      engine.send("3");
      assert.deepEqual(network.socket.take(), ["43"]);
      assert(!network.has("GET") && !network.has("POST"));
      assert.deepEqual(heard, ["open", "message a", "upgrade websocket", "message b"]);
    });

    it("goes on with polling when the WebSocket cannot open", async () => {
      const engine = await connectPolling({}, { upgrade: true });
      await network.socket.drop(false);
      engine.send("1");
      await settled();
      assert.equal(network.take("POST").body, "41");
      await network.take("GET").answer("4a");
      assert.deepEqual(heard, ["open", "message a"]);
    });

    it("goes on with polling when the probe's answer is wrong", async () => {
      await connectProbing();
      await network.socket.receive("4nonsense");
      assert.equal(network.socket.readyState, 3);
      await network.take("GET").answer("4a");
      assert.deepEqual(heard, ["open", "message a"]);
    });

    it("takes polling up again when the WebSocket dies in between", async () => {
      const engine = await connectProbing();
      const poll = network.take("GET");
      await network.socket.receive("3probe");
      engine.send("1");
      await network.socket.drop();
      await poll.answer("4a");
      assert.equal(network.take("POST").body, "41");
      await network.take("GET").answer("4b");
      assert.deepEqual(heard, ["open", "message a", "message b"]);
    });

    it("sends what is left when it is closed in between", async () => {
      const engine = await connectProbing();
      const poll = network.take("GET");
      await network.socket.receive("3probe");
      engine.send("last");
      engine.close();
      await poll.answer("6");
      const post = network.take("POST");
      assert.equal(post.body, "4last");
      await post.answer("ok");
      assert.equal(network.take("POST").body, "1");
      assert.deepEqual(heard, ["open", "close forced close"]);
    });

    it("does not when the server does not offer it", async () => {
      await connectPolling({ upgrades: [] }, { upgrade: true });
      assert.equal(network.sockets.length, 0);
    });
  });
});
