// SPDX-License-Identifier: Apache-2.0

/// Writes a compound packet, one part behind the other, into the caller's memory.
///
/// What does not fit is left out, and the call says so; what was written stays right. The writer must not outlive the
/// memory that it was made with. RFC 3550 §6.1.
@safe public struct RTCPWriter: ~Copyable {
    let bytes: UnsafeMutableRawBufferPointer
    /// Bytes written so far.
    public internal(set) var count = 0
    /// Where the packet begins that blocks are still added to.
    var open = 0

    @unsafe public init(into bytes: UnsafeMutableRawBufferPointer) { unsafe self.bytes = bytes }

    /// Begins a packet of `size` bytes in all; more may be added with ``extend(by:)``.
    /// - Returns: Its offset; `nil`, and nothing is written, when there is no room.
    mutating func begin(_ type: UInt8, format: UInt8, size: Int) -> Int? {
        guard unsafe count + size <= bytes.count else { return nil }
        open = count
        unsafe bytes[open] = 0x80 | format
        unsafe bytes[open + 1] = type
        count += size
        close()
        return open
    }

    /// Makes the open packet longer by a multiple of four bytes.
    /// - Returns: Where they are.
    mutating func extend(by size: Int) -> Int? {
        guard unsafe count + size <= bytes.count, count - open + size <= 0x4_0000 else { return nil }
        let offset = count
        count += size
        close()
        return offset
    }

    func close() { unsafe bytes.store(UInt16((count - open) / 4 - 1), at: open + 2) }

    /// Whether the open packet is one of these.
    func isOpen(_ types: ClosedRange<UInt8>) -> Bool {
        guard count > open else { return false }
        return unsafe types.contains(bytes[open + 1])
    }

    /// A sender report without blocks. RFC 3550 §6.4.1.
    @discardableResult public mutating func append(_ report: SenderReport) -> Bool {
        guard let at = begin(200, format: 0, size: SenderReport.size) else { return false }
        unsafe bytes.store(report.ssrc, at: at + 4)
        unsafe bytes.store(report.ntp.rawValue, at: at + 8)
        unsafe bytes.store(report.timestamp, at: at + 16)
        unsafe bytes.store(report.packets, at: at + 20)
        unsafe bytes.store(report.octets, at: at + 24)
        return true
    }

    /// A receiver report without blocks. RFC 3550 §6.4.2.
    @discardableResult public mutating func appendReceiverReport(sender: UInt32) -> Bool {
        guard let at = begin(201, format: 0, size: 8) else { return false }
        unsafe bytes.store(sender, at: at + 4)
        return true
    }

    /// Adds a block to the report that was begun last.
    /// - Returns: Whether there was room: a report has 31 blocks at most.
    @discardableResult public mutating func append(_ block: ReportBlock) -> Bool {
        guard isOpen(200...201), unsafe bytes[open] & 0x1F < 31, let at = extend(by: ReportBlock.size) else {
            return false
        }
        unsafe bytes[open] += 1
        unsafe bytes.store(block.ssrc, at: at)
        unsafe bytes.store24(
            UInt32(bitPattern: min(max(block.cumulativeLost, -0x80_0000), 0x7F_FFFF)), at: at + 5)
        unsafe bytes[at + 4] = block.fractionLost
        unsafe bytes.store(block.highestSequence, at: at + 8)
        unsafe bytes.store(block.jitter, at: at + 12)
        unsafe bytes.store(block.lastReport, at: at + 16)
        unsafe bytes.store(block.delaySinceLastReport, at: at + 20)
        return true
    }

    /// The name that ties a participant's streams together. RFC 3550 §6.5.1.
    /// - Parameter cname: At most 255 bytes.
    @discardableResult public mutating func appendDescription(of ssrc: UInt32, cname: [UInt8]) -> Bool {
        guard cname.count <= 255 else { return false }
        // At least one zero ends the chunk.
        let length = 4 + 2 + cname.count + 1
        let size = 4 + length + zeros(after: length)
        guard let at = begin(202, format: 1, size: size) else { return false }
        unsafe bytes.store(ssrc, at: at + 4)
        unsafe bytes[at + 8] = SourceItem.cname
        unsafe bytes[at + 9] = UInt8(cname.count)
        for index in 0..<cname.count { unsafe bytes[at + 10 + index] = cname[index] }
        for index in at + 10 + cname.count..<at + size { unsafe bytes[index] = 0 }
        return true
    }

