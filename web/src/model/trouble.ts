// SPDX-License-Identifier: Apache-2.0

import type { Privacy, RemoteMedia } from "../media/session";
import type { ParticipantID } from "../protocol/messages";

/** Why nothing comes from or goes to some of the others, as far as this side can know. */
export interface Trouble {
  readonly people: readonly ParticipantID[];
  /**
   * `server`: the server would carry it, and our network does not let it. The others are about pages that connect with
   * each other. `no-relay`: the server has none. `hidden`: it has none, and without one our address cannot be hidden.
   * `relay-unreachable`: it has one, and nothing we sent reached it. `elsewhere`: our side is as it should be.
   */
  readonly cause: "server" | "no-relay" | "hidden" | "relay-unreachable" | "elsewhere";
}

/** What to tell about connections that failed; nothing while all work or are still being made. */
export function troubleOf(remote: ReadonlyMap<ParticipantID, RemoteMedia>, privacy: Privacy): Trouble | undefined {
  const failed = [...remote].filter(([, { link }]) => link === "failed");
  if (failed.length === 0) return undefined;
  if (failed.some(([, { by }]) => by === "server")) return { people: failed.map(([id]) => id), cause: "server" };
  const relays = new Set(failed.map(([, { relay }]) => relay));
  const people = failed.map(([id]) => id);
  if (relays.has("none")) return { people, cause: privacy === "relayed" ? "hidden" : "no-relay" };
  return { people, cause: relays.has("unreachable") ? "relay-unreachable" : "elsewhere" };
}
