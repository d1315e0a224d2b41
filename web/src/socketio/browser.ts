// SPDX-License-Identifier: Apache-2.0

import { connect, io, Manager, protocol, Socket } from "./index";

/** What `<script src="/socket.io/socket.io.js">` leaves behind, and what `require` of that file gives. */
const client = Object.assign(io, { io, connect, Manager, Socket, protocol, default: io });

declare const module: { exports: unknown } | undefined;
if (typeof module === "object") module.exports = client;
else Object.assign(globalThis, { io: client });
