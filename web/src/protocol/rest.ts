// SPDX-License-Identifier: Apache-2.0

/** The server answered with an error it named, or could not be reached (`unreachable`). */
export class APIError extends Error {
  override readonly name = "APIError";
  /** @param members The whole answer; some errors say more than their name. */
  constructor(readonly code: string, message: string, readonly members: Readonly<Record<string, unknown>> = {}) {
    super(message);
  }
}

interface Asking {
  readonly body?: unknown;
  /** Sent as they are, instead of a body. */
  readonly bytes?: Blob;
  /** Gives up: the promise then fails as when nobody answers. */
  readonly signal?: AbortSignal;
  /** Sent as `Authorization: Bearer …` instead of the cookie's session. */
  readonly token?: string;
}

/** Asks the REST surface under `/api/v1`. Throws {@link APIError} with the code of the server's problem details. */
export async function ask<T>(method: string, path: string, { body, bytes, signal, token }: Asking = {}): Promise<T> {
  const headers: Record<string, string> = {};
  if (bytes) headers["Content-Type"] = "application/octet-stream";
  else if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token !== undefined) headers["Authorization"] = `Bearer ${token}`;
  // Another site can make a browser send our cookie, but not this.
  if (method !== "GET") headers["X-Parley-CSRF"] = "1";
  let response: Response;
  try {
    const payload = bytes ? { body: bytes } : body === undefined ? {} : { body: JSON.stringify(body) };
    const giveUp = signal ? { signal } : {};
    response = await fetch(`/api/v1${path}`, { method, headers, credentials: "same-origin", cache: "no-store", ...payload, ...giveUp });
  } catch {
    throw new APIError("unreachable", "");
  }
  if (response.status === 204) return undefined as unknown as T;
  const value: unknown = await response.json().catch(() => undefined);
  if (response.ok) return value as T;
  throw problem(response.status, value);
}

/** RFC 9457 problem details with our `code`. */
function problem(status: number, value: unknown): APIError {
  const members = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const { code, detail, title } = members;
  const sentence = typeof detail === "string" ? detail : typeof title === "string" ? title : "";
  return new APIError(typeof code === "string" ? code : `http-${status}`, sentence, members);
}
