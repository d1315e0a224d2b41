// SPDX-License-Identifier: Apache-2.0

/// What a packet of the media port is, as its second byte says. RFC 5761 §4.
public enum RTPPacketKind: Hashable, Sendable {
    case rtp
    case rtcp

    /// `nil` for what is neither, as its version or its length says.
    @unsafe public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 8, unsafe bytes[0] >> 6 == 2 else { return nil }
        // Payload types 64 to 95, with and without the marker: they are kept free for this.
        let isControl = unsafe bytes[1] & 0x7F >= 64 && bytes[1] & 0x7F < 96
        guard isControl || bytes.count >= RTPHeader.size else { return nil }
        self = isControl ? .rtcp : .rtp
    }
}

/// The front of an RTP packet, with everything in it that has a fixed place. RFC 3550 §5.1, §5.3.1.
///
/// ```
///  0                   1                   2                   3
/// |V=2|P|X|  CC   |M|     PT      |       sequence number         |
/// |                           timestamp                           |
/// |           synchronization source (SSRC) identifier            |
/// |            contributing source (CSRC) identifiers             |
/// ```
///
/// Where a header exists, its contributing sources, extensions and padding fit into the packet.
public struct RTPHeader: Hashable, Sendable, BitwiseCopyable {
    /// Bytes of a header without contributing sources and extensions.
    public static let size = 12

    public var marker: Bool
    /// 7 bits.
    public var payloadType: UInt8
    public var sequence: UInt16
    /// In units of the payload's clock.
    public var timestamp: UInt32
    public var ssrc: UInt32
    /// Bytes before the payload, extensions included.
    public var headerCount: Int
    /// Bytes behind the payload, of which the last tells their number.
    public var paddingCount: Int
    /// What the form of the extensions is; 0 for none. RFC 8285 §4.
    public var extensionProfile: UInt16
    /// Where the extensions' elements are in the packet, a multiple of four bytes.
    public var extensionStart: Int
    public var extensionCount: Int

    /// Reads the header at the front of a packet; `nil` for what is no RTP packet or does not fit.
    ///
    /// Before decryption, too, as nothing here is encrypted but the padding's count. Ask for that afterwards, with
    /// ``readPadding(in:)``, when `ignoringPadding` was set.
    @unsafe public init?(_ bytes: UnsafeRawBufferPointer, ignoringPadding: Bool = false) {
        guard bytes.count >= Self.size, unsafe bytes[0] >> 6 == 2 else { return nil }
        let first = unsafe bytes[0]
        let second = unsafe bytes[1]
        var end = Self.size + Int(first & 0x0F) * 4
        extensionProfile = 0
        extensionStart = end
        extensionCount = 0
        if first & 0x10 != 0 {
            guard bytes.count >= end + 4 else { return nil }
            extensionProfile = unsafe bytes.u16(at: end)
            extensionStart = end + 4
            extensionCount = unsafe Int(bytes.u16(at: end + 2)) * 4
            end = extensionStart + extensionCount
        }
        guard end <= bytes.count else { return nil }
        marker = second & 0x80 != 0
        payloadType = second & 0x7F
        sequence = unsafe bytes.u16(at: 2)
        timestamp = unsafe bytes.u32(at: 4)
        ssrc = unsafe bytes.u32(at: 8)
        headerCount = end
        paddingCount = 0
        if !ignoringPadding {
            guard unsafe readPadding(in: bytes) else { return nil }
        }
    }

    /// Reads how much padding a decrypted packet has.
    /// - Returns: Whether header and padding fit into the packet.
    @unsafe public mutating func readPadding(in bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= headerCount, bytes.count > 0 else { return false }
        paddingCount = 0
        guard unsafe bytes[0] & 0x20 != 0 else { return true }
        let count = unsafe Int(bytes[bytes.count - 1])
        guard count > 0, headerCount + count <= bytes.count else { return false }
        paddingCount = count
        return true
    }

    /// Where the payload is in a packet of `count` bytes.
    public func payload(of count: Int) -> Range<Int> {
        let start = min(headerCount, count)
        return start..<max(start, count - paddingCount)
    }
}
