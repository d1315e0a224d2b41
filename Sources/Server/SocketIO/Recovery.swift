// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import JSON
internal import Signalling
internal import SocketIOPackets
internal import Synchronization
internal import TLS

/// How clients that lost their connection get back what they missed.
public struct RecoveryOptions: Sendable {
    /// How long a client may stay away.
    public var maxDisconnection = Duration.seconds(120)
    /// Whether a client that comes back is let in without asking the middlewares again.
    public var skipsMiddlewares = true
    /// Most packets, and most bytes, that are kept for each namespace.
    public var maxPackets = 10_000
    public var maxBytes = 16_000_000

    public init() {}
}

/// What the clients of one namespace may have missed, for all loops.
///
/// Every packet gets its place in the log before any loop sends it, and a client is restored in one
/// step with the log: what stands before that is replayed, what comes after is sent, and nothing twice.
final class Recovery: Sendable {
    typealias Log = RecoveryLog<PreparedPacket, JSONObject>

    private let log: Mutex<Log>

    init(_ options: RecoveryOptions) {
        var settings = Log.Settings()
        settings.maxDisconnection = options.maxDisconnection
        settings.retention = options.maxDisconnection * 2
        settings.maxPackets = options.maxPackets
        settings.maxBytes = options.maxBytes
        var random = SystemRandomSource()
        let origin = random.nextText(4, from: Hub.alphabet)
        log = Mutex(Log(origin: origin, settings: settings))
    }

    /// Keeps an event, whose last argument becomes its offset.
    /// - Parameter deliver: Queues it on the loops. Within the same step, so that every client gets
    ///   events in the order of the log: a client that has seen one has seen all before it.
    func keep(
        _ arguments: SocketIOArguments, for target: BroadcastTarget,
        _ prepare: (SocketIOArguments, _ position: Int) -> PreparedPacket,
        deliver: (PreparedPacket) -> Void
    ) {
        log.withLock { log in
            let offset = log.makeOffset()
            let packet = prepare(arguments.appending(.string(offset.rawValue)), log.end + 1)
            log.append(
                packet, offset: offset, bytes: packet.messages.reduce(128) { $0 + $1.count },
                rooms: target.rooms, except: target.except, at: .monotonic())
            deliver(packet)
        }
    }

    func register(_ id: RecoveryID, socket: String) { log.withLock { $0.register(id, socket: socket) } }
    func confirm(_ id: RecoveryID) { log.withLock { $0.confirm(id) } }
    func forget(_ id: RecoveryID) { log.withLock { $0.forget(id) } }

    /// Whether nobody who has lost their connection may come back any more.
    func isIdle() -> Bool {
        log.withLock { log in
            log.expire(at: .monotonic())
            return log.suspendedCount == 0
        }
    }

    func suspend(_ id: RecoveryID, rooms: Set<String>, data: JSONObject) {
        log.withLock { log in
            let now = Instant.monotonic()
            log.expire(at: now)
            log.suspend(id, rooms: rooms, state: data, at: now)
        }
    }

    /// - Returns: what to restore, and the place in the log up to which it is complete.
    func restore(_ id: RecoveryID, after offset: RecoveryOffset?) -> (Log.Restoration, end: Int) {
        log.withLock { log in
            // The official client tells its page of a recovery only when the name stays the same.
            let restoration = log.restore(id, after: offset, as: id, at: .monotonic())
            return (restoration, log.end)
        }
    }
}

extension DisconnectReason {
    /// Whether the client may come back for what it missed: neither side meant it to leave.
    var isRecoverable: Bool {
        switch self {
        case .transportClose, .transportError, .pingTimeout, .forcedClose, .shuttingDown,
            .forcedServerClose:
            true
        case .client, .server, .parseError, .tooManyMessages: false
        }
    }
}

extension JSONObject {
    /// The last event that a client got, as it says when it comes back.
    var recoveryOffset: RecoveryOffset? {
        guard let offset = self["offset"]?.string else { return nil }
        return RecoveryOffset(rawValue: offset)
    }
}

extension SocketIOArguments {
    func appending(_ value: JSONValue) -> SocketIOArguments {
        SocketIOArguments(texts: Array(self) + [JSONText(value)], attachments: attachments)
    }
}

extension Namespace {
    /// Encodes an event for its receivers and, where clients can recover, keeps it for who misses it.
    /// - Parameter deliver: Sends it; called once, before this returns.
    func send(
        _ name: String, _ arguments: SocketIOArguments, for target: BroadcastTarget, _ flags: SendFlags,
        deliver: (PreparedPacket) -> Void
    ) {
        let parser = server.options.parser
        func prepare(_ arguments: SocketIOArguments, _ position: Int) -> PreparedPacket {
            PreparedPacket(
                SocketIOPacket(.event(name, arguments, id: nil), namespace: self.name), parser: parser,
                isCompressed: flags.isCompressed, position: position)
        }
        guard let recovery else { return deliver(prepare(arguments, 0)) }
        guard flags.isVolatile else {
            return recovery.keep(arguments, for: target, prepare, deliver: deliver)
        }
        // Clients take a string that comes last for an offset.
        deliver(prepare(arguments.last?.string == nil ? arguments : arguments.appending(.null), 0))
    }
}
