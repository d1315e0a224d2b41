// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../core/clock";
import { APIError, ask } from "./rest";
import type { ChatFile, FileLimits, MeetingCode } from "./messages";

export interface UploadOptions {
  readonly meeting: MeetingCode;
  /** The token of our seat, which is how the server knows us. */
  readonly seat: () => string | undefined;
  readonly limits: FileLimits;
  readonly clock: Clock;
  /** Told how many bytes are there. */
  readonly onProgress: (sent: number) => void;
  readonly signal: AbortSignal;
  /** In place of the network, for tests. */
  readonly ask?: typeof ask;
}

/** Without an answer it is tried again for this long, in milliseconds: the server may be starting anew. */
const patience = 60_000;
const pause = 1_500;

/** Where a file is to be fetched. */
export function fileAddress({ id }: Pick<ChatFile, "id">): string {
  return `/api/v1/files/${encodeURIComponent(id)}`;
}

/**
 * Sends a file to the server, part by part, and goes on where it was after the network was gone for a while.
 *
 * Throws `APIError`, also when given up by the signal; the server is then told that the file is not wanted.
 */
export async function upload(blob: Blob, name: string, options: UploadOptions): Promise<ChatFile> {
  const { meeting, limits, onProgress, signal } = options;
  const send = options.ask ?? ask;
  const path = `/meetings/${meeting}/files`;
  const request = <T>(method: string, where: string, more: { body?: unknown; bytes?: Blob }): Promise<T> => {
    const token = options.seat();
    return send<T>(method, where, { ...more, ...(token === undefined ? {} : { token }), signal });
  };
  const file = await request<ChatFile>("POST", path, { body: { name, size: blob.size } });
  const at = `${path}/${encodeURIComponent(file.id)}`;
  try {
    let sent = 0;
    let whole = file;
    let failedSince: number | undefined;
    while (sent < blob.size) {
      try {
        const part = blob.slice(sent, sent + limits.part);
        const progress = await request<{ received: number; file?: ChatFile }>("PUT", `${at}?from=${sent}`, { bytes: part });
        sent = progress.received;
        // By now the server knows what it is.
        whole = progress.file ?? whole;
        failedSince = undefined;
        onProgress(sent);
      } catch (error) {
        const received = receivedBy(error);
        const now = options.clock.now();
        failedSince ??= now;
        if (signal.aborted || !(received !== undefined || isPassing(error)) || now - failedSince > patience) throw error;
        if (received === undefined || received === sent) await sleep(options.clock);
        if (received !== undefined) sent = received;
      }
    }
    return whole;
  } catch (error) {
    const token = options.seat();
    void send("DELETE", at, token === undefined ? {} : { token }).catch(() => {});
    throw error;
  }
}

/** Where the server wants to go on, if it says so: an answer of its may have been lost. */
function receivedBy(error: unknown): number | undefined {
  if (!(error instanceof APIError) || error.code !== "wrong-part") return undefined;
  const { received } = error.members;
  return typeof received === "number" ? received : undefined;
}

function isPassing(error: unknown): boolean {
  return error instanceof APIError && ["unreachable", "storage-failed", "too-many-requests", "stopping"].includes(error.code);
}

function sleep(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.after(pause, () => resolve()));
}
