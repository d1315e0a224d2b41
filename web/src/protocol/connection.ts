// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../core/clock";
import { Signal, signal } from "../core/signal";
import { decodeChatReply, decodeJoinReply, decodeMediaAnswer, decodeServerEvent, serverEventTypes, throwIfRefused } from "./decode";
import { DecodeError } from "./decoders";
import { ClientRequests, JoinReply, LobbyLine, MediaState, MeetingCode, PageID, Refusal, ServerEvent, Timestamp, WaitReply } from "./messages";
import type { MeetingSocket } from "./socket";

/** What happened, in the order it happened: the answer to our own join, then what the server tells. */
export type ConnectionEvent =
  | ServerEvent
  | { readonly type: "joined"; readonly reply: JoinReply }
  /** We have a place in the lobby; this was said there before. */
  | { readonly type: "waiting"; readonly chat: readonly LobbyLine[] };

export type ConnectionState =
  | { readonly phase: "idle" }
  | { readonly phase: "connecting"; readonly attempt: number }
  | { readonly phase: "joined" }
  /** Hosts have not let us in yet. */
  | { readonly phase: "lobby" }
  /** The connection was lost, or never came about, and is tried again at `retryAt`. */
  | { readonly phase: "waiting"; readonly attempt: number; readonly retryAt: Timestamp; readonly stopping: boolean }
  | { readonly phase: "over"; readonly why: "left" | "replaced" | "ended" | "removed" | Refusal };

/** The request was neither granted nor refused because the connection went away first. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}

/** Remembers a seat for as long as the tab lives, so that a reload comes back to it. */
export interface SeatStore {
  load(): string | undefined;
  save(seat: string | undefined): void;
}

export interface ConnectionOptions {
  readonly socket: MeetingSocket;
  readonly clock: Clock;
  readonly meeting: MeetingCode;
  readonly page: PageID;
  readonly seats: SeatStore;
  /** Between 0 and 1: spreads out the clients of a server that restarts. */
  readonly random: () => number;
  /** Since when our hand is up; nothing when it is not. */
  readonly hand?: () => Timestamp | undefined;
  readonly onEvent: (event: ConnectionEvent) => void;
}

type Name = keyof ClientRequests;
type Answer<N extends Name> = (result: { reply: ClientRequests[N]["reply"] } | { failure: Error }) => void;

const answerTimeout = 8_000;
/** Where silence is expected, less of it says enough. */
const probeTimeout = 4_000;
const longestWait = 8_000;

/**
 * One seat in one meeting, kept across lost connections and server restarts.
 *
 * After {@link join} it connects again by itself: it waits a little longer each time, asks for the same seat, and
 * asks only for the chat it has not seen. It ends for good when the seat is given up, taken over by another tab,
 * refused, or the meeting is over.
 */
export class MeetingConnection {
  private readonly current = signal<ConnectionState>({ phase: "idle" });
  readonly state: Signal<ConnectionState> = this.current;
  private name = "";
  private media: MediaState | undefined;
  private newest: number | undefined;
  private stopping = false;
  private cancelRetry = (): void => {};
  private cancelMedia = (): void => {};

  constructor(private readonly options: ConnectionOptions) {
    const { socket } = options;
    socket.on("connect", () => this.enter());
    socket.on("disconnect", () => this.lost());
    socket.on("connect_error", (error: Error) => {
      if (error.message === "unsupported-protocol") this.end(new Refusal("unsupported-protocol", error.message));
      else this.lost();
    });
    for (const type of serverEventTypes) socket.on(type, (payload: unknown) => this.receive(type, payload));
  }

  /** Takes a seat under `name`. What comes of it is told by `state` and the `joined` event. */
  join(name: string, media: MediaState): void {
    this.name = name;
    this.media = media;
    this.connect(0);
  }

