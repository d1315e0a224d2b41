// SPDX-License-Identifier: Apache-2.0

import type { NetworkSign } from "../media/network";
import type { ConnectionState } from "../protocol/connection";
import type { Timestamp } from "../protocol/messages";

/** The connection to the server is away: why, as far as is known by now. */
export interface Away {
  readonly cause: "lost" | "offline" | "network" | "slept" | "restarting";
  readonly since: Timestamp;
}

/** It is back: what it was in the end, and how many milliseconds it took. */
export interface Back {
  readonly cause: "lost" | "offline" | "network" | "slept" | "restarted";
  readonly lasted: number;
}

/** What became of the connection to the server, so that it can be told in one line. Replaced, never mutated. */
export interface Interruption {
  readonly away: Away | undefined;
  /** The run of the server that we were joined to last. */
  readonly server: string | undefined;
  /** What was noticed last, and when. */
  readonly sign: (NetworkSign & { readonly at: Timestamp }) | undefined;
}

export const uninterrupted: Interruption = { away: undefined, server: undefined, sign: undefined };

/** A sign this long before a loss is its reason: it takes up to eight seconds of silence to notice one. */
const signTime = 15_000;
/** What says more goes before what says less: a machine that wakes up has no network, and then another one. */
const weight: Readonly<Record<Away["cause"], number>> = { lost: 0, network: 1, offline: 2, slept: 3, restarting: 4 };
/** A shorter gap is not worth a word, in milliseconds. */
export const worthTelling = 1_500;

/** After the browser noticed something at `now`. */
export function noticed(before: Interruption, sign: NetworkSign, now: Timestamp): Interruption {
  const { away } = before;
  const known = before.sign && now - before.sign.at <= signTime && weight[before.sign.type] > weight[sign.type];
  const noted = known ? before : { ...before, sign: { ...sign, at: now } };
  // A machine that wakes up finds its connection gone, in either order.
  return away && weight[sign.type] > weight[away.cause] ? { ...noted, away: awayFor(sign, away.since) } : noted;
}

/** After the connection came to `state` at `now`. That it is back is for `returned` to say. */
export function moved(before: Interruption, state: ConnectionState, now: Timestamp): Interruption {
  if (state.phase === "over") return { ...before, away: undefined };
  if (state.phase !== "waiting" || before.server === undefined) return before;
  const { away, sign } = before;
  if (state.stopping) return { ...before, away: { cause: "restarting", since: away?.since ?? now } };
  if (away) return before;
  const reason = sign && now - sign.at <= signTime ? sign : undefined;
  return { ...before, away: reason ? awayFor(reason, now) : { cause: "lost", since: now } };
}

/** After the server of the run `server` let us in at `now`, and what there is to tell of it. */
export function returned(before: Interruption, server: string, now: Timestamp): { readonly after: Interruption; readonly back: Back | undefined } {
  const { away } = before;
  const after = { ...uninterrupted, server };
  if (!away) return { after, back: undefined };
  const lasted = Math.max(0, now - away.since);
  if (server !== before.server) return { after, back: { cause: "restarted", lasted } };
  const { cause } = away;
  // A server that only said that it would stop.
  const told = cause === "restarting" ? "lost" : cause;
  return { after, back: lasted < worthTelling ? undefined : { cause: told, lasted } };
}

/** Sleep began before anything could be noticed. */
function awayFor({ type, since }: NetworkSign, lost: Timestamp): Away {
  return { cause: type, since: type === "slept" ? Math.min(since, lost) : lost };
}
