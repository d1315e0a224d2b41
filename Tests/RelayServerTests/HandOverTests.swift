// SPDX-License-Identifier: Apache-2.0
import NetworkAddresses
import STUN
import TURNRelay
import Testing

@testable import RelayServer

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

    @Test(
        "packets for a loop that is behind are dropped, and go on when it has caught up",
        arguments: [0, 1200])
    func bounded(size: Int) throws {
        let lane = HandOverLane()
        let payload = [UInt8](repeating: 7, count: size)
        let from = SocketAddress(ip: IPAddress(v4: 0x7F00_0001), port: 1)
        func fill(_ parcel: LoopParcel, _ count: Int) -> Int {
            unsafe payload.withUnsafeBytes { bytes in
                (0..<count).count { _ in
                    unsafe lane.add(
                        bytes, from: from, to: RelayID(index: 0, generation: 1), trafficClass: 0, in: parcel)
                }
            }
        }
        var parcels: [LoopParcel] = []
        while parcels.count < 10_000 {
            let parcel = LoopParcel()
            guard fill(parcel, 100) > 0 else { break }
            lane.send(parcel)
            parcels.append(parcel)
        }
        let weight = parcels.reduce(0) { $0 + $1.weight }
        #expect(weight >= HandOverLane.capacity && weight < HandOverLane.capacity + 2_000)
        let parcel = LoopParcel()
        #expect(fill(parcel, 1) == 0)
        parcels[0].clear()
        #expect(fill(parcel, 100) == 100)
        for parcel in parcels { parcel.clear() }
    }

    /// Waits until every loop knows the relayed addresses of all: a loop tells the others at the end of a turn.
    private func known(_ ann: RelayClient, _ bob: RelayClient, _ relay: TestRelay) async throws {
        for _ in 0..<2 { _ = await relay.service.figures() }
    }
}
