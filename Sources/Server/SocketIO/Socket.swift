// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
public import EventLoops
public import JSON
internal import Signalling
internal import SocketIOPackets
internal import Synchronization

/// One client in one namespace.
///
/// Handlers run on the socket's event loop, one at a time and in the order of the events. Everything
/// here may be called from any thread; from another than the loop's own it is carried out there, after
/// what was asked for before.
///
/// `@unchecked Sendable`: what is marked so belongs to the loop; the rest is behind a mutex.
public final class Socket: @unchecked Sendable {
    /// Twenty characters that name it among all sockets of all servers.
    public let id: String
    public let namespace: Namespace
    public let handshake: SocketHandshake
    public let loop: EventLoop
    /// Whether the client has come back: with its former id, rooms and data, and with what it missed.
    public let isRecovered: Bool

    private struct Shared {
        var isConnected = false
        var data = JSONObject()
        /// The rooms it is in, and where it stands in each.
        var positions: [String: Int] = [:]
        var handlers: HandlerTable?
    }

    private let shared = Mutex(Shared())
    /// Tells admins what happens; `nil` where there are none.
    let feed: AdminFeed?
    // The loop's, from here on.
    /// Until the socket ends.
    private(set) var session: SocketSession?
    private weak var local: LocalNamespace?
    /// Whether middlewares still look at it.
    var isUndecided = false
    /// Under which its client may come back.
    let recoveryID: RecoveryID?
    /// Place in the recovery log up to which it has everything.
    private(set) var restoredUntil: Int
    /// Until the socket ends.
    private var claim: NamespaceClaim?
    private var acks: [UInt64: PendingAck] = [:]
    private var tasks: [UInt64: Task<Void, Never>] = [:]
    /// Tasks that have not ended, those that are just beginning included.
    private var running: Set<UInt64> = []
    private var nextTask: UInt64 = 0
    /// The event that middlewares look at; the next one waits for it.
    private var lastFiltered: Task<Void, Never>?

    init(
        _ id: String, in local: LocalNamespace, handshake: SocketHandshake, session: SocketSession,
        recoveryID: RecoveryID?, restoredUntil: Int?, claim: NamespaceClaim?
    ) {
        self.id = id
        self.claim = claim
        self.recoveryID = recoveryID
        self.restoredUntil = restoredUntil ?? 0
        isRecovered = restoredUntil != nil
        namespace = local.namespace
        self.handshake = handshake
        self.session = session
        self.local = local
        loop = local.hub.loop
        feed = local.hub.feed
    }

    // MARK: State

    public var isConnected: Bool { shared.withLock { $0.isConnected } }

    /// Whatever the program wants to remember of it; other servers see it in `fetchSockets`.
    public var data: JSONObject {
        get { shared.withLock { $0.data } }
        set {
            let isConnected = shared.withLock { shared in
                shared.data = newValue
                return shared.isConnected
            }
            if let feed, isConnected { feed.changed(self, data: newValue) }
        }
    }

    /// The names of the rooms it is in, the one of its own ``id`` among them while it is connected.
    public var rooms: Set<String> {
        shared.withLock { shared in
            var names = Set(shared.positions.keys)
            if shared.isConnected { names.insert(id) }
            return names
        }
    }

    func isIn(_ room: String) -> Bool {
        room == id || shared.withLock { $0.positions[room] != nil }
    }

    /// Bytes the client has not taken yet. On the socket's loop; 0 elsewhere.
    public var backlog: Int { loop.isCurrent ? session?.backlog ?? 0 : 0 }

    // MARK: Rooms

    /// Enters a room. Once the socket has disconnected, nothing happens.
    public func join(_ room: String) { onLoop { $0.local?.join($0, room) } }

    public func join(_ rooms: some Sequence<String>) { for room in rooms { join(room) } }

    public func leave(_ room: String) { inOrder { $0.local?.leave($0, room) } }

    func position(in room: String) -> Int? { shared.withLock { $0.positions[room] } }
    func setPosition(_ position: Int?, in room: String) {
        shared.withLock { $0.positions[room] = position }
    }
    var roomCount: Int { shared.withLock { $0.positions.count } }
    var joinedRooms: [String] { shared.withLock { Array($0.positions.keys) } }

    // MARK: Handlers

    var ownHandlers: HandlerTable? { shared.withLock { $0.handlers } }

