// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  decodeFrame, decodePayload, encodeFrame, encodePacket, encodePayload, MalformedPacket, PacketDecoder, payloadSize,
  type Binary, type EnginePacket, type SocketPacket,
} from "../../src/socketio/packet";

const bytes = (...values: number[]): ArrayBuffer => new Uint8Array(values).buffer;

/** The packet that all of `messages` make together. */
function decode(...messages: (string | ArrayBuffer)[]): SocketPacket | undefined {
  const decoder = new PacketDecoder();
  let packet: SocketPacket | undefined;
  for (const message of messages) packet = decoder.decode(message);
  return packet;
}

describe("Engine.IO packets", () => {
  const frames: [EnginePacket, string][] = [
    [{ type: "open", data: "{}" }, "0{}"],
    [{ type: "close", data: "" }, "1"],
    [{ type: "ping", data: "probe" }, "2probe"],
    [{ type: "pong", data: "probe" }, "3probe"],
    [{ type: "message", data: "hello" }, "4hello"],
    [{ type: "upgrade", data: "" }, "5"],
    [{ type: "noop", data: "" }, "6"],
  ];

  it("are one text frame with the type's digit", () => {
    for (const [packet, frame] of frames) {
      assert.equal(encodeFrame(packet), frame);
      assert.deepEqual(decodeFrame(frame), packet);
    }
  });

  it("with binary are one frame without a digit", () => {
    const data = bytes(1, 2, 3);
    assert.equal(encodeFrame({ type: "message", data }), data);
    assert.deepEqual(decodeFrame(data), { type: "message", data });
  });

  it("share a polling body, binary as base64", async () => {
    const view = new Uint8Array([0, 1, 2, 3, 4]).subarray(1); // a view that does not start at its buffer
    const body = await encodePayload([
      { type: "message", data: "héllo" },
      { type: "message", data: view },
      { type: "message", data: new Blob(["hi"]) },
      { type: "pong", data: "" },
    ]);
    assert.equal(body, "4héllo\x1ebAQIDBA==\x1ebaGk=\x1e3");
    assert.deepEqual(decodePayload(body), [
      { type: "message", data: "héllo" },
      { type: "message", data: bytes(1, 2, 3, 4) },
      { type: "message", data: bytes(0x68, 0x69) },
      { type: "pong", data: "" },
    ]);
  });

  it("carry large binaries through a polling body unchanged", async () => {
    const large = new Uint8Array(100_000).map((_, index) => index * 7);
    const [packet] = decodePayload(await encodePayload([{ type: "message", data: large }]));
    assert.deepEqual(packet?.data, large.buffer);
  });

  it("never take more room in a body than foretold", async () => {
    const contents: (string | Binary)[] = ["", "hello", "héé", "日本", "🙂🙂", bytes(), bytes(1), bytes(1, 2, 3, 4), new Blob(["12345"])];
    for (const data of contents) {
      const packet: EnginePacket = { type: "message", data };
      const body = await encodePayload([packet, packet]);
      assert(new TextEncoder().encode(body).length <= 2 * payloadSize(packet));
    }
  });

  it("that are malformed are refused", () => {
    for (const body of ["", "7", "abc", "4a\x1e", "\x1e4a", "b%%%"]) {
      assert.throws(() => decodePayload(body), MalformedPacket, JSON.stringify(body));
    }
  });
});

