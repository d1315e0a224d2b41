// SPDX-License-Identifier: Apache-2.0

/** What tabs of the playground tell each other. The channel of the browser stands in for a signalling server. */
export type TabMessage =
  /** Asks every tab to say that it is there. */
  | { readonly kind: "hello"; readonly from: string }
  | { readonly kind: "here"; readonly from: string }
  | { readonly kind: "gone"; readonly from: string }
  | { readonly kind: "offer" | "answer"; readonly from: string; readonly to: string; readonly sdp: string }
  /** Null says that there are no more. */
  | { readonly kind: "candidate"; readonly from: string; readonly to: string; readonly candidate: RTCIceCandidateInit | null }
  | { readonly kind: "hang-up"; readonly from: string; readonly to: string };

/** Checks what came over the channel: a tab with an older page may say anything. */
export function readTabMessage(data: unknown): TabMessage | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const message = data as Readonly<Record<string, unknown>>;
  if (typeof message["from"] !== "string") return undefined;
  const addressed = typeof message["to"] === "string";
  switch (message["kind"]) {
    case "hello":
    case "here":
    case "gone":
      return data as TabMessage;
    case "offer":
    case "answer":
      return addressed && typeof message["sdp"] === "string" ? (data as TabMessage) : undefined;
    case "candidate":
      return addressed && typeof message["candidate"] === "object" ? (data as TabMessage) : undefined;
    case "hang-up":
      return addressed ? (data as TabMessage) : undefined;
    default:
      return undefined;
  }
}
