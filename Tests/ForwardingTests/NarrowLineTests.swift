// SPDX-License-Identifier: Apache-2.0
import Congestion
import EngineKit
import Forwarding
import MediaPlans
import RTP
import TestKit
import Testing

/// What receivers are sent whose lines carry less than there is, and tell so.
@Suite("Forwarding over narrow lines")
struct NarrowLineTests {
    /// Three encodings of some 100, 500 and 1,100 kbit/s, and one who watches over a line of its own.
    private func meeting(
        _ world: World, capacity: Int?, givesFeedback: Bool = true
    ) throws -> (Peer, Peer) {
        let (publisher, _, id) = try SimulcastTests.meeting(world, height: 720)
        let viewer = try world.join()
        viewer.extensionMap = Plans.map
        viewer.repeatsOf[20_001] = 20_000
        viewer.line = VirtualLink(capacity: capacity)
        viewer.line?.conditions.delay = .milliseconds(20)
        if givesFeedback { viewer.arrivals = TransportFeedbackRecorder() }
        world.forwarder.setSlots(
            viewer.id,
            [
                Plans.videoSlot(
                    "0", ssrc: 20_000, rtxSSRC: 20_001, extensions: Plans.extensions,
                    feedback: [.nack, .pictureLoss, .transportCC])
            ], at: world.now)
        SimulcastTests.view(world, viewer, id, height: 720)
        return (publisher, viewer)
    }

    /// How many packets of media came of each encoding since an instant.
    private func encodings(_ viewer: Peer, since: Instant) -> [Int: Int] {
        var counts: [Int: Int] = [:]
        for packet in viewer.received[20_000] ?? [] where packet.at >= since && !packet.wasRepeated {
            let start = packet.payload[0] & 0x10 != 0 ? (packet.payload[6] & 1 == 0 ? 16 : 9) : 6
            counts[packet.payload[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }, default: 0] += 1
        }
        return counts
    }

    private func bits(_ viewer: Peer, over seconds: Int64, _ world: World) -> Int {
        let before = viewer.line?.counts.deliveredBytes ?? 0
        world.run(for: .seconds(seconds))
        return 8 * ((viewer.line?.counts.deliveredBytes ?? 0) - before) / Int(seconds)
    }

    @Test func `whoever has room is sent the largest picture soon`() throws {
        let world = World()
        let (_, viewer) = try meeting(world, capacity: 10_000_000)
        world.run(for: .seconds(4))
        let since = world.now
        world.run(for: .seconds(1))
        #expect(encodings(viewer, since: since).keys.sorted() == [1_020])
    }

    @Test func `pictures that together need more than one starts with are sent without a break`() throws {
        let world = World()
        let viewer = try world.join()
        viewer.extensionMap = Plans.map
        viewer.line = VirtualLink(capacity: 20_000_000)
        viewer.line?.conditions.delay = .milliseconds(5)
        viewer.arrivals = TransportFeedbackRecorder()
        var slots: [SlotPlan] = []
        var wishes: [SlotWish] = []
        for number in 0..<2 {
            let publisher = try world.join()
            let ids = world.forwarder.publish(
                publisher.id, [Plans.video("0", [EncodingPlan(ssrc: 1)])], at: world.now)
            // 1.2 Mbit/s each, and every frame alone is as much as a probe.
            publisher.sources = [Source(.video, ssrc: 1, payloadType: 96, size: 1_000, packets: 5)]
            let ssrc = UInt32(20_000 + 2 * number)
            viewer.repeatsOf[ssrc + 1] = ssrc
            slots.append(
                Plans.videoSlot(
                    "\(number)", ssrc: ssrc, rtxSSRC: ssrc + 1, extensions: Plans.extensions,
                    feedback: [.nack, .pictureLoss, .transportCC]))
            wishes.append(SlotWish(mid: ShortName("\(number)")!, publication: ids[0]))
        }
        world.forwarder.setSlots(viewer.id, slots, at: world.now)
        world.forwarder.view(viewer.id, wishes, at: world.now)
        world.run(for: .seconds(1))
        for number in 0..<2 {
            let packets = viewer.received[UInt32(20_000 + 2 * number)] ?? []
            #expect(packets.filter { !$0.wasRepeated }.count > 100)
        }
    }

