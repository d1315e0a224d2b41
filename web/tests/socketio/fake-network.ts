// SPDX-License-Identifier: Apache-2.0

/** A request that waits for the test's answer. */
export class FakeRequest {
  constructor(
    readonly url: URL,
    readonly init: RequestInit,
    private readonly settle: { resolve(response: unknown): void; reject(error: Error): void },
  ) {}

  get body(): string {
    return String(this.init.body ?? "");
  }

  answer(body: string, status = 200): Promise<void> {
    this.settle.resolve({ status, text: () => Promise.resolve(body) });
    return settled();
  }

  fail(): Promise<void> {
    this.settle.reject(new TypeError("network"));
    return settled();
  }
}

/** The browser's end of a WebSocket, moved by the test. */
export class FakeWebSocket {
  readyState = 0;
  bufferedAmount = 0;
  binaryType = "blob";
  readonly url: URL;
  readonly sent: unknown[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { wasClean: boolean }) => void) | null = null;
  onerror: ((event: object) => void) | null = null;

  constructor(url: string) {
    this.url = new URL(url);
    FakeNetwork.current.sockets.push(this);
  }

  send(data: unknown): void {
    this.sent.push(data);
  }

  close(): void {
    this.readyState = 3;
  }

  accept(): Promise<void> {
    this.readyState = 1;
    this.onopen?.();
    return settled();
  }

  receive(...frames: unknown[]): Promise<void> {
    for (const data of frames) this.onmessage?.({ data });
    return settled();
  }

  /** Ends as a lost connection does. */
  drop(wasClean = true): Promise<void> {
    this.readyState = 3;
    if (!wasClean) this.onerror?.({});
    this.onclose?.({ wasClean });
    return settled();
  }

  /** What was sent since the last look. */
  take(): unknown[] {
    return this.sent.splice(0);
  }
}

/** Lets promises and microtasks come to rest. */
export function settled(): Promise<void> {
  return new Promise((resolve) => FakeNetwork.real.setTimeout.call(globalThis, resolve, 0));
}

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Requests, WebSockets, the clock and chance, in the hands of a test. */
export class FakeNetwork {
  static readonly real = {
    fetch: globalThis.fetch, WebSocket: globalThis.WebSocket, setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout, now: Date.now, random: Math.random,
  };
  static current: FakeNetwork;

  readonly requests: FakeRequest[] = [];
  readonly sockets: FakeWebSocket[] = [];
  private readonly timers = new Map<number, Timer>();
  private lastTimer = 0;
  private now = 1_000_000;

  constructor() {
    FakeNetwork.current = this;
    Object.assign(globalThis, {
      WebSocket: FakeWebSocket,
      fetch: (url: string, init: RequestInit) => this.fetch(url, init),
      setTimeout: (run: () => void, delay: number) => {
        this.timers.set(++this.lastTimer, { at: this.now + delay, run });
        return this.lastTimer;
      },
      clearTimeout: (timer: number) => this.timers.delete(timer),
    });
    Date.now = () => this.now;
    Math.random = () => 0.5;
  }

  /** Gives everything back, and says how many timers were left behind. */
  restore(): number {
    const { now, random, ...rest } = FakeNetwork.real;
    Object.assign(globalThis, rest);
    Date.now = now;
    Math.random = random;
    return this.timers.size;
  }

  /** Moves the clock and runs what is due, in order. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.now + milliseconds;
    for (;;) {
      const due = [...this.timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      this.timers.delete(due[0]);
      this.now = due[1].at;
      due[1].run();
      await settled();
    }
    this.now = end;
  }

  /** Moves the clock as a suspended machine does: no timer runs. */
  sleep(milliseconds: number): void {
    this.now += milliseconds;
  }

  /** The oldest request of that method not yet taken; fails when there is none. */
  take(method: "GET" | "POST"): FakeRequest {
    const index = this.requests.findIndex(({ init }) => init.method === method);
    const [request] = index < 0 ? [] : this.requests.splice(index, 1);
    if (request === undefined) throw new Error(`there is no ${method}`);
    return request;
  }

  has(method: "GET" | "POST"): boolean {
    return this.requests.some(({ init }) => init.method === method);
  }

  /** The newest WebSocket. */
  get socket(): FakeWebSocket {
    const socket = this.sockets[this.sockets.length - 1];
    if (socket === undefined) throw new Error("there is no WebSocket");
    return socket;
  }

  private fetch(url: string, init: RequestInit): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.requests.push(new FakeRequest(new URL(url), init, { resolve, reject }));
      init.signal?.addEventListener("abort", () => reject(new TypeError("aborted")));
    });
  }
}

/** The server's first packet. */
export function openPacket(fields: object = {}): string {
  return `0${JSON.stringify({
    sid: "S", upgrades: ["websocket"], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1_000_000, ...fields,
  })}`;
}
