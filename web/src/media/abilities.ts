// SPDX-License-Identifier: Apache-2.0

/** What keeps this browser from calls: something it lacks, or a page that is not secure. Nothing when it has all. */
export function lacks(): "browser" | "insecure" | undefined {
  const able = "RTCPeerConnection" in globalThis && "WebSocket" in globalThis && "RTCRtpSender" in globalThis;
  const codecs = able ? RTCRtpSender.getCapabilities?.("video")?.codecs ?? [] : [];
  // Every meeting is held in VP8 at least; a browser that tells nothing of codecs may have it.
  const speaks = codecs.length === 0 || codecs.some(({ mimeType }) => /vp8/i.test(mimeType));
  if (!able || !speaks) return "browser";
  return window.isSecureContext ? undefined : "insecure";
}
