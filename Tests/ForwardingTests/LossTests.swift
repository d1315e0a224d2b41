// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Forwarding
import MediaPlans
import RTP
import Testing

@Suite("Forwarding over bad networks")
struct LossTests {
    @Test func `what is lost on the way to a viewer is sent again`() throws {
        let world = World()
        let (_, viewers) = try ForwardingTests.meeting(world, viewers: 2)
        viewers[0].asksForRepeats = true
        world.run(for: .milliseconds(200))
        world.toPeers.lost = 50
        world.run(for: .seconds(4))
        world.toPeers.lost = 0
        world.run(for: .milliseconds(500))
        let video = try #require(viewers[0].received[10_000])
        let numbers = Set(video.map(\.number))
        #expect(numbers.count == Int(numbers.max()! - numbers.min()! + 1))
        #expect(video.filter(\.wasRepeated).count > 15)
        // A repeat is what was lost.
        let others = Dictionary(grouping: video) { $0.number }.values.filter { $0.count > 1 }
        #expect(others.allSatisfy { copies in copies.allSatisfy { $0.payload == copies[0].payload } })
        #expect(world.ciphers.reusedNonces == 0)
    }

    @Test func `without RTX a packet is sent again as it was`() throws {
        let world = World()
        let (_, viewers) = try ForwardingTests.meeting(
            world, viewers: 1, extensions: Plans.extensions, withRTX: false)
        viewers[0].asksForRepeats = true
        world.run(for: .milliseconds(200))
        world.toPeers.lost = 50
        world.run(for: .seconds(3))
        world.toPeers.lost = 0
        world.run(for: .milliseconds(500))
        let numbers = Set(try #require(viewers[0].received[10_000]).map(\.number))
        #expect(numbers.count == Int(numbers.max()! - numbers.min()! + 1))
        let counters = world.forwarder.counters
        #expect(counters.packetsRepeated > 10, "\(counters)")
        #expect(world.ciphers.reusedNonces == 0)
    }

    @Test func `what is lost on the way from a publisher is asked for and reaches everybody`() throws {
        let world = World()
        let (publisher, viewers) = try ForwardingTests.meeting(world, viewers: 2)
        world.run(for: .milliseconds(300))
        world.toServer.lost = 40
        world.toServer.late = 20
        world.toServer.repeated = 20
        world.run(for: .seconds(4))
        world.toServer = Weather()
        world.run(for: .milliseconds(500))
        #expect(publisher.losses.count > 10)
        let video = try #require(viewers[1].received[10_010])
        let numbers = Set(video.map(\.number))
        #expect(numbers.count == video.count)
        #expect(numbers.count == Int(numbers.max()! - numbers.min()! + 1))
        #expect(world.ciphers.reusedNonces == 0)
        #expect(viewers.allSatisfy { $0.unopened == 0 })
    }

    @Test func `a sender is told when its packets came`() throws {
        let world = World()
        let (publisher, _) = try ForwardingTests.meeting(world, viewers: 1)
        world.run(for: .seconds(2))
        #expect(publisher.feedbackCount > 20)
    }
}
