// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Interruption, moved, noticed, returned, uninterrupted } from "../../src/model/interruption";
import type { ConnectionState } from "../../src/protocol/connection";

const waiting = (stopping = false): ConnectionState => ({ phase: "waiting", attempt: 0, retryAt: 0, stopping });
const joined: Interruption = returned(uninterrupted, "run 1", 0).after;
const back = (from: Interruption, server: string, now: number) => returned(from, server, now).back;

describe("An interruption", () => {
  it("is none before one was ever inside", () => {
    const tried = moved(uninterrupted, waiting(), 10);
    assert.equal(tried.away, undefined);
    assert.equal(back(tried, "run 1", 9_000), undefined);
  });

  it("is a lost connection when nothing else is known", () => {
    const away = moved(joined, waiting(), 1_000);
    assert.deepEqual(away.away, { cause: "lost", since: 1_000 });
    assert.deepEqual(back(away, "run 1", 13_000), { cause: "lost", lasted: 12_000 });
  });

  it("lasts from the first loss, however often it is tried again", () => {
    const again = moved(moved(moved(joined, waiting(), 1_000), { phase: "connecting", attempt: 1 }, 2_000), waiting(), 5_000);
    assert.deepEqual(back(again, "run 1", 9_000), { cause: "lost", lasted: 8_000 });
  });

  it("is not worth a word when it was a blink", () => {
    const away = moved(joined, waiting(), 1_000);
    assert.equal(back(away, "run 1", 2_400), undefined);
  });

  it("is a restart whenever another run of the server answers, even at once", () => {
    const away = moved(joined, waiting(), 1_000);
    assert.deepEqual(back(away, "run 2", 1_600), { cause: "restarted", lasted: 600 });
  });

  it("is known to be a restart beforehand when the server says so", () => {
    const away = moved(joined, waiting(true), 1_000);
    assert.deepEqual(away.away, { cause: "restarting", since: 1_000 });
    assert.deepEqual(noticed(away, { type: "network", since: 1_100 }, 1_100).away, away.away);
  });

  it("is a change of network that was noticed shortly before, or during it", () => {
    const before = moved(noticed(joined, { type: "network", since: 1_000 }, 1_000), waiting(), 9_000);
    assert.deepEqual(back(before, "run 1", 12_000), { cause: "network", lasted: 3_000 });
    const during = noticed(moved(joined, waiting(), 9_000), { type: "network", since: 10_000 }, 10_000);
    assert.deepEqual(back(during, "run 1", 12_000), { cause: "network", lasted: 3_000 });
  });

  it("has nothing to do with what was noticed long ago", () => {
    const away = moved(noticed(joined, { type: "network", since: 1_000 }, 1_000), waiting(), 60_000);
    assert.equal(away.away?.cause, "lost");
  });

  it("counts sleep from when the machine fell asleep", () => {
    const woken = noticed(joined, { type: "slept", since: 5_000 }, 605_000);
    const away = moved(woken, waiting(), 608_000);
    assert.deepEqual(back(away, "run 1", 610_000), { cause: "slept", lasted: 605_000 });
    const other = noticed(moved(joined, waiting(), 604_900), { type: "slept", since: 5_000 }, 605_000);
    assert.deepEqual(back(other, "run 1", 610_000), { cause: "slept", lasted: 605_000 });
  });

  it("is none when the connection survived what was noticed", () => {
    const woken = noticed(joined, { type: "slept", since: 5_000 }, 605_000);
    assert.equal(woken.away, undefined);
    assert.equal(back(woken, "run 1", 610_000), undefined);
  });

  it("says while it lasts that the device has no network", () => {
    const away = noticed(moved(joined, waiting(), 1_000), { type: "offline", since: 1_000 }, 1_100);
    assert.equal(away.away?.cause, "offline");
    assert.deepEqual(back(away, "run 1", 31_000), { cause: "offline", lasted: 30_000 });
  });

  it("is told by what says most: sleep, then no network, then another one", () => {
    const woken = noticed(joined, { type: "slept", since: 5_000 }, 605_000);
    const offline = noticed(moved(noticed(woken, { type: "offline", since: 605_100 }, 605_100), waiting(), 605_200), { type: "network", since: 607_000 }, 607_000);
    assert.equal(offline.away?.cause, "slept");
    assert.deepEqual(back(offline, "run 1", 610_000), { cause: "slept", lasted: 605_000 });
  });

  it("ends with the meeting", () => {
    assert.equal(moved(moved(joined, waiting(), 1_000), { phase: "over", why: "ended" }, 2_000).away, undefined);
  });
});