    /// RFC 3550 §6.6, without a reason.
    @discardableResult public mutating func appendGoodbye(_ ssrc: UInt32) -> Bool {
        guard let at = begin(203, format: 1, size: 8) else { return false }
        unsafe bytes.store(ssrc, at: at + 4)
        return true
    }
}

extension RTCPWriter {
    private mutating func beginFeedback(
        _ type: UInt8, _ format: UInt8, _ sender: UInt32, _ media: UInt32, size: Int = 12
    ) -> Int? {
        guard let at = begin(type, format: format, size: size) else { return nil }
        unsafe bytes.store(sender, at: at + 4)
        unsafe bytes.store(media, at: at + 8)
        return at
    }

    /// Tells of a lost packet: in the pair that was written last if it is of the same stream and has room, else in a
    /// new one. Give the numbers in their order. RFC 4585 §6.2.1.
    @discardableResult public mutating func appendNACK(
        _ sequence: UInt16, sender: UInt32, media: UInt32
    ) -> Bool {
        var isSame = false
        if isOpen(205...205), count - open >= 16 {
            isSame = unsafe bytes[open] & 0x1F == 1 && load32(open + 4) == sender && load32(open + 8) == media
        }
        if isSame {
            let last = load32(count - 4)
            var pair = NACKPair(
                first: UInt16(truncatingIfNeeded: last >> 16), following: UInt16(truncatingIfNeeded: last))
            if pair.insert(sequence) {
                unsafe bytes.store(pair.following, at: count - 2)
                return true
            }
            guard let at = extend(by: 4) else { return false }
            unsafe bytes.store(UInt32(sequence) << 16, at: at)
            return true
        }
        guard let at = beginFeedback(205, 1, sender, media, size: 16) else { return false }
        unsafe bytes.store(UInt32(sequence) << 16, at: at + 12)
        return true
    }

    /// RFC 4585 §6.3.1.
    @discardableResult public mutating func appendPictureLoss(sender: UInt32, media: UInt32) -> Bool {
        beginFeedback(206, 1, sender, media) != nil
    }

    /// RFC 5104 §4.3.1, for one stream.
    @discardableResult public mutating func appendFullIntra(sender: UInt32, _ entry: FullIntraEntry) -> Bool {
        guard let at = beginFeedback(206, 4, sender, 0, size: 20) else { return false }
        unsafe bytes.store(entry.ssrc, at: at + 12)
        unsafe bytes.store(UInt32(entry.sequence) << 24, at: at + 16)
        return true
    }

    /// REMB for one stream. draft-alvestrand-rmcat-remb-03 §2.2.
    @discardableResult public mutating func appendBandwidthEstimate(
        sender: UInt32, bitsPerSecond: UInt64, media: UInt32
    ) -> Bool {
        guard let at = beginFeedback(206, 15, sender, 0, size: 24) else { return false }
        let exponent = max(0, 46 - bitsPerSecond.leadingZeroBitCount)
        let mantissa = UInt32(truncatingIfNeeded: bitsPerSecond >> UInt64(exponent))
        unsafe bytes.store(0x5245_4D42 as UInt32, at: at + 12)
        unsafe bytes.store(1 << 24 | UInt32(exponent) << 18 | mantissa, at: at + 16)
        unsafe bytes.store(media, at: at + 20)
        return true
    }

    /// The time at a receiver, for answers with ``append(_:sender:)``. RFC 3611 §4.4.
    @discardableResult public mutating func appendReferenceTime(_ time: NTPTime, sender: UInt32) -> Bool {
        guard let at = begin(207, format: 0, size: 20) else { return false }
        unsafe bytes.store(sender, at: at + 4)
        unsafe bytes.store(0x0400_0002 as UInt32, at: at + 8)
        unsafe bytes.store(time.rawValue, at: at + 12)
        return true
    }

    /// The answer to one receiver's reference time. RFC 3611 §4.5.
    @discardableResult public mutating func append(_ delay: ReceiverDelay, sender: UInt32) -> Bool {
        guard let at = begin(207, format: 0, size: 24) else { return false }
        unsafe bytes.store(sender, at: at + 4)
        unsafe bytes.store(0x0500_0003 as UInt32, at: at + 8)
        unsafe bytes.store(delay.ssrc, at: at + 12)
        unsafe bytes.store(delay.lastReport, at: at + 16)
        unsafe bytes.store(delay.delay, at: at + 20)
        return true
    }

    private func load32(_ offset: Int) -> UInt32 { unsafe UnsafeRawBufferPointer(bytes).u32(at: offset) }
}
