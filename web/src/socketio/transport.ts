// SPDX-License-Identifier: Apache-2.0

import { decodeFrame, decodePayload, encodeFrame, encodePayload, type EnginePacket } from "./packet";

/** The ways to carry packets, under their names in addresses and options. */
export type TransportName = "polling" | "websocket";

/** Why a transport failed. The messages are those of the official client; people compare them. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly type = "TransportError";

  constructor(message: string, readonly description?: unknown) {
    super(message);
  }
}

/** What a transport reports to its owner. After `closed` it reports nothing. */
export interface TransportOwner {
  /** A WebSocket is open. Polling needs no such step. */
  opened(): void;
  received(packet: EnginePacket): void;
  /** The transport is writable again. */
  drained(): void;
  /** Without an error it was the other end, or the network, that closed it. */
  closed(error?: TransportError): void;
}

/** Where and how to reach the server. */
export interface TransportOptions {
  /** The address with `http:` or `https:`, without query. */
  readonly address: string;
  readonly query: Readonly<Record<string, string>>;
  readonly withCredentials: boolean;
  readonly extraHeaders: Readonly<Record<string, string>>;
  readonly protocols: string | string[];
}

/** One way to carry Engine.IO packets. Its owner can change while a WebSocket is being probed. */
export interface Transport {
  readonly name: TransportName;
  /** Whether `send` may be called. */
  readonly writable: boolean;
  /** Whether what was sent has left. Volatile events are dropped otherwise. */
  readonly idle: boolean;
  owner: TransportOwner;
  open(): void;
  send(packets: readonly EnginePacket[]): void;
  /** Ends the transport without a report to the owner. */
  close(): void;
}

/** The address of `transport`, for an open session if there is one. */
function addressOf(options: TransportOptions, transport: TransportName, session: string | undefined): string {
  const query = new URLSearchParams({ ...options.query, EIO: "4", transport });
  if (session !== undefined) query.set("sid", session);
  return `${options.address}?${query.toString()}`;
}

/** One WebSocket: a frame for every packet. */
export class WebSocketTransport implements Transport {
  readonly name = "websocket";
  private socket: WebSocket | undefined;

  constructor(
    private readonly options: TransportOptions,
    public owner: TransportOwner,
    private readonly session?: string,
  ) {}

  get writable(): boolean {
    return this.socket?.readyState === 1;
  }

  get idle(): boolean {
    return this.writable && this.socket?.bufferedAmount === 0;
  }

  open(): void {
    const address = addressOf(this.options, this.name, this.session).replace(/^http/, "ws");
    let socket: WebSocket;
    try {
      socket = new WebSocket(address, this.options.protocols);
    } catch (error) {
      // A page of https must not open ws:, and a browser may refuse the port: it throws, at once.
      queueMicrotask(() => this.owner.closed(new TransportError("websocket error", error)));
      return;
    }
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.owner.opened();
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => this.receive(data);
    socket.onclose = (event) => this.finish(event.wasClean ? undefined : new TransportError("websocket error", event));
    socket.onerror = (event) => this.finish(new TransportError("websocket error", event));
  }

  send(packets: readonly EnginePacket[]): void {
    for (const packet of packets) this.socket?.send(encodeFrame(packet));
    this.owner.drained();
  }

  close(): void {
    this.detach()?.close();
  }

  private receive(data: string | ArrayBuffer): void {
    let packet: EnginePacket;
    try {
      packet = decodeFrame(data);
    } catch (error) {
      const socket = this.detach();
      this.owner.closed(new TransportError("server error", error));
      socket?.close();
      return;
    }
    this.owner.received(packet);
  }

  private finish(error?: TransportError): void {
    this.detach();
    this.owner.closed(error);
  }

  /** Stops listening to the WebSocket and gives it away. */
  private detach(): WebSocket | undefined {
    const socket = this.socket;
    if (socket === undefined) return undefined;
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    this.socket = undefined;
    return socket;
  }
}

/** HTTP requests: one GET waits for the server's packets, one POST at a time carries ours. */
export class PollingTransport implements Transport {
  readonly name = "polling";
  writable = false;
  private session: string | undefined;
  private stopped = false;
  private pausing = false;
  private reading: Promise<void> = Promise.resolve();
  private writing: Promise<void> = Promise.resolve();
  private readonly aborter = new AbortController();

  constructor(private readonly options: TransportOptions, public owner: TransportOwner) {}

  get idle(): boolean {
    return this.writable;
  }

  /** Begins to ask for packets, or goes on after a pause. */
  open(): void {
    this.pausing = false;
    this.reading = this.read();
  }

  send(packets: readonly EnginePacket[]): void {
    this.writable = false;
    this.writing = this.write(packets);
  }

  /** Names the session in later requests, once the server has opened it. */
  adopt(session: string): void {
    this.session = session;
  }

  /** Resolves when no request is under way; from then on there are none. */
  async pause(): Promise<void> {
    this.pausing = true;
    await this.reading;
    await this.writing;
  }

  close(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.writable = false;
    if (this.session === undefined) return this.aborter.abort();
    // `keepalive` lets the farewell leave while the page goes away. The waiting GET is left alone until
    // then: a server takes its end for a broken connection.
    this.request({ method: "POST", body: "1", keepalive: true })
      .catch(() => undefined)
      .finally(() => this.aborter.abort());
  }

  /** Asks for packets again and again until paused, closed or failed. */
  private async read(): Promise<void> {
    while (!this.stopped && !this.pausing) {
      try {
        const body = await this.request({ method: "GET", signal: this.aborter.signal });
        for (const packet of decodePayload(body)) this.receive(packet);
      } catch (error) {
        this.fail(new TransportError("xhr poll error", error));
      }
    }
  }

  private receive(packet: EnginePacket): void {
    if (this.stopped) return;
    if (packet.type === "close") {
      this.stop();
      this.owner.closed();
      return;
    }
    if (packet.type === "open") this.writable = true;
    this.owner.received(packet);
  }

  private async write(packets: readonly EnginePacket[]): Promise<void> {
    try {
      const body = await encodePayload(packets);
      await this.request({ method: "POST", body, signal: this.aborter.signal });
    } catch (error) {
      this.fail(new TransportError("xhr post error", error));
    }
    if (this.stopped) return;
    this.writable = true;
    this.owner.drained();
  }

  private async request(init: RequestInit): Promise<string> {
    const response = await fetch(addressOf(this.options, this.name, this.session), {
      ...init,
      cache: "no-store",
      credentials: this.options.withCredentials ? "include" : "same-origin",
      headers: this.options.extraHeaders,
    });
    if (response.status !== 200) throw new Error(`HTTP status ${response.status}`);
    return response.text();
  }

  private fail(error: TransportError): void {
    if (this.stopped) return;
    this.stop();
    this.owner.closed(error);
  }

  private stop(): void {
    this.stopped = true;
    this.writable = false;
    this.aborter.abort();
  }
}
