// SPDX-License-Identifier: Apache-2.0
internal import Datagrams
public import EngineKit
public import EventLoops
public import NetworkAddresses
internal import STUN
internal import Synchronization
public import SystemCalls
internal import TLS
public import TURNRelay

/// The STUN and TURN server of a process: a ``RelayWorker`` on each event loop, and what they share.
///
/// Every loop has a socket of its own on each address (SO_REUSEPORT): the kernel gives a client to one of them and stays
/// with it, so an allocation, its sockets and its timers are one thread's. What is shared is the ledger of relayed
/// addresses, behind a lock that is taken when allocations come and go and never for a packet.
public final class RelayService: Sendable {
    let options: RelayOptions
    let loops: [EventLoop]
    let ledger: Mutex<RelayLedger<SystemRandomSource>>
    let system: RelaySystem
    let state = Mutex(State())

    struct State {
        var workers: [LoopBound<RelayWorker>] = []
        var wanted: [RelayListener] = []
        var book = RelayAddressBook()
        var keeper: LoopBound<RelayAddressKeeper>?
        var own = OwnAddresses()
        /// Whether there are media at the listening sockets; `true` in it for loopback addresses as well.
        var media: Bool?
        var users: TURNUsers
        init() { users = TURNUsers() }
    }

    public convenience init(on loops: [EventLoop], _ options: RelayOptions) {
        self.init(on: loops, options, .real)
    }

    init(on loops: [EventLoop], _ options: RelayOptions, _ system: RelaySystem) {
        self.loops = loops
        self.system = system
        self.options = options
        ledger = Mutex(
            RelayLedger(options.limits, addresses: [], ports: options.ports, random: SystemRandomSource()))
        state.withLock { $0.users = options.users }
    }

    // MARK: Beginning

    /// Waits for clients. What cannot be bound is an error, unless there are several addresses and this one is not
    /// ready: then it is tried again.
    ///
    /// Not on a loop.
    ///
    /// - Returns: The addresses that are listened on, with the ports that the system chose.
    @discardableResult
    public func start(on listeners: [RelayListener]) throws(SystemCallError) -> [SocketAddress] {
        let plan = try plan(for: listeners)
        var bound: [Bound] = []
        for address in plan.listeners {
            do {
                bound.append(try bind(address))
            } catch {
                guard error.isAddressMissing, plan.listeners.count > 1 else { throw error }
            }
        }
        ledger.withLock { $0.addresses = plan.relays }
        let nonceKey = Self.random(32)
        var workers: [LoopBound<RelayWorker>] = []
        for (number, loop) in loops.enumerated() {
            let keys = TURNKeys(
                nonce: nonceKey, seed: Self.random(16), loop: UInt16(truncatingIfNeeded: number))
            workers.append(
                LoopBound(RelayWorker(on: loop, number: number, service: self, keys: keys), on: loop))
        }
        state.withLock {
            $0.workers = workers
            $0.wanted = listeners
            $0.own = plan.own
        }
        for worker in workers { worker.execute { $0.start() } }
        for entry in bound { try listen(on: entry) }
        tellAddresses()
        watchInterfaces()
        return bound.map(\.address)
    }

    private func listen(on entry: Bound) throws(SystemCallError) {
        guard let number = state.withLock({ $0.book.add(entry.address) }) else { return }
        for (worker, socket) in zip(workers, entry.sockets) {
            let error = worker.wait { worker in socket.use { worker.listen(on: $0, as: number) } }
            guard let error else { continue }
            stopAndWait()
            throw error
        }
    }

    static func random(_ count: Int) -> [UInt8] {
        var source = SystemRandomSource()
        return source.nextBytes(count)
    }

    // MARK: What all workers do

    var workers: [LoopBound<RelayWorker>] { state.withLock { $0.workers } }

    /// The worker of each loop, for what shares its sockets.
    public var workersOfLoops: [LoopBound<RelayWorker>] { workers }

    /// The worker of a loop, for its connections.
    public func worker(on loop: EventLoop) -> LoopBound<RelayWorker>? { workers.first { $0.loop === loop } }

    func worker(at index: Int) -> LoopBound<RelayWorker>? {
        let workers = workers
        return index < workers.count ? workers[index] : nil
    }

    func deliver(_ parcel: LoopParcel, to index: Int) {
        let workers = workers
        guard index < workers.count else { return }
        workers[index].execute { $0.take(parcel) }
    }

    func tell(_ input: TURNInput) {
        for worker in workers { worker.execute { $0.handle(input) } }
    }

    /// Ends the allocations of a user name, or of the part behind the time of a time-limited one; it is of no use
    /// from now on.
    public func revoke(_ name: String) { tell(.revoke(name)) }

    /// Who may use the server from now on: secrets that rotate, files that change.
    public func setUsers(_ users: TURNUsers) {
        state.withLock { $0.users = users }
        tell(.users(users))
    }

    // MARK: End

    /// Takes no new allocations. Returns when the last has ended, at `deadline` at the latest.
    public func drain(until deadline: Instant) async {
        await withTaskGroup(of: Void.self) { group in
            for worker in workers {
                group.addTask {
                    await withCheckedContinuation { continuation in
                        worker.execute { $0.drain(until: deadline) { continuation.resume() } }
                    }
                }
            }
        }
    }

    /// Closes everything at once.
    public func stop() async {
        let (workers, keeper) = takeApart()
        if let keeper { await Self.run(keeper) { $0.stop() } }
        for worker in workers { await Self.run(worker) { $0.stop() } }
    }

    /// Whom there is to stop.
    func takeApart() -> (workers: [LoopBound<RelayWorker>], keeper: LoopBound<RelayAddressKeeper>?) {
        state.withLock { state in
            defer {
                state.workers = []
                state.keeper = nil
            }
            return (state.workers, state.keeper)
        }
    }

    /// Calls `body` on the loop of `bound`, and returns what it returns.
    static func run<Value, Result: Sendable>(
        _ bound: LoopBound<Value>, _ body: @escaping @Sendable (Value) -> Result
    ) async -> Result {
        await withCheckedContinuation { continuation in
            bound.execute { continuation.resume(returning: body($0)) }
        }
    }
}
