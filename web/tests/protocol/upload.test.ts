// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ChatFile, MeetingCode } from "../../src/protocol/messages";
import { APIError } from "../../src/protocol/rest";
import { upload } from "../../src/protocol/upload";
import { ManualClock } from "../manual-clock";

const file: ChatFile = { id: "f/1", name: "plan.pdf", type: "application/octet-stream", size: 10, expiresAt: 99 };

const picture: ChatFile = { ...file, type: "image/png" };

/** A server that takes parts, and fails as it is told. */
class Server {
  readonly asked: string[] = [];
  received = 0;
  readonly failures: (APIError | undefined)[] = [];

  readonly ask = async <T>(method: string, path: string, { bytes, token }: { bytes?: Blob; token?: string } = {}): Promise<T> => {
    this.asked.push(`${method} ${path} ${token ?? ""}`);
    if (method === "POST") return file as T;
    if (method === "DELETE") return undefined as T;
    const failure = this.failures.shift();
    if (failure) throw failure;
    this.received += bytes?.size ?? 0;
    return { received: this.received, ...(this.received === file.size ? { file: picture } : {}) } as T;
  };
}

function start(server: Server): { done: Promise<ChatFile>; clock: ManualClock; progress: number[]; control: AbortController } {
  const clock = new ManualClock();
  const progress: number[] = [];
  const control = new AbortController();
  const options = {
    meeting: "abc-defg-hij" as MeetingCode, seat: () => "seat", limits: { size: 100, part: 4 }, clock, signal: control.signal,
    onProgress: (sent: number) => void progress.push(sent), ask: server.ask as never,
  };
  return { done: upload(new Blob(["0123456789"]), "plan.pdf", options), clock, progress, control };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe("An upload", () => {
  it("goes part by part, with the token of the seat", async () => {
    const server = new Server();
    const { done, progress } = start(server);
    assert.deepEqual(await done, picture);
    assert.deepEqual(progress, [4, 8, 10]);
    const at = "/meetings/abc-defg-hij/files";
    assert.deepEqual(server.asked, [
      `POST ${at} seat`, `PUT ${at}/f%2F1?from=0 seat`, `PUT ${at}/f%2F1?from=4 seat`, `PUT ${at}/f%2F1?from=8 seat`,
    ]);
  });

  it("goes on after the network was gone, and where the server says", async () => {
    const server = new Server();
    server.failures.push(undefined, new APIError("unreachable", ""), new APIError("wrong-part", "", { received: 8 }));
    const { done, clock, progress } = start(server);
    await settle();
    server.received = 8;
    clock.advance(2_000);
    assert.deepEqual(await done, picture);
    assert.deepEqual(progress, [4, 10]);
  });

  it("ends with what the server refuses, and when it is given up", async () => {
    for (const failure of [new APIError("no-such-file", "gone"), "given up"] as const) {
      const server = new Server();
      if (failure !== "given up") server.failures.push(failure);
      else server.failures.push(new APIError("unreachable", ""));
      const { done, control } = start(server);
      if (failure === "given up") control.abort();
      await assert.rejects(done, APIError);
      await settle();
      assert.match(server.asked.at(-1) ?? "", /^DELETE /);
    }
  });
});
