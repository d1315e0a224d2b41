// SPDX-License-Identifier: Apache-2.0

/// How the packets of a server are written. Clients have to be told; nothing is negotiated.
public enum SocketIOParser: Hashable, Sendable {
    /// The default: text, with binary messages for the attachments.
    case json
    /// As `socket.io-msgpack-parser`: every packet is one binary message.
    case messagePack
}
