// SPDX-License-Identifier: Apache-2.0
import EngineKit
import NetworkAddresses
import TURNRelay
import Testing

@Suite("Relay ledger")
struct RelayLedgerTests {
    static let address = RelayAddress(told: IPAddress("198.51.100.7")!, bound: IPAddress("10.0.0.7")!)

    static func ledger(
        _ ports: ClosedRange<UInt16>? = 50_000...50_003, limits: RelayLimits = RelayLimits()
    ) -> RelayLedger<SeededRandomSource> {
        RelayLedger(limits, addresses: [address], ports: ports, random: SeededRandomSource(seed: 1))
    }

    static func request(
        user: String = "u", from: String = "192.0.2.1:1", even: Bool = false, pair: Bool = false,
        token: UInt64? = nil
    ) -> RelayRequest {
        RelayRequest(
            relay: RelayID(index: 0, generation: 1),
            client: ClientAddress(.udp, remote: SocketAddress(from)!), user: user, group: 0, isIPv4: true,
            wantsBoth: false, evenPort: even || pair, reservesNext: pair, reservation: token)
    }

    @Test("gives every port of the range once, and then says that none is left")
    func exhaustion() throws {
        var ledger = Self.ledger()
        let ports = try (0..<4).map { _ in try ledger.open(Self.request(), at: .origin).get().main.told.port }
        #expect(Set(ports) == [50_000, 50_001, 50_002, 50_003])
        #expect(ledger.open(Self.request(), at: .origin) == .failure(.noPort))
        #expect(ledger.count == 4)
    }

    @Test("gives ports from all over the range, in no order")
    func spread() throws {
        var ledger = RelayLedger(
            RelayLimits(perUser: 1_000), addresses: [Self.address], random: SeededRandomSource(seed: 1))
        let ports = try (0..<160).map { _ in try ledger.open(Self.request(), at: .origin).get().main.told.port
        }
        // Of the 16 equal parts of the range, each has some.
        #expect(Set(ports.map { ($0 - 49_152) / 1_024 }).count == 16)
        #expect(zip(ports, ports.dropFirst()).filter { $1 == $0 + 1 }.count < 3)
    }

    @Test("gives another port in place of one that somebody else has, and takes the first back")
    func replacing() throws {
        var ledger = Self.ledger(50_000...50_001)
        let lease = try ledger.open(Self.request(), at: .origin).get()
        let replaced = ledger.replace(lease, isAdditional: false, at: .origin)
        let other = try #require(replaced)
        #expect(other.number == lease.number)
        #expect(other.main.told.port != lease.main.told.port)
        #expect(other.main.bound == SocketAddress(ip: Self.address.bound, port: other.main.told.port))
        #expect(ledger.replace(other, isAdditional: false, at: .origin) == nil)
        #expect(ledger.count == 1)
    }

    @Test("counts a lease that is closed twice once")
    func closedTwice() throws {
        var ledger = Self.ledger(limits: RelayLimits(perUser: 2))
        let first = try ledger.open(Self.request(), at: .origin).get()
        _ = try ledger.open(Self.request(), at: .origin).get()
        ledger.close(first, at: .origin)
        ledger.close(first, at: .origin)
        _ = try ledger.open(Self.request(), at: .origin).get()
        #expect(ledger.open(Self.request(), at: .origin) == .failure(.userQuota))
        #expect(ledger.count == 2)
    }

    @Test("counts IPv6 clients by their /64 network, and each IPv4 address")
    func networks() throws {
        var ledger = Self.ledger(limits: RelayLimits(perAddress: 1))
        let clients = ["[2001:db8::1]:1", "[2001:db8:0:1::1]:1", "192.0.2.1:1", "192.0.2.2:1"]
        for client in clients { _ = try ledger.open(Self.request(from: client), at: .origin).get() }
        let again = ["[2001:db8::ffff:0:0:2]:9", "192.0.2.1:9"]
        for client in again {
            #expect(ledger.open(Self.request(from: client), at: .origin) == .failure(.addressQuota))
        }
    }

