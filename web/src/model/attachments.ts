// SPDX-License-Identifier: Apache-2.0

import { computed, Signal, signal } from "../core/signal";
import { APIError } from "../protocol/rest";
import type { ChatFile, FileLimits } from "../protocol/messages";

/** A file on its way to the server, or there and not said anything with yet. */
export interface Attachment {
  readonly number: number;
  readonly name: string;
  readonly size: number;
  /** Bytes that are there. */
  readonly sent: number;
  /** What the server made of it, once it has it all. */
  readonly file?: ChatFile;
  /** Why it does not go, by the server's name for it and in its words; `too-large`, `empty` and `too-many` are ours. */
  readonly problem?: { readonly code: string; readonly message: string };
}

/** Files that may be attached to one message at a time. */
export const mostAttached = 10;

/** Sends a file; told of progress, ended by the signal. */
export type SendFile = (blob: Blob, name: string, onProgress: (sent: number) => void, signal: AbortSignal) => Promise<ChatFile>;

/** The files that go with the message that is being written. Sending them begins at once. */
export class Attachments {
  private readonly list = signal<readonly Attachment[]>([]);
  readonly all: Signal<readonly Attachment[]> = this.list;
  /** Whether all that are listed can be said something with. */
  readonly ready: Signal<boolean> = computed(() => this.list().every(({ file }) => file !== undefined));
  private readonly running = new Map<number, AbortController>();
  private next = 0;

  constructor(private readonly send: SendFile) {}

  /** Begins to send a file, if `limits` let it. */
  add(blob: Blob, name: string, limits: FileLimits): Attachment {
    const number = (this.next += 1);
    const code = blob.size === 0 ? "empty" : blob.size > limits.size ? "too-large" : this.list.peek().length >= mostAttached ? "too-many" : "";
    const added = { number, name, size: blob.size, sent: 0, ...(code ? { problem: { code, message: "" } } : {}) };
    this.list.update((all) => [...all, added]);
    if (code) return added;
    const control = new AbortController();
    this.running.set(number, control);
    this.send(blob, name, (sent) => this.change(number, { sent }), control.signal).then(
      (file) => this.change(number, { file, sent: blob.size }),
      (error: unknown) => this.change(number, { problem: asProblem(error) }),
    ).finally(() => this.running.delete(number));
    return added;
  }

  /** Gives one up. */
  remove(number: number): void {
    this.running.get(number)?.abort();
    this.list.update((all) => all.filter((each) => each.number !== number));
  }

  /** Hands over those that are there; the list is empty afterwards. */
  take(): readonly ChatFile[] {
    const files = this.list.peek().flatMap(({ file }) => file ?? []);
    this.close();
    return files;
  }

  close(): void {
    for (const control of this.running.values()) control.abort();
    this.list.set([]);
  }

  private change(number: number, change: Partial<Attachment>): void {
    this.list.update((all) => all.map((each) => (each.number === number ? { ...each, ...change } : each)));
  }
}

function asProblem(error: unknown): { code: string; message: string } {
  return error instanceof APIError ? { code: error.code, message: error.message } : { code: "unreachable", message: "" };
}
