// SPDX-License-Identifier: Apache-2.0
internal import EngineIO
package import SocketIOPackets
internal import Synchronization
internal import WebSocket

/// A packet encoded once for any number of clients, on any loop.
package final class PreparedPacket: Sendable {
    let namespace: String
    let messages: [EngineIOMessage]
    private let frames: Mutex<[WebSocketFrame.Encoded]?>
    private let isCompressed: Bool
    /// Its place in the recovery log, counted from 1; 0 for none.
    let position: Int

    /// An event, in the text form.
    package convenience init(_ name: String, _ arguments: SocketIOArguments, namespace: String) {
        self.init(
            SocketIOPacket(.event(name, arguments, id: nil), namespace: namespace), parser: .json,
            isCompressed: true, position: 0)
    }

    init(_ packet: SocketIOPacket, parser: SocketIOParser, isCompressed: Bool, position: Int) {
        namespace = packet.namespace
        messages = packet.messages(in: parser)
        self.isCompressed = isCompressed
        self.position = position
        frames = Mutex(nil)
    }

    /// What WebSockets of Engine.IO 4 get. Made when the first of them asks.
    var webSocketFrames: [WebSocketFrame.Encoded] {
        frames.withLock { frames in
            if let frames { return frames }
            let made = messages.map { message -> WebSocketFrame.Encoded in
                switch message {
                case .text(let text):
                    WebSocketFrame.Encoded(
                        .text, payload: EngineIOPacket.message(.text(text)).encoded, compress: isCompressed)
                case .binary(let bytes):
                    WebSocketFrame.Encoded(.binary, payload: bytes, compress: isCompressed)
                }
            }
            frames = made
            return made
        }
    }
}
