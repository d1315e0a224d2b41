// SPDX-License-Identifier: Apache-2.0
public import EngineKit
internal import NetworkAddresses

/// Who holds which relayed addresses, for all loops of a process.
///
/// A driver keeps one behind a lock and asks it when a ``TURNServer`` wants a relay: ``open(_:at:)``, bind what the
/// lease says, ``replace(_:isAdditional:at:)`` as long as the system has given the port to somebody else, and
/// ``close(_:at:)`` when the allocation has ended. Each lease is counted from `open` to `close`, and once.
public struct RelayLedger<Random: RandomSource>: Sendable {
    public var limits: RelayLimits
    /// What relays are on from now on; the first of each family is used.
    public var addresses: [RelayAddress]
    /// Ports to give; without sockets (`isVirtual`) they are mere numbers, which packets reach by hand-over only.
    public let ports: ClosedRange<UInt16>
    public let isVirtual: Bool
    private var random: Random

    private struct Account {
        var user: String
        var address: IPAddress
    }

    /// A port that is kept for whoever shows the token. RFC 8656 §18.10.
    private struct Reservation {
        var token: UInt64
        var user: String
        var port: RelayLease.Port
        var until: Instant
    }

    private var open: [UInt64: Account] = [:]
    private var users: [String: Int] = [:]
    private var clients: [IPAddress: Int] = [:]
    private var pools: [IPAddress: RelayPorts] = [:]
    /// In the order in which they end.
    private var reservations: [Reservation] = []
    private var lastNumber: UInt64 = 0

    public init(
        _ limits: RelayLimits, addresses: [RelayAddress], ports: ClosedRange<UInt16>? = 49_152...65_535,
        random: Random
    ) {
        self.limits = limits
        self.addresses = addresses
        self.ports = ports ?? 1_024...65_535
        isVirtual = ports == nil
        self.random = random
    }

    /// How many leases are open.
    public var count: Int { open.count }

    /// Leases what the request asks for, and counts it.
    public mutating func open(_ request: RelayRequest, at now: Instant) -> Result<RelayLease, RelayRefusal> {
        forgetReservations(at: now)
        let account = Account(user: request.user, address: Self.network(of: request.client.remote.ip))
        if let refusal = refusal(of: account) { return .failure(refusal) }
        let lease: RelayLease
        if let token = request.reservation {
            guard
                let index = reservations.firstIndex(where: { $0.token == token && $0.user == request.user })
            else { return .failure(.badReservation) }
            lease = RelayLease(number: lastNumber + 1, main: reservations.remove(at: index).port)
        } else {
            switch fresh(for: request, at: now) {
            case .failure(let refusal): return .failure(refusal)
            case .success(let opened): lease = opened
            }
        }
        lastNumber = lease.number
        open[lease.number] = account
        users[account.user, default: 0] += 1
        clients[account.address, default: 0] += 1
        return .success(lease)
    }

    /// Another port in place of one that could not be bound; `nil` when there is none, and then the lease has to be
    /// closed, or goes without its additional address (``withoutAdditional(_:at:)``).
    public mutating func replace(_ lease: RelayLease, isAdditional: Bool, at now: Instant) -> RelayLease? {
        guard open[lease.number] != nil, lease.reservation == nil || isAdditional else { return nil }
        guard let old = isAdditional ? lease.additional : lease.main else { return nil }
        let address = RelayAddress(told: old.told.ip, bound: old.bound.ip)
        let isEven = old.bound.port.isMultiple(of: 2)
        guard let port = takePort(of: address, isEven: isEven, isPair: false, at: now) else { return nil }
        giveBack(old, at: now)
        var lease = lease
        if isAdditional { lease.additional = port } else { lease.main = port }
        return lease
    }

    /// The lease without its additional address, which could not be bound.
    public mutating func withoutAdditional(_ lease: RelayLease, at now: Instant) -> RelayLease {
        guard let additional = lease.additional else { return lease }
        giveBack(additional, at: now)
        var lease = lease
        lease.additional = nil
        return lease
    }

    /// Ends a lease. Its ports rest for 30 seconds; one that it reserved is kept as long as its token.
    public mutating func close(_ lease: RelayLease, at now: Instant) {
        guard let account = open.removeValue(forKey: lease.number) else { return }
        Self.decrement(&users, account.user)
        Self.decrement(&clients, account.address)
        giveBack(lease.main, at: now)
        if let additional = lease.additional { giveBack(additional, at: now) }
    }

    // MARK: Steps

    private func refusal(of account: Account) -> RelayRefusal? {
        if open.count >= limits.total { return .totalQuota }
        if users[account.user, default: 0] >= limits.perUser { return .userQuota }
        if clients[account.address, default: 0] >= limits.perAddress { return .addressQuota }
        return nil
    }

    private mutating func fresh(
        for request: RelayRequest, at now: Instant
    ) -> Result<RelayLease, RelayRefusal> {
        guard let address = addresses.first(where: { $0.told.isIPv4 == request.isIPv4 }) else {
            return .failure(.noFamily)
        }
        let isPair = request.reservesNext
        guard let main = takePort(of: address, isEven: request.evenPort, isPair: isPair, at: now) else {
            return .failure(.noPort)
        }
        var lease = RelayLease(number: lastNumber + 1, main: main)
        if isPair { lease.reservation = reserve(after: main, for: request.user, at: now) }
        if request.wantsBoth, let other = addresses.first(where: { $0.told.isIPv4 != request.isIPv4 }) {
            lease.additional = takePort(of: other, isEven: false, isPair: false, at: now)
        }
        return .success(lease)
    }

    private mutating func reserve(after main: RelayLease.Port, for user: String, at now: Instant) -> UInt64 {
        let token = random.nextBytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        var next = main
        next.told.port += 1
        next.bound.port += 1
        let until = now.advanced(by: .seconds(30))
        reservations.append(Reservation(token: token, user: user, port: next, until: until))
        return token
    }

    private mutating func forgetReservations(at now: Instant) {
        while let oldest = reservations.first, oldest.until <= now {
            reservations.removeFirst()
            giveBack(oldest.port, at: now)
        }
    }

    private mutating func takePort(
        of address: RelayAddress, isEven: Bool, isPair: Bool, at now: Instant
    ) -> RelayLease.Port? {
        if pools[address.bound] == nil { pools[address.bound] = RelayPorts(ports) }
        guard
            let port = pools[address.bound]?.take(isEven: isEven, isPair: isPair, at: now, random: &random)
        else { return nil }
        return RelayLease.Port(
            told: SocketAddress(ip: address.told, port: port),
            bound: SocketAddress(ip: address.bound, port: port))
    }

    private mutating func giveBack(_ port: RelayLease.Port, at now: Instant) {
        pools[port.bound.ip]?.giveBack(port.bound.port, at: now)
    }

    /// What a quota of addresses counts: one of IPv4, or a /64 network of IPv6.
    private static func network(of ip: IPAddress) -> IPAddress {
        ip.isIPv4 ? ip : IPAddress(high: ip.high, low: 0)
    }

    private static func decrement<Key: Hashable>(_ counts: inout [Key: Int], _ key: Key) {
        guard let count = counts[key] else { return }
        counts[key] = count > 1 ? count - 1 : nil
    }
}
