// SPDX-License-Identifier: Apache-2.0
import Congestion
import EngineKit
import Forwarding
import MediaPlans
import RTP
import TestKit
import Testing

/// How soon somebody who comes late sees something: a round trip takes 100 ms, frames come thirty times a second.
@Suite("Forwarding to who comes late")
struct LateJoinTests {
    /// A world of long ways with somebody who sends a camera in as many encodings, keyframes of a usual size, and with
    /// somebody who watches already.
    private func meeting(encodings: Int = 3) throws -> (World, Peer, PublicationID) {
        let world = World()
        world.toServer.delay = .milliseconds(50)
        world.toPeers.delay = .milliseconds(50)
        let (_, id) = try publish(world, encodings: encodings)
        let viewer = try world.join()
        watch(world, viewer, [id])
        world.run(for: .seconds(2))
        return (world, viewer, id)
    }

    private func publish(_ world: World, encodings: Int) throws -> (Peer, PublicationID) {
        let publisher = try world.join()
        let rids = ["q", "h", "f"]
        let names = rids.suffix(encodings)
        let plan = Plans.video("0", names.map { EncodingPlan(rid: encodings == 1 ? nil : ShortName($0)!) })
        let id = try #require(world.forwarder.publish(publisher.id, [plan], at: world.now)[0])
        for (rank, rid) in rids.enumerated() where names.contains(rid) {
            // 100, 500 and 1,500 kbit/s; keyframes of 8, 26 and 66 kB.
            var source = Source(
                .video, ssrc: UInt32(1_000 * publisher.number + rank * 10), payloadType: 96,
                size: [420, 1_000, 1_100][rank], packets: [1, 2, 5][rank], sequence: 1_000)
            source.keyframePackets = [20, 26, 60][rank]
            source.width = UInt16(320 << rank)
            source.height = UInt16(180 << rank)
            source.mid = (1, "0")
            if encodings > 1 { source.rid = (2, rid) }
            source.temporalLayers = 3
            source.reports = true
            publisher.sources.append(source)
        }
        return (publisher, id)
    }

    /// Fills a slot for each publication.
    private func watch(_ world: World, _ viewer: Peer, _ ids: [PublicationID], height: UInt16 = 720) {
        viewer.extensionMap = Plans.map
        viewer.arrivals = TransportFeedbackRecorder()
        for place in ids.indices { viewer.repeatsOf[ssrc(viewer, place) + 1] = ssrc(viewer, place) }
        world.forwarder.setSlots(
            viewer.id,
            ids.indices.map { place in
                Plans.videoSlot(
                    "\(place)", ssrc: ssrc(viewer, place), rtxSSRC: ssrc(viewer, place) + 1,
                    extensions: Plans.extensions, feedback: [.nack, .pictureLoss, .transportCC])
            }, at: world.now)
        world.forwarder.view(
            viewer.id,
            ids.indices.map { SlotWish(mid: ShortName("\($0)")!, publication: ids[$0], height: height) },
            at: world.now)
    }

    private func ssrc(_ viewer: Peer, _ place: Int = 0) -> UInt32 {
        UInt32(10_000 * viewer.number + 10 * place)
    }

    /// When the whole of a first picture was there; `nil` when it is not yet.
    private func firstPicture(_ viewer: Peer, _ place: Int = 0) -> Instant? {
        let packets = (viewer.received[ssrc(viewer, place)] ?? []).filter { !$0.wasRepeated }
        guard let first = packets.first, let last = packets.first(where: \.header.marker),
            Int64(packets.prefix { !$0.header.marker }.count) == last.number - first.number,
            first.payload[0] & 0x10 != 0, first.payload[6] & 1 == 0
        else { return nil }
        return last.at
    }

    /// Asks for keyframes of all that the viewer is sent.
    private func wantKeyframe(_ viewer: Peer) {
        viewer.sendControl { writer in
            _ = writer.appendPictureLoss(sender: 1, media: ssrc(viewer))
        }
    }

    @Test(arguments: [1, 3], Array(stride(from: 0, through: 1_200, by: 150)))
    func `the first picture is there within a second, whenever another keyframe was asked for`(
        encodings: Int, before: Int
    ) throws {
        let (world, viewer, id) = try meeting(encodings: encodings)
        let late = try world.join()
        wantKeyframe(viewer)
        world.run(for: .milliseconds(before))
        let since = world.now
        watch(world, late, [id])
        world.run(for: .milliseconds(1_050))
        let picture = try #require(firstPicture(late))
        #expect(since.duration(to: picture) <= .seconds(1))
        #expect(world.ciphers.reusedNonces == 0)
    }

    @Test(arguments: [1, 3], Array(stride(from: 0, through: 1_200, by: 150)))
    func `a handshake that ends long after the slots were filled makes nobody wait for more`(
        encodings: Int, after: Int
    ) throws {
        let (world, _, id) = try meeting(encodings: encodings)
        let late = try world.join(secures: false)
        watch(world, late, [id])
        world.run(for: .milliseconds(after))
        let since = world.now
        try world.forwarder.secured(late.id, late.serverKeys, at: world.now)
        world.run(for: .milliseconds(1_050))
        let picture = try #require(firstPicture(late))
        #expect(since.duration(to: picture) <= .seconds(1))
    }

    @Test(arguments: [1, 3]) func `ten who come within a second see something within another`(encodings: Int)
        throws
    {
        let (world, _, id) = try meeting(encodings: encodings)
        var came: [(peer: Peer, at: Instant)] = []
        for _ in 0..<10 {
            let late = try world.join()
            came.append((late, world.now))
            watch(world, late, [id])
            world.run(for: .milliseconds(47))
        }
        world.run(for: .seconds(2))
        for (peer, at) in came {
            let picture = try #require(firstPicture(peer))
            #expect(at.duration(to: picture) <= .seconds(1))
        }
    }

    @Test(arguments: [1, 3]) func `a request for a keyframe that is lost costs half a second at most`(
        encodings: Int
    ) throws {
        let (world, _, id) = try meeting(encodings: encodings)
        world.peers[0].deaf = true
        let late = try world.join()
        let since = world.now
        watch(world, late, [id])
        world.run(for: .milliseconds(100))
        world.peers[0].deaf = false
        world.run(for: .milliseconds(1_050))
        let picture = try #require(firstPicture(late))
        #expect(since.duration(to: picture) <= .milliseconds(800))
    }

    @Test func `who comes to nine cameras sees all of them within a second`() throws {
        let (world, _, id) = try meeting()
        var ids = [id]
        for _ in 0..<8 { ids.append(try publish(world, encodings: 3).1) }
        world.run(for: .seconds(2))
        let late = try world.join()
        let since = world.now
        watch(world, late, ids, height: 240)
        world.run(for: .seconds(2))
        for place in ids.indices {
            let picture = try #require(firstPicture(late, place))
            #expect(since.duration(to: picture) <= .seconds(1))
        }
    }
}