    @Test func `a line that gets narrow is sent a smaller picture, and the larger one when it is wide again`()
        throws
    {
        let world = World()
        let (_, viewer) = try meeting(world, capacity: 10_000_000)
        world.run(for: .seconds(5))
        viewer.line?.setCapacity(400_000, at: world.now)
        world.run(for: .seconds(4))
        var since = world.now
        var longest = Duration.zero
        for _ in 0..<10 {
            world.run(for: .seconds(1))
            longest = max(longest, viewer.line?.queueDelay ?? .zero)
        }
        #expect(encodings(viewer, since: since)[1_020] == nil)
        #expect(encodings(viewer, since: since)[1_000] ?? 0 > 100)
        #expect(longest < .milliseconds(250))
        viewer.line?.setCapacity(10_000_000, at: world.now)
        world.run(for: .seconds(15))
        since = world.now
        world.run(for: .seconds(1))
        #expect(encodings(viewer, since: since).keys.sorted() == [1_020])
        #expect(world.ciphers.reusedNonces == 0)
        #expect(viewer.unopened == 0)
    }

    @Test func `a narrow line is filled, not flooded`() throws {
        let world = World()
        let (_, viewer) = try meeting(world, capacity: 700_000)
        world.run(for: .seconds(10))
        let dropped = viewer.line?.counts.dropped ?? 0
        let rate = bits(viewer, over: 20, world)
        #expect(rate > 250_000)
        #expect((viewer.line?.counts.dropped ?? 0) - dropped < 100)
    }

    @Test func `sound gets through beside a picture that does not fit and has no smaller one`() throws {
        let world = World()
        let publisher = try world.join()
        let plans = [Plans.video("0", [EncodingPlan(ssrc: 1)]), Plans.audio("1", ssrc: 2)]
        let ids = world.forwarder.publish(publisher.id, plans, at: world.now)
        // 1.1 Mbit/s.
        publisher.sources = [
            Source(.video, ssrc: 1, payloadType: 96, size: 900, packets: 5),
            Source(.audio, ssrc: 2, payloadType: 111, size: 80),
        ]
        let viewer = try world.join()
        viewer.extensionMap = Plans.map
        viewer.line = VirtualLink(capacity: 400_000)
        viewer.arrivals = TransportFeedbackRecorder()
        let slots = [
            Plans.videoSlot(
                "0", ssrc: 20_000, rtxSSRC: 20_001, extensions: Plans.extensions,
                feedback: [.nack, .pictureLoss, .transportCC]),
            Plans.audioSlot("1", ssrc: 30_000, extensions: Plans.extensions),
        ]
        world.forwarder.setSlots(viewer.id, slots, at: world.now)
        world.forwarder.view(
            viewer.id,
            [
                SlotWish(mid: ShortName("0")!, publication: ids[0]),
                SlotWish(mid: ShortName("1")!, publication: ids[1]),
            ], at: world.now)
        world.run(for: .seconds(6))
        let since = world.now
        world.run(for: .seconds(20))
        let heard = (viewer.received[30_000] ?? []).filter { $0.at >= since }.count
        let seen = (viewer.received[20_000] ?? []).filter { $0.at >= since }.count
        #expect(heard > 900)
        #expect(seen > 40)
    }

    @Test func `whoever agreed to give feedback and gives none is sent everything`() throws {
        let world = World()
        let (_, viewer) = try meeting(world, capacity: nil, givesFeedback: false)
        world.run(for: .seconds(6))
        let since = world.now
        world.run(for: .seconds(2))
        #expect(encodings(viewer, since: since).keys.sorted() == [1_020])
    }

    @Test func `publishers are told of every packet they number`() throws {
        let world = World()
        let publisher = try world.join()
        let id = world.forwarder.publish(
            publisher.id, [Plans.video("0", [EncodingPlan(ssrc: 1)])], at: world.now)
        #expect(id[0] != nil)
        var source = Source(.video, ssrc: 1, payloadType: 96, size: 900, packets: 3)
        source.transportID = 3
        publisher.sources.append(source)
        world.run(for: .seconds(2))
        // Each 50 ms, one packet of feedback.
        #expect(publisher.feedbackCount > 25 && publisher.feedbackCount < 50)
    }
}
