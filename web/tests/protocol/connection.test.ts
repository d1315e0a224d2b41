// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ConnectionEvent, ConnectionLost, MeetingConnection } from "../../src/protocol/connection";
import { MeetingCode, PageID, Refusal } from "../../src/protocol/messages";
import { ManualClock } from "../manual-clock";
import { joinReply, mediaOff, message } from "../samples";
import { FakeSocket } from "./fake-socket";

class Bench {
  readonly socket = new FakeSocket();
  readonly clock = new ManualClock();
  readonly events: ConnectionEvent[] = [];
  seat: string | undefined;
  readonly connection = new MeetingConnection({
    socket: this.socket,
    clock: this.clock,
    meeting: "abc-defg-hij" as MeetingCode,
    page: "p1" as PageID,
    seats: { load: () => this.seat, save: (seat) => (this.seat = seat) },
    random: () => 1,
    onEvent: (event) => this.events.push(event),
  });

  get phase(): string {
    return this.connection.state().phase;
  }

  /** Up to the server's answer. */
  ask(): this {
    this.connection.join("Ana", mediaOff);
    this.socket.open();
    return this;
  }

  joined(): this {
    this.ask().socket.last("join").reply(joinReply("a", []));
    return this;
  }
}

describe("A meeting connection", () => {
  it("asks for a seat once connected, and keeps the one it gets", () => {
    const bench = new Bench().ask();
    assert.deepEqual(bench.socket.last("join").payload, { meeting: "abc-defg-hij", page: "p1", name: "Ana", media: mediaOff });
    bench.socket.last("join").reply(joinReply("a", []));
    assert.equal(bench.phase, "joined");
    assert.equal(bench.seat, "seat of a");
    assert.deepEqual(bench.events.map(({ type }) => type), ["joined"]);
  });

  it("comes back to its seat and asks only for newer chat", () => {
    const bench = new Bench().joined();
    bench.socket.emit("chat", { message: message(7, "b") });
    bench.socket.drop();
    assert.equal(bench.phase, "waiting");
    bench.clock.advance(500);
    bench.socket.open();
    const { seat, after, page } = bench.socket.last("join").payload as Record<string, unknown>;
    assert.deepEqual([seat, after, page], ["seat of a", 7, "p1"]);
  });

  it("waits longer each time, but never longer than eight seconds", () => {
    const bench = new Bench().joined();
    bench.socket.drop();
    const waits: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      const state = bench.connection.state();
      assert.ok(state.phase === "waiting");
      waits.push(state.retryAt - bench.clock.now());
      bench.clock.advance(waits[round] ?? 0);
      bench.socket.refuse("websocket error");
    }
    assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 8_000, 8_000]);
  });

  it("tries at once when told to", () => {
    const bench = new Bench().joined();
    bench.socket.drop();
    const before = bench.socket.connects;
    bench.connection.retryNow();
    assert.equal(bench.socket.connects, before + 1);
    bench.clock.advance(10_000);
    assert.equal(bench.socket.connects, before + 1);
  });

  it("takes silence for a lost connection", () => {
    const bench = new Bench().joined();
    bench.connection.setMedia({ ...mediaOff, camera: true });
    bench.socket.last("media").timeOut();
    assert.equal(bench.phase, "waiting");
    assert.equal(bench.socket.connected, false);
  });

  it("asks without the seat when the server does not know it", () => {
    const bench = new Bench();
    bench.seat = "old";
    bench.ask().socket.last("join").reply({ refused: "invalid-seat", message: "No such seat." });
    assert.equal(bench.seat, undefined);
    assert.equal(Object.hasOwn(bench.socket.last("join").payload as object, "seat"), false);
  });

  it("ends with the server's reason when it is refused", () => {
    const bench = new Bench().ask();
    bench.socket.last("join").reply({ refused: "meeting-full", message: "Full." });
    assert.deepEqual(bench.connection.state(), { phase: "over", why: new Refusal("meeting-full", "Full.") });
    bench.clock.advance(60_000);
    assert.equal(bench.socket.connects, 1);
  });

  it("ends when this page speaks no version the server knows", () => {
    const bench = new Bench();
    bench.connection.join("Ana", mediaOff);
    bench.socket.refuse("unsupported-protocol");
    assert.equal(bench.phase, "over");
  });

  for (const type of ["replaced", "ended"] as const) {
    it(`does not come back after ${type}`, () => {
      const bench = new Bench().joined();
      bench.socket.emit(type, { reason: "ended-by-host" });
      assert.deepEqual(bench.connection.state(), { phase: "over", why: type });
      bench.clock.advance(60_000);
      assert.equal(bench.socket.connects, 1);
    });
  }

  it("says that a restart is why it waits", () => {
    const bench = new Bench().joined();
    bench.socket.emit("stopping", {});
    bench.socket.drop();
    const state = bench.connection.state();
    assert.ok(state.phase === "waiting" && state.stopping);
  });

  it("tells after a rejoin what was switched meanwhile", () => {
    const bench = new Bench().joined();
    bench.socket.drop();
    bench.connection.setMedia({ ...mediaOff, microphone: true });
    bench.clock.advance(500);
    bench.socket.open();
    assert.deepEqual((bench.socket.last("join").payload as { media: unknown }).media, { ...mediaOff, microphone: true });
    bench.connection.setMedia({ ...mediaOff, camera: true });
    bench.socket.last("join").reply(joinReply("a", []));
    assert.deepEqual(bench.socket.last("media").payload, { ...mediaOff, camera: true });
  });

  it("repeats the newest media state when it was too fast", () => {
    const bench = new Bench().joined();
    bench.connection.setMedia({ ...mediaOff, camera: true });
    bench.socket.last("media").reply({ refused: "too-fast", message: "Slow down." });
    bench.clock.advance(1_000);
    assert.equal(bench.socket.count("media"), 2);
  });

  it("ignores an event it cannot read", () => {
    const bench = new Bench().joined();
    const { warn } = console;
    console.warn = () => undefined;
    bench.socket.emit("chat", { message: 5 });
    console.warn = warn;
    assert.equal(bench.phase, "joined");
    assert.equal(bench.events.length, 1);
  });

  it("fails requests at once while it is away", () => {
    const bench = new Bench();
    let failure: Error | undefined;
    bench.connection.request("chat", { id: "x", text: "y" }, (result) => (failure = "failure" in result ? result.failure : undefined));
    assert.ok(failure instanceof ConnectionLost);
  });

  it("gives up the seat when leaving", () => {
    const bench = new Bench().joined();
    bench.connection.leave();
    assert.equal(bench.socket.count("leave"), 1);
    assert.equal(bench.seat, undefined);
    bench.socket.last("leave").reply({});
    assert.equal(bench.socket.connected, false);
    assert.deepEqual(bench.connection.state(), { phase: "over", why: "left" });
  });

  describe("in the lobby", () => {
    const waiting = (): Bench => {
      const bench = new Bench();
      bench.ask().socket.last("join").reply({ waiting: { seat: "place" } });
      return bench;
    };

    it("keeps its place, and joins by it when it is let in", () => {
      const bench = waiting();
      assert.deepEqual([bench.phase, bench.seat, bench.events], ["lobby", "place", [{ type: "waiting", chat: [] }]]);
      bench.socket.emit("admitted", {});
      assert.equal((bench.socket.last("join").payload as { seat: string }).seat, "place");
      bench.socket.last("join").reply(joinReply("a", []));
      assert.equal(bench.phase, "joined");
    });

    it("comes back to its place when the connection was lost", () => {
      const bench = waiting();
      bench.socket.drop();
      assert.equal(bench.phase, "waiting");
      bench.clock.advance(500);
      bench.socket.open();
      assert.equal((bench.socket.last("join").payload as { seat: string }).seat, "place");
    });

    it("goes when it is sent away, and forgets the place", () => {
      const bench = waiting();
      bench.socket.emit("denied", {});
      const state = bench.connection.state();
      assert.ok(state.phase === "over" && state.why instanceof Refusal && state.why.code === "denied");
      assert.deepEqual([bench.seat, bench.socket.connected], [undefined, false]);
    });

    it("tells the server when it waits no longer", () => {
      const bench = waiting();
      bench.connection.leave();
      assert.equal(bench.socket.count("leave"), 1);
    });
  });

  it("does not come back after it was removed, and forgets its seat", () => {
    const bench = new Bench().joined();
    bench.socket.emit("removed", {});
    assert.deepEqual(bench.connection.state(), { phase: "over", why: "removed" });
    assert.equal(bench.seat, undefined);
    bench.clock.advance(60_000);
    assert.equal(bench.socket.connects, 1);
  });

  it("asks for changes of messages after the newest it has seen", () => {
    const bench = new Bench().joined();
    bench.socket.emit("chat", { message: message(7, "b") });
    bench.socket.emit("chat-changed", { seq: 7, changed: 9, deleted: true, reactions: {} });
    bench.socket.drop();
    bench.clock.advance(500);
    bench.socket.open();
    assert.equal((bench.socket.last("join").payload as { after: number }).after, 9);
  });
});
