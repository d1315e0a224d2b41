// SPDX-License-Identifier: Apache-2.0

import { ask } from "./rest";

export type Role = "host" | "professional" | "admin";

export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  /** A profession or position, shown under the name. */
  readonly title: string | null;
  readonly role: Role;
  /** IANA name of the time zone. */
  readonly zone: string | null;
  readonly disabled?: boolean;
}

export interface Session {
  readonly user: User | null;
  /** This browser may do what an administrator may: it opened the host link, or one is signed in. */
  readonly host: boolean;
  /** The host is here, and nobody has an administrator's account yet. */
  readonly needsAdmin: boolean;
}

export interface NewUser {
  readonly email: string;
  readonly password: string;
  readonly name: string;
  readonly title?: string;
  readonly role: Role;
  readonly zone?: string;
}

export interface UserChange {
  readonly name?: string;
  readonly title?: string;
  readonly zone?: string;
  readonly role?: Role;
  readonly disabled?: boolean;
  readonly password?: string;
  /** Needed to change one's own password. */
  readonly currentPassword?: string;
}

/** Accounts and sessions. Every method throws `APIError`. */
export const accounts = {
  session: () => ask<Session>("GET", "/session"),
  signIn: async (email: string, password: string) => {
    return (await ask<{ user: User }>("POST", "/session", { body: { email, password } })).user;
  },
  signOut: () => ask<void>("DELETE", "/session"),
  changeMe: (change: UserChange) => ask<User>("PATCH", "/users/me", { body: change }),
  users: async () => (await ask<{ users: readonly User[] }>("GET", "/users")).users,
  create: (user: NewUser) => ask<User>("POST", "/users", { body: user }),
  change: (id: string, change: UserChange) => ask<User>("PATCH", `/users/${id}`, { body: change }),
  remove: (id: string) => ask<void>("DELETE", `/users/${id}`),
};

/** Whether somebody of this role has a dashboard and a booking page. */
export function seesClients(role: Role): boolean {
  return role !== "host";
}
