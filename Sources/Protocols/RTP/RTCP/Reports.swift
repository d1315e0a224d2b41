// SPDX-License-Identifier: Apache-2.0

/// What a receiver tells about one source. RFC 3550 §6.4.1.
public struct ReportBlock: Hashable, Sendable, BitwiseCopyable {
    static let size = 24

    public var ssrc: UInt32
    /// Of the packets since the last report, in 1/256.
    public var fractionLost: UInt8
    /// 24 bits with sign: duplicates may make it negative.
    public var cumulativeLost: Int32
    public var highestSequence: UInt32
    /// In units of the payload's clock.
    public var jitter: UInt32
    /// The middle 32 bits of the last sender report's time; 0 for none.
    public var lastReport: UInt32
    /// In 1/65536 s since that report.
    public var delaySinceLastReport: UInt32

    public init(
        ssrc: UInt32, fractionLost: UInt8 = 0, cumulativeLost: Int32 = 0, highestSequence: UInt32 = 0,
        jitter: UInt32 = 0, lastReport: UInt32 = 0, delaySinceLastReport: UInt32 = 0
    ) {
        self.ssrc = ssrc
        self.fractionLost = fractionLost
        self.cumulativeLost = cumulativeLost
        self.highestSequence = highestSequence
        self.jitter = jitter
        self.lastReport = lastReport
        self.delaySinceLastReport = delaySinceLastReport
    }

    @unsafe init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        ssrc = unsafe bytes.u32(at: offset)
        fractionLost = unsafe bytes[offset + 4]
        cumulativeLost = unsafe Int32(bitPattern: bytes.u24(at: offset + 5) << 8) >> 8
        highestSequence = unsafe bytes.u32(at: offset + 8)
        jitter = unsafe bytes.u32(at: offset + 12)
        lastReport = unsafe bytes.u32(at: offset + 16)
        delaySinceLastReport = unsafe bytes.u32(at: offset + 20)
    }
}

/// What a sender tells of itself. RFC 3550 §6.4.1.
public struct SenderReport: Hashable, Sendable, BitwiseCopyable {
    static let size = 28

    public var ssrc: UInt32
    public var ntp: NTPTime
    /// The media's time at that moment.
    public var timestamp: UInt32
    public var packets: UInt32
    /// Of payload, without headers and padding.
    public var octets: UInt32

    public init(ssrc: UInt32, ntp: NTPTime, timestamp: UInt32, packets: UInt32, octets: UInt32) {
        self.ssrc = ssrc
        self.ntp = ntp
        self.timestamp = timestamp
        self.packets = packets
        self.octets = octets
    }
}

extension RTCPPacket {
    /// `nil` unless the packet is a sender report of its full size.
    public var senderReport: SenderReport? {
        guard kind == .senderReport, unsafe bytes.count >= SenderReport.size else { return nil }
        return unsafe SenderReport(
            ssrc: bytes.u32(at: 4), ntp: NTPTime(rawValue: bytes.u64(at: 8)), timestamp: bytes.u32(at: 16),
            packets: bytes.u32(at: 20), octets: bytes.u32(at: 24))
    }

    /// How many report blocks there really are, in a sender's or receiver's report.
    public var reportBlockCount: Int {
        guard let start = reportBlockStart, unsafe bytes.count >= start else { return 0 }
        return unsafe min(count, (bytes.count - start) / ReportBlock.size)
    }

    /// The block at an index; `nil` from ``reportBlockCount`` on.
    public func reportBlock(_ index: Int) -> ReportBlock? {
        guard let start = reportBlockStart, index >= 0, index < reportBlockCount else { return nil }
        return unsafe ReportBlock(bytes, at: start + index * ReportBlock.size)
    }

    private var reportBlockStart: Int? {
        switch kind {
        case .senderReport: SenderReport.size
        case .receiverReport: 8
        default: nil
        }
    }
}
