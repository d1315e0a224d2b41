// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compile, Source } from "../../src/core/catalogue";

type Speak = (values: Readonly<Record<string, string | number>>) => string;

function texts<Texts>(source: Source, language = "en", rightToLeft = false): Texts {
  return compile(source, language, rightToLeft) as Texts;
}

describe("Catalogues", () => {
  it("leave texts without places as they are", () => {
    assert.deepEqual(texts({ a: "Yes", b: { c: ["One.", "Two."] } }), { a: "Yes", b: { c: ["One.", "Two."] } });
  });

  it("put values into their places", () => {
    const { greeting } = texts<{ greeting: Speak }>({ greeting: "{name} waits in {room}, {name}!" });
    assert.equal(greeting({ name: "Ana", room: "$1 {name}" }), "Ana waits in $1 {name}, Ana!");
  });

  it("choose the form for a number", () => {
    const { people } = texts<{ people: Speak }>({ people: { "0": "nobody", one: "{count} person", other: "{count} people" } });
    assert.deepEqual([0, 1, 2, 1_200].map((count) => people({ count })), ["nobody", "1 person", "2 people", "1,200 people"]);
  });

  it("know the forms of other languages", () => {
    const { people } = texts<{ people: Speak }>({ people: { one: "{count} osoba", few: "{count} osoby", many: "{count} osób", other: "{count} osoby" } }, "pl");
    assert.deepEqual([1, 3, 5, 22].map((count) => people({ count })), ["1 osoba", "3 osoby", "5 osób", "22 osoby"]);
  });

  it("keep names apart from a text from right to left", () => {
    const { joined } = texts<{ joined: Speak }>({ joined: "انضم {name}" }, "ar", true);
    assert.equal(joined({ name: "Ana (1)" }), "انضم \u2068Ana (1)\u2069");
  });

  it("put in by themselves what is the same everywhere, and nothing into what was put in", () => {
    const everywhere = { product: "A {name} $&" };
    const source = { title: "Sign in – {product}", both: "{product} of {name}", count: { one: "{count} {product}", other: "{count} {product}s" } };
    const made = compile(source, "en", false, everywhere) as { title: string; both: Speak; count: Speak };
    assert.equal(made.title, "Sign in – A {name} $&");
    assert.equal(made.both({ name: "Ana" }), "A {name} $& of Ana");
    assert.equal(made.count({ count: 2 }), "2 A {name} $&s");
  });

  it("take a group with a text called other for a group", () => {
    assert.deepEqual(texts({ steps: { chrome: "a", other: "b" } }), { steps: { chrome: "a", other: "b" } });
  });
});
