// SPDX-License-Identifier: Apache-2.0

import { connect, io, Manager, protocol, Socket } from "./index";

/**
 * What `<script src="/socket.io/socket.io.js">` leaves behind as `io`, and what `require` of that file gives.
 * `scripts/bundle-web` hands it over: here, the bundler would take the name `module` for its own.
 */
export default Object.assign(io, { io, connect, Manager, Socket, protocol, default: io });
