// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { clientNameIn, tokenIn } from "../../src/protocol/booking";
import { wayAfter } from "../../src/ui/signed-in";

describe("The page after signing in", () => {
  const cases: [string, string | undefined][] = [
    ["", undefined],
    ["?next=/dashboard", "/dashboard"],
    ["?next=/account%23users", "/account#users"],
    ["?next=https://example.org/", undefined],
    ["?next=//example.org", undefined],
    ["?next=/\\example.org", undefined],
    ["?next=javascript:alert(1)", undefined],
    ["?next=dashboard", undefined],
    ["?next=/%09/example.org", undefined],
    ["?next=//[", undefined],
    ["?next=/%0a/example.org", undefined],
    ["?next=/%0d%5cexample.org", undefined],
  ];
  for (const [search, way] of cases) it(`of ${JSON.stringify(search)} is ${way ?? "the usual one"}`, () => assert.equal(wayAfter(search, "https://meet.example"), way));
});

describe("An appointment's link", () => {
  const claims = (value: object): string => `e30.${btoa(unescape(encodeURIComponent(JSON.stringify(value)))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "")}.x`;

  it("holds a token and in it the client's name", () => {
    const token = claims({ clientName: " Zoë Quill " });
    assert.equal(tokenIn(`/appointment?token=${token}`), token);
    assert.equal(clientNameIn(token), "Zoë Quill");
  });

  it("without a name, or broken, names nobody", () => {
    assert.equal(tokenIn("/appointment"), undefined);
    for (const token of ["", "a.b.c", "e30.!!.x", claims({}), claims({ clientName: 5 }), claims({ clientName: "  " })]) {
      assert.equal(clientNameIn(token), undefined);
    }
  });
});
