// SPDX-License-Identifier: Apache-2.0

/** What an application may send as an attachment. */
export type Binary = ArrayBuffer | ArrayBufferView | Blob;

/** Whether `value` travels as an attachment instead of as JSON. */
export function isBinary(value: unknown): value is Binary {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value)
    || (typeof Blob === "function" && value instanceof Blob);
}

/** Why something the server sent could not be read. */
export class MalformedPacket extends Error {
  override readonly name = "MalformedPacket";
}

// MARK: Engine.IO 4

/** The types in the order of their digits on the wire. */
const engineTypes = ["open", "close", "ping", "pong", "message", "upgrade", "noop"] as const;

/** What Engine.IO carries: control packets and the messages of the layer above. */
export interface EnginePacket {
  readonly type: typeof engineTypes[number];
  /** Binary only in a `message`. */
  readonly data: string | Binary;
}

/** Separates the packets of a polling body. */
const separator = "\x1e";

/** The frame of a packet on a WebSocket: text for text, and binary messages as they are. */
export function encodeFrame({ type, data }: EnginePacket): string | Binary {
  return typeof data === "string" ? `${engineTypes.indexOf(type)}${data}` : data;
}

/** The packet in a WebSocket frame. */
export function decodeFrame(frame: string | ArrayBuffer): EnginePacket {
  if (typeof frame !== "string") return { type: "message", data: frame };
  const type = engineTypes[frame.charCodeAt(0) - 0x30];
  if (type === undefined) throw new MalformedPacket(`not an Engine.IO packet: ${frame.slice(0, 20)}`);
  return { type, data: frame.slice(1) };
}

/** The body of a polling request: text packets, and binary ones as `b` and base64. */
export async function encodePayload(packets: readonly EnginePacket[]): Promise<string> {
  const parts = packets.map(({ type, data }) =>
    typeof data === "string" ? `${engineTypes.indexOf(type)}${data}` : encodeBase64(data).then((text) => `b${text}`));
  return (await Promise.all(parts)).join(separator);
}

/** The packets of a polling body, in order. */
export function decodePayload(body: string): EnginePacket[] {
  return body.split(separator).map((part) =>
    part.startsWith("b") ? { type: "message", data: decodeBase64(part.slice(1)) } : decodeFrame(part));
}

/** At most the bytes that a packet takes in a polling body, with its separator. */
export function payloadSize({ data }: EnginePacket): number {
  // A UTF-16 unit takes at most three bytes of UTF-8. Counting exactly is not worth a pass over the text.
  if (typeof data === "string") return 2 + data.length * 3;
  return 2 + Math.ceil((data instanceof Blob ? data.size : data.byteLength) / 3) * 4;
}

async function encodeBase64(data: Binary): Promise<string> {
  const bytes = await bytesOf(data);
  const chunkSize = 0x8000; // spreading more arguments than this overflows some engines' stacks
  let text = "";
  for (let at = 0; at < bytes.length; at += chunkSize) {
    text += String.fromCharCode(...bytes.subarray(at, at + chunkSize));
  }
  return btoa(text);
}

async function bytesOf(data: Binary): Promise<Uint8Array> {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Uint8Array(data instanceof ArrayBuffer ? data : await data.arrayBuffer());
}

