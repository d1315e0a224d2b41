// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import {
  decodeChatReply,
  decodeJoinReply,
  decodeMediaAnswer,
  decodeServerEvent,
  serverEventTypes,
  throwIfRefused,
} from "../../src/protocol/decode";
import { DecodeError } from "../../src/protocol/decoders";
import { Refusal, ServerEvent } from "../../src/protocol/messages";

interface Fixture {
  readonly direction: "client" | "server" | "reply";
  readonly event: string;
  readonly payload: unknown;
}

const folder = "Fixtures/meeting";

/** The fixtures that the server's tests read, too. */
function fixtures(direction: Fixture["direction"]): [string, Fixture][] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const all = files.map((name): [string, Fixture] => [name, JSON.parse(readFileSync(`${folder}/${name}`, "utf8"))]);
  return all.filter(([, fixture]) => fixture.direction === direction);
}

describe("Events from the server", () => {
  for (const [file, { event, payload }] of fixtures("server")) {
    it(`are read from ${file} without loss`, () => {
      const decoded = decodeServerEvent(event as ServerEvent["type"], payload);
      assert.deepEqual(decoded as unknown, { type: event, ...(payload as object) });
    });
  }

  it("all have a fixture", () => {
    const covered = new Set(fixtures("server").map(([, { event }]) => event));
    assert.deepEqual(serverEventTypes.filter((type) => !covered.has(type)), []);
  });

  it("may carry more than this client knows", () => {
    const event = decodeServerEvent("participant-connection", { id: "a", connected: true, since: 12 });
    assert.deepEqual(event, { type: "participant-connection", id: "a", connected: true } as ServerEvent);
  });

  const malformed: [ServerEvent["type"], unknown, string][] = [
    ["participant-left", { id: "a", reason: "bored" }, "participant-left.reason"],
    ["participant-joined", {}, "participant-joined.participant"],
    ["participant-connection", { id: 7, connected: true }, "participant-connection.id"],
    ["media-changed", { id: "a", media: { microphone: 1 } }, "media-changed.media.microphone"],
    ["chat", { message: { seq: "1" } }, "chat.message.seq"],
    ["signal", { from: "a", page: "p", data: {} }, "signal.data"],
    ["ended", [], "ended"],
    ["slots", { slots: [] }, "slots.slots"],
    ["slots", { slots: { 3: { participant: "a", source: "hologram" } } }, "slots.slots.3.source"],
    ["layers", { tracks: { 1: ["low", 2] } }, "layers.tracks.1[1]"],
    ["speakers", { dominant: 7, speaking: [] }, "speakers.dominant"],
    ["media-load", { load: "heavy" }, "media-load.load"],
  ];
  for (const [type, payload, field] of malformed) {
    it(`name the wrong field ${field}`, () => {
      assert.throws(() => decodeServerEvent(type, payload), (error: unknown) => error instanceof DecodeError && error.field === field);
    });
  }
});

describe("Replies", () => {
  // Those of other requests have nothing in them.
  const decoders: Readonly<Record<string, (value: unknown) => unknown>> = {
    join: decodeJoinReply,
    chat: decodeChatReply,
    publish: decodeMediaAnswer,
    subscribe: decodeMediaAnswer,
  };
  for (const [file, { event, payload }] of fixtures("reply").filter(([name]) => !name.includes("refused"))) {
    it(`are read from ${file} without loss`, () => {
      throwIfRefused(payload);
      assert.deepEqual((decoders[event] ?? ((value) => value))(payload), payload);
    });
  }

  it("that refuse become a refusal with its sentence", () => {
    const [[, { payload }]] = fixtures("reply").filter(([name]) => name.includes("refused")) as [[string, Fixture]];
    assert.throws(() => throwIfRefused(payload), new Refusal("meeting-full", "This meeting is full."));
  });

  it("may refuse for a reason of a newer server", () => {
    assert.throws(() => throwIfRefused({ refused: "meeting-haunted", message: "Boo." }), new Refusal("unknown", "Boo."));
  });
});
