// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compared, Diagnosis, isByNumber, nothingYet, ofRelay, Outcome, steps, urlsOf, verdictOf, wayOf } from "../../src/model/diagnosis";
import { strings } from "../../src/ui/strings";
import { adviceFor, rateOf, report } from "../../src/ui/test-report";

const good: Outcome = { state: "good", time: 12.4 };
const blocked: Outcome = { state: "bad", hop: "way" };
const all = (change: Partial<Diagnosis> = {}): Diagnosis => ({
  ...(Object.fromEntries(steps.map((step) => [step, good])) as unknown as Diagnosis),
  ...change,
});

const trusted = { unknownAuthority: false, number: false };
const untrusted = { unknownAuthority: true, number: false };

describe("A test of the connection", () => {
  it("gives a verdict only when every part was tried", () => {
    assert.equal(verdictOf(nothingYet), "running");
    assert.equal(verdictOf(all({ tls: { state: "running" } })), "running");
    assert.equal(verdictOf(all()), "ready");
  });

  it("weighs what is left when parts fail", () => {
    assert.equal(verdictOf(all({ websocket: { state: "bad", hop: "between" } })), "signalling");
    assert.equal(verdictOf(all({ udp: blocked, stun: blocked })), "fallback");
    assert.equal(verdictOf(all({ udp: blocked, tcp: blocked })), "fallback");
    assert.equal(verdictOf(all({ udp: blocked, tcp: blocked, tls: blocked })), "direct-only");
    assert.equal(verdictOf(all({ https: { state: "bad", hop: "server" } })), "unreachable");
    const between: Outcome = { state: "bad", hop: "between" };
    assert.equal(verdictOf(all({ polling: between })), "ready");
    assert.equal(verdictOf(all({ websocket: between, polling: between })), "unreachable");
    assert.equal(verdictOf(all({ browser: { state: "bad", hop: "browser" } })), "browser");
  });

  it("tells by which way calls go that cannot go directly", () => {
    assert.equal(wayOf(all()), "udp");
    assert.equal(wayOf(all({ udp: blocked })), "tcp");
    assert.equal(wayOf(all({ udp: blocked, tcp: blocked, tls: blocked })), undefined);
  });

  it("finds the address of each step, with its credential", () => {
    const credential = { username: "1:g/p", credential: "secret" };
    const urls = ["turn:h:1?transport=udp", "turn:h:1?transport=tcp", "turns:h:1?transport=tcp"];
    const found = urlsOf([{ urls: ["stun:h:1"] }, { urls, ...credential }]);
    assert.deepEqual(found, {
      stun: { urls: ["stun:h:1"] },
      udp: { urls: [urls[0]], ...credential },
      tcp: { urls: [urls[1]], ...credential },
      tls: { urls: [urls[2]], ...credential },
    });
    assert.deepEqual(urlsOf([]), {});
  });

  it("names the hop by what the relay did", () => {
    const hop = (outcome: Outcome): string | undefined => (outcome.state === "bad" ? outcome.hop : undefined);
    assert.equal(hop(ofRelay("udp", { kind: "silent" }, untrusted)), "way");
    assert.equal(hop(ofRelay("tls", { kind: "silent" }, { unknownAuthority: true, number: true })), "number");
    assert.equal(hop(ofRelay("tls", { kind: "silent" }, trusted)), "way");
    assert.equal(hop(ofRelay("tls", { kind: "silent" }, untrusted)), "certificate");
    assert.equal(hop(ofRelay("udp", { kind: "stuck" }, trusted)), "inside");
    assert.deepEqual(ofRelay("udp", { kind: "refused", code: 401 }, trusted), { state: "bad", hop: "credential", code: 401 });
    assert.equal(hop(ofRelay("tcp", { kind: "refused", code: 486 }, trusted)), "quota");
    assert.equal(hop(ofRelay("tcp", { kind: "refused", code: 400 }, trusted)), "refused");
  });

  it("believes a STUN server that relays, and blames no certificate where no TCP passes", () => {
    assert.equal(compared(all({ stun: blocked })).stun.state, "good");
    assert.deepEqual(compared(all({ stun: blocked, udp: blocked })).stun, blocked);
    const unknown: Outcome = { state: "bad", hop: "certificate" };
    assert.deepEqual(compared(all({ tcp: blocked, tls: unknown })).tls, blocked);
    assert.deepEqual(compared(all({ tls: unknown })).tls, unknown);
  });

  it("tells numbers from names", () => {
    for (const url of ["turns:10.0.0.1:8443?transport=tcp", "turns:[fd77::1]:8443?transport=tcp", "turns:10.0.0.1"]) assert.ok(isByNumber(url), url);
    for (const url of ["turns:meet:8443?transport=tcp", "turns:10.example.org", "turns:1.2.3.4.example"]) assert.ok(!isByNumber(url), url);
  });

  it("has advice for visitor and operator at every hop of every step", () => {
    for (const step of steps) {
      for (const hop of Object.keys(strings.test.hops) as (keyof typeof strings.test.hops)[]) {
        const { visitor, operator } = adviceFor(step, hop);
        assert.ok(visitor.length > 20 && operator.length > 20, `${step} ${hop}`);
      }
    }
  });

  it("is reported in lines without credentials", () => {
    const throughput: Outcome = { state: "good", rate: 3_140_000, by: "tcp" };
    const text = report(all({ udp: { state: "bad", hop: "credential", code: 401 }, throughput }), new Date(0), "Browser 1", "meet.example");
    assert.equal(text, [
      "Parley connection test of meet.example, 1970-01-01T00:00:00.000Z",
      "Calls work, though not at their best",
      "",
      "Browser:                      works, 12 ms",
      "Server:                       works, 12 ms",
      "Signalling:                   works, 12 ms",
      "Signalling without WebSocket: works, 12 ms",
      "Permission:                   works, 12 ms",
      "Your address [stun]:          works, 12 ms",
      "Relay over UDP [turn-udp]:    does not work: The relay does not accept the credential (error 401)",
      "Relay over TCP [turn-tcp]:    works, 12 ms",
      "Relay over TLS [turn-tls]:    works, 12 ms",
      `Speed and route:              works, ${rateOf(3_140_000, "tcp")}`,
      "",
      "For whoever runs this server:",
      `- ${adviceFor("udp", "credential").operator}`,
      "",
      "Browser: Browser 1",
      "",
    ].join("\n"));
  });
});
