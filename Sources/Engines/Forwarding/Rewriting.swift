// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import RTP

/// Numbers as a receiver sees them: one stream without breaks, whatever it is made of.
///
/// Packets of one encoding keep their distances, so that a loss stays one and a packet that comes late finds its
/// place; what is left out on purpose closes up. At most ``depth`` such closings are remembered.
struct Rewriting: BitwiseCopyable {
    static let depth = 16

    /// The number after the greatest that was sent.
    var next: Int64 = 1
    /// The greatest number that was decided on, of the encoding that is being sent.
    private var highest: Int64 = -1
    /// From which number on which difference holds: a ring, the newest at ``newest``.
    private var starts = InlineArray<16, Int64>(repeating: .max)
    private var offsets = InlineArray<16, Int64>(repeating: 0)
    /// The same of picture ids: pictures that are left out close up as packets do.
    private var pictures = InlineArray<16, UInt16>(repeating: 0)
    private var skippedPicture: UInt16?
    private var newest = 0
    private var timestampOffset: UInt32 = 0
    private var lastTimestamp: UInt32 = 0
    private var lastAt = Instant.origin
    private var hasSent = false
    private var tl0Offset: UInt8 = 0
    private var lastPictureID: UInt16 = 0
    private var lastTL0: UInt8 = 0
    /// What is added to the frame numbers of dependency descriptors. Browsers count through all encodings, so it
    /// stays the same as long as the publication does; a receiver drops keyframes that are numbered backwards.
    private(set) var frameOffset: UInt16 = 0
    private var lastFrame: UInt16?

    /// Goes on with another encoding or another publication, from this packet on.
    /// - Parameters:
    ///   - timestamp: What its timestamp is to become; `nil` to go on by the clock.
    mutating func begin(_ record: PacketRecord, clockRate: UInt32, timestamp: UInt32?, now: Instant) {
        for index in 0..<Self.depth { starts[index] = .max }
        newest = 0
        starts[0] = record.number
        offsets[0] = next &- record.number
        pictures[0] = 0
        skippedPicture = nil
        highest = record.number &- 1
        if record.descriptorCount > 0, let lastFrame {
            let ahead = record.frameNumber &+ frameOffset &- lastFrame
            if ahead == 0 || ahead > 0x3FFF { frameOffset = lastFrame &+ 1 &- record.frameNumber }
        }
        guard hasSent else {
            hasSent = true
            timestampOffset = 0
            lastPictureID = record.facts.pictureID
            lastTL0 = record.facts.tl0
            return
        }
        let elapsed = max(lastAt.duration(to: now).nanoseconds, 1_000_000)
        // A gap of some hours ends in any case; nothing here may overflow.
        let ticks = min(elapsed / 1_000, 10_000_000_000) &* Int64(clockRate) / 1_000_000
        let expected = lastTimestamp &+ UInt32(truncatingIfNeeded: max(ticks, 1))
        timestampOffset = Self.plausible(timestamp, expected, lastTimestamp, clockRate) &- record.timestamp
        pictures[0] = lastPictureID &+ 1 &- record.facts.pictureID
        tl0Offset = lastTL0 &+ 1 &- record.facts.tl0
    }

    /// What a sender's clock says, if that is later than what was sent, and not far from what ours says.
    private static func plausible(
        _ told: UInt32?, _ expected: UInt32, _ last: UInt32, _ clockRate: UInt32
    ) -> UInt32 {
        guard let told else { return expected }
        let fromExpected = Int32(bitPattern: told &- expected)
        guard fromExpected.magnitude < clockRate else { return expected }
        return Int32(bitPattern: told &- last) > 0 ? told : last &+ clockRate / 1_000
    }

    /// The number for a packet that is sent; `nil` for one that comes too late for its place to be known.
    @inline(__always)
    mutating func take(_ number: Int64) -> Int64? {
        if number > highest {
            highest = number
            let sequence = number &+ offsets[newest]
            next = sequence &+ 1
            return sequence
        }
        return place(number)
    }