describe("Socket.IO packets", () => {
  const vectors: [SocketPacket, string][] = [
    [{ type: "connect", namespace: "/" }, "0"],
    [{ type: "connect", namespace: "/meet" }, "0/meet,"],
    [{ type: "connect", namespace: "/meet", data: { protocol: 1 } }, '0/meet,{"protocol":1}'],
    [{ type: "disconnect", namespace: "/" }, "1"],
    [{ type: "disconnect", namespace: "/meet" }, "1/meet,"],
    [{ type: "event", namespace: "/", args: ["hi"] }, '2["hi"]'],
    [{ type: "event", namespace: "/", id: 0, args: ["hi", "é", { a: [null] }] }, '20["hi","é",{"a":[null]}]'],
    [{ type: "event", namespace: "/meet", id: 456, args: ["chat", 1] }, '2/meet,456["chat",1]'],
    [{ type: "event", namespace: "/", args: [1, true] }, "2[1,true]"],
    [{ type: "ack", namespace: "/", id: 12, args: [] }, "312[]"],
    [{ type: "ack", namespace: "/meet", id: 1, args: ["1", { 3: [false] }] }, '3/meet,1["1",{"3":[false]}]'],
    [{ type: "connect-error", namespace: "/x", error: { message: "Invalid namespace" } }, '4/x,{"message":"Invalid namespace"}'],
    [{ type: "connect-error", namespace: "/", error: { message: "no", data: [1] } }, '4{"message":"no","data":[1]}'],
  ];

  it("are written as the protocol says", () => {
    for (const [packet, text] of vectors) assert.deepEqual(encodePacket(packet), [text]);
  });

  it("are read as they were written", () => {
    for (const [packet, text] of vectors) assert.deepEqual(decode(text), packet, text);
  });

  it("may come in forms that we do not write", () => {
    assert.deepEqual(decode("0/meet"), { type: "connect", namespace: "/meet" });
    assert.deepEqual(decode("0/,"), { type: "connect", namespace: "/" });
    assert.deepEqual(decode('4"no"'), { type: "connect-error", namespace: "/", error: { message: "no" } });
    assert.deepEqual(decode('50-["a"]'), { type: "event", namespace: "/", args: ["a"] });
  });

  it("carry binaries as attachments", () => {
    const first = bytes(1), second = new Uint8Array([2, 3]);
    const messages = encodePacket({
      type: "event", namespace: "/meet", id: 7, args: ["file", { name: "a", parts: [first, second] }],
    });
    assert.deepEqual(messages, [
      '52-/meet,7["file",{"name":"a","parts":[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]}]',
      first, second,
    ]);
    assert.deepEqual(decode(messages[0], first, second.buffer), {
      type: "event", namespace: "/meet", id: 7, args: ["file", { name: "a", parts: [first, bytes(2, 3)] }],
    });
  });

  it("carry binaries in acknowledgements", () => {
    const data = bytes(9);
    assert.deepEqual(encodePacket({ type: "ack", namespace: "/", id: 3, args: [data] }), [
      '61-3[{"_placeholder":true,"num":0}]', data,
    ]);
    assert.deepEqual(decode('61-3[{"_placeholder":true,"num":0}]', data), {
      type: "ack", namespace: "/", id: 3, args: [data],
    });
  });

  it("keep what only looks like a placeholder", () => {
    const args = ["a", { _placeholder: true, num: 0 }] as const;
    assert.deepEqual(decode(`2${JSON.stringify(args)}`), { type: "event", namespace: "/", args });
  });

  it("write values as JSON does", () => {
    const date = new Date(0);
    assert.deepEqual(encodePacket({ type: "event", namespace: "/", args: ["a", undefined, date, { b: undefined }] }), [
      '2["a",null,"1970-01-01T00:00:00.000Z",{}]',
    ]);
  });

  it("that are malformed are refused", () => {
    const texts = [
      "", "9", "abc", "2", "2{}", '2"x"', "2[]", "2[null]", "2[{}]", '2-1["a"]', '21.5["a"]', '2 1["a"]', '2["a"', '2["a"]x',
      "1{}", "3[]", "30", "30{}", "0[]", '0"x"', "0null", "0{bad", "4", "4{}", "4[]",
      '5["a"]', '51["a"]', '5-["a"]', '21-["a"]', '51001-["a"]', '599999999999999999999-["a"]',
    ];
    for (const text of texts) assert.throws(() => decode(text), MalformedPacket, text);
  });

  it("whose attachments do not fit are refused", () => {
    const data = bytes(1);
    const cases: (string | ArrayBuffer)[][] = [
      [data],
      ['51-["a"]', '2["b"]'],
      ['51-["a",{"_placeholder":true,"num":1}]', data],
      ['51-["a",{"_placeholder":true,"num":-1}]', data],
      ['51-["a",{"_placeholder":true,"num":"length"}]', data],
      ['51-["a",{"_placeholder":true}]', data],
      ['51-["a"', data],
    ];
    for (const messages of cases) assert.throws(() => decode(...messages), MalformedPacket);
  });

  it("are whole only when all attachments have come", () => {
    const decoder = new PacketDecoder();
    assert.equal(decoder.decode('52-["a"]'), undefined);
    assert.equal(decoder.decode(bytes(1)), undefined);
    assert.deepEqual(decoder.decode(bytes(2)), { type: "event", namespace: "/", args: ["a"] });
    assert.deepEqual(decoder.decode('2["b"]'), { type: "event", namespace: "/", args: ["b"] });
  });
});