    func editHandlers(_ change: (inout HandlerTable) -> Void) {
        shared.withLock { shared in
            var table = shared.handlers ?? HandlerTable()
            shared.handlers = nil
            change(&table)
            shared.handlers = table
        }
    }

    func ownEntries(for name: String) -> [HandlerTable.Entry] {
        shared.withLock { $0.handlers?.events[name] } ?? []
    }

    // MARK: Leaving

    /// Makes the client leave the namespace.
    /// - Parameter closing: Whether its whole connection is closed, with all its namespaces.
    public func disconnect(closing: Bool = false) {
        inOrder { socket in
            guard socket.isConnected else { return }
            closing ? socket.session?.close() : socket.session?.leave(socket.namespace.name)
        }
    }

    /// Ends the connection as if it had broken. On the loop.
    func endConnection(_ reason: DisconnectReason) { session?.end(reason) }

    /// As ``onLoop(_:)``, for what must keep its place among the events that are sent: where clients
    /// can recover, these wait their turn even on their own loop.
    func inOrder(_ body: @escaping @Sendable (Socket) -> Void) {
        if namespace.recovery == nil { onLoop(body) } else { loop.execute { body(self) } }
    }

    /// Runs `body` on the loop: now, if this is it.
    func onLoop(_ body: @escaping @Sendable (Socket) -> Void) {
        if loop.isCurrent { body(self) } else { loop.execute { body(self) } }
    }

    // MARK: Life, on the loop

    /// Tells the handlers, before any event is.
    func connected() {
        shared.withLock { $0.isConnected = true }
        namespace.entered()
        feed?.connected(self)
        for body in sharedTables.flatMap(\.connect) { attempt { try body(self) } }
    }

    /// The one way a socket ends, whether it was ever connected or still being asked about. The
    /// handlers of `disconnecting` still see its rooms.
    func ended(_ reason: DisconnectReason) {
        guard session != nil else { return }
        let wasConnected = isConnected
        if wasConnected { tell(\.disconnecting, reason) }
        suspend(reason)
        let rooms = feed == nil ? [] : joinedRooms
        local?.remove(self)
        cancelTasks()
        let waiting = acks
        acks = [:]
        for ack in waiting.values { ack.finish(.failure(.disconnected(reason))) }
        shared.withLock { shared in
            shared.isConnected = false
            shared.positions = [:]
        }
        if wasConnected {
            tell(\.disconnect, reason)
            namespace.left()
            feed?.disconnected(self, reason, rooms: rooms + [id])
        }
        // What handlers hold on to, they hold until here.
        shared.withLock { $0.handlers = nil }
        session = nil
        claim = nil
    }

    /// Makes it one that may come back; one that has come back may have been held up since.
    /// - Returns: what was sent meanwhile; `nil` when that is no longer known.
    func beginRecovery() -> [PreparedPacket]? {
        guard let recoveryID, let recovery = namespace.recovery else { return [] }
        guard isRecovered else {
            recovery.register(recoveryID, socket: id)
            return []
        }
        recovery.suspend(recoveryID, rooms: Set(joinedRooms), data: data)
        let (restoration, end) = recovery.restore(recoveryID, after: handshake.auth.recoveryOffset)
        guard case .restored(let restored) = restoration else { return nil }
        restoredUntil = end
        return restored.missed
    }

    /// Its client is not to come back as it was.
    func forgetRecovery() {
        if let recoveryID { namespace.recovery?.forget(recoveryID) }
    }

    private func suspend(_ reason: DisconnectReason) {
        guard let recoveryID, let recovery = namespace.recovery else { return }
        if reason.isRecoverable {
            recovery.suspend(recoveryID, rooms: Set(joinedRooms), data: data)
        } else {
            recovery.forget(recoveryID)
        }
    }

    /// The client has everything that was sent before its latest ping.
    func confirmed() {
        if let recoveryID { namespace.recovery?.confirm(recoveryID) }
    }

    private var sharedTables: [HandlerTable] {
        (namespace.family.map { [$0.handlers.table] } ?? []) + [namespace.handlers.table]
    }

    private var allTables: [HandlerTable] { sharedTables + (ownHandlers.map { [$0] } ?? []) }

    // MARK: Events, on the loop

