// SPDX-License-Identifier: Apache-2.0
internal import EngineIO
package import SocketIOPackets

/// A packet encoded once for any number of clients, on any loop.
package final class PreparedPacket: Sendable {
    let namespace: String
    let messages: [EngineIOMessage]

    /// An event.
    package convenience init(_ name: String, _ arguments: SocketIOArguments, namespace: String) {
        self.init(SocketIOPacket(.event(name, arguments, id: nil), namespace: namespace))
    }

    init(_ packet: SocketIOPacket) {
        namespace = packet.namespace
        messages = packet.messages
    }
}
