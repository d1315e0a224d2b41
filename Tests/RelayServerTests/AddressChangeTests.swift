// SPDX-License-Identifier: Apache-2.0
import Glibc
import NetworkAddresses
import RelayServer
import STUN
import TURNRelay
import Testing

/// Addresses come and go only for those who may change them; CI may.
private let mayChangeAddresses = unsafe geteuid() == 0 && system("ip link show lo > /dev/null 2>&1") == 0

@Suite("A relay on all addresses", .serialized)
struct AddressChangeTests {
    @Test(
        "answers on an address that came later, and stops when it goes",
        .enabled(
            if: mayChangeAddresses, "needs root and the program ip, to give the loopback interface an address"
        ))
    func comingAndGoing() async throws {
        let ip = try #require(IPAddress("127.99.23.1"))
        let relay = try TestRelay(listeners: [RelayListener(port: 23_050)])
        #expect(!relay.service.listeners.contains { $0.ip == ip })
        let before = relay.service.listeners.count
        try change("add", ip)
        let client = try RelayClient(SocketAddress(ip: ip, port: 23_050))
        // As clients do: until an answer comes.
        #expect(client.ask(upTo: 100) == ip)
        #expect(relay.service.addresses.all.contains(ip))
        #expect(relay.service.listeners.count == before + 1)
        try change("del", ip)
        // Answered as long as the socket is there, however often that is.
        var rounds = 0
        while client.ask(upTo: 1) != nil, rounds < 1_000_000 { rounds += 1 }
        #expect(relay.service.listeners.count == before)
        #expect(!relay.service.addresses.all.contains(ip))
        await relay.stop()
    }

    private func change(_ verb: String, _ ip: IPAddress) throws {
        try #require(unsafe system("ip addr \(verb) \(ip)/32 dev lo") == 0)
    }
}
