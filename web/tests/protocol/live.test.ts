// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeAppointment, decodeDashboard } from "../../src/protocol/appointments";
import { LiveConnection, LiveRefusal } from "../../src/protocol/live";
import { judge } from "../../src/protocol/probe";
import { appointment, dashboard, visit } from "../appointment-samples";
import { ManualClock } from "../manual-clock";
import { FakeSocket } from "./fake-socket";

class Bench {
  readonly socket = new FakeSocket();
  readonly clock = new ManualClock();
  readonly live = new LiveConnection({
    socket: this.socket, clock: this.clock, random: () => 1, event: "appointment", decode: decodeAppointment,
  });

  get phase(): string {
    return this.live.state().phase;
  }

  joined(): this {
    this.live.open();
    this.socket.open();
    return this;
  }
}

describe("A live connection", () => {
  it("shows the newest state, and keeps it while it is away", () => {
    const bench = new Bench().joined();
    bench.socket.emit("appointment", appointment());
    bench.socket.emit("appointment", appointment({ state: "waiting", position: 2 }));
    bench.socket.drop();
    assert.equal(bench.phase, "waiting");
    assert.equal(bench.live.snapshot()?.position, 2);
    bench.clock.advance(500);
    bench.socket.open();
    assert.equal(bench.phase, "joined");
  });

  it("waits longer each time, but never longer than eight seconds", () => {
    const bench = new Bench().joined();
    bench.socket.drop();
    const waits: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      const state = bench.live.state();
      assert.ok(state.phase === "waiting");
      waits.push(state.retryAt - bench.clock.now());
      bench.clock.advance(waits[round] ?? 0);
      bench.socket.refuse("websocket error");
    }
    assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 8_000, 8_000]);
  });

  it("ends when the server refuses the link, and does not come back", () => {
    const bench = new Bench();
    bench.live.open();
    bench.socket.refuse("revoked");
    const state = bench.live.state();
    assert.ok(state.phase === "over" && state.why.code === "revoked");
    bench.clock.advance(60_000);
    assert.equal(bench.socket.connects, 1);
  });

  it("hands on what was answered and what was refused", async () => {
    const bench = new Bench().joined();
    const granted = bench.live.request("admit", { id: "a" });
    bench.socket.last("admit").reply({ ok: true, meeting: "abc-defg-hij" });
    assert.equal((await granted)["meeting"], "abc-defg-hij");
    const refused = bench.live.request("admit", { id: "a" });
    bench.socket.last("admit").reply({ error: "not-waiting", message: "Gone." });
    await assert.rejects(refused, new LiveRefusal("not-waiting", "Gone."));
    const lost = bench.live.request("admit", { id: "a" });
    bench.socket.last("admit").timeOut();
    await assert.rejects(lost, { code: "unreachable" });
  });

  it("fails requests at once while it is away", async () => {
    await assert.rejects(new Bench().live.request("leave", {}), { code: "unreachable" });
  });

  it("ignores a state it cannot read", () => {
    const bench = new Bench().joined();
    const { warn } = console;
    console.warn = () => undefined;
    bench.socket.emit("appointment", { id: 5 });
    console.warn = warn;
    assert.equal(bench.live.snapshot(), undefined);
    assert.equal(bench.phase, "joined");
  });
});

describe("States of appointments", () => {
  it("are read as they were written, and null is nothing", () => {
    assert.deepEqual(decodeAppointment(appointment()), appointment());
    assert.equal(decodeAppointment({ ...appointment(), meeting: null, position: null }).meeting, undefined);
    const all = dashboard([visit("a", { note: "knee", checkIn: { camera: "off", microphone: "ok", network: "fair", consent: true } })]);
    assert.deepEqual(decodeDashboard(all), all);
    const course = decodeDashboard({ ...all, appointments: [{ ...visit("a"), way: "telelegal" }, { ...visit("b"), way: "parley" }] });
    assert.deepEqual(course.appointments.map(({ foreign }) => foreign), [true, false]);
  });

  it("are refused when they are not what was promised", () => {
    assert.throws(() => decodeAppointment(appointment({ state: "asleep" as "open" })));
    assert.throws(() => decodeDashboard({ now: 1, status: "online", appointments: [{}] }));
  });
});

describe("The network", () => {
  it("is judged by its usual answer, without the one that opens the connection", () => {
    assert.equal(judge([900, 20, 30, 25, 22]), "good");
    assert.equal(judge([20, 350, 340, 360, 330]), "fair");
    assert.equal(judge([20, 20, 30, 1_200, 25]), "poor");
    assert.equal(judge([20, 20]), "poor");
    assert.equal(judge([]), "unknown");
  });
});
