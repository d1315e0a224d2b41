// SPDX-License-Identifier: Apache-2.0

/// One sub-block of DLRR: how a receiver learns its round trip. RFC 3611 §4.5.
public struct ReceiverDelay: Hashable, Sendable, BitwiseCopyable {
    public var ssrc: UInt32
    /// The middle 32 bits of that receiver's reference time.
    public var lastReport: UInt32
    /// In 1/65536 s.
    public var delay: UInt32

    public init(ssrc: UInt32, lastReport: UInt32, delay: UInt32) {
        self.ssrc = ssrc
        self.lastReport = lastReport
        self.delay = delay
    }
}

/// What we know of extended reports; other blocks are passed over. RFC 3611 §3.
public enum ExtendedBlock: Hashable, Sendable, BitwiseCopyable {
    /// RRTR: the time at a receiver that sends nothing. RFC 3611 §4.4.
    case referenceTime(NTPTime)
    case delay(ReceiverDelay)
}

extension RTCPPacket {
    /// How far a walk over an extended report has come.
    public struct BlockCursor: Sendable, BitwiseCopyable {
        fileprivate var offset = 8
        /// Where the sub-blocks of DLRR go on and end.
        fileprivate var delays = 0
        fileprivate var delaysEnd = 0

        public init() {}
    }

    /// The next block of an extended report; `nil` behind the last, and from the first that does not fit.
    public func next(_ cursor: inout BlockCursor) -> ExtendedBlock? {
        guard kind == .extendedReport else { return nil }
        while true {
            if cursor.delays + 12 <= cursor.delaysEnd {
                let offset = cursor.delays
                cursor.delays += 12
                return unsafe .delay(
                    ReceiverDelay(
                        ssrc: bytes.u32(at: offset), lastReport: bytes.u32(at: offset + 4),
                        delay: bytes.u32(at: offset + 8)))
            }
            let offset = cursor.offset
            guard unsafe offset + 4 <= bytes.count else { return nil }
            let end = unsafe offset + 4 + Int(bytes.u16(at: offset + 2)) * 4
            guard unsafe end <= bytes.count else { return nil }
            cursor.offset = end
            switch unsafe bytes[offset] {
            case 4 where end - offset == 12:
                return unsafe .referenceTime(NTPTime(rawValue: bytes.u64(at: offset + 4)))
            case 5:
                cursor.delays = offset + 4
                cursor.delaysEnd = end
            default: break
            }
        }
    }
}
