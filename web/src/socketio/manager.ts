// SPDX-License-Identifier: Apache-2.0

import { Emitter } from "./emitter";
import { type CloseReason, Engine, type EngineOptions } from "./engine";
import { encodePacket, PacketDecoder, type SocketPacket } from "./packet";
import { Socket, type SocketOptions } from "./socket";
import type { TransportName } from "./transport";

/** Options of one connection, with the names and defaults of the official client. Times in ms. */
export interface ManagerOptions extends SocketOptions {
  /** Path of the server's endpoint. Default `/socket.io/`. */
  path?: string;
  /** Whether `path` gets a slash at its end. Default true. */
  addTrailingSlash?: boolean;
  /** Parameters for the address of every request. */
  query?: Readonly<Record<string, string | number | boolean>>;
  /** Default polling, then websocket. */
  transports?: readonly TransportName[];
  /** Whether to change from polling to websocket. Default true. */
  upgrade?: boolean;
  /** Whether to try the next transport when the first fails. Default false. */
  tryAllTransports?: boolean;
  /** Whether requests to other origins carry cookies. Default false. */
  withCredentials?: boolean;
  /** More headers for polling requests. */
  extraHeaders?: Readonly<Record<string, string>>;
  /** Subprotocols of the WebSocket. */
  protocols?: string | string[];
  /** Whether to connect again after a loss. Default true. */
  reconnection?: boolean;
  /** Tries before giving up. Default without limit. */
  reconnectionAttempts?: number;
  /** The first pause; every next one is twice as long. Default 1000. */
  reconnectionDelay?: number;
  /** The longest pause. Default 5000. */
  reconnectionDelayMax?: number;
  /** How far a pause may differ from its plan, 0 to 1. Default 0.5. */
  randomizationFactor?: number;
  /** Time for one try. Default 20000; `false` for no limit. */
  timeout?: number | false;
  /** Whether to connect at once. Default true. */
  autoConnect?: boolean;
}

/** What a manager reports: the life of the connection below all its sockets. */
export interface ManagerEvents {
  open(): void;
  ping(): void;
  packet(packet: SocketPacket): void;
  /** A try to connect failed. */
  error(error: Error): void;
  close(reason: CloseReason, description?: Error): void;
  reconnect_attempt(attempt: number): void;
  reconnect(attempt: number): void;
  reconnect_error(error: Error): void;
  reconnect_failed(): void;
}

/** One connection to a server, shared by a socket for each namespace. Connects again when it is lost. */
export class Manager extends Emitter<ManagerEvents> {
  /** The session below; look at `engine.transport.name`. */
  engine: Engine | undefined;
  /** Read whenever a connection is made, so that an application may change them. */
  readonly opts: ManagerOptions;
  private readonly sockets = new Map<string, Socket>();
  private decoder = new PacketDecoder();
  /** Tries since the last connection. */
  private attempts = 0;
  private reconnecting = false;
  /** Whether the application closed the connection, or has not opened it. */
  private unwanted = false;
  private pause: { readonly timer: ReturnType<typeof setTimeout>; readonly end: () => void } | undefined;

  constructor(readonly uri: string, options: ManagerOptions = {}) {
    super();
    this.opts = { ...options };
    if (options.autoConnect !== false) this.open();
  }

  /** The state of the connection. */
  get state(): "closed" | "opening" | "open" {
    const state = this.engine?.readyState ?? "closed";
    return state === "closing" ? "closed" : state;
  }

  /** Whether a lost connection is being restored. */
  get isReconnecting(): boolean {
    return this.reconnecting;
  }

  /** The socket of a namespace, connected unless `autoConnect` is false. */
  socket(namespace: string, options: SocketOptions = this.opts): Socket {
    const known = this.sockets.get(namespace);
    const socket = known ?? new Socket(this, namespace, options);
    this.sockets.set(namespace, socket);
    if (this.opts.autoConnect !== false) socket.connect();
    return socket;
  }

  /** Whether a socket of `namespace` was made here. */
  hasSocket(namespace: string): boolean {
    return this.sockets.has(namespace);
  }

  /** Connects unless that has happened. `done` hears how it went, without automatic tries. */
  open(done?: (error?: Error) => void): this {
    if (this.state !== "closed") return this;
    this.unwanted = false;
    if (this.endPause()) this.reconnecting = false;
    this.decoder = new PacketDecoder();
    const engine = new Engine(this.engineOptions());
    this.engine = engine;
    const timeout = this.opts.timeout ?? 20_000;
    const timer = timeout === false ? undefined : setTimeout(() => engine.fail(new Error("timeout")), timeout);
    let opened = false;
    engine.on("open", () => {
      opened = true;
      clearTimeout(timer);
      this.raise("open");
      for (const socket of this.activeSockets()) socket.managerOpened();
      done?.();
      this.attempts = 0;
    });
    engine.on("ping", () => this.raise("ping"));
    engine.on("message", (data) => this.receive(engine, data));
    engine.on("close", (reason, error) => {
      clearTimeout(timer);
      if (opened) this.lost(reason, error);
      else this.failed(error ?? new Error(reason), done);
    });
    engine.open();
    return this;
  }

