// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Forwarding
import MediaPlans
import RTP
import Testing

@Suite("Forwarding")
struct ForwardingTests {
    /// One who publishes a camera and a microphone, and some who watch.
    static func meeting(
        _ world: World, viewers: Int, extensions: [ExtensionPlan] = [], withRTX: Bool = true
    ) throws -> (Peer, [Peer]) {
        let publisher = try world.join()
        let ids = world.forwarder.publish(
            publisher.id,
            [Plans.video("0", [EncodingPlan(ssrc: 1_000, rtxSSRC: 1_001)]), Plans.audio(ssrc: 2_000)],
            at: world.now)
        var camera = Source(.video, ssrc: 1_000, payloadType: 96, size: 1_000, packets: 4)
        camera.rtx = (1_001, 97)
        camera.transportID = 3
        var microphone = Source(.audio, ssrc: 2_000, payloadType: 111, size: 80)
        microphone.level = (5, 30)
        publisher.sources = [camera, microphone]
        var watching: [Peer] = []
        for index in 0..<viewers {
            let viewer = try world.join()
            let base = UInt32(10_000 + index * 10)
            viewer.extensionMap = ExtensionMap(
                extensions.map { ($0.id, ExtensionKind(uri: $0.uri)!) })
            viewer.repeatsOf = [base + 1: base]
            world.forwarder.setSlots(
                viewer.id,
                [
                    Plans.videoSlot(
                        "0", ssrc: base, rtxSSRC: withRTX ? base + 1 : nil, extensions: extensions),
                    Plans.audioSlot("1", ssrc: base + 2, extensions: extensions),
                ], at: world.now)
            world.forwarder.view(
                viewer.id,
                [
                    SlotWish(mid: ShortName("0")!, publication: ids[0]),
                    SlotWish(mid: ShortName("1")!, publication: ids[1]),
                ], at: world.now)
            watching.append(viewer)
        }
        return (publisher, watching)
    }

    @Test func `who watches is sent what is published, under its own numbers and payload types`() throws {
        let world = World()
        let (publisher, viewers) = try Self.meeting(world, viewers: 3)
        world.run(for: .seconds(2))
        for (index, viewer) in viewers.enumerated() {
            let base = UInt32(10_000 + index * 10)
            #expect(viewer.unopened == 0)
            #expect(Set(viewer.received.keys) == [base, base + 2])
            let video = try #require(viewer.received[base])
            #expect(video.count > 150)
            #expect(video.allSatisfy { $0.header.payloadType == 100 })
            // Whole, in order, and from a keyframe on.
            #expect(video.map(\.number) == Array(video[0].number..<video[0].number + Int64(video.count)))
            let sent = publisher.sources[0].payloads.map { $0.suffix(900) }
            let start = try #require(sent.firstIndex(of: video[0].payload.suffix(900)))
            #expect(video.map { $0.payload.suffix(900) } == Array(sent[start..<start + video.count]))
            #expect(video[0].payload[6] & 1 == 0)
            let audio = try #require(viewer.received[base + 2])
            #expect(audio.count > 80)
            #expect(audio.map(\.number) == Array(audio[0].number..<audio[0].number + Int64(audio.count)))
        }
        #expect(world.ciphers.reusedNonces == 0)
        #expect(world.forwarder.counters.drops.reduce(0, +) == 0)
    }

    @Test func `packets of a frame leave in one run`() throws {
        let world = World()
        _ = try Self.meeting(world, viewers: 1)
        world.run(for: .seconds(1))
        #expect(world.runs.filter { $0 >= 4 }.count > 20)
    }

    @Test func `a viewer that is new sees a whole picture soon`() throws {
        let world = World()
        let (publisher, _) = try Self.meeting(world, viewers: 1)
        world.run(for: .seconds(2))
        let before = publisher.sources[0].keyframes
        let late = try world.join()
        let id = world.outputs.compactMap { output in
            if case .started(let id) = output { id } else { nil }
        }
        world.forwarder.setSlots(late.id, [Plans.videoSlot("0", ssrc: 77)], at: world.now)
        let video = try #require(id.first)
        world.forwarder.view(late.id, [SlotWish(mid: ShortName("0")!, publication: video)], at: world.now)
        let start = world.now
        world.run(for: .milliseconds(300))
        #expect(publisher.sources[0].keyframes == before + 1)
        let first = try #require(late.received[77]?.first)
        #expect(start.duration(to: first.at) < .milliseconds(150))
    }

    @Test func `reports tell a viewer what time its media has, and a publisher how its packets come`() throws
    {
        let world = World()
        let (publisher, viewers) = try Self.meeting(world, viewers: 1)
        world.run(for: .seconds(5))
        let reports = viewers[0].senderReports.filter { $0.ssrc == 10_000 }
        #expect(reports.count >= 4)
        let (first, last) = (reports[0], reports[reports.count - 1])
        let elapsed = last.ntp.nanoseconds(since: first.ntp)
        let ticks = Int64(last.timestamp &- first.timestamp)
        #expect(abs(ticks - elapsed * 90 / 1_000_000) < 3_000)
        let block = try #require(publisher.reportBlocks.last { $0.ssrc == 1_000 })
        #expect(block.fractionLost == 0 && block.cumulativeLost == 0)
        #expect(publisher.reportBlocks.contains { $0.ssrc == 2_000 })
    }

    @Test func `nobody is sent more pictures at a time than the server allows`() throws {
        var settings = ForwardingSettings()
        settings.lastN = 1
        let world = World(settings)
        let (_, viewers) = try Self.meeting(world, viewers: 1)
        world.run(for: .milliseconds(300))
        var filled: [PublicationID] = []
        for case .filled(_, mid: ShortName("0"), let id?) in world.outputs { filled.append(id) }
        let video = try #require(filled.first)
        world.forwarder.setSlots(
            viewers[0].id, [Plans.videoSlot("0", ssrc: 10_000), Plans.videoSlot("5", ssrc: 50_000)],
            at: world.now)
        world.forwarder.view(
            viewers[0].id,
            [
                SlotWish(mid: ShortName("0")!, publication: video),
                SlotWish(mid: ShortName("5")!, publication: video, priority: 9),
            ], at: world.now)
        world.run(for: .milliseconds(50))
        let since = world.now
        world.run(for: .milliseconds(500))
        #expect(viewers[0].received[50_000]?.isEmpty == false)
        #expect(viewers[0].received[10_000]?.contains { $0.at > since } != true)
    }
}
