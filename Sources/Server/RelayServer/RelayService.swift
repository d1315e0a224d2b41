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
    private let state = Mutex(State())

    private struct State {
        var workers: [LoopBound<RelayWorker>] = []
        var wanted: [RelayListener] = []
        /// The listening sockets' addresses by number. Numbers are not used again.
        var listeners: [SocketAddress?] = []
        var watch: LoopBound<InterfaceWatch>?
        var own = OwnAddresses()
        var users: TURNUsers
        init() { users = TURNUsers() }
    }

    public init(on loops: [EventLoop], _ options: RelayOptions) {
        self.loops = loops
        self.options = options
        ledger = Mutex(
            RelayLedger(options.limits, addresses: [], ports: options.ports, random: SystemRandomSource()))
        state.withLock { $0.users = options.users }
    }

    // MARK: Beginning

    /// Waits for clients. What cannot be bound is an error, unless all addresses are wanted and this one is not ready.
    ///
    /// - Returns: The addresses that are listened on, with the ports that the system chose.
    @discardableResult
    public func start(on listeners: [RelayListener]) throws(SystemCallError) -> [SocketAddress] {
        let plan = try plan(for: listeners)
        let bound = try bind(plan.listeners, isNew: true)
        ledger.withLock { $0.addresses = plan.relays }
        let nonceKey = Self.random(32)
        var workers: [LoopBound<RelayWorker>] = []
        for (number, loop) in loops.enumerated() {
            let keys = TURNKeys(nonce: nonceKey, seed: Self.random(16))
            workers.append(
                LoopBound(RelayWorker(on: loop, number: number, service: self, keys: keys), on: loop))
        }
        state.withLock {
            $0.workers = workers
            $0.wanted = listeners
            $0.listeners = bound.map(\.address)
            $0.own = plan.own
        }
        for worker in workers { worker.execute { $0.start() } }
        open(bound, firstNumber: 0)
        tell(.addresses(plan.own))
        watchInterfaces()
        return bound.map(\.address)
    }

    private func plan(for listeners: [RelayListener]) throws(SystemCallError) -> RelayAddressPlan {
        // Documentation addresses: nothing is sent there, they only stand for "outside". RFC 5737, RFC 3849.
        let outside = [IPAddress(v4: 0xC000_0201), IPAddress(high: 0x2001_0DB8 << 32, low: 1)]
        return RelayAddressPlan(
            listeners, interfaces: try InterfaceAddress.all().map(\.ip),
            preferred: outside.compactMap { IPAddress.source(toward: $0) },
            publicAddresses: options.publicAddresses)
    }

    /// A listening address and its socket on each loop.
    private struct Bound {
        var address: SocketAddress
        var sockets: [LoopBound<UDPSocket>]
    }

    /// What all clients of a loop may have under way while it is busy, in bytes.
    private static let buffer = 4 << 20

    private func bind(_ addresses: [SocketAddress], isNew: Bool) throws(SystemCallError) -> [Bound] {
        var bound: [Bound] = []
        for address in addresses {
            do {
                var local = address
                var sockets: [LoopBound<UDPSocket>] = []
                // Shared sockets would share with another server, too.
                if loops.count > 1, address.port != 0 { try UDPSocket(bind: address).close() }
                for loop in loops {
                    let socket = try UDPSocket(bind: local, isShared: loops.count > 1)
                    socket.setBuffers(receive: Self.buffer, send: Self.buffer)
                    local = socket.local
                    sockets.append(LoopBound(socket, on: loop))
                }
                bound.append(Bound(address: local, sockets: sockets))
            } catch {
                // An address that is being tried out (IPv6), or that went again.
                guard error.isAddressMissing, addresses.count > 1 || !isNew else { throw error }
            }
        }
        return bound
    }

    private func open(_ bound: [Bound], firstNumber: Int) {
        let workers = state.withLock { $0.workers }
        for (offset, entry) in bound.enumerated() {
            let number = UInt16(truncatingIfNeeded: firstNumber + offset)
            for (worker, socket) in zip(workers, entry.sockets) {
                worker.execute { worker in socket.use { worker.listen(on: $0, as: number) } }
            }
        }
    }

    static func random(_ count: Int) -> [UInt8] {
        var source = SystemRandomSource()
        return source.nextBytes(count)
    }

    // MARK: Addresses

    /// What is listened on.
    public var listeners: [SocketAddress] { state.withLock { $0.listeners.compactMap { $0 } } }

    /// This machine's addresses, and those that others know it as.
    public var addresses: OwnAddresses { state.withLock { $0.own } }

    private func watchInterfaces() {
        guard let loop = loops.first else { return }
        loop.execute { [weak self] in
            guard let self else { return }
            let watch = try? InterfaceWatch(on: loop) { [weak self] _ in self?.addressesChanged() }
            guard let watch else { return }
            state.withLock { $0.watch = LoopBound(watch, on: loop) }
            // What came or went since the service looked.
            addressesChanged()
        }
    }

    /// Opens sockets on addresses that are new and closes those on addresses that are gone. Allocations stay: their
    /// address may come back.
    func addressesChanged() {
        let (wanted, known) = state.withLock { ($0.wanted, $0.listeners) }
        guard let plan = try? plan(for: wanted) else { return }
        let new = plan.listeners.filter { $0.port != 0 && !known.contains($0) }
        let bound = (try? bind(new, isNew: false)) ?? []
        let gone = known.indices.filter { index in
            guard let address = known[index], wanted.contains(where: \.isWildcard) else { return false }
            return !plan.listeners.contains(address)
        }
        state.withLock {
            for index in gone { $0.listeners[index] = nil }
            $0.listeners += bound.map { Optional($0.address) }
            $0.own = plan.own
        }
        ledger.withLock { $0.addresses = plan.relays }
        for worker in workers {
            worker.execute { worker in
                for index in gone { worker.stopListening(on: UInt16(truncatingIfNeeded: index)) }
            }
        }
        open(bound, firstNumber: known.count)
        tell(.addresses(plan.own))
    }

    // MARK: What all workers do

    var workers: [LoopBound<RelayWorker>] { state.withLock { $0.workers } }

    /// The worker of a loop, for its connections.
    public func worker(on loop: EventLoop) -> LoopBound<RelayWorker>? { workers.first { $0.loop === loop } }

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
        let (workers, watch) = takeApart()
        if let watch { await Self.run(watch) { $0.stop() } }
        for worker in workers { await Self.run(worker) { $0.stop() } }
    }

    /// Whom there is to stop.
    func takeApart() -> (workers: [LoopBound<RelayWorker>], watch: LoopBound<InterfaceWatch>?) {
        state.withLock { state in
            defer {
                state.workers = []
                state.watch = nil
            }
            return (state.workers, state.watch)
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
