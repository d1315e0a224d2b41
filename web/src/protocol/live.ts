// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../core/clock";
import { Signal, signal } from "../core/signal";
import { io } from "../socketio/index";
import type { Timestamp } from "./messages";
import type { MeetingSocket } from "./socket";

/** Why the server does not talk to this page, as its machine word. */
export class LiveRefusal extends Error {
  override readonly name = "LiveRefusal";
  constructor(readonly code: string, message: string) {
    super(message);
  }
}

export type LiveState =
  | { readonly phase: "idle" }
  | { readonly phase: "connecting"; readonly attempt: number }
  | { readonly phase: "joined" }
  /** The connection was lost, or never came about, and is tried again at `retryAt`. */
  | { readonly phase: "waiting"; readonly attempt: number; readonly retryAt: Timestamp; readonly stopping: boolean }
  | { readonly phase: "over"; readonly why: LiveRefusal };

export interface LiveOptions<Snapshot> {
  readonly socket: MeetingSocket;
  readonly clock: Clock;
  /** Between 0 and 1: spreads out the clients of a server that restarts. */
  readonly random: () => number;
  /** Name of the event that carries the whole state. */
  readonly event: string;
  readonly decode: (value: unknown) => Snapshot;
}

const answerTimeout = 8_000;
const longestWait = 8_000;
/** Errors of a connection that could not be made. Any other message is a refusal of the server. */
const transportErrors = /^(timeout|(websocket|xhr poll|xhr post|server|parse|transport) error|transport close|ping timeout)$/;
/** Refusals that pass by themselves. */
const passing = new Set(["too-fast", "too-many", "stopping", "unavailable"]);

/** A state of the server that is kept up to date here, across lost connections and restarts. */
export class LiveConnection<Snapshot> {
  private readonly current = signal<LiveState>({ phase: "idle" });
  readonly state: Signal<LiveState> = this.current;
  private readonly newest = signal<Snapshot | undefined>(undefined);
  /** What the server said last; it may be old while the connection is away. */
  readonly snapshot: Signal<Snapshot | undefined> = this.newest;
  private stopping = false;
  private cancelRetry = (): void => {};

  constructor(private readonly options: LiveOptions<Snapshot>) {
    const { socket, event } = options;
    socket.on("connect", () => {
      this.stopping = false;
      this.current.set({ phase: "joined" });
    });
    socket.on("disconnect", (reason: string) => this.lost(reason));
    socket.on("connect_error", (error: Error) => this.failed(error));
    socket.on("stopping", () => (this.stopping = true));
    socket.on(event, (payload: unknown) => this.receive(payload));
  }

  open(): void {
    this.connect(0);
  }

  close(): void {
    this.cancelRetry();
    this.current.set({ phase: "idle" });
    this.options.socket.disconnect();
  }

  /** Tries at once instead of at `retryAt`. */
  retryNow(): void {
    const state = this.state.peek();
    if (state.phase === "waiting") this.connect(state.attempt);
  }

  /** Asks for something. Throws {@link LiveRefusal}; its code is `unreachable` when no answer came. */
  request(name: string, payload: object): Promise<Readonly<Record<string, unknown>>> {
    return new Promise((resolve, reject) => {
      if (this.state.peek().phase !== "joined") return reject(new LiveRefusal("unreachable", ""));
      this.options.socket.timeout(answerTimeout).emit(name, payload, (timedOut: Error | null, value: unknown) => {
        if (timedOut) return reject(new LiveRefusal("unreachable", ""));
        const reply = (typeof value === "object" && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
        const { error, message } = reply;
        if (error === undefined) return resolve(reply);
        return reject(new LiveRefusal(String(error), typeof message === "string" ? message : ""));
      });
    });
  }

  private connect(attempt: number): void {
    this.cancelRetry();
    this.current.set({ phase: "connecting", attempt });
    this.options.socket.connect();
  }

  private receive(payload: unknown): void {
    try {
      this.newest.set(this.options.decode(payload));
    } catch (error) {
      // One state this page cannot read must not cost the next.
      console.warn(String(error));
    }
  }

  private failed(error: Error): void {
    if (transportErrors.test(error.message) || passing.has(error.message)) return this.lost("");
    const { data } = error as { readonly data?: unknown };
    const { message } = (typeof data === "object" && data !== null ? data : {}) as { readonly message?: unknown };
    this.cancelRetry();
    return this.current.set({ phase: "over", why: new LiveRefusal(error.message, typeof message === "string" ? message : "") });
  }

  private lost(reason: string): void {
    const state = this.state.peek();
    if (state.phase !== "joined" && state.phase !== "connecting") return;
    const attempt = state.phase === "connecting" ? state.attempt + 1 : 0;
    const wait = Math.min(longestWait, 500 * 2 ** attempt) * (0.5 + this.options.random() / 2);
    // What the server ends on purpose is as lost to us, but there is no use in hurrying back.
    const delay = reason === "io server disconnect" ? Math.max(wait, 2_000) : wait;
    this.current.set({ phase: "waiting", attempt, retryAt: this.options.clock.now() + delay, stopping: this.stopping });
    this.options.socket.disconnect();
    this.cancelRetry();
    this.cancelRetry = this.options.clock.after(delay, () => this.connect(attempt));
  }
}

/** A socket in namespace `/appointments`: of a client with the link's token, or of the professional who is signed in. */
export function appointmentSocket(token?: string): MeetingSocket {
  return io("/appointments", {
    auth: token === undefined ? {} : { token },
    path: "/socket.io/",
    transports: ["websocket", "polling"],
    autoConnect: false,
    forceNew: true,
    // LiveConnection decides when to try again, so that it can say when and offer to try now.
    reconnection: false,
    timeout: 8_000,
  });
}
