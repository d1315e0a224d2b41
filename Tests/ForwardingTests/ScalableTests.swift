// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Forwarding
import MediaPlans
import RTP
import TestKit
import Testing

/// AV1 in three spatial layers of three temporal ones, a packet for each frame, as Chrome describes them.
private struct ScalableSource {
    /// A keyframe's descriptor, captured; from livekit's dependencydescriptor tests (Apache-2.0).
    static let key = [UInt8](
        hex:
            "c1017280081485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a80006000040001d954926e082b04a"
            + "0941b820ac1282503157f974000ca864330e222222eca8655304224230eca877530077004200ef008601df010d")
    private static let keyTemplates: [UInt8] = [1, 6, 11]
    private static let group: [[UInt8]] = [[3, 8, 13], [2, 7, 12], [4, 9, 14], [0, 5, 10]]

    let ssrc: UInt32
    var frameNumber: UInt16
    private var sequence: Int64 = 500
    private var timestamp: UInt32 = 90_000
    private var phase = 0
    private var answered = -1

    init(ssrc: UInt32, frameNumber: UInt16) {
        self.ssrc = ssrc
        self.frameNumber = frameNumber
    }

    /// Sends a picture; a keyframe where one is asked for.
    mutating func send(_ peer: Peer) {
        let isKey = answered < peer.pictureLosses.count
        if isKey {
            answered = peer.pictureLosses.count
            phase = 0
        }
        let templates = isKey ? Self.keyTemplates : Self.group[phase % 4]
        if !isKey { phase += 1 }
        for (spatial, template) in templates.enumerated() {
            var descriptor = isKey && spatial == 0 ? Self.key : [0, 0, 0]
            descriptor[0] = 0xC0 | template
            descriptor[1] = UInt8(frameNumber >> 8)
            descriptor[2] = UInt8(frameNumber & 0xFF)
            send(descriptor, spatial: UInt8(spatial), peer)
            frameNumber &+= 1
        }
        timestamp &+= 3_000
    }

    private mutating func send(_ descriptor: [UInt8], spatial: UInt8, _ peer: Peer) {
        var bytes = [UInt8](repeating: 0, count: 200)
        let (sequence, timestamp, ssrc) = (sequence, timestamp, ssrc)
        let count = unsafe bytes.withUnsafeMutableBytes { place in
            var writer = unsafe RTPHeaderWriter(
                into: place, marker: spatial == 2, payloadType: 45,
                sequence: UInt16(truncatingIfNeeded: sequence), timestamp: timestamp, ssrc: ssrc,
                form: .twoByte)!
            _ = unsafe descriptor.withUnsafeBytes { unsafe writer.append(8, $0) }
            return writer.finish()
        }
        let payload = [0x10, 0x30, spatial] + [UInt8](repeating: 7, count: 100 << Int(spatial))
        peer.send(
            Array(bytes[..<count]) + payload, headerCount: count,
            rollover: UInt32(truncatingIfNeeded: sequence >> 16))
        self.sequence += 1
    }
}

@Suite("Forwarding of scalable streams")
struct ScalableTests {
    private static let av1 = CodecPlan(
        payloadType: 45, format: CodecFormat(.av1), feedback: [.nack, .pictureLoss])

    private final class Meeting {
        let world = World()
        let publisher: Peer
        let viewer: Peer
        var ids: [PublicationID] = []
        var sources: [ScalableSource] = []

        init(frameNumbers: [UInt16]) throws {
            publisher = try world.join()
            let plans = frameNumbers.indices.map {
                Plans.video("\($0)", [EncodingPlan(ssrc: 5_000 + UInt32($0))], codecs: [ScalableTests.av1])
            }
            ids = world.forwarder.publish(publisher.id, plans, at: world.now).compactMap { $0 }
            for (index, number) in frameNumbers.enumerated() {
                sources.append(ScalableSource(ssrc: 5_000 + UInt32(index), frameNumber: number))
            }
            viewer = try world.join()
            let slot = SlotPlan(
                mid: ShortName("0")!, kind: .video, ssrc: 10_000, rtxSSRC: nil,
                codecs: [ScalableTests.av1], extensions: [Plans.extensions[7]], cname: "cname")
            world.forwarder.setSlots(viewer.id, [slot], at: world.now)
            viewer.extensionMap = Plans.map
        }

        func view(_ source: Int, height: UInt16) {
            world.forwarder.view(
                viewer.id, [SlotWish(mid: ShortName("0")!, publication: ids[source], height: height)],
                at: world.now)
        }

        /// Lets pictures pass.
        /// - Returns: What the viewer was sent.
        func run(_ pictures: Int) -> [Peer.Received] {
            let before = viewer.received[10_000]?.count ?? 0
            for _ in 0..<pictures {
                for index in sources.indices { sources[index].send(publisher) }
                world.run(for: .milliseconds(33))
            }
            return Array((viewer.received[10_000] ?? []).dropFirst(before))
        }
    }

    private static func spatial(_ packet: Peer.Received) -> UInt8 { packet.payload[2] }

    @Test func `a small tile is sent the small picture of a scalable stream, a large one all`() throws {
        let meeting = try Meeting(frameNumbers: [0x172])
        meeting.view(0, height: 60)
        _ = meeting.run(120)
        let small = meeting.run(40)
        #expect(small.count == 40)
        #expect(small.allSatisfy { Self.spatial($0) == 0 && $0.header.marker })
        meeting.view(0, height: 270)
        _ = meeting.run(60)
        let large = meeting.run(40)
        #expect(large.count == 120)
        #expect(large.allSatisfy { $0.header.marker == (Self.spatial($0) == 2) })
        let all = meeting.viewer.received[10_000] ?? []
        #expect(all.map(\.number) == Array(all[0].number..<all[0].number + Int64(all.count)))
        #expect(meeting.world.ciphers.reusedNonces == 0)
    }

    @Test func `frame numbers go on when a slot shows another stream`() throws {
        let meeting = try Meeting(frameNumbers: [60_000, 100, 30_000])
        var last: UInt16?
        for source in [0, 1, 2, 1, 0] {
            meeting.view(source, height: 270)
            for packet in meeting.run(60) where !packet.extensions.dependencyDescriptor.isEmpty {
                let number = try #require(packet.frameNumber)
                if let last { #expect(number &- last < 0x4000, "\(source)") }
                last = number
            }
        }
        #expect(last != nil)
    }
}
