// SPDX-License-Identifier: Apache-2.0

import { Emitter, type EventMap, type Listener } from "./emitter";
import type { CloseReason } from "./engine";
import type { Manager } from "./manager";
import type { ConnectError, EventArguments, SocketPacket } from "./packet";

/** Why a socket is no longer connected. The strings are part of the official API. */
export type DisconnectReason = CloseReason | "io server disconnect" | "io client disconnect";

/** What `connect_error` carries: `data` is what the server's refusal had to say. */
export interface ConnectionRefused extends Error {
  readonly data?: unknown;
}

export interface SocketOptions {
  /** Sent when the namespace is joined; as a function it is asked every time. */
  auth?: object | ((send: (data: object) => void) => void);
  /** How long `emitWithAck` and callbacks wait, in ms, unless `timeout()` says. Default for ever. */
  ackTimeout?: number;
}

/** Events that sockets raise themselves. */
export interface SocketEvents {
  connect(): void;
  connect_error(error: ConnectionRefused): void;
  disconnect(reason: DisconnectReason, description?: Error): void;
}

/** Events of a socket whose application declares none: any name, any arguments. */
export interface AnyEvents {
  [event: string]: Listener;
}

/** The arguments of an event: those declared, or anything where none are. */
type ArgumentsOf<Events, Event extends keyof Events> = Events[Event] extends (...args: infer Args) => void
  ? never[] extends Args ? (Args extends never[] ? unknown[] : Args) : Args
  : unknown[];

/** The arguments before the callback at the end, which `emitWithAck` adds. */
type WithoutAck<Args extends unknown[]> = Args extends [...infer Rest, (...answer: never[]) => void] ? Rest : Args;

/** What the callback at the end is called with. */
type AnswerOf<Args extends unknown[]> = Args extends [...unknown[], (answer: infer Answer) => void] ? Answer : unknown;

/** The arguments with a callback that hears of the timeout first. */
type WithError<Args extends unknown[]> = Args extends [...infer Rest, (...answer: infer Answer) => void]
  ? [...Rest, (error: Error | null, ...answer: Answer) => void]
  : Args;

/** A socket whose next event waits for its answer for some time only. */
export interface TimedSocket<Emit extends EventMap<Emit>> {
  emit<Event extends keyof Emit & string>(event: Event, ...args: WithError<ArgumentsOf<Emit, Event>>): unknown;
  emitWithAck<Event extends keyof Emit & string>(
    event: Event,
    ...args: WithoutAck<ArgumentsOf<Emit, Event>>
  ): Promise<AnswerOf<ArgumentsOf<Emit, Event>>>;
  readonly volatile: this;
}

/** A listener for every event, with its name first. */
export type AnyListener = (event: string, ...args: readonly unknown[]) => void;

/** Names that a server cannot send and an application cannot emit. */
const reserved = new Set<unknown>([
  "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
]);

/** How the next event is to be sent. */
interface Flags {
  volatile?: boolean;
  timeout?: number;
}

/** A callback that waits for the server's answer. */
interface PendingAck {
  readonly answer: (args: readonly unknown[]) => void;
  readonly fail: (error: Error) => void;
}

type EventPacket = SocketPacket & { type: "event" };

/**
 * One namespace of a connection.
 *
 * `Listen` are the events the server sends, `Emit` those the client sends. Events emitted while the
 * socket is not connected wait for the next connection, unless they are volatile.
 */
