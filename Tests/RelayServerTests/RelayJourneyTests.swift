// SPDX-License-Identifier: Apache-2.0
import Datagrams
import EngineKit
import EventLoops
import Glibc
import NetworkAddresses
import RelayServer
import STUN
import SystemCalls
import TURNRelay
import Testing

@Suite("Relaying over UDP")
struct RelayJourneyTests {
    @Test("carries channels both ways, many packets at once", arguments: ["127.0.0.1", "::1"])
    func channels(_ address: String) async throws {
        let relay = try TestRelay(address)
        let client = try relay.client()
        let peer = try RelayClient(relay.listener)
        try client.allocate {
            if address == "::1" { $0.append(.requestedAddressFamily, firstByte: 2) }
        }
        try client.bind(0x4001, to: peer.address)
        for number in 0..<40 {
            client.sendOnChannel(0x4001, [UInt8](repeating: UInt8(number), count: 100 + number / 8))
        }
        for number in 0..<40 {
            let (bytes, from) = try peer.receive()
            #expect(bytes == [UInt8](repeating: UInt8(number), count: 100 + number / 8))
            #expect(from == client.relayed)
            peer.send(bytes, to: client.relayed)
        }
        for number in 0..<40 {
            #expect(
                try client.receiveOnChannel(0x4001)
                    == [UInt8](repeating: UInt8(number), count: 100 + number / 8))
        }
        let figures = await relay.service.figures()
        #expect(figures.counters[.udp].packetsToPeers == 40)
        #expect(figures.counters[.udp].packetsToClients == 40)
        await relay.stop()
    }

    @Test("carries indications both ways, whatever their length", arguments: ["127.0.0.1", "::1"])
    func indications(_ address: String) async throws {
        let relay = try TestRelay(address)
        let client = try relay.client()
        let peer = try RelayClient(relay.listener)
        try client.allocate {
            if address == "::1" { $0.append(.requestedAddressFamily, firstByte: 2) }
        }
        try client.permit(peer.address)
        for count in [0, 1, 2, 3, 4, 1200] {
            let payload = [UInt8](repeating: 7, count: count)
            try client.sendIndication(payload, to: peer.address, dontFragment: count == 4)
            #expect(try peer.receive().bytes == payload)
            peer.send(payload, to: client.relayed)
            let (from, data, _) = try client.receiveIndication()
            #expect(from == peer.address)
            #expect(data == payload)
        }
        await relay.stop()
    }

    @Test("keeps DSCP and ECN in both directions")
    func trafficClass() async throws {
        let relay = try TestRelay()
        let client = try relay.client()
        let peer = try RelayClient(relay.listener)
        try client.allocate()
        try client.bind(0x4000, to: peer.address)
        client.sendOnChannel(0x4000, [1], trafficClass: 0xB9)
        _ = try peer.receive()
        #expect(peer.lastTrafficClass == 0xB9)
        peer.send([2], to: client.relayed, trafficClass: 0x88)
        _ = try client.receive()
        #expect(client.lastTrafficClass == 0x88)
        await relay.stop()
    }

    @Test("tells the client that a peer's port is closed")
    func closedPort() async throws {
        let relay = try TestRelay()
        let client = try relay.client()
        let peer = try RelayClient(relay.listener)
        try client.allocate()
        try client.permit(peer.address)
        peer.socket.close()
        try client.sendIndication([1], to: peer.address)
        let (from, data, icmp) = try client.receiveIndication()
        #expect(from == peer.address)
        #expect(data == nil)
        #expect(icmp == [0, 0, 6, 3, 0, 0, 0, 0])
        await relay.stop()
    }

    @Test("takes a port that is free when others have theirs")
    func foreignPorts() async throws {
        var others = try freePorts()
        let free = others.remove(at: 2)
        free.close()
        let relay = try TestRelay(ports: free.local.port - 2...free.local.port + 1)
        let client = try relay.client()
        try client.allocate()
        #expect(client.relayed.port == free.local.port)
        let second = try relay.client()
        #expect(throws: STUNFailure(code: .insufficientCapacity)) { try second.allocate() }
        // What could not be bound is not counted.
        let figures = await relay.service.figures()
        #expect(figures.leases == 1)
        await relay.stop()
    }

    @Test("does not share its address with another server", arguments: [1, 2])
    func foreignServer(loops: Int) async throws {
        let relay = try TestRelay(loops: loops)
        let listener = RelayListener(ip: relay.listener.ip, port: relay.listener.port)
        #expect(throws: SystemCallError(call: "bind", code: EADDRINUSE)) {
            try TestRelay(loops: 2, listeners: [listener])
        }
        await relay.stop()
    }

    @Test("keeps the next port for whoever has the token, and rests a port that was used")
    func reservations() async throws {
        let free = try freePorts()
        for socket in free { socket.close() }
        let relay = try TestRelay(ports: free[0].local.port...free[3].local.port)
        let client = try relay.client()
        let (address, token) = try client.request(.allocate) { writer in
            writer.append(.requestedTransport, firstByte: 17)
            writer.append(evenPort: true)
        } _: {
            ($0.address(.xorRelayedAddress), $0.value(.reservationToken))
        }
        let port = try #require(address?.port)
        #expect(port.isMultiple(of: 2))
        let second = try relay.client()
        let reserved = try #require(token)
        try second.allocate { $0.append(.reservationToken, reserved) }
        #expect(second.relayed.port == port + 1)
        try second.release()
        let third = try relay.client()
        try third.allocate()
        #expect(third.relayed.port != port + 1)
        await relay.stop()
    }

    @Test("closes the socket of an allocation that ends, and lets go of its place")
    func release() async throws {
        let relay = try TestRelay(limits: RelayLimits(perUser: 1))
        let client = try relay.client()
        try client.allocate()
        let other = try relay.client()
        #expect(throws: STUNFailure(code: .allocationQuotaReached)) { try other.allocate() }
        try client.release()
        // The answer leaves before the socket closes, both in the same turn; the loop has done so when it answers again.
        let figures = await relay.service.figures()
        #expect(figures.leases == 0)
        #expect(throws: Never.self) { try UDPSocket(bind: client.relayed) }
        try client.allocate()
        await relay.stop()
    }

    @Test("ends at once what a revoked name holds, and lists what there is")
    func revocation() async throws {
        let relay = try TestRelay()
        let ann = try relay.client("red/ann")
        let bob = try relay.client("red/bob")
        try ann.allocate()
        try bob.allocate()
        let users = await relay.service.allocations().map(\.user).sorted()
        #expect(users == ["red/ann", "red/bob"])
        relay.service.revoke("red/ann")
        let remaining = await relay.service.allocations().map(\.user)
        #expect(remaining == ["red/bob"])
        await relay.stop()
    }

    @Test("drains: nobody new, and done when the last has gone")
    func drain() async throws {
        let relay = try TestRelay(loops: 2)
        let client = try relay.client()
        try client.allocate()
        let service = relay.service
        let drained = Task { await service.drain(until: Instant.monotonic().advanced(by: .seconds(600))) }
        let late = try relay.client()
        // Until the loops have been told, allocations are still taken: those are given back.
        while (try? late.allocate()) != nil {
            try late.release()
            await Task.yield()
        }
        #expect(throws: STUNFailure.self) { try late.allocate() }
        try client.release()
        await drained.value
        await relay.stop()
    }

    /// Four ports in a row, the first even, each held by a socket.
    private func freePorts() throws -> [UDPSocket] {
        for base in stride(from: UInt16(23_100), to: 23_900, by: 4) {
            let sockets = (0..<4).compactMap {
                try? UDPSocket(bind: SocketAddress(ip: IPAddress(v4: 0x7F00_0001), port: base + $0))
            }
            if sockets.count == 4 { return sockets }
        }
        throw SystemCallError(call: "bind", code: 98)
    }
}
