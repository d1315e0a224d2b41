internal import EngineKit
// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import SocketIOPackets
internal import Synchronization

/// One namespace of a ``SocketServer``: who may enter, what is done with its sockets' events, and
/// broadcasts to all of them.
public final class Namespace: Sendable {
    /// Begins with a slash.
    public let name: String
    public let server: SocketServer
    /// The family that made it on demand; its handlers count here, too.
    let family: NamespaceFamily?
    /// Whether it is the one of the admins, whose passwords are nobody else's business.
    let isAdmin: Bool
    let handlers = SharedHandlers()
    /// Where clients can recover.
    let recovery: Recovery?
    let serverEvents = ServerEventHandlers()
    private let lastAckID = Atomic<UInt64>(0)
    /// Sockets of all loops.
    private let socketCount = Atomic<Int>(0)
    /// Clients of all loops, those that are still being asked about among them.
    fileprivate let claimCount = Atomic<Int>(0)

    init(
        _ name: String, of server: SocketServer, family: NamespaceFamily? = nil, isAdmin: Bool = false
    ) {
        self.name = name
        self.server = server
        self.family = family
        self.isAdmin = isAdmin
        recovery = isAdmin ? nil : server.options.recovery.map { Recovery($0) }
    }

    static func normalized(_ name: String) -> String { name.hasPrefix("/") ? name : "/" + name }

    // MARK: Handlers

    /// Calls `body` for every socket that connects, on the socket's event loop, before any event of it.
    public func onConnect(_ body: @escaping @Sendable (Socket) throws -> Void) {
        handlers.edit { $0.connect.append(body) }
    }

    /// Calls `body` when a socket has left, and its rooms with it: see ``Socket/onDisconnecting(_:)``.
    public func onDisconnect(_ body: @escaping @Sendable (Socket, DisconnectReason) throws -> Void) {
        handlers.edit { $0.disconnect.append(body) }
    }

    /// Asks `body` about every socket before it is connected, in the order given. To keep one out, throw
    /// a ``ConnectRefusal``; rooms joined here count once it is connected.
    public func use(_ body: @escaping @Sendable (Socket) async throws -> Void) {
        handlers.edit { $0.middlewares.append(body) }
    }

    // MARK: Broadcasts

    /// Everybody in the namespace.
    public var all: Broadcast { Broadcast(self) }

    func nextAckID() -> SocketIOPacket.AckID {
        .init(rawValue: lastAckID.wrappingAdd(1, ordering: .relaxed).oldValue)
    }

    // MARK: Sockets

    func entered() { socketCount.wrappingAdd(1, ordering: .relaxed) }
    func left() { socketCount.wrappingSubtract(1, ordering: .relaxed) }

    /// How many sockets are in it, on this server.
    public var connectedCount: Int { socketCount.load(ordering: .relaxed) }
}

/// Keeps a namespace that a family made from being forgotten, for as long as it exists.
final class NamespaceClaim: Sendable {
    private let namespace: Namespace

    /// - Returns: `nil` where nothing is ever forgotten.
    init?(_ namespace: Namespace) {
        guard namespace.family != nil else { return nil }
        self.namespace = namespace
        namespace.claimCount.wrappingAdd(1, ordering: .relaxed)
    }

    deinit {
        let left = namespace.claimCount.wrappingSubtract(1, ordering: .relaxed).newValue
        if left == 0, namespace.isForgettable { namespace.server.forget(namespace) }
    }
}

extension Namespace {
    var isClaimed: Bool { claimCount.load(ordering: .relaxed) > 0 }

    /// Whether it would only be made anew if somebody asked for it.
    var isForgettable: Bool {
        guard let family, family.forgetsEmptyNamespaces, !isClaimed else { return false }
        return recovery?.isIdle() ?? true
    }
}

/// Namespaces that come to be when a client asks for one. What is set up here counts for each of them.
public final class NamespaceFamily: Sendable {
    public let server: SocketServer
    let accepts: @Sendable (String, JSONObject?) async -> Bool
    let handlers = SharedHandlers()
    private let watchers = Mutex<[@Sendable (Namespace) -> Void]>([])
    private let forgetsEmpty = Atomic<Bool>(true)
    private let mostNamespaces = Atomic<Int>(100_000)
    /// How many there are now, and at how many those are looked for that nobody needs any more; changed
    /// with the server's list of them.
    let count = Atomic<Int>(0)
    let sweepAt = Atomic<Int>(minSweep)
    let sweptAt = Mutex(Instant(nanoseconds: 0))

    static let minSweep = 1000

    init(
        of server: SocketServer, accepts: @escaping @Sendable (String, JSONObject?) async -> Bool
    ) {
        self.server = server
        self.accepts = accepts
    }

    /// Whether a namespace is dropped that everybody has left, and to which nobody may come back for what
    /// they missed. At first: yes.
    public var forgetsEmptyNamespaces: Bool {
        get { forgetsEmpty.load(ordering: .relaxed) }
        set { forgetsEmpty.store(newValue, ordering: .relaxed) }
    }

    /// Most namespaces at a time; clients that ask for more are refused. At first 100,000.
    public var maxNamespaces: Int {
        get { mostNamespaces.load(ordering: .relaxed) }
        set { mostNamespaces.store(newValue, ordering: .relaxed) }
    }

    var isFull: Bool { count.load(ordering: .relaxed) >= maxNamespaces }

    /// The namespaces there are now.
    public var namespaces: [Namespace] { server.namespaces(of: self) }

    /// Calls `body` for every namespace made.
    public func onNamespace(_ body: @escaping @Sendable (Namespace) -> Void) {
        watchers.withLock { $0.append(body) }
    }

    /// See ``Namespace/onConnect(_:)``.
    public func onConnect(_ body: @escaping @Sendable (Socket) throws -> Void) {
        handlers.edit { $0.connect.append(body) }
    }

    /// See ``Namespace/onDisconnect(_:)``.
    public func onDisconnect(_ body: @escaping @Sendable (Socket, DisconnectReason) throws -> Void) {
        handlers.edit { $0.disconnect.append(body) }
    }

    /// See ``Namespace/use(_:)``.
    public func use(_ body: @escaping @Sendable (Socket) async throws -> Void) {
        handlers.edit { $0.middlewares.append(body) }
    }

    func made(_ namespace: Namespace) {
        for watcher in watchers.withLock({ $0 }) { watcher(namespace) }
    }
}

/// A name with gaps: each `*` stands for one or more characters other than a slash.
struct NamespacePattern: Hashable, Sendable {
    private let parts: [Substring.UTF8View.SubSequence]
    private let text: String

    init(_ text: String) {
        self.text = text
        parts = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
    }

    static func == (a: NamespacePattern, b: NamespacePattern) -> Bool { a.text == b.text }
    func hash(into hasher: inout Hasher) { hasher.combine(text) }

    func matches(_ name: String) -> Bool { Self.matches(name.utf8[...], parts[...]) }

    private static func matches(
        _ name: Substring.UTF8View, _ parts: ArraySlice<Substring.UTF8View.SubSequence>
    ) -> Bool {
        guard let first = parts.first, name.starts(with: first) else { return false }
        let rest = name.dropFirst(first.count)
        let others = parts.dropFirst()
        guard !others.isEmpty else { return rest.isEmpty }
        var end = rest.startIndex
        while end < rest.endIndex, rest[end] != UInt8(ascii: "/") {
            end = rest.index(after: end)
            if matches(rest[end...], others) { return true }
        }
        return false
    }
}
