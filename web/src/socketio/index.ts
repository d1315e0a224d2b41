// SPDX-License-Identifier: Apache-2.0

/**
 * Our Socket.IO client: revision 5 of the protocol over Engine.IO 4, with the API of the official
 * client. The server also hands it to pages that load `/socket.io/socket.io.js`.
 */

import type { EventMap } from "./emitter";
import { Manager, type ManagerOptions } from "./manager";
import { type AnyEvents, Socket } from "./socket";

export { Manager, Socket };
export type { ManagerEvents, ManagerOptions } from "./manager";
export type { AnyEvents, ConnectionRefused, DisconnectReason, SocketEvents, TimedSocket } from "./socket";

/** The revision of the Socket.IO protocol. */
export const protocol = 5;

/** Options of `io`: those of the connection, and whether it may be shared. */
export interface Options extends ManagerOptions {
  /** Whether to make a connection of its own. Default false. */
  forceNew?: boolean;
  /** Whether sockets of several namespaces share a connection. Default true. */
  multiplex?: boolean;
}

const managers = new Map<string, Manager>();

/**
 * The socket for an address such as `https://example.org/namespace?a=1`, `/namespace` or none.
 *
 * Sockets for different namespaces of one server share a connection; a second socket for the same
 * namespace gets its own.
 */
export function io<Listen extends EventMap<Listen> = AnyEvents, Emit extends EventMap<Emit> = Listen>(
  address?: string | Options,
  options: Options = {},
): Socket<Listen, Emit> {
  if (typeof address === "object") return io(undefined, address);
  const { origin, namespace, query } = parse(address ?? "");
  const managerOptions = options.query === undefined && query !== undefined ? { ...options, query } : options;
  return managerFor(origin, namespace, managerOptions).socket(namespace, options) as unknown as Socket<Listen, Emit>;
}

/** The same as `io`. */
export const connect = io;
export default io;

function managerFor(origin: string, namespace: string, options: Options): Manager {
  const key = `${origin} ${options.path ?? ""}`;
  const shared = managers.get(key);
  const alone = options.forceNew === true || options.multiplex === false || shared?.hasSocket(namespace) === true;
  if (alone) return new Manager(origin, options);
  const manager = shared ?? new Manager(origin, options);
  managers.set(key, manager);
  return manager;
}

interface Address {
  readonly origin: string;
  readonly namespace: string;
  readonly query: Readonly<Record<string, string>> | undefined;
}

/** Takes an address apart as the official client does: its path is the namespace. */
function parse(address: string): Address {
  // Outside a page there is no location, and only full addresses are understood.
  const page = (globalThis as { readonly location?: Location }).location;
  const complete = /^(\/|$|\w+:\/\/)/.test(address) ? address : `${page?.protocol ?? "https:"}//${address}`;
  const url = new URL(complete.replace(/^ws/, "http"), page?.origin);
  const query = Object.fromEntries(url.searchParams) as Record<string, string>;
  return {
    origin: url.origin,
    namespace: url.pathname,
    query: url.search === "" ? undefined : query,
  };
}