  /** The same as `open`. */
  connect(done?: (error?: Error) => void): this {
    return this.open(done);
  }

  // MARK: For sockets

  /** Sends a packet on the open connection. */
  send(packet: SocketPacket): void {
    for (const message of encodePacket(packet)) this.engine?.send(message);
  }

  /** Closes the connection when no socket needs it any more. */
  release(): void {
    if (this.activeSockets().length === 0) this.close();
  }

  /** Closes the connection after what was sent has left, and leaves it closed. */
  close(): void {
    const wasOpen = this.state === "open";
    this.unwanted = true;
    this.reconnecting = false;
    this.attempts = 0;
    this.endPause();
    this.engine?.off().close();
    if (wasOpen) this.lost("forced close");
  }

  // MARK: Connection

  private activeSockets(): Socket[] {
    return [...this.sockets.values()].filter((socket) => socket.active);
  }

  private engineOptions(): EngineOptions {
    const { opts } = this;
    const path = (opts.path ?? "/socket.io").replace(/\/$/, "");
    const query = Object.entries(opts.query ?? {}).map(([name, value]) => [name, String(value)]);
    return {
      address: this.uri + path + (opts.addTrailingSlash === false ? "" : "/"),
      query: Object.fromEntries(query) as Record<string, string>,
      transports: opts.transports ?? ["polling", "websocket"],
      upgrade: opts.upgrade ?? true,
      tryAllTransports: opts.tryAllTransports ?? false,
      withCredentials: opts.withCredentials ?? false,
      extraHeaders: opts.extraHeaders ?? {},
      protocols: opts.protocols ?? [],
    };
  }

  private receive(engine: Engine, data: string | ArrayBuffer): void {
    let packet: SocketPacket | undefined;
    try {
      packet = this.decoder.decode(data);
    } catch (error) {
      return engine.fail(error as Error, "parse error");
    }
    if (packet === undefined) return;
    const { namespace } = packet;
    // A task of its own, so that a listener that throws harms neither the engine nor the next packet.
    queueMicrotask(() => {
      if (engine !== this.engine || this.unwanted || packet === undefined) return;
      this.raise("packet", packet);
      const socket = this.sockets.get(namespace);
      if (socket?.active === true) socket.received(packet);
    });
  }

  /** An open connection has ended. */
  private lost(reason: CloseReason, description?: Error): void {
    this.raise("close", reason, description);
    for (const socket of this.activeSockets()) socket.managerClosed(reason, description);
    if (!this.unwanted && this.opts.reconnection !== false) this.reconnect();
  }

  /** A try to connect has failed. */
  private failed(error: Error, done: ((error?: Error) => void) | undefined): void {
    if (this.unwanted) return;
    this.raise("error", error);
    for (const socket of this.activeSockets()) socket.managerFailed(error);
    if (done !== undefined) return done(error);
    if (!this.unwanted && this.opts.reconnection !== false) this.reconnect();
  }

  // MARK: Reconnection

  private reconnect(): void {
    if (this.reconnecting || this.unwanted) return;
    if (this.attempts >= (this.opts.reconnectionAttempts ?? Infinity)) {
      this.attempts = 0;
      return this.raise("reconnect_failed");
    }
    this.reconnecting = true;
    this.startPause(this.nextDelay(), () => this.tryAgain());
  }

  private tryAgain(): void {
    this.attempts += 1;
    this.raise("reconnect_attempt", this.attempts);
    if (this.unwanted) return; // a listener gave up
    this.open((error) => {
      this.reconnecting = false;
      if (error === undefined) return this.raise("reconnect", this.attempts);
      this.raise("reconnect_error", error);
      this.reconnect();
    });
  }

  /** The next pause: doubled each time, spread at random, never over the maximum. */
  private nextDelay(): number {
    const { reconnectionDelay = 1000, reconnectionDelayMax = 5000, randomizationFactor = 0.5 } = this.opts;
    // Spreading the longest pause too keeps the clients of a restarted server apart.
    const longest = reconnectionDelayMax / (1 + randomizationFactor);
    const planned = Math.min(reconnectionDelay * 2 ** Math.min(this.attempts, 30), longest);
    return planned * (1 + randomizationFactor * (2 * Math.random() - 1));
  }

  /** Calls `then` after `delay` ms, or as soon as the network is back. */
  private startPause(delay: number, then: () => void): void {
    const end = (): void => {
      this.endPause();
      then();
    };
    this.pause = { timer: setTimeout(end, delay), end };
    globalThis.addEventListener?.("online", end);
  }

  /** Ends the pause without a try. Says whether there was one. */
  private endPause(): boolean {
    if (this.pause === undefined) return false;
    clearTimeout(this.pause.timer);
    globalThis.removeEventListener?.("online", this.pause.end);
    this.pause = undefined;
    return true;
  }
}
