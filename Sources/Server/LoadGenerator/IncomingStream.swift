// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import RTP

/// One stream as a receiver sees it: what is lost, what a decoder could have shown, and when.
struct IncomingStream {
    /// Packets that may be waited for; a power of two.
    private static let span = 1024
    /// How long a decoder waits for a lost packet before it goes on without.
    private static let patience = Duration.milliseconds(500)

    /// Of each number in the window, what is known of the packet.
    private struct Seen: BitwiseCopyable {
        var number: Int64 = -1
        var startsFrame = false
        var endsFrame = false
        var isKeyframe = false
    }

    let isVideo: Bool
    let ssrc: UInt32
    /// What was received, each packet once.
    private(set) var received = 0
    private(set) var bytes = 0
    private(set) var duplicates = 0
    /// Packets that came again as RTX or late.
    private(set) var repaired = 0
    private(set) var frames = 0
    private(set) var freezes = 0
    private(set) var frozen = Duration.zero
    private(set) var firstPacket: Instant?
    private(set) var firstFrame: Instant?
    /// Size of the last keyframe.
    private(set) var width = 0
    private(set) var height = 0
    private(set) var sizeChanges = 0
    private(set) var highest: Int64 = -1

    private var unwrapper = SequenceUnwrapper()
    private var first: Int64 = -1
    private var seen = [Seen](repeating: Seen(), count: span)
    /// The next packet that the decoder wants, and since when it has been waiting for it.
    private var next: Int64 = -1
    private var waitingSince: Instant?
    private var needsKeyframe = true
    private var isInsideFrame = false
    private var lastFrame: Instant?
    private var frameInterval = Duration.milliseconds(33)
    private var toldExpected = 0
    private var toldReceived = 0
    private var jitter = Jitter()

    init(ssrc: UInt32, isVideo: Bool) {
        self.ssrc = ssrc
        self.isVideo = isVideo
    }

    /// Packets that should have come and did not, up to the highest number.
    var lost: Int { first < 0 ? 0 : max(Int(highest - first) + 1 - received, 0) }

    /// Takes a packet in.
    /// - Returns: Whether it is new.
    mutating func receive(
        _ sequence: UInt16, timestamp: UInt32, bytes count: Int, facts: FrameFacts, repaired isRepair: Bool,
        at now: Instant
    ) -> Bool {
        let number = isRepair ? unwrapper.peek(sequence) : unwrapper.unwrap(sequence)
        if first < 0 {
            (first, next, highest) = (number, number, number - 1)
            firstPacket = now
        }
        guard number >= first, number > highest - Int64(Self.span) else { return false }
        guard seen[place(number)].number != number else {
            duplicates += 1
            return false
        }
        if isRepair || number < highest { repaired += 1 }
        highest = max(highest, number)
        seen[place(number)] = Seen(
            number: number, startsFrame: facts.startsFrame, endsFrame: facts.endsFrame,
            isKeyframe: facts.isKeyframe)
        received += 1
        bytes += count
        if !isRepair { jitter.add(timestamp, clock: isVideo ? 90_000 : 48_000, at: now) }
        if facts.isKeyframe, facts.width > 0, Int(facts.width) != width || Int(facts.height) != height {
            if width > 0 { sizeChanges += 1 }
            (width, height) = (Int(facts.width), Int(facts.height))
        }
        advance(at: now)
        return true
    }

    private func place(_ number: Int64) -> Int { Int(number & Int64(Self.span - 1)) }

    /// Lets the decoder have what is complete.
    private mutating func advance(at now: Instant) {
        if next < highest - Int64(Self.span) + 1 { skip(to: highest - Int64(Self.span) + 1) }
        while next <= highest {
            let packet = seen[place(next)]
            guard packet.number == next else {
                let since = waitingSince ?? now
                waitingSince = since
                guard since.duration(to: now) > Self.patience else { return }
                skip(to: next + 1)
                continue
            }
            waitingSince = nil
            next += 1
            decode(packet, at: now)
        }
    }

    private mutating func skip(to number: Int64) {
        next = number
        needsKeyframe = true
        isInsideFrame = false
        waitingSince = nil
    }

    private mutating func decode(_ packet: Seen, at now: Instant) {
        if packet.startsFrame {
            if packet.isKeyframe { needsKeyframe = false }
            isInsideFrame = true
        }
        guard packet.endsFrame, isInsideFrame else { return }
        isInsideFrame = false
        guard !needsKeyframe || !isVideo else { return }
        show(at: now)
    }

    /// A frame is complete: a freeze is a wait of three frames, and of 150 ms more than one at least, as
    /// webrtc-stats' freezeCount has it.
    private mutating func show(at now: Instant) {
        frames += 1
        if firstFrame == nil { firstFrame = now }
        defer { lastFrame = now }
        guard isVideo, let lastFrame else { return }
        let wait = lastFrame.duration(to: now)
        if wait >= max(frameInterval * 3, frameInterval + .milliseconds(150)) {
            freezes += 1
            frozen += wait - frameInterval
        } else {
            frameInterval = (frameInterval * 15 + wait) / 16
        }
    }

    /// The stream stopped on purpose, for a while: that is no freeze.
    mutating func pause() { lastFrame = nil }

    /// Whether a picture is wanted that only a keyframe can give.
    var wantsKeyframe: Bool { isVideo && needsKeyframe && first >= 0 }

    /// Lost packets worth asking for, oldest first.
    func missing(limit: Int) -> [UInt16] {
        guard first >= 0, next < highest else { return [] }
        var missing: [UInt16] = []
        var number = max(next, highest - 200)
        while number < highest, missing.count < limit {
            if seen[place(number)].number != number { missing.append(UInt16(truncatingIfNeeded: number)) }
            number += 1
        }
        return missing
    }

    /// The next report about it. RFC 3550 §6.4.1 and A.3.
    mutating func report() -> ReportBlock {
        let expected = Int(highest - first) + 1
        let (expectedNow, receivedNow) = (expected - toldExpected, received - toldReceived)
        (toldExpected, toldReceived) = (expected, received)
        let lostNow = max(expectedNow - receivedNow, 0)
        return ReportBlock(
            ssrc: ssrc, fractionLost: expectedNow > 0 ? UInt8(min(lostNow * 256 / expectedNow, 255)) : 0,
            cumulativeLost: Int32(clamping: lost), highestSequence: UInt32(truncatingIfNeeded: highest),
            jitter: jitter.value)
    }
}

/// How unevenly packets come. RFC 3550 A.8.
struct Jitter {
    private var transit: Int64?
    private var scaled: Int64 = 0

    var value: UInt32 { UInt32(clamping: scaled >> 4) }

    mutating func add(_ timestamp: UInt32, clock: Int64, at now: Instant) {
        let arrival = now.nanoseconds / 1000 * clock / 1_000_000
        let transit = Int64(Int32(truncatingIfNeeded: arrival &- Int64(timestamp)))
        defer { self.transit = transit }
        guard let before = self.transit else { return }
        let difference = Int64(Int32(truncatingIfNeeded: transit &- before)).magnitude
        scaled += Int64(difference) - ((scaled + 8) >> 4)
    }
}
