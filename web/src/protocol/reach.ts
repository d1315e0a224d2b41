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