export class Socket<Listen extends EventMap<Listen> = AnyEvents, Emit extends EventMap<Emit> = Listen>
  extends Emitter<SocketEvents, Listen> {
  /** Known while connected, new at every connection. */
  id: string | undefined;
  connected = false;
  /** Whether the latest connection went on where the one before it ended: same id, same rooms, nothing missed. */
  recovered = false;
  /** Whether the socket is connected or on its way, and not given up by either side. */
  active = false;
  auth: SocketOptions["auth"];
  private readonly ackTimeout: number | undefined;
  /** Present from the request to join the namespace to its end. A value of its own for each. */
  private asking: object | undefined;
  /** What to come back with, from a server that keeps what a lost connection misses. */
  private session: { readonly pid: string; offset?: string } | undefined;
  private flags: Flags = {};
  private nextAck = 0;
  private readonly acks = new Map<number, PendingAck>();
  private outgoing: EventPacket[] = [];
  private incoming: EventPacket[] = [];
  private anyListeners: readonly AnyListener[] = [];
  private anyOutgoingListeners: readonly AnyListener[] = [];

  constructor(readonly io: Manager, readonly nsp: string, options: SocketOptions = {}) {
    super();
    this.auth = options.auth;
    this.ackTimeout = options.ackTimeout;
  }

  /** The opposite of `connected`. */
  get disconnected(): boolean {
    return !this.connected;
  }

  // MARK: Connection

  /** Joins the namespace, over a new connection if there is none. */
  connect(): this {
    if (this.connected) return this;
    this.active = true;
    if (!this.io.isReconnecting) this.io.open();
    if (this.io.state === "open") this.managerOpened();
    return this;
  }

  /** The same as `connect`. */
  open(): this {
    return this.connect();
  }

  /** Leaves the namespace for good; `connect` joins it again. */
  disconnect(): this {
    if (this.connected) this.io.send({ type: "disconnect", namespace: this.nsp });
    this.end("io client disconnect");
    return this;
  }

  /** The same as `disconnect`. */
  close(): this {
    return this.disconnect();
  }

  /** Gives up the connection, and the manager's too if no other socket needs it. */
  private end(reason: DisconnectReason): void {
    this.active = false;
    this.asking = undefined;
    this.io.release();
    if (this.connected) this.closed(reason);
  }

  private closed(reason: DisconnectReason, description?: Error): void {
    this.connected = false;
    this.id = undefined;
    this.raise("disconnect", reason, description);
    const waiting = new Set(this.outgoing.map((packet) => packet.id));
    for (const [id, ack] of this.acks) {
      if (waiting.has(id)) continue; // it has not been sent yet
      this.acks.delete(id);
      ack.fail(new Error("socket has been disconnected"));
    }
  }

  // MARK: Sending

  /** Sends an event. A function at the end is called with the server's answer. */
  emit<Event extends keyof Emit & string>(event: Event, ...args: ArgumentsOf<Emit, Event>): this {
    const { timeout = this.ackTimeout } = this.flags;
    const callback = args[args.length - 1];
    if (typeof callback !== "function") return this.post([event, ...args]);
    const answer = callback as (...answer: unknown[]) => void;
    return this.post([event, ...args.slice(0, -1)], timeout === undefined
      ? { answer: (values) => answer(...values), fail: () => undefined }
      : { answer: (values) => answer(null, ...values), fail: answer }, timeout);
  }

  /** Sends an event and resolves with the first value of the server's answer. */
  emitWithAck<Event extends keyof Emit & string>(
    event: Event,
    ...args: WithoutAck<ArgumentsOf<Emit, Event>>
  ): Promise<AnswerOf<ArgumentsOf<Emit, Event>>> {
    const { timeout = this.ackTimeout } = this.flags;
    return new Promise((resolve, reject) => {
      const answer = ([value]: readonly unknown[]): void => resolve(value as AnswerOf<ArgumentsOf<Emit, Event>>);
      this.post([event, ...args], { answer, fail: reject }, timeout);
    });
  }

  /** Sends the event `message`. */
  send(...args: unknown[]): this {
    return this.emit("message" as keyof Emit & string, ...(args as ArgumentsOf<Emit, keyof Emit & string>));
  }

  /** The next event waits for its answer for `delay` ms only; its callback gets an error first, or null. */
  timeout(delay: number): TimedSocket<Emit> {
    this.flags.timeout = delay;
    return this as unknown as TimedSocket<Emit>; // the declared events do not know the error
  }

  /** The next event is dropped if it cannot leave at once. */
  get volatile(): this {
    this.flags.volatile = true;
    return this;
  }

  /** Accepted for the official API; the browser decides. */
  compress(_wanted: boolean): this {
    return this;
  }

  private post(args: EventArguments, ack?: PendingAck, timeout?: number): this {
    const { volatile = false } = this.flags;
    this.flags = {};
    if (reserved.has(args[0])) throw new Error(`"${args[0]}" is a reserved event name`);
    const { io, nsp: namespace } = this;
    const packet: EventPacket = ack === undefined
      ? { type: "event", namespace, args }
      : { type: "event", namespace, id: this.register(ack, timeout), args };
    io.engine?.checkHeartbeat();
    if (volatile && io.engine?.idle !== true) return this;
    if (this.connected) this.transmit(packet);
    else this.outgoing.push(packet);
    return this;
  }

  private transmit(packet: EventPacket): void {
    const [event, ...args] = packet.args;
    for (const listener of this.anyOutgoingListeners) listener(String(event), ...args);
    this.io.send(packet);
  }

  private register(ack: PendingAck, timeout: number | undefined): number {
    const id = this.nextAck++;
    if (timeout === undefined) {
      this.acks.set(id, ack);
      return id;
    }
    const timer = setTimeout(() => {
      this.acks.delete(id);
      this.outgoing = this.outgoing.filter((packet) => packet.id !== id);
      ack.fail(new Error("operation has timed out"));
    }, timeout);
    this.acks.set(id, {
      answer: (args) => (clearTimeout(timer), ack.answer(args)),
      fail: (error) => (clearTimeout(timer), ack.fail(error)),
    });
    return id;
  }

  // MARK: Listeners for every event

  /** Calls `listener` for every event of the server. */
  onAny(listener: AnyListener): this {
    this.anyListeners = [...this.anyListeners, listener];
    return this;
  }

  /** Calls `listener` before the others. */
  prependAny(listener: AnyListener): this {
    this.anyListeners = [listener, ...this.anyListeners];
    return this;
  }

  /** Removes one listener for every event, or all. */
  offAny(listener?: AnyListener): this {
    this.anyListeners = this.anyListeners.filter((other) => listener !== undefined && other !== listener);
    return this;
  }

  /** The listeners for every event, in the order of their calls. */
  listenersAny(): readonly AnyListener[] {
    return this.anyListeners;
  }

  /** Calls `listener` for every event that leaves. */
  onAnyOutgoing(listener: AnyListener): this {
    this.anyOutgoingListeners = [...this.anyOutgoingListeners, listener];
    return this;
  }

  /** Removes one listener for leaving events, or all. */
  offAnyOutgoing(listener?: AnyListener): this {
    this.anyOutgoingListeners = this.anyOutgoingListeners
      .filter((other) => listener !== undefined && other !== listener);
    return this;
  }

  // MARK: Reports of the manager

  /** The connection is there: asks for the namespace, once. */
  managerOpened(): void {
    if (this.asking !== undefined) return;
    const attempt = this.asking = {};
    const join = (data?: object): void => {
      // The answer of an `auth` function may come after the connection it was asked for.
      if (this.asking !== attempt) return;
      const payload = this.session ? { ...this.session, ...data } : data;
      this.io.send({ type: "connect", namespace: this.nsp, ...(payload && { data: payload }) });
    };
    if (typeof this.auth === "function") this.auth(join);
    else join(this.auth);
  }

  /** The connection could not be made. */
  managerFailed(error: Error): void {
    this.raise("connect_error", error);
  }

  /** The connection is lost; the manager may make another. */
  managerClosed(reason: CloseReason, description?: Error): void {
    this.asking = undefined;
    this.incoming = [];
    if (this.connected) this.closed(reason, description);
  }

  /** The server says something to this namespace. */
  received(packet: SocketPacket): void {
    switch (packet.type) {
      case "connect":
        return this.joined(packet.data);
      case "event":
        // A server may send events before its answer to our request to connect.
        if (this.connected) this.deliver(packet);
        else this.incoming.push(packet);
        return;
      case "ack":
        return this.answered(packet.id, packet.args);
      case "disconnect":
        return this.end("io server disconnect");
      case "connect-error":
        return this.refused(packet.error);
    }
  }

  private joined(data: object | undefined): void {
    const { sid, pid } = (data ?? {}) as { readonly sid?: unknown; readonly pid?: unknown };
    if (typeof sid !== "string") {
      return this.refused({ message: "the server speaks an older version of Socket.IO" });
    }
    if (this.connected) return;
    this.id = sid;
    this.connected = true;
    this.recovered = this.session !== undefined && this.session.pid === pid;
    if (!this.recovered) this.session = typeof pid === "string" ? { pid } : undefined;
    const { incoming, outgoing } = this;
    this.incoming = [];
    this.outgoing = [];
    for (const packet of incoming) this.deliver(packet);
    for (const packet of outgoing) this.transmit(packet);
    this.raise("connect");
  }

  private refused({ message, data }: ConnectError): void {
    this.active = false;
    this.asking = undefined;
    this.io.release();
    this.raise("connect_error", Object.assign(new Error(message), data === undefined ? {} : { data }));
  }

  private deliver({ id, args: [name, ...args] }: EventPacket): void {
    if (reserved.has(name)) return;
    const event = String(name);
    const offset = args[args.length - 1];
    if (this.session && typeof offset === "string") this.session.offset = offset;
    for (const listener of this.anyListeners) listener(event, ...args);
    this.dispatch(event, id === undefined ? args : [...args, this.acknowledger(id)]);
  }

  /** What a listener calls to answer the server: once, and only on the connection that asked. */
  private acknowledger(id: number): (...args: unknown[]) => void {
    const asked = this.id;
    let answered = false;
    return (...args) => {
      if (answered || asked === undefined || this.id !== asked) return;
      answered = true;
      this.io.send({ type: "ack", namespace: this.nsp, id, args });
    };
  }

  private answered(id: number, args: readonly unknown[]): void {
    const ack = this.acks.get(id);
    this.acks.delete(id);
    ack?.answer(args);
  }
}