  /** Gives the seat up. */
  leave(): void {
    if (this.isConnected()) {
      // The connection closes once the server has heard it, or half a second later.
      const close = (): unknown => this.options.socket.disconnect();
      this.send("leave", {}, close);
      this.options.clock.after(500, close);
    } else {
      this.options.socket.disconnect();
    }
    this.options.seats.save(undefined);
    this.end("left");
  }

  /** Tries at once instead of at `retryAt`. */
  retryNow(): void {
    const state = this.state.peek();
    if (state.phase === "waiting") this.connect(state.attempt);
  }

  /** Makes sure the connection is alive; called when the network or the clock behaved oddly. */
  probe(): void {
    if (this.state.peek().phase === "joined" && this.media) this.send("media", this.media, () => {}, probeTimeout);
    else this.retryNow();
  }

  /** Tells the others what is switched on. Only the newest state matters, so a late one replaces those before. */
  setMedia(media: MediaState): void {
    this.media = media;
    this.cancelMedia();
    this.request("media", media, (result) => {
      if (!("failure" in result) || !isRefusal(result.failure, "too-fast")) return;
      this.cancelMedia = this.options.clock.after(1_000, () => this.setMedia(this.media ?? media));
    });
  }

  /** Sends one request. `answer` is called exactly once, in order with the events around it. */
  request<N extends Exclude<Name, "join">>(name: N, payload: ClientRequests[N]["payload"], answer: Answer<N>): void {
    const { phase } = this.state.peek();
    if (phase !== "joined" && (phase !== "lobby" || name !== "lobby-chat")) answer({ failure: new ConnectionLost() });
    else this.send(name, payload, answer);
  }

  private connect(attempt: number): void {
    this.cancelRetry();
    this.current.set({ phase: "connecting", attempt });
    if (this.options.socket.connected) this.enter();
    else this.options.socket.connect();
  }

  private enter(): void {
    if (this.state.peek().phase !== "connecting" || !this.media) return;
    const { meeting, page, seats, clock } = this.options;
    const seat = seats.load();
    const hand = this.options.hand?.();
    const payload = {
      meeting,
      page,
      name: this.name,
      media: this.media,
      ...(seat === undefined ? {} : { seat }),
      ...(this.newest === undefined ? {} : { after: this.newest }),
      ...(seat === undefined || hand === undefined ? {} : { hand }),
    };
    this.send("join", payload, (result) => {
      if (this.state.peek().phase !== "connecting") return;
      if ("reply" in result) this.answered(result.reply);
      else if (isRefusal(result.failure, "invalid-seat")) {
        seats.save(undefined);
        this.enter();
      } else if (isRefusal(result.failure, "too-fast")) this.cancelRetry = clock.after(2_000, () => this.enter());
      else if (result.failure instanceof Refusal) this.refused(result.failure);
    });
  }

  private answered(reply: JoinReply | WaitReply): void {
    if (!("waiting" in reply)) return this.joined(reply);
    this.options.seats.save(reply.waiting.seat);
    this.stopping = false;
    this.current.set({ phase: "lobby" });
    this.options.onEvent({ type: "waiting", chat: reply.waiting.chat ?? [] });
  }

  /** Whether the server knows us: in the meeting, or waiting for it. */
  private isConnected(): boolean {
    const { phase } = this.state.peek();
    return phase === "joined" || phase === "lobby";
  }

  private joined(reply: JoinReply): void {
    this.options.seats.save(reply.seat);
    this.stopping = false;
    this.current.set({ phase: "joined" });
    for (const { seq, changed = 0 } of reply.chat.messages) this.saw(Math.max(seq, changed));
    this.options.onEvent({ type: "joined", reply });
    // What was switched while we asked, or while the connection was away.
    if (this.media && !sameMedia(this.media, reply.self.media)) this.setMedia(this.media);
  }

