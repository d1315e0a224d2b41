// SPDX-License-Identifier: Apache-2.0
internal import Dialects
internal import EventLoops
internal import JSON
internal import SocketIO

/// A client that speaks STOMP: what it sends is an event named by the destination, and what is emitted reaches
/// its subscriptions to the destination of that name.
///
/// Nothing here ends in an ERROR frame, which would close the connection: the dialect's own server dropped
/// what it did not understand.
final class DialectSTOMP: DialectCarrier, STOMPSessionDelegate {
    private static let settings = {
        var settings = STOMPConnection.Settings()
        // The page gives the destination where the id belongs.
        settings.toleratesUnknownSubscriptions = true
        settings.maxSubscriptions = 20
        return settings
    }()

    private unowned let shard: Shard
    private let key: DialectKey
    private let address: String
    private weak var session: STOMPSession?
    private var client: ClientID?

    init(_ key: DialectKey, address: String, on shard: Shard) {
        self.key = key
        self.address = address
        self.shard = shard
    }

    /// Where its clients connect: SockJS below the path, and a bare WebSocket at `/websocket` below it.
    static func route(_ key: DialectKey, at path: String, on shard: Shard) -> MessageRoute {
        var options = MessageOptions()
        options.subprotocols = STOMPSession.subprotocols
        let home = LoopBound(Unowned(shard), on: shard.loop)
        return MessageRoute(.sockJS, at: path, options: options) { request, _ in
            home.use {
                let client = DialectSTOMP(key, address: request.address, on: $0.shard)
                return STOMPSession(settings: Self.settings, delegate: client)
            }
        }
    }

    private struct Unowned {
        unowned let shard: Shard
        init(_ shard: Shard) { self.shard = shard }
    }

    // MARK: From the client

    func stomp(_ session: STOMPSession, connecting login: STOMPLogin, _ request: STOMPRequest) {
        self.session = session
        client = shard.dialects.enter(key, DialectClient(socketID: "", address: address), self)
        request.accept()
    }

    func stomp(_ session: STOMPSession, subscribing subscription: STOMPSubscription, _ request: STOMPRequest)
    {
        request.accept()
    }

    func stomp(_ session: STOMPSession, sent message: STOMPMessage, _ request: STOMPRequest) {
        request.accept()
        guard let client, let value = try? JSONValue(parsing: message.body) else { return }
        shard.dialects.forward(DialectEvent(message.destination, [value]), of: client, to: key)
    }

    func stompEnded(_ session: STOMPSession, _ end: STOMPConnection.End) {
        guard let client else { return }
        self.client = nil
        shard.dialects.leave(key, client)
    }

    // MARK: To the client

    func deliver(_ message: DialectMessage) {
        guard let value = message.values.first else { return }
        session?.deliver(
            STOMPMessage(
                destination: message.name, headers: ["content-type": "application/json"],
                body: Array(value.formatted.utf8)))
    }

    func acknowledge(_ ack: AckID, _ arguments: [JSONValue]) {}

    func close() { session?.fail("The server closed the connection.") }
}
