// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { computed, effect, onDispose, Signal, signal, untracked } from "../core/signal";
import type { ConnectionState } from "../protocol/connection";
import type { LiveState } from "../protocol/live";
import { announcer } from "./announcer";
import { strings } from "./strings";
import { toast } from "./toasts";

/** A connection that is made again by itself. */
interface Connection {
  readonly state: Signal<ConnectionState | LiveState>;
  retryNow(): void;
}

interface Words {
  readonly reconnecting: string;
  readonly stopping: string;
}

/** Tells that the connection to the server is gone, when it is tried again, and lets the person try now. */
export function connectionBanner(connection: Connection, words: Words): DocumentFragment {
  const stopping = signal(false);
  speak(connection.state, words);
  effect(() => {
    const state = connection.state();
    if (state.phase === "waiting") stopping.set(state.stopping);
  });
  return awayBanner(connection, () => (stopping() ? words.stopping : words.reconnecting));
}

/** The line while the connection is away, with what is known of it. */
export function awayBanner(connection: Connection, what: () => string): DocumentFragment {
  const text = strings.banner;
  const away = computed(() => connection.state().phase === "waiting" || connection.state().phase === "connecting");
  const now = clockWhile(away);
  const countdown = (): string => {
    const state = connection.state();
    if (state.phase !== "waiting") return text.trying;
    return text.retryIn({ count: Math.max(1, Math.ceil((state.retryAt - now()) / 1_000)) });
  };
  return html`${() => away() ? html`
    <div class="banner late" role="group">
      <p>${what} <span class="countdown">${countdown}</span></p>
      <button type="button" class="button" @click=${() => connection.retryNow()}>${text.retryNow}</button>
    </div>` : null}`;
}

/** Says what matters: not the first short gap, but one that lasts, and its end. */
function speak(state: Signal<ConnectionState | LiveState>, words: Words): void {
  let told = false;
  effect(() => {
    const now = state();
    untracked(() => {
      if (now.phase === "waiting" && now.attempt > 0 && !told) {
        told = true;
        announcer.say(now.stopping ? words.stopping : words.reconnecting, "assertive");
      } else if (now.phase === "joined" && told) {
        told = false;
        toast(strings.banner.back);
      }
    });
  });
}

/** The time, kept current only while somebody needs it. */
function clockWhile(needed: Signal<boolean>): Signal<number> {
  const now = signal(Date.now());
  effect(() => {
    if (!needed()) return;
    now.set(Date.now());
    const timer = setInterval(() => now.set(Date.now()), 250);
    onDispose(() => clearInterval(timer));
  });
  return now;
}
