// SPDX-License-Identifier: Apache-2.0
internal import Dialects
internal import EventLoops
internal import JSON
internal import SocketIO

/// A Socket.IO client of a dialect. Where several share an address, which one it is may show only with its
/// first events.
final class DialectSocket: DialectCarrier {
    private let socket: Socket
    private unowned let shard: Shard
    private let detector: DialectDetector
    private var dialect: DialectKey?
    private var client: ClientID?
    /// Whether the dialect is known, and not assumed for want of a better.
    private var isCertain = false
    private var acks: [AckID: Acknowledgement] = [:]
    private var lastAck: UInt64 = 0

    /// Answers that may be owed at a time; older ones are given up.
    private static let maxAcks: UInt64 = 256

    private init(_ socket: Socket, _ detector: DialectDetector, on shard: Shard) {
        self.socket = socket
        self.detector = detector
        self.shard = shard
        let known = detector.dialect(auth: socket.handshake.auth)
        isCertain = known != nil
        if let key = known ?? detector.assumed { enter(key) }
    }

    /// Serves the clients of a namespace as those of one of `keys`.
    static func serve(_ namespace: Namespace, as keys: [DialectKey], on shards: ShardSet) {
        let detector = DialectDetector(keys)
        guard !detector.candidates.isEmpty else { return }
        namespace.onConnect { socket in
            shards.use(on: socket.loop) { shard in
                let client = LoopBound(DialectSocket(socket, detector, on: shard), on: socket.loop)
                socket.onAny { event in client.use { $0.received(event) } }
                socket.onDisconnect { _ in client.use { $0.leave() } }
            }
        }
    }

    private func enter(_ key: DialectKey) {
        dialect = key
        let description = DialectClient(
            socketID: socket.id, auth: socket.handshake.auth, address: socket.handshake.address)
        client = shard.dialects.enter(key, description, self)
    }

    private func leave() {
        guard let dialect, let client else { return }
        self.client = nil
        shard.dialects.leave(dialect, client)
    }

    private func received(_ event: SocketEvent) {
        // No dialect has binary values; passed on without them, an event would be another one.
        guard event.arguments.attachments.isEmpty else { return }
        let acknowledgement = event.acknowledgement
        var event = DialectEvent(event.name, event.arguments.values)
        if !isCertain, let key = detector.dialect(of: event) {
            isCertain = true
            if key != dialect {
                leave()
                enter(key)
            }
        }
        guard let dialect, let client else { return }
        if let acknowledgement { event.ack = keep(acknowledgement) }
        shard.dialects.forward(event, of: client, to: dialect)
    }

    private func keep(_ ack: Acknowledgement) -> AckID {
        lastAck += 1
        acks[AckID(lastAck)] = ack
        if lastAck > Self.maxAcks { acks[AckID(lastAck - Self.maxAcks)] = nil }
        return AckID(lastAck)
    }

    // MARK: To the client

    func deliver(_ message: DialectMessage) { socket.emit(message.name, arguments: message.arguments) }

    func acknowledge(_ ack: AckID, _ arguments: [JSONValue]) {
        acks.removeValue(forKey: ack)?.send(SocketIOArguments(arguments))
    }

    /// The whole connection, as the dialects' own servers do.
    func close() { socket.disconnect(closing: true) }
}
