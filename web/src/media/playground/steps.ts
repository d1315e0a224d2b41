// SPDX-License-Identifier: Apache-2.0

/** What can happen in a call, in the words of the browser's interface. Each has its sentence in the strings. */
export type StepKind =
  | "connection-made"
  | "tracks-added"
  | "track-replaced"
  | "offer-made"
  | "local-offer-set"
  | "offer-sent"
  | "offer-received"
  | "remote-offer-set"
  | "answer-made"
  | "local-answer-set"
  | "answer-sent"
  | "answer-received"
  | "remote-answer-set"
  | "candidate-sent"
  | "candidates-sent"
  | "candidate-received"
  | "candidate-kept"
  | "candidates-received"
  | "signalling-state"
  | "gathering-state"
  | "ice-state"
  | "connection-state"
  | "track-received"
  | "pair-chosen"
  | "hung-up"
  | "other-hung-up"
  | "failed";

/** One line of the call's story. */
export interface Step {
  readonly number: number;
  /** Milliseconds since the story began. */
  readonly at: number;
  readonly kind: StepKind;
  /** Which way it went, or that it happened in this tab alone. */
  readonly direction: "here" | "sent" | "received";
  /** A state, an address, names of tracks: what the sentence is about. */
  readonly detail: string;
  /** The whole description or candidate, for those who want to read it. */
  readonly text: string | undefined;
}

const sent: readonly StepKind[] = ["offer-sent", "answer-sent", "candidate-sent", "candidates-sent", "hung-up"];
const received: readonly StepKind[] = [
  "offer-received", "answer-received", "candidate-received", "candidate-kept", "candidates-received", "track-received", "other-hung-up",
];

export function directionOf(kind: StepKind): Step["direction"] {
  if (sent.includes(kind)) return "sent";
  return received.includes(kind) ? "received" : "here";
}

/** What the steps are called in the browser's interface. The others have their names in the strings. */
export const interfaceNames: Readonly<Partial<Record<StepKind, string>>> = {
  "connection-made": "new RTCPeerConnection()",
  "tracks-added": "addTrack()",
  "track-replaced": "replaceTrack()",
  "offer-made": "createOffer()",
  "local-offer-set": "setLocalDescription(offer)",
  "remote-offer-set": "setRemoteDescription(offer)",
  "answer-made": "createAnswer()",
  "local-answer-set": "setLocalDescription(answer)",
  "remote-answer-set": "setRemoteDescription(answer)",
  "candidate-sent": "icecandidate → sent",
  "candidates-sent": "icecandidate null → sent",
  "candidate-received": "addIceCandidate()",
  "signalling-state": "signalingState",
  "gathering-state": "iceGatheringState",
  "ice-state": "iceConnectionState",
  "connection-state": "connectionState",
  "track-received": "track event",
  "pair-chosen": "getStats()",
  "hung-up": "close()",
};
