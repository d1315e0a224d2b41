// SPDX-License-Identifier: Apache-2.0
internal import EventLoops
internal import Signalling
internal import SocketIOCluster
public import SocketIOPackets
internal import Synchronization

/// Whom a broadcast is for: everybody in one of the rooms, or in the namespace when none is named,
/// except those in one of the other rooms.
struct BroadcastTarget: Hashable, Sendable {
    var rooms: [String] = []
    var except: [String] = []
}

/// How an event is sent.
struct SendFlags: Hashable, Sendable {
    /// Dropped where it would have to wait.
    var isVolatile = false
    var isCompressed = true
    /// Not told to other servers.
    var isLocal = false
    var timeout: Duration?
}

/// A set of sockets to send to, or to do something with. Each step makes a new value.
///
/// ```swift
/// io.main.to("lobby").except(socket.id).emit("joined", name)
/// ```
public struct Broadcast: Sendable {
    public let namespace: Namespace
    private(set) var target = BroadcastTarget()
    private(set) var flags = SendFlags()

    init(_ namespace: Namespace) { self.namespace = namespace }

    private func with(_ change: (inout Broadcast) -> Void) -> Broadcast {
        var copy = self
        change(&copy)
        return copy
    }

    // MARK: Whom

    /// Those in `room`, too. A socket's id is a room of its own.
    public func to(_ room: String) -> Broadcast {
        with { if !$0.target.rooms.contains(room) { $0.target.rooms.append(room) } }
    }

    public func to(_ rooms: some Sequence<String>) -> Broadcast { rooms.reduce(self) { $0.to($1) } }

    /// None of those in `room`.
    public func except(_ room: String) -> Broadcast {
        with { if !$0.target.except.contains(room) { $0.target.except.append(room) } }
    }

    public func except(_ rooms: some Sequence<String>) -> Broadcast {
        rooms.reduce(self) { $0.except($1) }
    }

    /// Sockets of this server only.
    public var local: Broadcast { with { $0.flags.isLocal = true } }

    // MARK: How

    /// Not to those for whom it would have to wait.
    public var volatile: Broadcast { with { $0.flags.isVolatile = true } }

    /// Whether transports that compress may compress it.
    public func compress(_ isCompressed: Bool) -> Broadcast { with { $0.flags.isCompressed = isCompressed } }

    /// How long ``emitWithAck(_:arguments:)`` waits.
    public func timeout(_ timeout: Duration) -> Broadcast { with { $0.flags.timeout = timeout } }

    // MARK: Events

    public func emit(_ name: String, arguments: SocketIOArguments) {
        let (namespace, target, flags) = (namespace, target, flags)
        namespace.send(name, arguments, for: target, flags) { packet in
            namespace.server.onEveryHub(queued: namespace.recovery != nil) { hub in
                hub.knownLocal(namespace)?.forEach(in: target) { socket in
                    socket.send(packet, name: name, arguments: arguments, flags)
                }
            }
        }
        guard !flags.isLocal else { return }
        namespace.tellOthers(
            .broadcast(
                SocketIOPacket(.event(name, arguments, id: nil), namespace: namespace.name),
                ClusterTarget(target, flags)))
    }

    /// Sends an event and waits for everybody's acknowledgement.
    /// - Returns: the answers, in the order they came.
    /// - Throws: ``BroadcastTimeout`` with the answers there are, when not all came in time; the time is
    ///   that of ``timeout(_:)``, or 10 seconds.
    public func emitWithAck(
        _ name: String, arguments: SocketIOArguments
    ) async throws -> [SocketIOArguments] {
        let id = namespace.nextAckID()
        let packet = SocketIOPacket(.event(name, arguments, id: id), namespace: namespace.name)
        let prepared = PreparedPacket(
            packet, parser: namespace.server.options.parser, isCompressed: flags.isCompressed, position: 0)
        let hubs = namespace.server.hubs
        let gathering = AckGathering(parts: hubs.count)
        let (namespace, target, flags) = (namespace, target, flags)
        for hub in hubs {
            hub.execute { hub in
                var asked = 0
                hub.knownLocal(namespace)?.forEach(in: target) { socket in
                    // One that middlewares still look at gets nothing and answers nothing.
                    guard socket.isConnected else { return }
                    asked += 1
                    socket.expect(id, PendingAck { gathering.answered($0) })
                    socket.send(prepared, name: name, arguments: arguments, flags)
                }
                gathering.partAsked(asked)
            }
        }
        let timeout = flags.timeout ?? .seconds(10)
        async let others = askOthers(name, arguments, timeout)
        do {
            let answers = try await gathering.answers(within: timeout) {
                // Behind the question, which may not have been asked yet.
                namespace.server.onEveryHub(queued: true) { hub in
                    hub.knownLocal(namespace)?.forEach(in: BroadcastTarget()) { $0.giveUp(id) }
                }
            }
            return try BroadcastTimeout.check(answers, missing: 0, await others)
        } catch let timeout as BroadcastTimeout {
            return try BroadcastTimeout.check(timeout.answers, missing: timeout.missing, await others)
        }
    }