    private func place(_ number: Int64) -> Int64? {
        var index = newest
        for _ in 0..<Self.depth {
            if starts[index] <= number { return number &+ offsets[index] }
            index = (index &- 1) & (Self.depth &- 1)
        }
        return nil
    }

    /// Leaves a packet out, so that nobody misses it.
    /// - Parameter closesPictures: Whether its picture is left out with it, and those behind close up.
    /// - Returns: The number that is left empty if it comes late, as those behind it have been given theirs.
    mutating func skip(_ number: Int64, _ pictureID: UInt16, closesPictures: Bool) -> Int64? {
        guard number > highest else { return place(number) }
        highest = number
        var picture = pictures[newest]
        if closesPictures, skippedPicture != pictureID {
            skippedPicture = pictureID
            picture &-= 1
        }
        let offset = offsets[newest] &- 1
        next = number &+ 1 &+ offset
        close(from: number &+ 1, offset: offset, picture)
        return nil
    }

    /// From a number on, another difference holds.
    private mutating func close(from number: Int64, offset: Int64, _ picture: UInt16) {
        // Where nothing was sent since the last closing, that one is moved.
        if starts[newest] != highest { newest = (newest &+ 1) & (Self.depth &- 1) }
        starts[newest] = number
        offsets[newest] = offset
        pictures[newest] = picture
    }

    /// A number for a packet of our own, behind the greatest.
    mutating func insert() -> Int64 {
        let sequence = next
        next &+= 1
        if starts[newest] == highest &+ 1 {
            offsets[newest] &+= 1
        } else {
            let (offset, picture) = (offsets[newest] &+ 1, pictures[newest])
            newest = (newest &+ 1) & (Self.depth &- 1)
            (starts[newest], offsets[newest], pictures[newest]) = (highest &+ 1, offset, picture)
        }
        return sequence
    }

    @inline(__always)
    mutating func timestamp(_ record: PacketRecord, now: Instant) -> UInt32 {
        let timestamp = record.timestamp &+ timestampOffset
        if Int32(bitPattern: timestamp &- lastTimestamp) > 0 || lastAt == .origin {
            lastTimestamp = timestamp
            lastAt = now
        }
        return timestamp
    }

    /// Picture id and TL0PICIDX of a packet, and whether they are others than the sender's.
    @inline(__always)
    mutating func picture(_ facts: FrameFacts, of number: Int64) -> (id: UInt16, tl0: UInt8, differs: Bool) {
        // Packets of padding have none, and some senders never.
        guard facts.pictureIDBits > 0 || facts.tl0Offset > 0 else { return (0, 0, false) }
        let mask: UInt16 = facts.pictureIDBits == 7 ? 0x7F : 0x7FFF
        let offset = number > starts[newest] ? pictures[newest] : pictureOffset(number)
        let id = (facts.pictureID &+ offset) & mask
        let tl0 = facts.tl0 &+ tl0Offset
        if (id &- lastPictureID) & mask <= mask >> 1 { lastPictureID = id }
        if Int8(bitPattern: tl0 &- lastTL0) > 0 { lastTL0 = tl0 }
        return (id, tl0, offset != 0 || tl0Offset != 0)
    }

    /// Notes the frame of a packet that is sent with its dependency descriptor.
    @inline(__always)
    mutating func noteFrame(_ record: PacketRecord) {
        guard record.descriptorCount > 0 else { return }
        let number = record.frameNumber &+ frameOffset
        guard let last = lastFrame, number &- last > 0x7FFF else {
            lastFrame = number
            return
        }
    }

    private func pictureOffset(_ number: Int64) -> UInt16 {
        var index = newest
        for _ in 0..<Self.depth {
            if starts[index] <= number { return pictures[index] }
            index = (index &- 1) & (Self.depth &- 1)
        }
        return pictures[newest]
    }

    /// What a time of the encoding that is being sent is to the receiver.
    func timestamp(of source: UInt32) -> UInt32 { source &+ timestampOffset }

    /// The time that was sent last, and when.
    var last: (timestamp: UInt32, at: Instant) { (lastTimestamp, lastAt) }
}
