// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Forwarding
import MediaPlans
import RTP
import Testing

@Suite("Forwarding of several encodings")
struct SimulcastTests {
    /// One who sends three encodings, told apart by their names, and one who watches in a tile.
    static func meeting(_ world: World, height: UInt16) throws -> (Peer, Peer, PublicationID) {
        let publisher = try world.join()
        let rids = ["q", "h", "f"]
        let plan = Plans.video("0", rids.map { EncodingPlan(rid: ShortName($0)!) })
        let id = try #require(world.forwarder.publish(publisher.id, [plan], at: world.now)[0])
        for (index, rid) in rids.enumerated() {
            var source = Source(
                .video, ssrc: UInt32(1_000 + index * 10), payloadType: 96, size: 400 + 250 * index,
                packets: 1 + 2 * index, sequence: Int64(1_000 + index * 20_000))
            source.width = UInt16(320 << index)
            source.height = UInt16(180 << index)
            source.mid = (1, "0")
            source.rid = (2, rid)
            source.temporalLayers = 3
            source.reports = true
            publisher.sources.append(source)
        }
        let viewer = try world.join()
        world.forwarder.setSlots(
            viewer.id, [Plans.videoSlot("0", ssrc: 10_000, rtxSSRC: 10_001)], at: world.now)
        view(world, viewer, id, height: height)
        return (publisher, viewer, id)
    }

    static func view(_ world: World, _ viewer: Peer, _ id: PublicationID, height: UInt16) {
        world.forwarder.view(
            viewer.id, [SlotWish(mid: ShortName("0")!, publication: id, height: height)], at: world.now)
    }

    /// Of which encoding the packets were that came since an instant.
    static func encodings(_ viewer: Peer, since: Instant) -> Set<Int> {
        Set(
            (viewer.received[10_000] ?? []).filter { $0.at >= since }.map { packet in
                let start = packet.payload[0] & 0x10 != 0 ? (packet.payload[6] & 1 == 0 ? 16 : 9) : 6
                return packet.payload[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            })
    }

    /// That a stream has no break: numbers without gaps, times that go on, picture ids one by one.
    static func expectSeamless(_ packets: [Peer.Received], longestPause: Int32 = 45_000) {
        #expect(packets.map(\.number) == Array(packets[0].number..<packets[0].number + Int64(packets.count)))
        for (one, next) in zip(packets, packets.dropFirst()) {
            let ticks = Int32(bitPattern: next.header.timestamp &- one.header.timestamp)
            let pictures = (picture(next) &- picture(one)) & 0x7FFF
            if one.header.marker {
                #expect(ticks > 0 && ticks < longestPause)
                #expect(pictures == 1)
            } else {
                #expect(ticks == 0 && pictures == 0)
            }
        }
    }

    private static func picture(_ packet: Peer.Received) -> UInt16 {
        (UInt16(packet.payload[2]) << 8 | UInt16(packet.payload[3])) & 0x7FFF
    }

    @Test func `a tile that grows is sent a larger picture, without a break`() throws {
        let world = World()
        let (publisher, viewer, id) = try Self.meeting(world, height: 180)
        world.run(for: .seconds(3))
        var since = world.now
        world.run(for: .seconds(1))
        #expect(Self.encodings(viewer, since: since) == [1_000])
        Self.view(world, viewer, id, height: 720)
        world.run(for: .seconds(2))
        since = world.now
        world.run(for: .seconds(1))
        #expect(Self.encodings(viewer, since: since) == [1_020])
        Self.view(world, viewer, id, height: 360)
        world.run(for: .seconds(2))
        since = world.now
        world.run(for: .seconds(1))
        #expect(Self.encodings(viewer, since: since) == [1_010])
        Self.expectSeamless(try #require(viewer.received[10_000]))
        #expect(publisher.pictureLosses.count < 10)
        #expect(world.ciphers.reusedNonces == 0)
        #expect(viewer.unopened == 0)
    }

    @Test func `the sender is told which encodings anybody watches`() throws {
        let world = World()
        let (_, viewer, id) = try Self.meeting(world, height: 180)
        world.run(for: .seconds(6))
        func told() -> UInt8? {
            world.outputs.compactMap { if case .wanted(id, let mask) = $0 { mask } else { nil } }.last
        }
        #expect(told() == 0b001)
        Self.view(world, viewer, id, height: 720)
        world.run(for: .milliseconds(500))
        #expect(told() == 0b111)
    }

    @Test func `what is shed under load are large pictures first`() throws {
        let world = World()
        let (_, viewer, _) = try Self.meeting(world, height: 720)
        world.run(for: .seconds(3))
        world.forwarder.shed(.allButSmall, at: world.now)
        world.run(for: .seconds(2))
        var since = world.now
        world.run(for: .seconds(1))
        #expect(Self.encodings(viewer, since: since) == [1_000])
        world.forwarder.shed(.video, at: world.now)
        world.run(for: .milliseconds(100))
        since = world.now
        world.run(for: .seconds(1))
        #expect(Self.encodings(viewer, since: since) == [])
        world.forwarder.shed(.nothing, at: world.now)
        world.run(for: .seconds(3))
        since = world.now
        world.run(for: .seconds(1))
        #expect(Self.encodings(viewer, since: since) == [1_020])
        Self.expectSeamless(try #require(viewer.received[10_000]), longestPause: 450_000)
    }

    @Test func `pausing a slot sends nothing, and going on begins with a whole picture`() throws {
        let world = World()
        let (_, viewer, id) = try Self.meeting(world, height: 180)
        world.run(for: .seconds(2))
        world.forwarder.view(
            viewer.id, [SlotWish(mid: ShortName("0")!, publication: id, height: 180, isPaused: true)],
            at: world.now)
        world.run(for: .milliseconds(50))
        let since = world.now
        world.run(for: .seconds(1))
        #expect(Self.encodings(viewer, since: since) == [])
        Self.view(world, viewer, id, height: 180)
        world.run(for: .milliseconds(500))
        let first = try #require(viewer.received[10_000]?.first { $0.at >= since })
        #expect(first.payload[0] & 0x10 != 0 && first.payload[6] & 1 == 0)
        #expect(world.ciphers.reusedNonces == 0)
    }
}
