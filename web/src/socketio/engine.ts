// SPDX-License-Identifier: Apache-2.0

import { Emitter } from "./emitter";
import { type Binary, type EnginePacket, payloadSize } from "./packet";
import {
  PollingTransport, type Transport, TransportError, type TransportName, type TransportOptions, type TransportOwner,
  WebSocketTransport,
} from "./transport";

/** Why a connection ended. The strings are part of the official API. */
export type CloseReason = "transport close" | "transport error" | "ping timeout" | "parse error" | "forced close";

export interface EngineOptions extends TransportOptions {
  /** In the order in which they are tried. */
  readonly transports: readonly TransportName[];
  /** Whether to go from polling to a WebSocket when the server offers it. */
  readonly upgrade: boolean;
  /** Whether to try the next transport when the first cannot open. */
  readonly tryAllTransports: boolean;
}

/** What an engine reports. `closed` is the last; a connection that never opened has an error. */
export interface EngineEvents {
  open(): void;
  ping(): void;
  message(data: string | ArrayBuffer): void;
  upgrade(transport: Transport): void;
  close(reason: CloseReason, error?: Error): void;
}

/** What the server says when it opens a session. */
interface Handshake {
  readonly sid: string;
  readonly upgrades: readonly unknown[];
  /** Milliseconds without a ping after which the server is gone. */
  readonly patience: number;
  /** The largest polling body in bytes that the server takes; 0 when it did not say. */
  readonly maxPayload: number;
}

/**
 * One Engine.IO session: heartbeat, and the change from polling to a WebSocket.
 *
 * Messages keep their order through the change: the WebSocket takes over only when no polling
 * request is under way in either direction, and what is sent meanwhile waits.
 */
export class Engine extends Emitter<EngineEvents> {
  /** The session's id once it is open. Not the id of a Socket.IO socket. */
  id: string | undefined;
  readyState: "opening" | "open" | "closing" | "closed" = "opening";
  transport: Transport;
  private handshake: Handshake | undefined;
  private untried: readonly TransportName[];
  private buffer: EnginePacket[] = [];
  private probe: WebSocketTransport | undefined;
  private switching = false;
  private heartbeat: ReturnType<typeof setTimeout> | undefined;
  private heartbeatDeadline = Infinity;
  private readonly owner: TransportOwner = {
    opened: () => undefined, // the session opens with the server's first packet
    received: (packet) => this.receive(packet),
    drained: () => this.flush(),
    closed: (error) => this.transportClosed(error),
  };

  constructor(private readonly options: EngineOptions) {
    super();
    this.untried = options.transports.slice(1);
    this.transport = this.makeTransport(options.transports[0] ?? "polling");
    globalThis.addEventListener?.("offline", this.goOffline);
  }

  /** Starts to connect. Apart from the constructor so that listeners can be there first. */
  open(): void {
    this.transport.open();
  }

  /** Sends a message, or queues it while the transport is busy. Nothing is sent after a close. */
  send(data: string | Binary): void {
    this.write({ type: "message", data });
  }

  /** Ends the session after what is queued has left. */
  close(): void {
    if (this.readyState === "opening") this.finish("forced close");
    if (this.readyState !== "open") return;
    this.readyState = "closing";
    this.abandonProbe();
    this.flush();
  }

  /** Ends the session at once. */
  fail(error: Error, reason: CloseReason = "transport error"): void {
    this.finish(reason, error);
  }

  /** Whether a volatile event may be sent now. */
  get idle(): boolean {
    return !this.switching && this.buffer.length === 0 && this.transport.idle;
  }

  /** Closes at once when the server has been silent too long: a suspended page's timers are late. */
  checkHeartbeat(): void {
    if (Date.now() > this.heartbeatDeadline) this.finish("ping timeout");
  }

  // MARK: Session

  private makeTransport(name: TransportName): Transport {
    const type = name === "polling" ? PollingTransport : WebSocketTransport;
    return new type(this.options, this.owner);
  }

  private receive(packet: EnginePacket): void {
    switch (packet.type) {
      case "open":
        return this.begin(packet.data);
      case "ping":
        this.expectPing();
        this.write({ type: "pong", data: "" });
        return this.raise("ping");
      case "message":
        // Only what we send can be another kind of binary.
        return this.raise("message", packet.data as string | ArrayBuffer);
      case "close":
        return this.finish("transport close");
      case "pong": case "upgrade": case "noop": // nothing to do
    }
  }

  private transportClosed(error: TransportError | undefined): void {
    const [next, ...rest] = this.untried;
    if (this.readyState === "opening" && this.options.tryAllTransports && next !== undefined) {
      this.untried = rest;
      this.transport = this.makeTransport(next);
      return this.transport.open();
    }
    this.finish(error === undefined ? "transport close" : "transport error", error);
  }

