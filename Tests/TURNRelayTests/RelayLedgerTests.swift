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
}
