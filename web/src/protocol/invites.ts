// SPDX-License-Identifier: Apache-2.0

import type { MeetingCode, MeetingRole, Timestamp } from "./messages";
import { APIError, ask } from "./rest";

export interface Entry {
  readonly meeting: MeetingCode;
  readonly role: MeetingRole;
}

export const invites = {
  /** Comes in by what follows `/i/` in an invitation's link. Throws `APIError`. */
  use: (token: string) => ask<Entry>("POST", "/invites/use", { body: { token } }),
};

/** When an invitation that does not work yet will, by what the server said to using it. */
export function opensAt(error: APIError): Timestamp | undefined {
  const time = error.members["notBefore"];
  return error.code === "invite-early" && typeof time === "number" ? (time as Timestamp) : undefined;
}
