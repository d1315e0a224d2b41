// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { APIError } from "../../src/protocol/api";
import { opensAt } from "../../src/protocol/invites";

describe("An invitation that does not work yet", () => {
  it("says when it will", () => {
    assert.equal(opensAt(new APIError("invite-early", "", { notBefore: 4_000 })), 4_000);
  });

  it("is told from one that never will, and from an answer that makes no sense", () => {
    assert.equal(opensAt(new APIError("invite-expired", "", { notBefore: 4_000 })), undefined);
    assert.equal(opensAt(new APIError("invite-early", "", { notBefore: "soon" })), undefined);
    assert.equal(opensAt(new APIError("invite-early", "")), undefined);
  });
});