  private begin(data: unknown): void {
    const handshake = parseHandshake(data);
    if (handshake === undefined || this.readyState !== "opening") {
      return this.finish("transport error", new TransportError("server error", data));
    }
    this.handshake = handshake;
    this.id = handshake.sid;
    this.readyState = "open";
    this.expectPing();
    if (this.transport instanceof PollingTransport) this.transport.adopt(handshake.sid);
    this.raise("open");
    if (this.canUpgrade(handshake)) this.startProbe(handshake.sid);
    this.flush();
  }

  private expectPing(): void {
    if (this.handshake === undefined) return;
    const { patience } = this.handshake;
    clearTimeout(this.heartbeat);
    this.heartbeatDeadline = Date.now() + patience;
    this.heartbeat = setTimeout(() => this.finish("ping timeout"), patience);
  }

  private write(packet: EnginePacket): void {
    if (this.readyState !== "opening" && this.readyState !== "open") return;
    this.buffer.push(packet);
    this.flush();
  }

  /** Gives the transport what it can take, and closes when that was wanted and all has left. */
  private flush(): void {
    if (this.switching || !this.transport.writable || this.readyState === "opening") return;
    if (this.buffer.length > 0) return this.transport.send(this.takeBatch());
    if (this.readyState === "closing") this.finish("forced close");
  }

  /** As many packets as the server accepts in one polling body; for a WebSocket all there are. */
  private takeBatch(): EnginePacket[] {
    let count = this.buffer.length;
    const limit = this.handshake?.maxPayload ?? 0;
    if (this.transport.name === "polling" && limit > 0) {
      let size = 0;
      count = this.buffer.findIndex((packet) => (size += payloadSize(packet)) > limit);
      if (count < 0) count = this.buffer.length;
    }
    // A packet that is too large on its own is the server's to refuse.
    return this.buffer.splice(0, Math.max(1, count));
  }

  private finish(reason: CloseReason, error?: Error): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.buffer = [];
    clearTimeout(this.heartbeat);
    globalThis.removeEventListener?.("offline", this.goOffline);
    this.abandonProbe();
    this.transport.close();
    this.raise("close", reason, error);
  }

  private readonly goOffline = (): void => {
    this.finish("transport close", new TransportError("network connection lost"));
  };

  // MARK: Upgrade

  private canUpgrade({ upgrades }: Handshake): boolean {
    return this.options.upgrade && this.transport.name === "polling"
      && upgrades.includes("websocket") && this.options.transports.includes("websocket");
  }

  private startProbe(session: string): void {
    const probe: WebSocketTransport = new WebSocketTransport(this.options, {
      opened: () => probe.send([{ type: "ping", data: "probe" }]),
      received: ({ type, data }) => {
        if (type === "pong" && data === "probe") void this.switchTo(probe);
        else this.abandonProbe();
      },
      drained: () => undefined,
      closed: () => this.abandonProbe(),
    }, session);
    this.probe = probe;
    probe.open();
  }

  private async switchTo(probe: WebSocketTransport): Promise<void> {
    const polling = this.transport;
    if (this.probe !== probe || !(polling instanceof PollingTransport) || this.switching) return;
    this.switching = true;
    await polling.pause();
    this.switching = false;
    if (this.probe !== probe) return this.resume(polling);
    this.probe = undefined;
    probe.owner = this.owner;
    this.transport = probe;
    probe.send([{ type: "upgrade", data: "" }]);
    this.raise("upgrade", probe);
    this.flush();
  }

  /** Gives up the WebSocket that was to take over. Polling goes on, or is taken up again. */
  private abandonProbe(): void {
    this.probe?.close();
    this.probe = undefined;
  }

  private resume(polling: PollingTransport): void {
    polling.open();
    this.flush();
  }
}

/** Timers with a longer delay fire at once. */
const longestDelay = 0x7fffffff;

function parseHandshake(text: unknown): Handshake | undefined {
  try {
    const fields = JSON.parse(String(text)) as Readonly<Record<string, unknown>>;
    const { sid, upgrades, pingInterval, pingTimeout, maxPayload } = fields;
    if (typeof sid !== "string" || typeof pingInterval !== "number" || typeof pingTimeout !== "number") return undefined;
    return {
      sid,
      upgrades: Array.isArray(upgrades) ? upgrades : [],
      patience: Math.min(pingInterval + pingTimeout, longestDelay),
      maxPayload: typeof maxPayload === "number" ? maxPayload : 0,
    };
  } catch {
    return undefined;
  }
}
