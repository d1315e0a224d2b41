// SPDX-License-Identifier: Apache-2.0
import NetworkAddresses
import TURNRelay
import Testing

@testable import RelayServer

@Suite("Where a relay listens and relays")
struct RelayAddressPlanTests {
    private let interfaces = ["127.0.0.1", "10.0.0.5", "172.17.0.1", "::1", "2001:db8::5"]

    @Test("is every address, the one that leads out first, loopback only where there is no other")
    func everywhere() {
        let plan = plan([RelayListener(port: 3478)], preferred: ["172.17.0.1"])
        #expect(
            plan.listeners.map(\.description).sorted() == [
                "10.0.0.5:3478", "127.0.0.1:3478", "172.17.0.1:3478", "[2001:db8::5]:3478", "[::1]:3478",
            ])
        #expect(relays(plan) == ["172.17.0.1", "10.0.0.5", "2001:db8::5"])
        #expect(plan.own.all.count == 5)
    }

    @Test("is the loopback address when that is all that is listened on")
    func loopback() {
        let plan = plan([RelayListener(ip: IPAddress("127.0.0.1"), port: 0)])
        #expect(relays(plan) == ["127.0.0.1"])
        #expect(plan.listeners.map(\.description) == ["127.0.0.1:0"])
    }

    @Test("is no address twice")
    func twice() {
        let plan = plan([RelayListener(port: 1), RelayListener(ip: IPAddress("10.0.0.5"), port: 1)])
        #expect(plan.listeners.count == 5)
    }

    @Test("is told as the public address, behind the address that leads out")
    func translated() {
        let plan = plan(
            [RelayListener(port: 1)], preferred: ["10.0.0.5"],
            publicAddresses: [PublicAddress(ip("192.0.2.9"))])
        #expect(relays(plan) == ["192.0.2.9 behind 10.0.0.5", "2001:db8::5"])
        #expect(plan.own.all.contains(ip("192.0.2.9")))
        #expect(plan.own.relays == [ip("192.0.2.9"), ip("2001:db8::5")])
    }

    @Test("is told as several public addresses, each behind its own")
    func severalTranslated() {
        let plan = plan(
            [RelayListener(port: 1)],
            publicAddresses: [
                PublicAddress(ip("192.0.2.9"), local: ip("172.17.0.1")),
                PublicAddress(ip("192.0.2.8"), local: ip("10.0.0.5")),
            ])
        #expect(relays(plan) == ["192.0.2.8 behind 10.0.0.5", "192.0.2.9 behind 172.17.0.1", "2001:db8::5"])
    }

    @Test("is told as it is when the public address is its own")
    func ownPublic() {
        let plan = plan(
            [RelayListener(port: 1)], preferred: ["10.0.0.5"],
            publicAddresses: [PublicAddress(ip("172.17.0.1"))])
        #expect(relays(plan) == ["172.17.0.1", "2001:db8::5"])
    }

    private func plan(
        _ listeners: [RelayListener], preferred: [String] = [], publicAddresses: [PublicAddress] = []
    ) -> RelayAddressPlan {
        RelayAddressPlan(
            listeners, interfaces: interfaces.map { ip($0) }, preferred: preferred.map { ip($0) },
            publicAddresses: publicAddresses)
    }

    private func ip(_ text: String) -> IPAddress { IPAddress(text) ?? IPAddress(v4: 0) }

    private func relays(_ plan: RelayAddressPlan) -> [String] {
        plan.relays.map { $0.told == $0.bound ? "\($0.told)" : "\($0.told) behind \($0.bound)" }
    }
}

@Suite("The number of allocations")
struct RelayLimitsTests {
    @Test(
        "is never more than there are descriptors for",
        arguments: [(1024, 896), (64, 1), (1_048_576, 50_000)])
    func files(files: Int, total: Int) {
        let limits = RelayLimits().fitting(files: files)
        #expect(limits.total == total)
        #expect(limits.perAddress == min(total, RelayLimits().perAddress))
    }
}
