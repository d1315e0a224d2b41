// SPDX-License-Identifier: Apache-2.0

import type { MeetingCode } from "./messages";

/** How long the server keeps the chat of a meeting. */
export type ChatRetention = "none" | "meeting" | "day" | "month";

export interface ServerFacts {
  readonly version: string;
  /** This browser opened the host link. */
  readonly host: boolean;
  readonly creation: "anyone" | "host";
  /** The server signed its own certificate; `/trust` explains how to install its authority. */
  readonly localAuthority: boolean;
  readonly fingerprint: string | null;
}

export interface MeetingFacts {
  readonly meeting: MeetingCode;
  readonly participants: number;
  readonly capacity: number;
}

export interface HostedMeeting {
  readonly meeting: MeetingCode;
  readonly participants: number;
  readonly createdAt: number;
}

/** The server answered with an error it named, or could not be reached (`unreachable`). */
export class APIError extends Error {
  override readonly name = "APIError";
  constructor(readonly code: string, message: string) {
    super(message);
  }
}

/** The REST surface under `/api`. Every method throws {@link APIError}. */
export const api = {
  server: () => request<ServerFacts>("GET", "/api/server"),
  meeting: (code: MeetingCode) => request<MeetingFacts>("GET", `/api/meetings/${code}`),
  create: async (retention: ChatRetention) => {
    return (await request<{ meeting: MeetingCode }>("POST", "/api/meetings", { retention })).meeting;
  },
  hosted: async () => {
    return (await request<{ meetings: readonly HostedMeeting[] }>("GET", "/api/host/meetings")).meetings;
  },
  end: (code: MeetingCode) => request<void>("DELETE", `/api/meetings/${code}`),
  /** Address of an image: the meeting's link as a QR code. */
  qr: (code: MeetingCode) => `/api/meetings/${code}/qr.svg`,
};

async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
    });
  } catch {
    throw new APIError("unreachable", "");
  }
  if (response.status === 204) return undefined as unknown as T;
  const value: unknown = await response.json().catch(() => undefined);
  if (response.ok && value !== undefined) return value as T;
  const problem = (value ?? {}) as { error?: unknown; message?: unknown };
  throw new APIError(String(problem.error ?? `http-${response.status}`), String(problem.message ?? ""));
}
