// SPDX-License-Identifier: Apache-2.0
internal import EngineIO
internal import SocketIOPackets

/// A packet encoded once for any number of clients, on any loop.
final class PreparedPacket: Sendable {
    let namespace: String
    let messages: [EngineIOMessage]

    init(_ packet: SocketIOPacket) {
        namespace = packet.namespace
        messages = packet.messages
    }
}