    /// Asks the sockets of the other servers.
    private func askOthers(
        _ name: String, _ arguments: SocketIOArguments, _ timeout: Duration
    ) async -> ClusterResult? {
        guard !flags.isLocal else { return nil }
        let packet = SocketIOPacket(.event(name, arguments, id: nil), namespace: namespace.name)
        return await namespace.askOthers(
            .broadcastWithAck(packet, ClusterTarget(target, flags, timeout: timeout)))
    }

    // MARK: Sockets

    public func socketsJoin(_ room: String) {
        forEach { $0.join(room) }
        if !flags.isLocal { namespace.tellOthers(.join([room], ClusterTarget(target, flags))) }
    }

    public func socketsLeave(_ room: String) {
        forEach { $0.leave(room) }
        if !flags.isLocal { namespace.tellOthers(.leave([room], ClusterTarget(target, flags))) }
    }

    /// See ``Socket/disconnect(closing:)``.
    public func disconnectSockets(closing: Bool = false) {
        forEach { $0.disconnect(closing: closing) }
        guard !flags.isLocal else { return }
        namespace.tellOthers(.disconnect(ClusterTarget(target, flags), closing: closing))
    }

    private func forEach(_ body: @escaping @Sendable (Socket) -> Void) {
        let (namespace, target) = (namespace, target)
        namespace.server.onEveryHub { $0.knownLocal(namespace)?.forEach(in: target, body) }
    }

    /// The sockets of this server. They may be gone by the time they are looked at.
    public func localSockets() async -> [Socket] {
        let (namespace, target) = (namespace, target)
        var sockets: [Socket] = []
        for hub in namespace.server.hubs {
            sockets += await withCheckedContinuation { continuation in
                hub.execute { hub in
                    var found: [Socket] = []
                    hub.knownLocal(namespace)?.forEach(in: target) { if $0.isConnected { found.append($0) } }
                    continuation.resume(returning: found)
                }
            }
        }
        return sockets
    }
}

/// Not everybody answered a broadcast in time.
public struct BroadcastTimeout: Error, Sendable, CustomStringConvertible {
    /// The answers that came.
    public let answers: [SocketIOArguments]
    /// How many did not come.
    public let missing: Int
    /// Servers that did not even say how many clients they asked.
    public var silentServers = 0

    /// Adds what other servers gathered.
    /// - Throws: the timeout if anything is missing.
    static func check(
        _ answers: [SocketIOArguments], missing: Int, _ others: ClusterResult?
    ) throws(BroadcastTimeout) -> [SocketIOArguments] {
        let answers = answers + (others?.answers ?? [])
        let missing = missing + (others.map { max(0, $0.clientCount - $0.answers.count) } ?? 0)
        let silent = others?.silentCount ?? 0
        guard missing > 0 || silent > 0 else { return answers }
        throw BroadcastTimeout(answers: answers, missing: missing, silentServers: silent)
    }

    public var description: String { "operation has timed out: \(missing) of \(missing + answers.count)" }
}

extension Namespace {
    /// Those in `room`. A socket's id is a room of its own.
    public func to(_ room: String) -> Broadcast { all.to(room) }
    public func to(_ rooms: some Sequence<String>) -> Broadcast { all.to(rooms) }
    public func except(_ room: String) -> Broadcast { all.except(room) }
    public var local: Broadcast { all.local }
    public var volatile: Broadcast { all.volatile }
    public func compress(_ isCompressed: Bool) -> Broadcast { all.compress(isCompressed) }
    public func timeout(_ timeout: Duration) -> Broadcast { all.timeout(timeout) }
    public func emit(_ name: String, arguments: SocketIOArguments) { all.emit(name, arguments: arguments) }

    /// See ``Broadcast/emitWithAck(_:arguments:)``.
    public func emitWithAck(
        _ name: String, arguments: SocketIOArguments
    ) async throws -> [SocketIOArguments] {
        try await all.emitWithAck(name, arguments: arguments)
    }

    public func socketsJoin(_ room: String) { all.socketsJoin(room) }
    public func socketsLeave(_ room: String) { all.socketsLeave(room) }
    /// See ``Socket/disconnect(closing:)``.
    public func disconnectSockets(closing: Bool = false) { all.disconnectSockets(closing: closing) }
    /// See ``Broadcast/localSockets()``.
    public func localSockets() async -> [Socket] { await all.localSockets() }
}

extension Socket {
    /// Everybody in the namespace but this socket.
    public var broadcast: Broadcast { namespace.except(id) }
    /// Those in `room` but this socket.
    public func to(_ room: String) -> Broadcast { broadcast.to(room) }
    public func to(_ rooms: some Sequence<String>) -> Broadcast { broadcast.to(rooms) }
}