    @Test("goes on with one address when the additional one cannot be bound")
    func withoutAdditional() throws {
        let six = RelayAddress(told: IPAddress("2001:db8::7")!, bound: IPAddress("2001:db8::7")!)
        var ledger = Self.ledger()
        ledger.addresses.append(six)
        var request = Self.request()
        request.wantsBoth = true
        let lease = try ledger.open(request, at: .origin).get()
        #expect(lease.grant.additional?.ip == six.told)
        let reduced = ledger.withoutAdditional(lease, at: .origin)
        #expect(reduced.grant.additional == nil)
        #expect(reduced.main == lease.main)
    }

    // MARK: One user against all

    @Test("a reserved port counts as a lease until it was redeemed and closed")
    func reservationsCount() throws {
        var ledger = Self.ledger(50_000...50_063, limits: RelayLimits(perUser: 3))
        let pair = try ledger.open(Self.request(pair: true), at: .origin).get()
        // Two more would be four.
        #expect(ledger.open(Self.request(pair: true), at: .origin) == .failure(.userQuota))
        let single = try ledger.open(Self.request(), at: .origin).get()
        #expect(ledger.open(Self.request(), at: .origin) == .failure(.userQuota))
        let token = try #require(pair.reservation)
        #expect(ledger.open(Self.request(user: "v", token: token), at: .origin) == .failure(.badReservation))
        let redeemed = try ledger.open(Self.request(token: token), at: .origin).get()
        #expect(redeemed.main.told.port == pair.main.told.port + 1)
        #expect(ledger.open(Self.request(), at: .origin) == .failure(.userQuota))
        for lease in [pair, single, redeemed] { ledger.close(lease, at: .origin) }
        for _ in 0..<3 { _ = try ledger.open(Self.request(), at: .origin).get() }
    }

    @Test("a reservation that nobody redeems counts for 30 seconds, and its port comes back")
    func reservationsEnd() throws {
        var ledger = Self.ledger(50_000...50_001, limits: RelayLimits(perUser: 2))
        let pair = try ledger.open(Self.request(pair: true), at: .origin).get()
        ledger.close(pair, at: .origin)
        let later = Instant.origin.advanced(by: .seconds(29))
        #expect(ledger.open(Self.request(pair: true), at: later) == .failure(.userQuota))
        let last = Instant.origin.advanced(by: .seconds(61))
        // Ended at the 61st second, when somebody asks, it rests from then on.
        _ = ledger.open(Self.request(user: "v"), at: last)
        _ = try ledger.open(Self.request(user: "v"), at: last.advanced(by: .seconds(30))).get()
        #expect(ledger.open(Self.request(token: pair.reservation), at: last) == .failure(.badReservation))
    }

    @Test("one user who opens and closes without end leaves most ports to the others")
    func turnover() throws {
        var ledger = RelayLedger(
            RelayLimits(), addresses: [Self.address], random: SeededRandomSource(seed: 1))
        var opened = 0
        for step in 0..<60_000 {
            let now = Instant.origin.advanced(by: .milliseconds(step))
            guard case .success(let lease) = ledger.open(Self.request(pair: true), at: now) else { continue }
            ledger.close(lease, at: now)
            opened += 1
        }
        // 12 at a time, and each pair keeps one for 30 seconds.
        #expect((20...48).contains(opened))
        for _ in 0..<12 { _ = try ledger.open(Self.request(user: "v"), at: .origin).get() }
    }

    @Test("who has closed all is let in again as often as before, and is forgotten after a minute")
    func forgetting() throws {
        var ledger = Self.ledger(50_000...50_999, limits: RelayLimits(perUser: 75))
        for minute in 0..<5 {
            let now = Instant.origin.advanced(by: .seconds(minute * 61))
            for _ in 0..<300 { ledger.close(try ledger.open(Self.request(), at: now).get(), at: now) }
            #expect(ledger.open(Self.request(), at: now) == .failure(.userQuota))
            #expect(ledger.userCount == 1)
        }
        _ = ledger.open(Self.request(user: "v"), at: Instant.origin.advanced(by: .seconds(600)))
        #expect(ledger.userCount == 1)
    }
}
