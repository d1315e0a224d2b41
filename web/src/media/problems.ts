// SPDX-License-Identifier: Apache-2.0

/** Why a microphone, a camera or a screen could not be opened. Each has its own text in the interface. */
export type DeviceProblem =
  | "insecure"
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
