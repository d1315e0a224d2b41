// SPDX-License-Identifier: Apache-2.0
internal import Dialects
internal import EventLoops
internal import JSON
internal import SocketIO

/// A client on a bare WebSocket: every message is a text, without a name.
final class DialectText: DialectCarrier, MessageSessionDelegate {
    private unowned let shard: Shard
    private let key: DialectKey
    private let address: String
    private var session: (any MessageSession)?
    private var client: ClientID?

    init(_ key: DialectKey, address: String, on shard: Shard) {
        self.key = key
        self.address = address
        self.shard = shard
    }

    /// Where its clients connect.
    static func route(_ key: DialectKey, at path: String, on shard: Shard) -> MessageRoute {
        var options = MessageOptions()
        options.maxMessage = 65_536
        let home = LoopBound(Unowned(shard), on: shard.loop)
        return MessageRoute(.webSocket, at: path, options: options) { request, _ in
            home.use { DialectText(key, address: request.address, on: $0.shard) }
        }
    }

    private struct Unowned {
        unowned let shard: Shard
        init(_ shard: Shard) { self.shard = shard }
    }

    // MARK: From the client

    func sessionOpened(_ session: any MessageSession) {
        self.session = session
        client = shard.dialects.enter(key, DialectClient(socketID: "", address: address), self)
    }

    func session(_ session: any MessageSession, received message: [UInt8]) {
        guard let client else { return }
        let text = JSONValue.string(String(decoding: message, as: UTF8.self))
        shard.dialects.forward(DialectEvent(DialectEvent.message, [text]), of: client, to: key)
    }

    func sessionClosed(_ session: any MessageSession, code: Int, reason: String) {
        self.session = nil
        guard let client else { return }
        self.client = nil
        shard.dialects.leave(key, client)
    }

    // MARK: To the client

    func deliver(_ message: DialectMessage) {
        if let text = message.values.first?.string { session?.send(Array(text.utf8)) }
    }

    func acknowledge(_ ack: AckID, _ arguments: [JSONValue]) {}

    func close() { session?.close(1000, reason: "") }
}
