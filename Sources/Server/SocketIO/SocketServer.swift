// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
package import EventLoops
public import JSON
internal import Signalling
internal import SocketIOPackets
internal import Synchronization

/// A Socket.IO server: namespaces, their sockets and rooms, spread over the event loops of one process.
///
/// ```swift
/// let io = SocketServer()
/// io.onConnect { socket in
///     socket.join("lobby")
///     socket.on("chat") { (text: String) in
///         try socket.to("lobby").emit("chat", text)
///         return "delivered"  // the client's acknowledgement
///     }
/// }
/// try await io.run(port: 3000)
/// ```
///
/// Engine.IO protocol revision 4, Socket.IO protocol revision 5: any Socket.IO 3 or 4 client.
public final class SocketServer: Sendable {
    public let options: SocketServerOptions
    /// The namespace `/`.
    public var main: Namespace { of("/") }

    private struct State {
        var hubs: [LoopBound<Hub>] = []
        var namespaces: [String: Namespace] = [:]
        var families: [NamespaceFamily] = []
        var ownLoops: OwnLoops?
        var onEngine: (@Sendable (EngineSocket) -> Void)?
        var cluster: (any ClusterAdapter)?
        var admin: Admin?
    }

    let engineSettings: EngineIOSettings
    private let state = Mutex(State())

    public init(_ options: SocketServerOptions = SocketServerOptions()) {
        self.options = options
        engineSettings = EngineIOSettings(.init(options))
        _ = of("/")
    }

    // MARK: Namespaces

    /// The namespace of that name, made when it is not there yet. A slash is put before it if need be.
    public func of(_ name: String) -> Namespace {
        let name = Namespace.normalized(name)
        let (namespace, isNew) = state.withLock { state in
            if let known = state.namespaces[name] { return (known, false) }
            let namespace = Namespace(name, of: self, family: nil)
            state.namespaces[name] = namespace
            return (namespace, true)
        }
        if isNew { cluster?.opened(namespace) }
        return namespace
    }

    /// Namespaces made when a client asks for one whose name matches `pattern`, in which each `*`
    /// stands for one or more characters other than a slash: `/room-*`.
    @discardableResult
    public func of(pattern: String) -> NamespaceFamily {
        let pattern = NamespacePattern(Namespace.normalized(pattern))
        return of { name, _ in pattern.matches(name) }
    }

    /// Namespaces made when a client asks for one that `accepts` lets be. It is given the name and the
    /// client's `auth`. Families are asked in the order they were made.
    @discardableResult
    public func of(
        where accepts: @escaping @Sendable (_ name: String, _ auth: JSONObject?) async -> Bool
    ) -> NamespaceFamily {
        let family = NamespaceFamily(of: self, accepts: accepts)
        state.withLock { $0.families.append(family) }
        return family
    }

    /// Those there are now, by name.
    var namespaces: [Namespace] {
        state.withLock { Array($0.namespaces.values) }.sorted { $0.name < $1.name }
    }

    /// A namespace for a client to enter. It is not forgotten while there is a claim.
    typealias Claimed = (namespace: Namespace, claim: NamespaceClaim?)

    func namespace(_ name: String) -> Claimed? {
        state.withLock { state in
            guard let known = state.namespaces[name] else { return nil }
            return (known, NamespaceClaim(known))
        }
    }

    var hasFamilies: Bool { state.withLock { !$0.families.isEmpty } }

    /// The namespace a client asks for, made by the first family that takes it.
    func namespace(_ name: String, auth: JSONObject?) async -> Claimed? {
        for family in state.withLock({ $0.families }) where await family.accepts(name, auth) {
            sweep(family)
            let (claimed, isNew) = state.withLock { state -> (Claimed?, Bool) in
                // Two clients may have asked at once: there is one namespace all the same.
                if let known = state.namespaces[name] { return ((known, NamespaceClaim(known)), false) }
                guard !family.isFull else { return (nil, false) }
                family.count.add(1, ordering: .relaxed)
                let namespace = Namespace(name, of: self, family: family)
                state.namespaces[name] = namespace
                return ((namespace, NamespaceClaim(namespace)), true)
            }
            if isNew, let claimed {
                cluster?.opened(claimed.namespace)
                family.made(claimed.namespace)
            }
            return claimed
        }
        return nil
    }

