// SPDX-License-Identifier: Apache-2.0
internal import Datagrams
internal import EventLoops
public import NetworkAddresses
internal import Synchronization
internal import SystemCalls
public import TURNRelay

extension RelayService {
    /// What is listened on.
    public var listeners: [SocketAddress] { state.withLock { $0.book.open } }

    /// This machine's addresses, and those that others know it as.
    public var addresses: OwnAddresses { state.withLock { $0.own } }

    /// Where clients reach the listening sockets: as others know them first, then as neighbours do.
    ///
    /// - Parameter loopback: Whether to name loopback addresses even though there are others.
    public func mediaAddresses(loopback: Bool) -> [SocketAddress] {
        let listeners = self.listeners
        let told = ledger.withLock { $0.addresses }
        var addresses: [SocketAddress] = []
        func add(_ address: SocketAddress) { if !addresses.contains(address) { addresses.append(address) } }
        for relay in told {
            for listener in listeners where listener.ip == relay.bound {
                add(SocketAddress(ip: relay.told, port: listener.port))
            }
        }
        for listener in listeners where loopback || !listener.ip.isLoopback { add(listener) }
        return addresses
    }

    func plan(for listeners: [RelayListener]) throws(SystemCallError) -> RelayAddressPlan {
        // Documentation addresses: nothing is sent there, they only stand for "outside". RFC 5737, RFC 3849.
        let outside = [IPAddress(v4: 0xC000_0201), IPAddress(high: 0x2001_0DB8 << 32, low: 1)]
        return RelayAddressPlan(
            listeners, interfaces: try system.interfaces(),
            preferred: outside.compactMap { IPAddress.source(toward: $0) },
            publicAddresses: options.publicAddresses)
    }

    /// A listening address and its socket on each loop.
    struct Bound {
        var address: SocketAddress
        var sockets: [LoopBound<UDPSocket>]
    }

    /// What all clients of a loop may have under way while it is busy, in bytes.
    private static let buffer = 4 << 20

    func bind(_ address: SocketAddress) throws(SystemCallError) -> Bound {
        var bound = Bound(address: address, sockets: [])
        // Shared sockets would share with another server, too.
        if loops.count > 1, address.port != 0 { try system.bind(address, false).close() }
        for loop in loops {
            let socket = try system.bind(bound.address, loops.count > 1)
            socket.setBuffers(receive: Self.buffer, send: Self.buffer)
            bound.address = socket.local
            bound.sockets.append(LoopBound(socket, on: loop))
        }
        return bound
    }

    func watchInterfaces() {
        guard let loop = loops.first else { return }
        loop.execute { [weak self] in
            guard let self else { return }
            let keeper = RelayAddressKeeper(on: loop, of: self, retries: system.retries)
            let isRunning = state.withLock { state in
                guard !state.workers.isEmpty else { return false }
                state.keeper = LoopBound(keeper, on: loop)
                return true
            }
            // What came or went since the service looked.
            if isRunning { keeper.look() } else { keeper.stop() }
        }
    }

    /// Opens sockets on addresses that are new and closes those on addresses that are gone. Allocations stay: their
    /// address may come back.
    ///
    /// - Returns: Whether everything that is wanted is listened on.
    func addressesChanged() -> Bool {
        let (wanted, workers) = state.withLock { ($0.wanted, $0.workers) }
        guard let plan = try? plan(for: wanted) else { return false }
        let gone = state.withLock { state in
            state.own = plan.own
            return wanted.contains(where: \.isWildcard) ? state.book.closeAll(except: plan.listeners) : []
        }
        ledger.withLock { $0.addresses = plan.relays }
        for worker in workers { worker.execute { for number in gone { $0.stopListening(on: number) } } }
        tellAddresses()
        var isComplete = true
        for address in state.withLock({ $0.book.missing(from: plan.listeners) }) {
            guard let bound = try? bind(address), let number = state.withLock({ $0.book.add(address) }) else {
                isComplete = false
                continue
            }
            for (worker, socket) in zip(workers, bound.sockets) {
                worker.execute { [weak self] worker in
                    let error = socket.use { worker.listen(on: $0, as: number) }
                    if error != nil { self?.giveUp(number) }
                }
            }
        }
        tellAddresses()
        return isComplete
    }

    /// Lets allocations reach the media at the listening sockets from now on.
    public func carryMedia(loopback: Bool) {
        state.withLock { $0.media = loopback }
        tellAddresses()
    }

    func tellAddresses() {
        var (own, loopback) = state.withLock { ($0.own, $0.media) }
        if let loopback { own.media = mediaAddresses(loopback: loopback) }
        tell(.addresses(own))
    }

    /// A loop cannot watch its socket: the address is tried again later, on all loops. Clients of a socket that nobody
    /// reads would wait for ever.
    private func giveUp(_ number: UInt16) {
        let keeper = state.withLock { state in
            state.book.close(number)
            return state.keeper
        }
        for worker in workers { worker.execute { $0.stopListening(on: number) } }
        keeper?.execute { $0.retryLater() }
    }
}
