// SPDX-License-Identifier: Apache-2.0

// What a page that shows a meeting in a frame and the meeting tell each other: docs/embedding.md. Both sides read
// what comes with care: any page may send anything.

/** The version of the messages. Others are not answered. */
export const embeddingVersion = 1;

/** What the page may ask for. */
export type Command =
  | { readonly command: "join"; readonly name: string | undefined; readonly microphone: boolean | undefined; readonly camera: boolean | undefined }
  | { readonly command: "leave" }
  | { readonly command: "state" }
  | { readonly command: "microphone" | "camera" | "share" | "hand"; readonly on: boolean };

export interface Asked {
  /** Chosen by the page, to know the answer by. */
  readonly id: number;
  readonly command: Command;
}

export type Problem = "bad-request" | "not-joined" | "already-joined" | "name-missing" | "needs-click" | "unavailable";

/** Whether a message is one of ours at all: frames hear much that is not for them. */
function isOurs(data: unknown): data is Record<string, unknown> {
  return typeof data === "object" && data !== null && (data as Record<string, unknown>)["parley"] === embeddingVersion;
}

export function isHello(data: unknown): boolean {
  return isOurs(data) && data["type"] === "hello";
}

const longestName = 1_000;

/** Reads a request; a number for one that makes no sense, undefined for what is none. */
export function asked(data: unknown): Asked | { readonly id: number; readonly command: undefined } | undefined {
  if (!isOurs(data) || data["type"] !== "command") return undefined;
  const { id, command, name, on } = data;
  if (typeof id !== "number" || !Number.isSafeInteger(id)) return undefined;
  const flag = (value: unknown): boolean | undefined => (typeof value === "boolean" ? value : undefined);
  switch (command) {
    case "leave":
    case "state":
      return { id, command: { command } };
    case "join":
      if (name !== undefined && (typeof name !== "string" || name.length > longestName)) return { id, command: undefined };
      return { id, command: { command, name, microphone: flag(data["microphone"]), camera: flag(data["camera"]) } };
    case "microphone":
    case "camera":
    case "share":
    case "hand":
      return typeof on === "boolean" ? { id, command: { command, on } } : { id, command: undefined };
    default:
      return { id, command: undefined };
  }
}

/** Where the person is. */
export type Phase = "outside" | "joining" | "waiting" | "inside";

export interface EmbeddedPerson {
  readonly id: string;
  readonly name: string;
}

/** What the page may know of a meeting: not what is said, seen or written in it. */
export interface Snapshot {
  readonly phase: Phase;
  /** Ourselves, while we are inside. */
  readonly self: EmbeddedPerson | undefined;
  /** The others. */
  readonly people: readonly EmbeddedPerson[];
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly share: boolean;
  readonly hand: boolean;
}

export const outside: Snapshot = {
  phase: "outside", self: undefined, people: [], microphone: false, camera: false, share: false, hand: false,
};

export type EmbeddingEvent =
  | { readonly event: "joined"; readonly self: EmbeddedPerson; readonly people: readonly EmbeddedPerson[] }
  | { readonly event: "waiting" }
  | { readonly event: "left"; readonly why: string }
  | { readonly event: "person-joined" | "person-left"; readonly person: EmbeddedPerson }
  | { readonly event: "microphone" | "camera" | "share" | "hand"; readonly on: boolean };

/** What to tell about a change, in the order in which it makes sense. Why somebody is out again is told elsewhere. */
export function eventsBetween(before: Snapshot, after: Snapshot): readonly EmbeddingEvent[] {
  const events: EmbeddingEvent[] = [];
  const wasInside = before.phase === "inside";
  if (after.phase === "waiting" && before.phase !== "waiting") events.push({ event: "waiting" });
  if (after.phase === "inside" && !wasInside && after.self) events.push({ event: "joined", self: after.self, people: after.people });
  if (after.phase === "inside" && wasInside) {
    const [old, now] = [new Set(before.people.map(({ id }) => id)), new Set(after.people.map(({ id }) => id))];
    for (const person of before.people) if (!now.has(person.id)) events.push({ event: "person-left", person });
    for (const person of after.people) if (!old.has(person.id)) events.push({ event: "person-joined", person });
  }
  for (const event of ["microphone", "camera", "share", "hand"] as const) {
    if (before[event] !== after[event]) events.push({ event, on: after[event] });
  }
  return events;
}
