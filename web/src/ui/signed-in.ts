// SPDX-License-Identifier: Apache-2.0

import { accounts, seesClients, User } from "../protocol/accounts";

/** The page after signing in: the one that sent the person away, if it is one of ours. */
export function wayAfter(search: string, own: string = location.origin): string | undefined {
  const next = new URLSearchParams(search).get("next");
  if (!next?.startsWith("/")) return undefined;
  // Judged as the browser will read it: it drops tabs and line ends, and takes a backslash for a slash.
  try {
    const { origin, pathname, search: query, hash } = new URL(next, own);
    return origin === own ? pathname + query + hash : undefined;
  } catch {
    return undefined;
  }
}

export function homeOf({ role }: User): string {
  return seesClients(role) ? "/dashboard" : "/account";
}

/** Who is signed in; nobody is sent to sign in, and comes back. */
export async function requireUser(): Promise<User | undefined> {
  const { user } = await accounts.session();
  if (user) return user;
  location.replace(`/login?next=${encodeURIComponent(location.pathname + location.hash)}`);
  return undefined;
}

export async function signOut(): Promise<void> {
  await accounts.signOut().catch(() => undefined);
  location.assign("/login");
}
