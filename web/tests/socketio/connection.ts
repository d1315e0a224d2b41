// SPDX-License-Identifier: Apache-2.0

import { io, type Options, type Socket } from "../../src/socketio/index";
import { FakeNetwork, type FakeWebSocket, openPacket } from "./fake-network";

export let network: FakeNetwork;
export let heard: string[];

export const address = "http://server.test/meet";

export function begin(): void {
  network = new FakeNetwork();
  heard = [];
}

export function end(): void {
  network.restore();
}

/** A socket over a WebSocket whose connection events are noted in `heard`. */
export function make(options: Options = {}): Socket {
  const socket = io(address, { transports: ["websocket"], forceNew: true, ...options });
  socket.on("connect", () => heard.push(`connect ${socket.id}`));
  socket.on("disconnect", (reason) => heard.push(`disconnect ${reason}`));
  socket.on("connect_error", (error) => heard.push(`connect_error ${error.message}`));
  return socket;
}

/** Opens the newest WebSocket and gives what the client asks for first. */
export async function open(): Promise<FakeWebSocket> {
  await network.socket.accept();
  await network.socket.receive(openPacket({ upgrades: [] }));
  return network.socket;
}

export async function connected(options: Options = {}): Promise<{ socket: Socket; wire: FakeWebSocket }> {
  const socket = make(options);
  const wire = await open();
  await wire.receive('40/meet,{"sid":"A"}');
  wire.take();
  return { socket, wire };
}
