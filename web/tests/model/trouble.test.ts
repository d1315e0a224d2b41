// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RemoteMedia } from "../../src/media/session";
import { troubleOf } from "../../src/model/trouble";
import { id } from "../samples";

const remote = (...states: [string, RemoteMedia["link"], RemoteMedia["relay"]][]) =>
  new Map(states.map(([name, link, relay]) => [id(name), { link, relay } as RemoteMedia]));

describe("Trouble with connections", () => {
  it("is nothing to tell while all work or are being made", () => {
    assert.equal(troubleOf(remote(), "open"), undefined);
    assert.equal(troubleOf(remote(["a", "connected", "unreachable"], ["b", "connecting", "looking"], ["c", "reconnecting", "none"]), "open"), undefined);
  });

  it("is told with whom, and that no relay could be reached", () => {
    const all = remote(["a", "failed", "reached"], ["b", "failed", "unreachable"], ["c", "connected", "reached"]);
    assert.deepEqual(troubleOf(all, "open"), { people: ["a", "b"], cause: "relay-unreachable" });
  });

  it("lies elsewhere when our side has a relay", () => {
    assert.deepEqual(troubleOf(remote(["a", "failed", "reached"]), "open"), { people: ["a"], cause: "elsewhere" });
  });

  it("is between us and the server where that carries media", () => {
    const all = new Map([[id("a"), { link: "failed", relay: "none", by: "server" } as RemoteMedia]]);
    assert.deepEqual(troubleOf(all, "open"), { people: ["a"], cause: "server" });
  });

  it("is the server's where it has none, or ours where we hide without one", () => {
    assert.equal(troubleOf(remote(["a", "failed", "none"]), "open")?.cause, "no-relay");
    assert.equal(troubleOf(remote(["a", "failed", "none"]), "relayed")?.cause, "hidden");
  });
});
