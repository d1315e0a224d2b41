// SPDX-License-Identifier: Apache-2.0

import { io } from "../socketio/index";
import { protocolVersion } from "./messages";

/** What the protocol needs of a Socket.IO client: a part of its public interface, so that tests can stand in. */
export interface MeetingSocket {
  readonly connected: boolean;
  on(event: string, listener: (...values: any[]) => void): unknown;
  connect(): unknown;
  disconnect(): unknown;
  /** The last value is called with an error when no answer came in time, else with `null` and the answer. */
  timeout(milliseconds: number): { emit(event: string, ...values: any[]): unknown };
}

/** A socket in namespace `/meet` of the server this page came from. */
export function meetingSocket(): MeetingSocket {
  return io("/meet", {
    auth: { protocol: protocolVersion },
    path: "/socket.io/",
    transports: ["websocket", "polling"],
    autoConnect: false,
    forceNew: true,
    // MeetingConnection decides when to try again, so that it can say when and offer to try now.
    reconnection: false,
    timeout: 8_000,
  });
}
