// SPDX-License-Identifier: Apache-2.0

import type { RelayResult, StunResult } from "../media/relay-test";
import type { IceServer } from "../protocol/messages";

/** The parts of a way into a meeting, in the order in which each needs the one before. */
export const steps = [
  "browser", "https", "websocket", "polling", "credentials", "stun", "udp", "tcp", "tls", "throughput",
] as const;
export type StepID = (typeof steps)[number];

/** Where it ends when it fails. Each has words for the visitor and for the operator. */
export type Hop =
  /** The browser lacks something that calls need. */
  | "browser"
  /** Browsers give devices and connections to secure pages only, and this is none. */
  | "insecure"
  /** The server does not answer. */
  | "server"
  /** Pages come, but no WebSocket: something in between does not pass it on. */
  | "between"
  /** The server keeps its credentials for people who are invited. */
  | "not-invited"
  /** It has none, because it does not relay. */
  | "no-relay"
  /** No packet gets to the relay, or none back. */
  | "way"
  /** TLS to the relay fails where TLS to the page works, with a certificate the browser does not know. */
  | "certificate"
  /** Firefox speaks TLS to relays by name only, and this one was named by its number. */
  | "number"
  /** The relay knows the credential no more, or not yet. */
  | "credential"
  /** The relay has no room. */
  | "quota"
  /** The relay refuses for another reason. */
  | "refused"
  /** Addresses were given, and nothing passes between them. */
  | "inside";

export type Outcome =
  | { readonly state: "waiting" | "running" }
  | {
      readonly state: "good";
      readonly time?: number | undefined;
      readonly address?: string | undefined;
      /** Bits per second, and the step whose way was measured: it is the one that calls take. */
      readonly rate?: number;
      readonly by?: Way;
    }
  | { readonly state: "bad"; readonly hop: Hop; readonly code?: number }
  /** The server does not offer it, or an earlier step failed that this one needs. */
  | { readonly state: "skipped" };

/** The ways through the relay, the best one first. */
export const ways = ["udp", "tcp", "tls"] as const;
export type Way = (typeof ways)[number];

/**
 * What `parley doctor` calls its check of the same thing from the server itself. With both a fault is found: what works
 * there and not here is on the way.
 */
export const doctorNames: Readonly<Partial<Record<StepID, string>>> = {
  stun: "stun", udp: "turn-udp", tcp: "turn-tcp", tls: "turn-tls",
};

export type Diagnosis = Readonly<Record<StepID, Outcome>>;

export const nothingYet = Object.fromEntries(steps.map((step) => [step, { state: "waiting" }])) as unknown as Diagnosis;

/** What all of it means for a call. */
export type Verdict = "running" | "browser" | "ready" | "fallback" | "direct-only" | "signalling" | "unreachable";

export function verdictOf(diagnosis: Diagnosis): Verdict {
  if (steps.some((step) => diagnosis[step].state === "running" || diagnosis[step].state === "waiting")) return "running";
  const good = (step: StepID): boolean => diagnosis[step].state === "good";
  if (!good("browser")) return "browser";
  if (!good("https") || !(good("websocket") || good("polling"))) return "unreachable";
  if (good("udp")) return good("websocket") ? "ready" : "signalling";
  if (good("tcp") || good("tls")) return "fallback";
  return "direct-only";
}

/** The way a call takes that cannot go directly; undefined when none is open. */
export function wayOf(diagnosis: Diagnosis): Way | undefined {
  return ways.find((way) => diagnosis[way].state === "good");
}

/** The addresses to try by step. */
export function urlsOf(servers: readonly IceServer[]): Readonly<Partial<Record<StepID, IceServer>>> {
  const each = servers.flatMap(({ urls, ...rest }) => urls.map((url) => ({ ...rest, urls: [url] })));
  const find = (pattern: RegExp): IceServer | undefined => each.find(({ urls }) => pattern.test(urls[0] ?? ""));
  const found = {
    stun: find(/^stun:/),
    udp: find(/^turn:(?!.*transport=tcp)/),
    tcp: find(/^turn:.*transport=tcp/),
    tls: find(/^turns:/),
  };
  return Object.fromEntries(Object.entries(found).filter(([, server]) => server !== undefined));
}

export function ofStun(result: StunResult): Outcome {
  return result.kind === "good" ? { state: "good", time: result.time, address: result.address } : { state: "bad", hop: "way" };
}

/** What may be the matter with TLS to a relay where everything else works. */
export interface Suspects {
  /** The server signed its own certificate, which this browser may not trust. */
  readonly unknownAuthority: boolean;
  /** The browser is Firefox, and the server has no name. */
  readonly number: boolean;
}

export function ofRelay(step: StepID, result: RelayResult, suspects: Suspects): Outcome {
  switch (result.kind) {
    case "good":
      return { state: "good", time: result.time };
    case "silent":
      return { state: "bad", hop: step === "tls" ? suspectOf(suspects) : "way" };
    case "stuck":
      return { state: "bad", hop: "inside" };
    case "refused":
      return { state: "bad", hop: refusals.get(result.code) ?? "refused", code: result.code };
  }
}

function suspectOf({ unknownAuthority, number }: Suspects): Hop {
  if (number) return "number";
  return unknownAuthority ? "certificate" : "way";
}

/** Whether a URL such as `turns:[::1]:8443?transport=tcp` names its host by number. */
export function isByNumber(url: string): boolean {
  return /^\w+:(\[|\d+(\.\d+){3}[:?]|\d+(\.\d+){3}$)/.test(url);
}

/** Error codes of RFC 8489 §14.8 and RFC 8656 §19. */
const refusals: ReadonlyMap<number, Hop> = new Map([
  [401, "credential"],
  [438, "credential"],
  [441, "credential"],
  [486, "quota"],
  [508, "quota"],
]);

/**
 * Corrects what one step says by what the others found: a STUN server of which the browser tells nothing has
 * answered all the same if the relay at the same place has.
 */
export function compared(diagnosis: Diagnosis): Diagnosis {
  const { stun, udp, tcp, tls } = diagnosis;
  if (stun.state === "bad" && udp.state === "good") return { ...diagnosis, stun: { state: "good" } };
  // Without a way for TCP nobody can tell what becomes of TLS on it.
  if (tls.state === "bad" && (tls.hop === "certificate" || tls.hop === "number") && tcp.state === "bad" && tcp.hop === "way") {
    return { ...diagnosis, tls: { state: "bad", hop: "way" } };
  }
  return diagnosis;
}
