// SPDX-License-Identifier: Apache-2.0

import type { MeetingCode, MeetingRole, Timestamp } from "./messages";
import { APIError, ask } from "./rest";

export interface Entry {
  readonly meeting: MeetingCode;
  readonly role: MeetingRole;
}

/** An invitation as whoever holds the meeting sees it. Times are milliseconds since 1970, or null for none. */
export interface Invite {
  readonly id: string;
  readonly meeting: MeetingCode;
  readonly link: string;
  readonly role: MeetingRole;
  readonly notBefore: Timestamp | null;
  readonly expiresAt: Timestamp | null;
  readonly singleUse: boolean;
  readonly state: "open" | "early" | "expired" | "revoked" | "used";
}

export type NewInvite = Pick<Invite, "role" | "singleUse"> & Partial<{ readonly notBefore: Timestamp; readonly expiresAt: Timestamp }>;

export const invites = {
  list: async (meeting: MeetingCode) => {
    return (await ask<{ invites: readonly Invite[] }>("GET", `/meetings/${meeting}/invites`)).invites;
  },
  make: (meeting: MeetingCode, invite: NewInvite) => ask<Invite>("POST", `/meetings/${meeting}/invites`, { body: invite }),
  revoke: (id: string) => ask<void>("DELETE", `/invites/${encodeURIComponent(id)}`),
  /** Address of an image: the invitation's link as a QR code. */
  qr: (id: string) => `/api/v1/invites/${encodeURIComponent(id)}/qr.svg`,
  /** Comes in by what follows `/i/` in an invitation's link. Throws `APIError`. */
  use: (token: string) => ask<Entry>("POST", "/invites/use", { body: { token } }),
};

/** When an invitation that does not work yet will, by what the server said to using it. */
export function opensAt(error: APIError): Timestamp | undefined {
  const time = error.members["notBefore"];
  return error.code === "invite-early" && typeof time === "number" ? (time as Timestamp) : undefined;
}
