// SPDX-License-Identifier: Apache-2.0

/** How long a server may take to answer at all. */
const patience = 6_000;

/**
 * Opens a WebSocket as signalling does and waits for the server's first word. RFC 6455, Engine.IO 4
 *
 * Answers the milliseconds that took, or nothing when none came.
 */
export function openWebSocket(now: () => number): Promise<number | undefined> {
  const start = now();
  const address = new URL("/socket.io/?EIO=4&transport=websocket", location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return new Promise((resolve) => {
    const socket = new WebSocket(address);
    const end = (time: number | undefined): void => {
      clearTimeout(timer);
      socket.onclose = null;
      socket.close();
      resolve(time);
    };
    const timer = setTimeout(() => end(undefined), patience);
    socket.onmessage = () => end(now() - start);
    socket.onclose = () => end(undefined);
  });
}

/**
 * Opens a session by long polling, as signalling does where no WebSocket passes, and ends it again. Engine.IO 4
 *
 * Answers the milliseconds until the server's first word, or nothing when none came.
 */
export async function openPolling(now: () => number): Promise<number | undefined> {
  const start = now();
  const address = "/socket.io/?EIO=4&transport=polling";
  const cancel = new AbortController();
  const timer = setTimeout(() => cancel.abort(), patience);
  try {
    const response = await fetch(address, { cache: "no-store", signal: cancel.signal });
    const first = await response.text();
    if (!response.ok || !first.startsWith("0{")) return undefined;
    const time = now() - start;
    const { sid } = JSON.parse(first.slice(1)) as { sid: string };
    await fetch(`${address}&sid=${encodeURIComponent(sid)}`, { method: "POST", body: "1", signal: cancel.signal }).catch(() => undefined);
    return time;
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the server answers now. */
export async function answers(): Promise<boolean> {
  const cancel = new AbortController();
  const timer = setTimeout(() => cancel.abort(), patience);
  return fetch("/healthz", { cache: "no-store", signal: cancel.signal }).then(({ ok }) => ok, () => false).finally(() => clearTimeout(timer));
}
