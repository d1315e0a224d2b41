// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { io, Manager, type Options } from "../../src/socketio/index";
import { begin, connected, end, heard, make, network, open } from "./connection";
import { settled } from "./fake-network";

describe("a Socket.IO manager", () => {
  beforeEach(begin);
  afterEach(end);

  it("waits longer after every failure, and tells each step", async () => {
    const socket = make({ reconnectionAttempts: 4, autoConnect: false });
    for (const event of ["reconnect_attempt", "reconnect_error", "reconnect_failed", "error"] as const) {
      socket.io.on(event, (value?: number | Error) => heard.push(`${event} ${value instanceof Error ? value.message : value ?? ""}`));
    }
    socket.connect();
    for (const delay of [1000, 2000, 3333, 3333]) {
      heard.length = 0;
      await network.socket.drop(false);
      const count = network.sockets.length;
      await network.advance(delay - 1);
      assert.equal(network.sockets.length, count, "not yet");
      await network.advance(2);
      assert.equal(network.sockets.length, count + 1);
    }
    assert.deepEqual(heard, [
      "error websocket error", "connect_error websocket error", "reconnect_error websocket error", "reconnect_attempt 4",
    ]);
    await network.socket.drop(false);
    assert.equal(heard[heard.length - 1], "reconnect_failed ");
    await network.advance(60_000);
    assert.equal(network.sockets.length, 5);
  });

  it("begins anew with the pauses after a connection", async () => {
    const { socket, wire } = await connected();
    socket.io.on("reconnect", (attempt) => heard.push(`reconnect ${attempt}`));
    await wire.drop();
    await network.advance(1000);
    await network.socket.drop(false);
    await network.advance(2001);
    await (await open()).receive('40/meet,{"sid":"B"}');
    assert.deepEqual(heard.slice(-2), ["reconnect 2", "connect B"]);
    await network.socket.drop();
    const count = network.sockets.length;
    await network.advance(1000);
    assert.equal(network.sockets.length, count + 1);
  });

  it("spreads its pauses at random and never waits over the maximum", async () => {
    for (const [chance, delay] of [[0, 500], [0.999_999, 1500]] as const) {
      const { socket, wire } = await connected();
      Math.random = () => chance;
      await wire.drop();
      const count = network.sockets.length;
      await network.advance(delay - 1);
      assert.equal(network.sockets.length, count);
      await network.advance(1);
      assert.equal(network.sockets.length, count + 1);
      for (let attempt = 0; attempt < 10; attempt++) {
        await network.socket.drop(false);
        await network.advance(5000);
        assert.equal(network.sockets.length, count + 2 + attempt, "tried within the maximum");
      }
      socket.disconnect();
    }
  });

  it("gives a try up after its time", async () => {
    make({ timeout: 300, reconnection: false });
    await network.advance(300);
    assert.deepEqual(heard, ["connect_error timeout"]);
    assert.equal(network.socket.readyState, 3);
  });

  it("leaves a lost connection lost without reconnection, until a socket is told to connect", async () => {
    const { socket, wire } = await connected({ reconnection: false });
    await wire.drop();
    await network.advance(60_000);
    assert.equal(network.sockets.length, 1);
    socket.connect();
    await (await open()).receive('40/meet,{"sid":"B"}');
    assert.deepEqual(heard, ["connect A", "disconnect transport close", "connect B"]);
  });

  it("stops trying when its socket disconnects", async () => {
    const { socket, wire } = await connected();
    await wire.drop();
    socket.disconnect();
    await network.advance(60_000);
    assert.equal(network.sockets.length, 1);
    assert.equal(network.restore(), 0, "no timer is left");
  });

  it("closes all its sockets when it is closed", async () => {
    const { socket, wire } = await connected();
    socket.io.close();
    assert.deepEqual(heard, ["connect A", "disconnect forced close"]);
    assert.equal(wire.readyState, 3);
    await network.advance(60_000);
    assert.equal(network.sockets.length, 1);
  });

  it("carries several namespaces until the last is left", async () => {
    const { socket, wire } = await connected();
    const other = socket.io.socket("/other", { auth: { a: 1 } });
    assert.deepEqual(wire.take(), ['40/other,{"a":1}']);
    await wire.receive('40/other,{"sid":"O"}');
    other.on("x", (value: number) => heard.push(`other ${value}`));
    await wire.receive('42/other,["x",1]');
    socket.disconnect();
    assert.deepEqual(wire.take(), ["41/meet,"]);
    assert.equal(wire.readyState, 1);
    await wire.receive('42/other,["x",2]');
    assert.deepEqual(heard, ["connect A", "other 1", "disconnect io client disconnect", "other 2"]);
    other.disconnect();
    assert.equal(wire.readyState, 3);
  });

  it("reports pings", async () => {
    const { socket, wire } = await connected();
    socket.io.on("ping", () => heard.push("ping"));
    await wire.receive("2");
    assert.deepEqual(heard, ["connect A", "ping"]);
    assert.deepEqual(wire.take(), ["3"]);
  });
});

describe("io()", () => {
  beforeEach(() => {
    begin();
    Object.assign(globalThis, { location: new URL("https://page.test:8443/some/page?x=1") });
  });
  afterEach(() => {
    delete (globalThis as { location?: unknown }).location;
    end();
  });

  const at = (given?: string | Options, options?: Options): string => {
    const quiet = { autoConnect: false };
    const socket = typeof given === "object" ? io({ ...given, ...quiet }) : io(given, { ...options, ...quiet });
    return `${socket.io.uri} ${socket.nsp} ${JSON.stringify(socket.io.opts.query ?? {})}`;
  };

  it("takes an address apart as the official client does", () => {
    assert.equal(at(), "https://page.test:8443 / {}");
    assert.equal(at({ path: "/x" }), "https://page.test:8443 / {}");
    assert.equal(at("/chat"), "https://page.test:8443 /chat {}");
    assert.equal(at("/chat?a=1&b=2"), 'https://page.test:8443 /chat {"a":"1","b":"2"}');
    assert.equal(at("http://other.test:3000"), "http://other.test:3000 / {}");
    assert.equal(at("wss://other.test/n"), "https://other.test /n {}");
    assert.equal(at("//other.test/n"), "https://other.test /n {}");
    assert.equal(at("other.test:3000/n"), "https://other.test:3000 /n {}");
    assert.equal(at("http://other.test/?a=1", { query: { b: 2 } }), 'http://other.test / {"b":2}');
  });

  it("shares a connection among the namespaces of a server", () => {
    const options = { autoConnect: false };
    const first = io("http://shared.test/a", options);
    assert.equal(io("http://shared.test/b", options).io, first.io);
    assert.notEqual(io("http://shared.test/a", options).io, first.io, "the same namespace again");
    assert.notEqual(io("http://shared.test/c", { ...options, forceNew: true }).io, first.io);
    assert.notEqual(io("http://shared.test/d", { ...options, multiplex: false }).io, first.io);
    assert.notEqual(io("http://shared.test/e", { ...options, path: "/other" }).io, first.io);
    assert.notEqual(io("http://shared.test:81/f", options).io, first.io);
  });

  it("asks at the path it is given", async () => {
    const manager = new Manager("http://server.test", { path: "/a/b", query: { x: 1, y: true }, transports: ["websocket"] });
    await settled();
    assert.equal(network.socket.url.href, "ws://server.test/a/b/?x=1&y=true&EIO=4&transport=websocket");
    manager.close();
  });
});