    func received(_ event: SocketEvent) {
        guard isConnected else { return }
        guard running.count < namespace.server.options.maxTasks else {
            failed(SocketError.tooManyTasks)
            return endConnection(.tooManyMessages)
        }
        feed?.received(self, event)
        if hasEventMiddlewares {
            let previous = lastFiltered
            lastFiltered = start {
                await previous?.value
                await self.filter(event)
            }
            return
        }
        dispatch(event)
    }

    private var hasEventMiddlewares: Bool {
        shared.withLock { $0.handlers?.eventMiddlewares.isEmpty == false }
    }

    private func filter(_ event: SocketEvent) async {
        do {
            for body in ownHandlers?.eventMiddlewares ?? [] { try await body(self, event) }
            dispatch(event)
        } catch {
            failed(error)
        }
    }

    private func dispatch(_ event: SocketEvent) {
        guard isConnected else { return }
        for entry in ownHandlers?.anyIncoming ?? [] { run(entry, event) }
        run(ownEntries(for: event.name), event, ofSocket: true)
        run(namespace.handlers.entries(for: event.name), event)
        if let family = namespace.family { run(family.handlers.entries(for: event.name), event) }
    }

    private func run(_ entries: [HandlerTable.Entry], _ event: SocketEvent, ofSocket: Bool = false) {
        for entry in entries {
            if entry.isOnce, ofSocket { editHandlers { $0.remove(entry.id) } }
            run(entry, event)
        }
    }

    private func run(_ entry: HandlerTable.Entry, _ event: SocketEvent) {
        switch entry.handler {
        case .now(let body): body(self, event)
        case .task(let body):
            start { [self] in
                do { try await body(self, event) } catch { failed(error) }
            }
        }
    }

    // MARK: Tasks, on the loop

    /// Runs `body` in a task that is cancelled when the socket disconnects.
    public func task(_ body: @escaping @Sendable (Socket) async throws -> Void) {
        onLoop { socket in
            guard socket.isConnected else { return }
            socket.start {
                do { try await body(socket) } catch { socket.failed(error) }
            }
        }
    }

    /// Runs `body` on the socket's loop, wherever it does not ask for another executor, until it ends or
    /// the socket does.
    @discardableResult
    func start(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        nextTask += 1
        let number = nextTask
        running.insert(number)
        // At once as far as its first wait, so that later events find done what comes before that.
        let task = Task.immediate(executorPreference: LoopExecutor(loop)) {
            await body()
            self.onLoop {
                $0.running.remove(number)
                $0.tasks[number] = nil
            }
        }
        // A handler before this one, or this one, may have made it leave.
        if session == nil {
            task.cancel()
        } else if running.contains(number) {
            tasks[number] = task
        }
        return task
    }

    private func cancelTasks() {
        for task in tasks.values { task.cancel() }
        tasks = [:]
        lastFiltered = nil
    }

    /// Tells the handlers of errors; a task that was cut off because the socket left is none.
    func failed(_ error: any Error) {
        if error is CancellationError { return }
        let handlers = allTables.flatMap(\.failures)
        // What clients get wrong is counted, not reported.
        if handlers.isEmpty, error as? SocketError != .parseError {
            namespace.server.options.onUnhandledError(self, error)
        }
        for body in handlers { body(self, error) }
    }

    func attempt(_ body: () throws -> Void) {
        do { try body() } catch { failed(error) }
    }

    private func tell(
        _ handlers: KeyPath<HandlerTable, [@Sendable (Socket, DisconnectReason) throws -> Void]>,
        _ reason: DisconnectReason
    ) {
        for body in allTables.flatMap({ $0[keyPath: handlers] }) { attempt { try body(self, reason) } }
    }

    // MARK: Acknowledgements, on the loop

    func acknowledge(_ id: SocketIOPacket.AckID, _ arguments: SocketIOArguments) {
        inOrder { socket in
            guard socket.isConnected else { return }
            socket.session?.send(SocketIOPacket(.ack(arguments, id: id), namespace: socket.namespace.name))
        }
    }

    func acknowledged(_ id: SocketIOPacket.AckID, _ arguments: SocketIOArguments) {
        acks.removeValue(forKey: id.rawValue)?.finish(.success(arguments))
    }

    func expect(_ id: SocketIOPacket.AckID, _ ack: PendingAck) { acks[id.rawValue] = ack }

    func giveUp(_ id: SocketIOPacket.AckID) {
        acks.removeValue(forKey: id.rawValue)?.finish(.failure(.timedOut))
    }
}
