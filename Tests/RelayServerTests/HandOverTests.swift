// SPDX-License-Identifier: Apache-2.0
import NetworkAddresses
import RelayServer
import STUN
import TURNRelay
import Testing

@Suite("Between allocations of one server")
struct HandOverTests {
    @Test("packets go by channels and indications, never through the kernel", arguments: [1, 2])
    func both(loops: Int) async throws {
        let relay = try TestRelay(loops: loops)
        // With two loops, eight clients are hardly ever all on one.
        for round in 0..<8 {
            let ann = try relay.client("red/ann")
            let bob = try relay.client("red/bob")
            try ann.allocate()
            try bob.allocate()
            try ann.bind(0x4000, to: bob.relayed)
            try bob.permit(ann.relayed)
            try await known(ann, bob, relay)
            ann.sendOnChannel(0x4000, [1, 2, 3, UInt8(round)])
            let (from, data, _) = try bob.receiveIndication()
            #expect(from == ann.relayed)
            #expect(data == [1, 2, 3, UInt8(round)])
            try bob.sendIndication([9, 8, 7], to: ann.relayed)
            #expect(try ann.receiveOnChannel(0x4000) == [9, 8, 7])
            try ann.release()
            try bob.release()
        }
        await relay.stop()
    }

    @Test("packets need no relay ports at all", arguments: [1, 2])
    func withoutPorts(loops: Int) async throws {
        let relay = try TestRelay(loops: loops, ports: nil)
        let ann = try relay.client("red/ann")
        let bob = try relay.client("red/bob")
        try ann.allocate()
        try bob.allocate()
        try ann.bind(0x4000, to: bob.relayed)
        try bob.bind(0x4000, to: ann.relayed)
        try await known(ann, bob, relay)
        ann.sendOnChannel(0x4000, [1])
        #expect(try bob.receiveOnChannel(0x4000) == [1])
        bob.sendOnChannel(0x4000, [2, 3, 4])
        #expect(try ann.receiveOnChannel(0x4000) == [2, 3, 4])
        await relay.stop()
    }

    @Test("packets of another group reach nobody")
    func groups() async throws {
        let relay = try TestRelay()
        let ann = try relay.client("red/ann")
        let eve = try relay.client("blue/eve")
        try ann.allocate()
        try eve.allocate()
        try ann.permit(eve.relayed)
        try eve.permit(ann.relayed)
        try eve.sendIndication([6], to: ann.relayed)
        // The loop takes things in order: when this is answered, the packet has been dealt with.
        try eve.permit(ann.relayed)
        try ann.permit(eve.relayed)
        #expect(!ann.hasMore)
        let figures = await relay.service.figures()
        #expect(figures.counters[.notReachable] == 1)
        await relay.stop()
    }

    /// Waits until every loop knows the relayed addresses of all: a loop tells the others at the end of a turn.
    private func known(_ ann: RelayClient, _ bob: RelayClient, _ relay: TestRelay) async throws {
        for _ in 0..<2 { _ = await relay.service.figures() }
    }
}
