// SPDX-License-Identifier: Apache-2.0
import RTP
import TestKit
import Testing

@testable import Forwarding

/// A frame of one packet.
private func frame(
    key: Bool = false, temporal: UInt8 = 0, sync: Bool = true, spatial: UInt8 = 0, inter: Bool? = nil
) -> FrameFacts {
    var facts = FrameFacts()
    facts.isKeyframe = key
    facts.startsFrame = true
    facts.endsFrame = true
    facts.temporal = temporal
    facts.spatial = spatial
    facts.isSwitchPoint = sync
    facts.usesEarlierPictures = inter ?? !key
    return facts
}

@Suite("Layers towards a receiver")
struct LayerSwitcherTests {
    @Test("nothing is sent before a keyframe's first packet")
    func beginning() {
        var switcher = LayerSwitcher()
        switcher.aim(at: LayerTarget(encoding: 0))
        var middle = frame(key: true)
        middle.startsFrame = false
        let verdicts = [frame(), middle, frame(key: true), frame()].map { switcher.decide(0, $0) }
        #expect(verdicts == [.ignore, .ignore, .begin, .send])
        #expect(switcher.awaitedEncoding == nil)
    }

    @Test("a receiver who waits for a large picture takes a smaller one meanwhile, but no larger one")
    func meanwhile() {
        var switcher = LayerSwitcher()
        switcher.aim(at: LayerTarget(encoding: 1))
        #expect(switcher.awaitedEncoding == 1)
        let verdicts = [
            switcher.decide(2, frame(key: true)), switcher.decide(0, frame(key: true)),
            switcher.decide(0, frame()),
            switcher.decide(1, frame()), switcher.decide(1, frame(key: true)),
            switcher.decide(0, frame(key: true)),
        ]
        #expect(verdicts == [.ignore, .begin, .send, .ignore, .begin, .ignore])
        #expect(switcher.encoding == 1 && switcher.awaitedEncoding == nil)
    }

    @Test("encodings change at keyframes only, and the old one is sent until then")
    func encodings() {
        var switcher = LayerSwitcher()
        switcher.aim(at: LayerTarget(encoding: 2))
        _ = switcher.decide(2, frame(key: true))
        switcher.aim(at: LayerTarget(encoding: 0))
        #expect(switcher.awaitedEncoding == 0)
        let verdicts = [
            switcher.decide(0, frame()), switcher.decide(2, frame()), switcher.decide(0, frame(key: true)),
            switcher.decide(2, frame()),
        ]
        #expect(verdicts == [.ignore, .send, .begin, .ignore])
    }

    @Test("while a smaller picture is waited for, the larger comes at its lowest frame rate")
    func relief() {
        var switcher = LayerSwitcher()
        switcher.aim(at: LayerTarget(encoding: 1))
        _ = switcher.decide(1, frame(key: true))
        switcher.aim(at: LayerTarget(encoding: 0))
        let verdicts = [2, 1, 0, 2].map { switcher.decide(1, frame(temporal: $0)) }
        #expect(verdicts == [.leaveOut, .leaveOut, .send, .leaveOut])
    }

    @Test("frame rates go down at once and up at switch points, one layer at a time")
    func temporal() {
        var switcher = LayerSwitcher()
        switcher.aim(at: LayerTarget(temporal: 2))
        _ = switcher.decide(0, frame(key: true))
        switcher.aim(at: LayerTarget(temporal: 0))
        let down = [2, 1, 0].map { switcher.decide(0, frame(temporal: $0)) }
        #expect(down == [.leaveOut, .leaveOut, .send])
        switcher.aim(at: LayerTarget(temporal: 2))
        let up = [
            frame(temporal: 2), frame(temporal: 1, sync: false), frame(temporal: 1),
            frame(temporal: 2, sync: false),
            frame(temporal: 0), frame(temporal: 2), frame(temporal: 1, sync: false),
        ].map { switcher.decide(0, $0) }
        #expect(up == [.leaveOut, .leaveOut, .send, .leaveOut, .send, .send, .send])
    }

    @Test("the packets of a frame share its fate")
    func frames() {
        var switcher = LayerSwitcher()
        switcher.aim(at: LayerTarget(temporal: 0))
        _ = switcher.decide(0, frame(key: true))
        switcher.aim(at: LayerTarget(temporal: 1))
        var rest = frame(temporal: 1)
        rest.startsFrame = false
        // The first packet was lost: the rest does not begin a layer.
        let verdicts = [rest, frame(temporal: 1), rest].map { switcher.decide(0, $0) }
        #expect(verdicts == [.leaveOut, .send, .send])
    }