    /// Forgets the namespaces to which clients could come back when they were left, and no longer can. Seldom
    /// enough to cost nothing for each that is made.
    private func sweep(_ family: NamespaceFamily) {
        let now = Instant.monotonic()
        let isDue = family.sweptAt.withLock { sweptAt in
            let count = family.count.load(ordering: .relaxed)
            guard
                count >= family.sweepAt.load(ordering: .relaxed)
                    || family.isFull && now >= sweptAt.advanced(by: .seconds(1))
            else { return false }
            sweptAt = now
            return true
        }
        guard isDue else { return }
        for namespace in namespaces(of: family) where namespace.isForgettable { forget(namespace) }
        let left = family.count.load(ordering: .relaxed)
        family.sweepAt.store(max(NamespaceFamily.minSweep, left * 2), ordering: .relaxed)
    }

    func namespaces(of family: NamespaceFamily) -> [Namespace] {
        state.withLock { $0.namespaces.values.filter { $0.family === family } }
    }

    /// Forgets a family's namespace that nobody is in any more.
    func forget(_ namespace: Namespace) {
        let isKnown = state.withLock { state in
            // Claims are made under this lock: nobody else can have come meanwhile.
            guard !namespace.isClaimed, state.namespaces[namespace.name] === namespace else { return false }
            state.namespaces[namespace.name] = nil
            namespace.family?.count.subtract(1, ordering: .relaxed)
            return true
        }
        if isKnown { cluster?.closed(namespace) }
    }

    // MARK: Shortcuts to the main namespace

    /// Calls `body` for every socket that connects to the main namespace.
    public func onConnect(_ body: @escaping @Sendable (Socket) throws -> Void) { main.onConnect(body) }

    /// Asks `body` about every socket before it is connected to the main namespace; see ``Namespace/use(_:)``.
    public func use(_ body: @escaping @Sendable (Socket) async throws -> Void) { main.use(body) }

    // MARK: Engine.IO alone

    /// Serves plain Engine.IO instead of Socket.IO: `body` is given every session, on its loop.
    public func onEngineConnect(_ body: @escaping @Sendable (EngineSocket) -> Void) {
        state.withLock { $0.onEngine = body }
    }

    func makeUser(of session: EngineSession) -> any EngineSessionUser {
        guard let body = state.withLock(\.onEngine) else { return SocketSession(above: session) }
        let socket = EngineSocket(above: session)
        body(socket)
        return EngineSocket.User(socket)
    }

    // MARK: Other servers

    var cluster: (any ClusterAdapter)? { state.withLock { $0.cluster } }

    /// Makes this server one of several that act as one. Once, and before anybody connects.
    public func join(_ cluster: any ClusterAdapter) {
        let namespaces = state.withLock { state in
            precondition(state.cluster == nil, "a server joins one cluster, once")
            state.cluster = cluster
            return Array(state.namespaces.values)
        }
        cluster.start(for: self)
        for namespace in namespaces { cluster.opened(namespace) }
    }

    /// Says goodbye to the other servers.
    func leaveCluster() {
        let cluster = state.withLock { state in
            defer { state.cluster = nil }
            return state.cluster
        }
        cluster?.stop()
    }

    // MARK: Admins

    var admin: Admin? { state.withLock { $0.admin } }

    /// - Returns: `false`, and nothing is done, where the namespace is there already.
    func add(_ admin: Admin) -> Bool {
        state.withLock { state in
            guard state.admin == nil, state.namespaces[admin.namespace.name] == nil else { return false }
            state.admin = admin
            state.namespaces[admin.namespace.name] = admin.namespace
            return true
        }
    }

    // MARK: Loops

    var hubs: [LoopBound<Hub>] { state.withLock { $0.hubs } }

    /// Gives the server its part of each event loop. Once.
    package func attach(_ hubs: [LoopBound<Hub>]) {
        state.withLock { $0.hubs = hubs }
        guard let admin, let first = hubs.first else { return }
        first.execute { $0.traffic?.start(admin, on: $0.loop) }
    }

    func keep(_ loops: OwnLoops) { state.withLock { $0.ownLoops = loops } }

    var ownRoutes: [LoopBound<MessageRoutes>] { state.withLock { $0.ownLoops?.routes ?? [] } }

    var ownOthers: [SocketServer] { state.withLock { $0.ownLoops?.others ?? [] } }

    func takeOwnLoops() -> OwnLoops? {
        state.withLock { state in
            defer { state.ownLoops = nil }
            return state.ownLoops
        }
    }

    /// Runs `body` on every loop; on the caller's own at once, so that what follows finds it done.
    /// - Parameter queued: Behind what the caller's own loop has to do, too.
    func onEveryHub(queued: Bool = false, _ body: @escaping @Sendable (Hub) -> Void) {
        for hub in hubs {
            if hub.loop.isCurrent, !queued { hub.use(body) } else { hub.execute(body) }
        }
    }

    /// Disconnects everybody with the reason "server shutting down".
    public func disconnectAll() {
        onEveryHub { $0.shutDown() }
    }
}