  private receive(type: ServerEvent["type"], payload: unknown): void {
    if (!this.isConnected()) return;
    let event: ServerEvent;
    try {
      event = decodeServerEvent(type, payload);
    } catch (error) {
      // One event this client cannot read must not cost the meeting.
      console.warn(String(error));
      return;
    }
    if (event.type === "chat") this.saw(event.message.seq);
    if (event.type === "chat-changed") this.saw(event.changed);
    if (event.type === "stopping") this.stopping = true;
    if (event.type === "admitted") return this.connect(0);
    if (event.type === "denied" || event.type === "removed") this.options.seats.save(undefined);
    if (event.type === "denied") return this.refused(new Refusal("denied", "The hosts did not let you in."));
    if (event.type === "replaced" || event.type === "ended" || event.type === "removed") {
      this.end(event.type);
      this.options.socket.disconnect();
    }
    this.options.onEvent(event);
  }

  private send<N extends Name>(name: N, payload: ClientRequests[N]["payload"], answer: Answer<N>, timeout = answerTimeout): void {
    // A callback rather than a promise: a promise would answer after events that arrived later in the same body.
    this.options.socket.timeout(timeout).emit(name, payload, (timedOut: Error | null, value: unknown) => {
      if (timedOut) {
        answer({ failure: new ConnectionLost() });
        // Heartbeats take longer to notice that nobody answers.
        this.lost();
        return;
      }
      let reply: ClientRequests[N]["reply"];
      try {
        throwIfRefused(value);
        reply = decodeReply[name](value) as ClientRequests[N]["reply"];
      } catch (error) {
        answer({ failure: error instanceof DecodeError ? new Refusal("unknown", error.message) : (error as Error) });
        return;
      }
      answer({ reply });
    });
  }

  private lost(): void {
    const state = this.state.peek();
    if (!this.isConnected() && state.phase !== "connecting") return;
    const attempt = state.phase === "connecting" ? state.attempt + 1 : 0;
    const wait = Math.min(longestWait, 500 * 2 ** attempt) * (0.5 + this.options.random() / 2);
    const retryAt = this.options.clock.now() + wait;
    this.current.set({ phase: "waiting", attempt, retryAt, stopping: this.stopping });
    this.options.socket.disconnect();
    this.cancelRetry();
    this.cancelRetry = this.options.clock.after(wait, () => this.connect(attempt));
  }

  private refused(refusal: Refusal): void {
    // The place is gone for good.
    if (refusal.code === "denied" || refusal.code === "removed") this.options.seats.save(undefined);
    this.end(refusal);
    this.options.socket.disconnect();
  }

  private end(why: "left" | "replaced" | "ended" | "removed" | Refusal): void {
    this.cancelRetry();
    this.cancelMedia();
    this.current.set({ phase: "over", why });
  }

  private saw(seq: number): void {
    this.newest = Math.max(this.newest ?? 0, seq);
  }
}

const decodeReply: { readonly [N in Name]: (value: unknown) => ClientRequests[N]["reply"] } = {
  join: decodeJoinReply,
  chat: decodeChatReply,
  leave: () => undefined,
  media: () => undefined,
  signal: () => undefined,
  publish: decodeMediaAnswer,
  subscribe: decodeMediaAnswer,
  view: () => undefined,
  mute: () => undefined,
  "mute-all": () => undefined,
  role: () => undefined,
  remove: () => undefined,
  rules: () => undefined,
  admit: () => undefined,
  deny: () => undefined,
  spotlight: () => undefined,
  recording: () => undefined,
  "lower-hands": () => undefined,
  "poll-open": () => undefined,
  "poll-vote": () => undefined,
  "poll-close": () => undefined,
  "poll-delete": () => undefined,
  "lobby-chat": () => undefined,
  hand: () => undefined,
  react: () => undefined,
  "chat-react": () => undefined,
  "chat-delete": () => undefined,
};

export function isRefusal(error: Error, code: Refusal["code"]): error is Refusal {
  return error instanceof Refusal && error.code === code;
}

export function sameMedia(a: MediaState, b: MediaState): boolean {
  return (
    a.microphone === b.microphone && a.camera === b.camera && a.screen === b.screen && a.screenStream === b.screenStream
  );
}
