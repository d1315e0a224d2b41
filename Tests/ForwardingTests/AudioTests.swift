// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Forwarding
import MediaPlans
import RTP
import Testing

@Suite("Forwarding of sound")
struct AudioTests {
    /// People who each speak and listen over one connection with a few slots.
    private func room(_ world: World, people: Int, slots: Int) throws -> [Peer] {
        var peers: [Peer] = []
        for index in 0..<people {
            let peer = try world.join(choosesAudio: true)
            peer.extensionMap = Plans.map
            _ = world.forwarder.publish(
                peer.id, [Plans.audio("a", ssrc: UInt32(2_000 + index))], at: world.now)
            var microphone = Source(.audio, ssrc: UInt32(2_000 + index), payloadType: 111, size: 60)
            microphone.level = (5, 80)
            peer.sources = [microphone]
            world.forwarder.setSlots(
                peer.id,
                (0..<slots).map {
                    Plans.audioSlot(
                        "\($0)", ssrc: UInt32(100_000 + index * 100 + $0), extensions: Plans.extensions)
                }, at: world.now)
            peers.append(peer)
        }
        return peers
    }

    /// Whose packets came to a peer since an instant, by the number of who sent them.
    private func heard(_ peer: Peer, since: Instant) -> Set<Int> {
        var marks: Set<Int> = []
        for packets in peer.received.values {
            for packet in packets where packet.at >= since {
                let ssrc = packet.payload[0..<4].reduce(0) { $0 << 8 | Int($1) }
                marks.insert(ssrc - 2_000)
            }
        }
        return marks
    }

    @Test func `with few people everybody hears everybody else and nobody itself`() throws {
        let world = World()
        let peers = try room(world, people: 4, slots: 3)
        world.run(for: .seconds(1))
        for (index, peer) in peers.enumerated() {
            #expect(heard(peer, since: .origin) == Set(0..<4).subtracting([index]))
            #expect(peer.unopened == 0)
        }
        #expect(world.ciphers.reusedNonces == 0)
    }

    @Test func `with many people the loudest are heard`() throws {
        let world = World()
        let peers = try room(world, people: 8, slots: 2)
        world.run(for: .seconds(1))
        peers[6].sources[0].level = (5, 0x80 | 20)
        peers[7].sources[0].level = (5, 0x80 | 30)
        world.run(for: .seconds(1))
        let since = world.now
        world.run(for: .milliseconds(500))
        #expect(heard(peers[0], since: since) == [6, 7])
        #expect(heard(peers[6], since: since).contains(7))
        let speakers = world.outputs.compactMap { output in
            if case .speakers(_, let ids) = output { ids } else { nil }
        }
        #expect(speakers.last?.count == 2)
        // Another one takes over from the one who falls silent.
        peers[6].sources[0].level = (5, 127)
        peers[2].sources[0].level = (5, 0x80 | 25)
        world.run(for: .seconds(4))
        let later = world.now
        world.run(for: .milliseconds(500))
        #expect(heard(peers[0], since: later) == [2, 7])
    }

    @Test func `a receiver's stream has no break when somebody else fills the slot`() throws {
        let world = World()
        let peers = try room(world, people: 5, slots: 1)
        for speaker in [1, 2, 3, 4, 1] {
            for peer in peers { peer.sources[0].level = (5, 127) }
            peers[speaker].sources[0].level = (5, 0x80 | 10)
            world.run(for: .seconds(3))
        }
        let stream = try #require(peers[0].received[100_000])
        let numbers = stream.map(\.number)
        #expect(numbers == Array(numbers[0]..<numbers[0] + Int64(numbers.count)))
        for (one, next) in zip(stream, stream.dropFirst()) {
            let ticks = Int32(bitPattern: next.header.timestamp &- one.header.timestamp)
            #expect(ticks > 0 && ticks < 48_000)
        }
        #expect(world.ciphers.reusedNonces == 0)
    }

    @Test func `who is muted is not heard, whatever it sends`() throws {
        let world = World()
        let peers = try room(world, people: 3, slots: 2)
        world.run(for: .milliseconds(500))
        let id = try #require(
            world.forwarder.publish(peers[1].id, [Plans.audio("a", ssrc: 2_001)], at: world.now)[0])
        world.forwarder.mute(id, true, at: world.now)
        world.run(for: .milliseconds(100))
        let since = world.now
        world.run(for: .seconds(1))
        #expect(heard(peers[0], since: since) == [2])
        #expect(world.forwarder.counters[.muted] > 40)
        world.forwarder.mute(id, false, at: world.now)
        world.run(for: .milliseconds(200))
        let later = world.now
        world.run(for: .milliseconds(500))
        #expect(heard(peers[0], since: later) == [1, 2])
    }
}