    @Test("spatial layers of VP9 go up where a picture needs none before, and down between pictures")
    func spatial() {
        var switcher = LayerSwitcher()
        switcher.aim(at: LayerTarget(spatial: 0))
        _ = switcher.decide(0, frame(key: true))
        let first = switcher.decide(0, frame(spatial: 1, inter: false))
        #expect(first == .leaveOut && switcher.endsPicture(frame(), marker: false))
        switcher.aim(at: LayerTarget(spatial: 2))
        #expect(switcher.awaitedEncoding == 0)
        let up = [
            frame(), frame(spatial: 1), frame(spatial: 2), frame(key: true), frame(spatial: 1, inter: false),
            frame(spatial: 2, inter: false),
        ].map { switcher.decide(0, $0) }
        #expect(up == [.send, .leaveOut, .leaveOut, .send, .send, .send])
        #expect(switcher.awaitedEncoding == nil)
        switcher.aim(at: LayerTarget(spatial: 1))
        let down = [frame(spatial: 2), frame(), frame(spatial: 1), frame(spatial: 2)].map {
            switcher.decide(0, $0)
        }
        #expect(down == [.send, .send, .send, .leaveOut])
        #expect(switcher.endsPicture(frame(spatial: 1), marker: false))
        #expect(!switcher.endsPicture(frame(spatial: 0), marker: false))
    }

    @Test("a slot that is filled anew begins with a keyframe again")
    func restart() {
        var switcher = LayerSwitcher()
        switcher.aim(at: LayerTarget())
        _ = switcher.decide(0, frame(key: true))
        switcher.restart()
        let verdicts = [frame(), frame(key: true)].map { switcher.decide(0, $0) }
        #expect(verdicts == [.ignore, .begin])
        #expect(switcher.isRunning)
    }
}

/// Frames of Chrome's AV1 in three layers of three, by their templates. The structure is that of a captured keyframe,
/// from livekit's dependencydescriptor tests (Apache-2.0).
private struct ScalableStream {
    static let key =
        "c1017280081485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a80006000040001d954926e082b04a0941b8"
        + "20ac1282503157f974000ca864330e222222eca8655304224230eca877530077004200ef008601df010d"
    /// Template identifiers by spatial layer: keyframe, and the four pictures of a group.
    static let keys: [UInt8] = [1, 6, 11]
    static let group: [[UInt8]] = [[3, 8, 13], [2, 7, 12], [4, 9, 14], [0, 5, 10]]

    private var tracker = DependencyTracker()

    mutating func picture(_ templates: [UInt8], key: Bool = false) -> [FrameFacts] {
        templates.enumerated().map { spatial, template in
            var bytes = [UInt8](hex: Self.key)
            if key && spatial == 0 {
                bytes[0] = 0xC0 | template
            } else {
                bytes = [0xC0 | template, 0, 1]
            }
            var facts = FrameFacts()
            let descriptor = unsafe bytes.withUnsafeBytes { unsafe tracker.read($0, &facts) }
            #expect(descriptor?.spatial == UInt8(spatial))
            return facts
        }
    }
}

@Suite("Layers by dependency descriptors")
struct ScalableLayerTests {
    private static func sent(_ switcher: inout LayerSwitcher, _ picture: [FrameFacts]) -> [Bool] {
        picture.map { facts in
            let verdict = switcher.decide(0, facts)
            return verdict == .send || verdict == .begin
        }
    }

    @Test("all nine combinations are sent as their structure says", arguments: 0..<9)
    func targets(_ index: Int) {
        var stream = ScalableStream()
        var switcher = LayerSwitcher()
        let (spatial, temporal) = (UInt8(index / 3), UInt8(index % 3))
        switcher.aim(at: LayerTarget(spatial: spatial, temporal: temporal))
        let key = Self.sent(&switcher, stream.picture(ScalableStream.keys, key: true))
        #expect(key == (0..<3).map { $0 <= spatial })
        let temporals: [UInt8] = [2, 1, 2, 0]
        for (picture, layer) in zip(ScalableStream.group, temporals) {
            let sent = Self.sent(&switcher, stream.picture(picture))
            #expect(sent == (0..<3).map { $0 <= spatial && layer <= temporal })
        }
    }

    @Test("larger pictures wait for a keyframe, smaller ones and frame rates do not")
    func changes() {
        var stream = ScalableStream()
        var switcher = LayerSwitcher()
        switcher.aim(at: LayerTarget(spatial: 0, temporal: 0))
        _ = Self.sent(&switcher, stream.picture(ScalableStream.keys, key: true))
        switcher.aim(at: LayerTarget(spatial: 2, temporal: 2))
        #expect(switcher.awaitedEncoding == 0)
        // T2 waits for a picture that may be switched at; spatial layers for a keyframe.
        var sent = ScalableStream.group.map { Self.sent(&switcher, stream.picture($0))[0] }
        #expect(sent == [false, false, false, true])
        sent = Self.sent(&switcher, stream.picture(ScalableStream.group[0]))
        #expect(sent == [true, false, false])
        sent = Self.sent(&switcher, stream.picture(ScalableStream.keys, key: true))
        #expect(sent == [true, true, true] && switcher.awaitedEncoding == nil)
        switcher.aim(at: LayerTarget(spatial: 0, temporal: 2))
        sent = ScalableStream.group.map { Self.sent(&switcher, stream.picture($0)).filter { $0 }.count == 3 }
        #expect(sent == [true, true, true, false])
        sent = Self.sent(&switcher, stream.picture(ScalableStream.group[0]))
        #expect(sent == [true, false, false])
    }
}