function decodeBase64(text: string): ArrayBuffer {
  let decoded: string;
  try {
    decoded = atob(text);
  } catch {
    throw new MalformedPacket("not base64");
  }
  const bytes = new Uint8Array(decoded.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = decoded.charCodeAt(at);
  return bytes.buffer;
}

// MARK: Socket.IO 5

/** A name and arguments, as given to `emit`. */
export type EventArguments = readonly [event: string | number, ...args: unknown[]];

/** What one namespace of a connection says to its other end. */
export type SocketPacket =
  | { readonly type: "connect"; readonly namespace: string; readonly data?: object }
  | { readonly type: "disconnect"; readonly namespace: string }
  | {
    readonly type: "event";
    readonly namespace: string;
    /** Present when the sender wants an acknowledgement. */
    readonly id?: number;
    readonly args: EventArguments;
  }
  | { readonly type: "ack"; readonly namespace: string; readonly id: number; readonly args: readonly unknown[] }
  | { readonly type: "connect-error"; readonly namespace: string; readonly error: ConnectError };

/** Why the server refused a namespace: the text and the `data` of its middleware's error. */
export interface ConnectError {
  readonly message: string;
  readonly data?: unknown;
}

const digits = { connect: 0, disconnect: 1, event: 2, ack: 3, "connect-error": 4 } as const;
/** What turns the digit of an event or an acknowledgement into that of its form with attachments. */
const binaryOffset = 3;

/** The messages for a packet: its text, then its attachments. */
export function encodePacket(packet: SocketPacket): [text: string, ...attachments: Binary[]] {
  const attachments: Binary[] = [];
  const payload = payloadOf(packet);
  // The function form sees values before their toJSON: Node's Buffer has one that would hide its bytes.
  const json = payload === undefined ? "" : JSON.stringify(payload, function (this: Record<string, unknown>, key, value) {
    const original = this[key];
    if (!isBinary(original)) return value as unknown;
    return { _placeholder: true, num: attachments.push(original) - 1 };
  });
  const count = attachments.length;
  const type = count > 0 ? `${digits[packet.type] + binaryOffset}${count}-` : digits[packet.type];
  const namespace = packet.namespace === "/" ? "" : `${packet.namespace},`;
  const id = "id" in packet ? packet.id ?? "" : "";
  return [`${type}${namespace}${id}${json}`, ...attachments];
}

function payloadOf(packet: SocketPacket): unknown {
  switch (packet.type) {
    case "connect": return packet.data;
    case "disconnect": return undefined;
    case "event": case "ack": return packet.args;
    case "connect-error": return packet.error;
  }
}

/** Type, count of attachments, namespace, id. What follows is JSON. */
const header = /([0-6])(?:(\d+)-)?(?:(\/[^,]*)(?:,|$))?(\d*)/y;

/** More attachments than any real event has; the server could make us wait for them for ever. */
const maxAttachments = 1000;

/** Joins texts and attachments to packets. One per connection; useless after it has thrown. */
export class PacketDecoder {
  private pending: { readonly text: string; readonly count: number; readonly attachments: ArrayBuffer[] } | undefined;

  /** The packet that `message` completes, if it does. Throws `MalformedPacket`. */
  decode(message: string | ArrayBuffer): SocketPacket | undefined {
    const pending = this.pending;
    if (typeof message !== "string") {
      if (pending === undefined) throw new MalformedPacket("an attachment without its packet");
      if (pending.attachments.push(message) < pending.count) return undefined;
      this.pending = undefined;
      return parsePacket(pending.text, pending.attachments);
    }
    if (pending !== undefined) throw new MalformedPacket("a packet where an attachment was due");
    const count = attachmentCount(message);
    if (count === 0) return parsePacket(message, []);
    this.pending = { text: message, count, attachments: [] };
    return undefined;
  }
}

function matchHeader(text: string): RegExpExecArray {
  header.lastIndex = 0;
  const match = header.exec(text);
  if (match === null) throw new MalformedPacket(`not a Socket.IO packet: ${text.slice(0, 20)}`);
  return match;
}

function attachmentCount(text: string): number {
  const [, type, count] = matchHeader(text);
  if ((Number(type) > digits["connect-error"]) !== (count !== undefined) || Number(count) > maxAttachments) {
    throw new MalformedPacket(`wrong number of attachments: ${text.slice(0, 20)}`);
  }
  return Number(count ?? 0);
}

function parsePacket(text: string, attachments: readonly ArrayBuffer[]): SocketPacket {
  const [{ length } = "", type, , namespace = "/", digitsOfID] = matchHeader(text);
  const payload = length === text.length ? undefined : parseJSON(text.slice(length), attachments);
  const id = digitsOfID ? { id: Number(digitsOfID) } : {};
  switch (Number(type)) {
    case 0:
      if (payload === undefined) return { type: "connect", namespace };
      if (isObject(payload)) return { type: "connect", namespace, data: payload };
      break;
    case 1:
      if (payload === undefined) return { type: "disconnect", namespace };
      break;
    case 2: case 5:
      if (isEvent(payload)) return { type: "event", namespace, ...id, args: payload };
      break;
    case 3: case 6:
      if (Array.isArray(payload) && id.id !== undefined) return { type: "ack", namespace, id: id.id, args: payload };
      break;
    case 4:
      if (typeof payload === "string") return { type: "connect-error", namespace, error: { message: payload } };
      if (isConnectError(payload)) return { type: "connect-error", namespace, error: payload };
      break;
  }
  throw new MalformedPacket(`wrong payload: ${text.slice(0, 40)}`);
}

function parseJSON(text: string, attachments: readonly ArrayBuffer[]): unknown {
  try {
    if (attachments.length === 0) return JSON.parse(text);
    return JSON.parse(text, (_, value: unknown) => {
      if (!isObject(value) || value["_placeholder"] !== true) return value;
      const index = value["num"];
      const attachment = typeof index === "number" ? attachments[index] : undefined;
      if (attachment === undefined) throw new MalformedPacket("a placeholder without its attachment");
      return attachment;
    });
  } catch (error) {
    throw error instanceof MalformedPacket ? error : new MalformedPacket("not JSON");
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEvent(value: unknown): value is EventArguments {
  return Array.isArray(value) && (typeof value[0] === "string" || typeof value[0] === "number");
}

function isConnectError(value: unknown): value is ConnectError & object {
  return isObject(value) && typeof value["message"] === "string";
}
