// SPDX-License-Identifier: Apache-2.0

/** The browser's own connection. Handed to the model, which never names it. */
export function newConnection(configuration: RTCConfiguration): RTCPeerConnection {
  return new RTCPeerConnection(configuration);
}
