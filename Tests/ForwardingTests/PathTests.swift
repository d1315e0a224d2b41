// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Forwarding
import MediaPlans
import RTP
import Testing

@Suite("Forwarding to peers that move")
struct PathTests {
    @Test func `media follow a peer to another address`() throws {
        let world = World()
        let (publisher, viewers) = try ForwardingTests.meeting(world, viewers: 1)
        world.run(for: .seconds(1))
        let viewer = viewers[0]
        viewer.path = Peer.path(viewer.number, port: 6_000)
        viewer.check()
        let moved = world.now
        world.run(for: .milliseconds(500))
        #expect(world.forwarder.path(of: viewer.id) == viewer.path)
        let packets = try #require(viewer.received[10_000]).filter { $0.at > moved }
        #expect(moved.duration(to: try #require(packets.first).at) < .milliseconds(100))
        // Whoever publishes may move as well.
        publisher.path = Peer.path(publisher.number, port: 6_001)
        publisher.check()
        let again = world.now
        world.run(for: .milliseconds(500))
        #expect(
            try #require(viewer.received[10_000]).contains { $0.at > again.advanced(by: .milliseconds(100)) })
        #expect(viewer.unopened == 0)
    }

    @Test(arguments: [false, true])
    func `only media that are proven to be a peer's tell that it is somewhere else`(isControl: Bool) throws {
        let world = World()
        let (publisher, _) = try ForwardingTests.meeting(world, viewers: 1)
        world.run(for: .milliseconds(200))
        let old = publisher.path
        publisher.sources = []
        // Another path that works, for which the peer has not decided.
        publisher.path = Peer.path(publisher.number, port: 6_000)
        publisher.check(nominating: false)
        world.run(for: .milliseconds(50))
        #expect(world.forwarder.path(of: publisher.id) == old)
        let plain: [UInt8] = [0x80, 96, 1, 1, 0, 0, 0, 0, 0, 0, 9, 9] + [UInt8](repeating: 0x90, count: 50)
        var packet = publisher.seal(plain, headerCount: 12, rollover: 0)
        if isControl { packet = publisher.sealControl { $0.appendReceiverReport(sender: 1) } }
        for length in 1..<packet.count { world.deliver(Array(packet[..<length]), on: publisher.path) }
        for index in packet.indices {
            var forged = packet
            forged[index] ^= 0x40
            world.deliver(forged, on: publisher.path)
        }
        #expect(world.forwarder.path(of: publisher.id) == old)
        world.deliver(packet, on: publisher.path)
        #expect(world.forwarder.path(of: publisher.id) == publisher.path)
        // Again, from where it has left: who has seen it may send it once more.
        world.deliver(packet, on: old)
        #expect(world.forwarder.path(of: publisher.id) == publisher.path)
    }

    @Test func `media of a stranger's address are not taken, whatever their keys`() throws {
        let world = World()
        let (publisher, _) = try ForwardingTests.meeting(world, viewers: 1)
        world.run(for: .milliseconds(200))
        let packet = publisher.seal(
            [0x80, 96, 1, 1, 0, 0, 0, 0, 0, 0, 3, 0xE8] + [UInt8](repeating: 0, count: 20), headerCount: 12,
            rollover: 9)
        let before = world.forwarder.counters.packetsIn
        #expect(world.deliver(packet, on: Peer.path(77, port: 9)) == .foreign)
        #expect(world.forwarder.counters.packetsIn == before)
    }

    @Test func `forged, cut off and repeated packets change nothing but counts`() throws {
        let world = World()
        let (publisher, viewers) = try ForwardingTests.meeting(world, viewers: 1)
        world.run(for: .milliseconds(200))
        publisher.sources = []
        world.run(for: .milliseconds(100))
        let count = viewers[0].received[10_000]?.count
        let packet = publisher.seal(
            [0x80, 96, 1, 1, 0, 0, 0, 0, 0, 0, 3, 0xE8] + [UInt8](repeating: 0x90, count: 200),
            headerCount: 12,
            rollover: 9)
        for length in 1..<packet.count { world.deliver(Array(packet[..<length]), on: publisher.path) }
        for index in packet.indices {
            var forged = packet
            forged[index] ^= 0x40
            world.deliver(forged, on: publisher.path)
        }
        world.run(for: .milliseconds(100))
        #expect(viewers[0].received[10_000]?.count == count)
        #expect(world.forwarder.counters[.forged] + world.forwarder.counters[.malformed] > 300)
        #expect(world.ciphers.reusedNonces == 0)
    }

    @Test func `a clock that leaps ends what has had no check, and nothing else goes wrong`() throws {
        let world = World()
        _ = try ForwardingTests.meeting(world, viewers: 2)
        world.run(for: .seconds(1))
        world.now = world.now.advanced(by: .seconds(10))
        world.run(for: .milliseconds(100))
        #expect(!world.outputs.contains { if case .lost = $0 { true } else { false } })
        world.now = world.now.advanced(by: .seconds(100_000))
        world.run(for: .milliseconds(10))
        let lost = world.outputs.filter { if case .lost = $0 { true } else { false } }
        #expect(lost.count == 3)
    }

    @Test func `who leaves takes what it published with it`() throws {
        let world = World()
        let (publisher, viewers) = try ForwardingTests.meeting(world, viewers: 2)
        world.run(for: .milliseconds(500))
        world.forwarder.close(publisher.id)
        world.peers.removeAll { $0 === publisher }
        world.run(for: .milliseconds(500))
        #expect(world.forwarder.publicationCount == 0)
        let emptied = world.outputs.filter { if case .filled(_, _, nil) = $0 { true } else { false } }
        #expect(emptied.count >= 4)
        let since = world.now
        world.run(for: .milliseconds(200))
        #expect(!viewers[0].received.values.joined().contains { $0.at > since })
        world.forwarder.closeRoom(world.room)
        #expect(world.forwarder.connectionCount == 0)
    }

    @Test func `what is published in one room is seen in no other`() throws {
        let world = World()
        let (_, _) = try ForwardingTests.meeting(world, viewers: 1)
        world.run(for: .milliseconds(300))
        let started = world.outputs.compactMap { if case .started(let id) = $0 { id } else { nil } }
        let other = world.forwarder.openRoom()
        let stranger = try world.join(room: other)
        world.forwarder.setSlots(
            stranger.id, [Plans.videoSlot("0", ssrc: 5), Plans.audioSlot("1", ssrc: 6)], at: world.now)
        world.forwarder.view(
            stranger.id,
            started.flatMap { id in
                [
                    SlotWish(mid: ShortName("0")!, publication: id),
                    SlotWish(mid: ShortName("1")!, publication: id),
                ]
            }, at: world.now)
        world.run(for: .seconds(1))
        #expect(stranger.received.isEmpty)
    }
}
