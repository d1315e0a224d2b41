// SPDX-License-Identifier: Apache-2.0
import EngineKit
import RTP
import Testing

@testable import LoadGenerator

@Suite("A stream as its receiver sees it") struct IncomingStreamTests {
    /// A picture of two packets each 33 ms; what is lost is up to the test.
    struct Line {
        var stream = IncomingStream(ssrc: 1, isVideo: true)
        var now = Instant.origin
        var sequence: UInt16 = 65_500

        /// Sends one frame and lets those of its packets arrive that `arrives` says.
        mutating func frame(isKeyframe: Bool = false, arrives: [Bool] = [true, true]) {
            now = now.advanced(by: .milliseconds(33))
            for (part, comes) in arrives.enumerated() {
                sequence &+= 1
                if comes { receive(sequence, isKeyframe: isKeyframe, first: part == 0, last: part == 1) }
            }
        }

        mutating func receive(
            _ sequence: UInt16, isKeyframe: Bool = false, first: Bool, last: Bool, repaired: Bool = false
        ) {
            var facts = FrameFacts()
            (facts.isKeyframe, facts.startsFrame, facts.endsFrame) = (isKeyframe && first, first, last)
            if facts.isKeyframe { (facts.width, facts.height) = (640, 360) }
            _ = stream.receive(
                sequence, timestamp: 0, bytes: 100, facts: facts, repaired: repaired, at: now)
        }
    }

    @Test("counts frames from the first keyframe on, over a rollover")
    func frames() {
        var line = Line()
        line.frame()
        #expect(line.stream.frames == 0 && line.stream.wantsKeyframe)
        line.frame(isKeyframe: true)
        for _ in 0..<100 { line.frame() }
        #expect(line.stream.frames == 101)
        #expect(line.stream.lost == 0 && line.stream.freezes == 0 && line.stream.received == 204)
        #expect(line.stream.width == 640 && line.stream.height == 360)
    }

    @Test("waits for a packet that comes again, and shows everything then")
    func repair() {
        var line = Line()
        line.frame(isKeyframe: true)
        line.frame(arrives: [true, false])
        let missing = line.sequence
        line.frame()
        #expect(line.stream.frames == 1)
        #expect(line.stream.missing(limit: 10) == [missing])
        line.receive(missing, first: false, last: true, repaired: true)
        #expect(line.stream.frames == 3 && line.stream.lost == 0 && line.stream.repaired == 1)
        line.receive(missing, first: false, last: true, repaired: true)
        #expect(line.stream.duplicates == 1 && line.stream.received == 6)
    }

    @Test("freezes when a loss is not made good, until the next keyframe")
    func freeze() {
        var line = Line()
        line.frame(isKeyframe: true)
        for _ in 0..<20 { line.frame() }
        line.frame(arrives: [true, false])
        for _ in 0..<30 { line.frame() }
        #expect(line.stream.wantsKeyframe)
        let shown = line.stream.frames
        line.frame(isKeyframe: true)
        #expect(line.stream.frames == shown + 1)
        #expect(line.stream.freezes == 1 && line.stream.frozen > .milliseconds(900))
        #expect(line.stream.lost == 1)
    }

    @Test("reports what was lost since the last report")
    func reports() {
        var line = Line()
        line.frame(isKeyframe: true)
        line.frame(arrives: [true, false])
        line.frame()
        line.frame()
        let first = line.stream.report()
        #expect(first.fractionLost == 32 && first.cumulativeLost == 1)
        line.frame()
        let second = line.stream.report()
        #expect(second.fractionLost == 0 && second.cumulativeLost == 1)
    }
}

@Suite("Synthetic media") struct SyntheticMediaTests {
    @Test("is VP8 with a size, a picture id that counts and a stamp at the end")
    func video() throws {
        var video = SyntheticVideo(width: 1280, height: 720, bitrate: 1_000_000, frameRate: 30, seed: 0x7FFE)
        var packets: [SyntheticPacket] = []
        let now = Instant(nanoseconds: 5_000_000_000)
        video.nextFrame(at: now) { packets.append($0) }
        #expect(packets.count > 8 && packets.last?.marker == true)
        let first = try #require(packets.first)
        var bytes = [UInt8](repeating: 0, count: Int(first.count))
        unsafe bytes.withUnsafeMutableBytes {
            unsafe video.write(first, into: $0)
            unsafe PayloadStamp(sentAt: first.sentAt, publisher: 7).write(into: $0)
        }
        let payload = try #require(unsafe bytes.withUnsafeBytes { unsafe VP8Payload($0) })
        #expect(payload.isKeyframe && payload.width == 1280 && payload.height == 720)
        #expect(payload.pictureID == 0x7FFF && payload.pictureIDBits == 15)
        let stamp = unsafe bytes.withUnsafeBytes { unsafe PayloadStamp($0) }
        #expect(stamp == PayloadStamp(sentAt: now, publisher: 7))
        packets = []
        video.nextFrame(at: now) { packets.append($0) }
        #expect(packets.first?.isKeyframe == false && packets.first?.pictureID == 0)
    }

    @Test("makes keyframes on demand, three a second at most")
    func keyframes() {
        var video = SyntheticVideo(width: 320, height: 180, bitrate: 100_000, frameRate: 30, seed: 1)
        var now = Instant.origin
        var keyframes = 0
        for _ in 0..<90 {
            now = now.advanced(by: video.interval)
            video.requestKeyframe(at: now)
            video.nextFrame(at: now) { if $0.isKeyframe, $0.startsFrame { keyframes += 1 } }
        }
        #expect((8...11).contains(keyframes))
    }

    @Test("lets one publisher of a room speak at a time")
    func speakers() {
        var people = (0..<3).map { SyntheticAudio(place: $0, of: 3, seed: UInt32($0)) }
        for _ in 0..<1000 {
            for index in people.indices { _ = people[index].nextPacket(at: .origin) }
            #expect(people.count { $0.isSpeaking } == 1)
        }
    }
}
