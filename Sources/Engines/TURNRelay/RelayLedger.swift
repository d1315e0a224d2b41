// SPDX-License-Identifier: Apache-2.0
public import EngineKit
internal import NetworkAddresses

/// Who holds which relayed addresses, for all loops of a process.
///
/// A driver keeps one behind a lock and asks it when a ``TURNServer`` wants a relay: ``open(_:at:)``, bind what the
/// lease says, ``replace(_:isAdditional:at:)`` as long as the system has given the port to somebody else, and
/// ``close(_:at:)`` when the allocation has ended. Each lease is counted from `open` to `close`, and once; a port that
/// is reserved counts as a lease. Ports that rest are nobody's, so a user takes only so many a minute.
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
        var account: Account
        var port: RelayLease.Port
    }

    /// What one user has, and had lately.
    private struct Usage {
        var count = 0
        var taken = TokenLevel()
    }

    private var open: [UInt64: Account] = [:]
    private var users: [String: Usage] = [:]
    /// Users who may be forgotten at a time, if they have nothing then.
    private var idle = Queue<(user: String, at: Instant)>()
    private var clients: [IPAddress: Int] = [:]
    private var pools: [IPAddress: RelayPorts] = [:]
    private var reservations: [UInt64: Reservation] = [:]
    /// Their tokens, in the order in which they end; some are redeemed.
    private var reservationEnds = Queue<(token: UInt64, until: Instant)>()
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

    /// How many users are remembered: those who have leases, or had some a minute ago.
    public var userCount: Int { users.count }

    /// Leases what the request asks for, and counts it.
    public mutating func open(_ request: RelayRequest, at now: Instant) -> Result<RelayLease, RelayRefusal> {
        forget(at: now)
        let account = Account(user: request.user, address: Self.network(of: request.client.remote.ip))
        let opened =
            request.reservation.map { redeem($0, account, at: now) } ?? fresh(request, account, at: now)
        guard case .success(let lease) = opened else { return opened }
        lastNumber = lease.number
        open[lease.number] = account
        count(account)
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
        uncount(account, at: now)
        giveBack(lease.main, at: now)
        if let additional = lease.additional { giveBack(additional, at: now) }
    }

    // MARK: Steps

    /// How many ports a user may take a minute: four times as many as they may have at a time, and 300 at least, so
    /// that they try again and again where quotas are small.
    private var turnover: TokenRate {
        TokenRate(burst: max(min(limits.perUser, 1_000_000) * 4, 300), refilledIn: Self.turnoverTime)
    }
    private static var turnoverTime: Duration { .seconds(60) }

    /// Takes `ports` of what the account may have this minute, unless it has as many as it may, or all have.
    private mutating func refusal(of account: Account, ports: Int, at now: Instant) -> RelayRefusal? {
        if open.count + reservations.count + ports > limits.total { return .totalQuota }
        if clients[account.address, default: 0] + ports > limits.perAddress { return .addressQuota }
        var usage = users[account.user] ?? Usage()
        guard usage.count + ports <= limits.perUser, usage.taken.take(ports, of: turnover, at: now) else {
            return .userQuota
        }
        users[account.user] = usage
        return nil
    }

    private mutating func redeem(
        _ token: UInt64, _ account: Account, at now: Instant
    ) -> Result<RelayLease, RelayRefusal> {
        guard let reservation = reservations[token], reservation.account.user == account.user else {
            return .failure(.badReservation)
        }
        // It was counted when it was made. Another address may redeem it, if it has not as many as it may.
        let isElsewhere = reservation.account.address != account.address
        guard !isElsewhere || clients[account.address, default: 0] < limits.perAddress else {
            return .failure(.addressQuota)
        }
        reservations[token] = nil
        uncount(reservation.account, at: now)
        return .success(RelayLease(number: lastNumber + 1, main: reservation.port))
    }

    private mutating func fresh(
        _ request: RelayRequest, _ account: Account, at now: Instant
    ) -> Result<RelayLease, RelayRefusal> {
        guard let address = addresses.first(where: { $0.told.isIPv4 == request.isIPv4 }) else {
            return .failure(.noFamily)
        }
        let isPair = request.reservesNext
        if let refusal = refusal(of: account, ports: isPair ? 2 : 1, at: now) { return .failure(refusal) }
        guard let main = takePort(of: address, isEven: request.evenPort, isPair: isPair, at: now) else {
            if users[account.user]?.count == 0 {
                idle.append((account.user, now.advanced(by: Self.turnoverTime)))
            }
            return .failure(.noPort)
        }
        var lease = RelayLease(number: lastNumber + 1, main: main)
        if isPair { lease.reservation = reserve(after: main, for: account, at: now) }
        if request.wantsBoth, let other = addresses.first(where: { $0.told.isIPv4 != request.isIPv4 }) {
            lease.additional = takePort(of: other, isEven: false, isPair: false, at: now)
        }
        return .success(lease)
    }

    private mutating func reserve(
        after main: RelayLease.Port, for account: Account, at now: Instant
    ) -> UInt64 {
        var token: UInt64
        repeat {
            token = random.nextBytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        } while reservations[token] != nil
        var next = main
        next.told.port += 1
        next.bound.port += 1
        reservations[token] = Reservation(account: account, port: next)
        reservationEnds.append((token, now.advanced(by: .seconds(30))))
        count(account)
        return token
    }

    /// Forgets reservations that are over and users who have nothing.
    private mutating func forget(at now: Instant) {
        while let oldest = reservationEnds.first, oldest.until <= now {
            _ = reservationEnds.popFirst()
            guard let reservation = reservations.removeValue(forKey: oldest.token) else { continue }
            uncount(reservation.account, at: now)
            giveBack(reservation.port, at: now)
        }
        while let oldest = idle.first, oldest.at <= now {
            _ = idle.popFirst()
            // Who came back meanwhile stands in the line again.
            if let usage = users[oldest.user], usage.count == 0, usage.taken.isFull(at: now) {
                users[oldest.user] = nil
            }
        }
    }

    private mutating func count(_ account: Account) {
        users[account.user, default: Usage()].count += 1
        clients[account.address, default: 0] += 1
    }

    private mutating func uncount(_ account: Account, at now: Instant) {
        users[account.user]?.count -= 1
        if users[account.user]?.count == 0 {
            idle.append((account.user, now.advanced(by: Self.turnoverTime)))
        }
        guard let count = clients[account.address] else { return }
        clients[account.address] = count > 1 ? count - 1 : nil
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
}
