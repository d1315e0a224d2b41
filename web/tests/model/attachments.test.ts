// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Attachments, mostAttached } from "../../src/model/attachments";
import type { ChatFile } from "../../src/protocol/messages";
import { APIError } from "../../src/protocol/rest";

const limits = { size: 10, part: 4 };
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
const fileOf = (name: string): ChatFile => ({ id: name, name, type: "image/png", size: 3, expiresAt: 1 });

describe("Attachments", () => {
  it("are sent at once, and handed over when all are there", async () => {
    let finish = (): void => {};
    const attachments = new Attachments((_, name, onProgress) => new Promise((resolve) => {
      onProgress(2);
      finish = () => resolve(fileOf(name));
    }));
    attachments.add(new Blob(["abc"]), "a", limits);
    assert.deepEqual([attachments.ready.peek(), attachments.all.peek()[0]?.sent], [false, 2]);
    finish();
    await settle();
    assert.equal(attachments.ready.peek(), true);
    assert.deepEqual(attachments.take(), [fileOf("a")]);
    assert.deepEqual(attachments.all.peek(), []);
  });

  it("say why they do not go", async () => {
    const attachments = new Attachments(() => Promise.reject(new APIError("file-refused", "No.")));
    const problems = (): (string | undefined)[] => attachments.all.peek().map(({ problem }) => problem?.code);
    attachments.add(new Blob([]), "empty", limits);
    attachments.add(new Blob(["01234567890"]), "large", limits);
    attachments.add(new Blob(["abc"]), "refused", limits);
    await settle();
    assert.deepEqual(problems(), ["empty", "too-large", "file-refused"]);
    assert.equal(attachments.ready.peek(), false);
    for (let more = 3; more < mostAttached; more += 1) attachments.add(new Blob(["abc"]), "more", limits);
    attachments.add(new Blob(["abc"]), "one too many", limits);
    assert.equal(problems().at(-1), "too-many");
  });

  it("end when they are taken away", () => {
    const signals: AbortSignal[] = [];
    const attachments = new Attachments((_, __, ___, signal) => new Promise(() => signals.push(signal)));
    const { number } = attachments.add(new Blob(["abc"]), "a", limits);
    attachments.add(new Blob(["abc"]), "b", limits);
    attachments.remove(number);
    assert.deepEqual(signals.map(({ aborted }) => aborted), [true, false]);
    attachments.close();
    assert.equal(signals[1]?.aborted, true);
  });
});
