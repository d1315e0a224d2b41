// SPDX-License-Identifier: Apache-2.0

/** Why a microphone, a camera or a screen could not be opened. Each has its own text in the interface. */
export type DeviceProblem =
  | "insecure"
  /** The page lies inside of another one that does not pass on devices. */
  | "embedded"
  | "unsupported"
  | "denied"
  | "denied-by-system"
  | "dismissed"
  | "not-found"
  | "in-use"
  | "unknown";

/** Reads the exception of `getUserMedia` or `getDisplayMedia`. */
export function problemOf(error: unknown): DeviceProblem {
  const { name, message } = error instanceof Error || error instanceof DOMException ? error : new Error();
  switch (name) {
    case "NotAllowedError":
    case "PermissionDeniedError":
      if (/system/i.test(message)) return "denied-by-system";
      return /dismiss/i.test(message) ? "dismissed" : "denied";
    case "NotFoundError":
    case "OverconstrainedError":
    case "DevicesNotFoundError":
      return "not-found";
    case "NotReadableError":
    case "AbortError":
    case "TrackStartError":
      return "in-use";
    case "SecurityError":
      return "insecure";
    case "NotSupportedError":
      return "unsupported";
    default:
      return "unknown";
  }
}

/** What the browser knows about a refusal besides the exception. */
export interface Circumstances {
  /** Another page holds this one and keeps the device from it. */
  readonly forbiddenHere: boolean;
  /** What the browser itself would answer; undefined where it does not tell. */
  readonly permission: PermissionState | undefined;
}

/** Whose refusal it was: who is told to look in the wrong place looks in vain. */
export function refusedBy(problem: DeviceProblem, { forbiddenHere, permission }: Circumstances): DeviceProblem {
  if (problem !== "denied") return problem;
  if (forbiddenHere) return "embedded";
  // The browser would let us, so that it was the system under it.
  return permission === "granted" ? "denied-by-system" : problem;
}
