// SPDX-License-Identifier: Apache-2.0

/// What an RTCP packet says. RFC 3550 §12.1, RFC 4585 §6.1, RFC 3611.
public enum RTCPKind: Hashable, Sendable, BitwiseCopyable {
    case senderReport
    case receiverReport
    case sourceDescription
    case goodbye
    case application
    case genericNACK
    case transportFeedback
    case pictureLoss
    case fullIntraRequest
    /// REMB, the receiver's estimate of its bandwidth.
    case bandwidthEstimate
    case extendedReport
    /// Anything else; it is passed over.
    case other
}

/// One packet of a compound one, looked at where it lies. Must not outlive the bytes that it was made from.
@safe public struct RTCPPacket {
    public let kind: RTCPKind
    /// RC, SC or FMT: the lower five bits of the first byte.
    public let count: Int
    /// Without padding, header included.
    let bytes: UnsafeRawBufferPointer

    /// Bytes before anything that depends on the type: header, and in most of them an SSRC.
    static let headerSize = 4

    @unsafe fileprivate init(_ bytes: UnsafeRawBufferPointer) {
        unsafe self.bytes = bytes
        let count = unsafe bytes[0] & 0x1F
        self.count = Int(count)
        kind = unsafe Self.kind(of: bytes[1], format: count, bytes)
    }

    private static func kind(of type: UInt8, format: UInt8, _ bytes: UnsafeRawBufferPointer) -> RTCPKind {
        switch (type, format) {
        case (200, _): .senderReport
        case (201, _): .receiverReport
        case (202, _): .sourceDescription
        case (203, _): .goodbye
        case (204, _): .application
        case (205, 1): .genericNACK
        case (205, 15): .transportFeedback
        case (206, 1): .pictureLoss
        case (206, 4): .fullIntraRequest
        case (206, 15):
            unsafe bytes.count >= 20 && bytes.u32(at: 12) == 0x5245_4D42 ? .bandwidthEstimate : .other
        case (207, _): .extendedReport
        default: .other
        }
    }

    /// The SSRC behind the header: who sends the packet; `nil` for what has none.
    public var sender: UInt32? {
        guard unsafe bytes.count >= 8, kind != .sourceDescription else { return nil }
        return unsafe bytes.u32(at: 4)
    }

    /// The SSRC that feedback is about; 0 where it is about several. `nil` for what is no feedback.
    public var mediaSource: UInt32? {
        switch kind {
        case .genericNACK, .transportFeedback, .pictureLoss, .fullIntraRequest, .bandwidthEstimate:
            unsafe bytes.count >= 12 ? bytes.u32(at: 8) : nil
        default: nil
        }
    }
}

/// A walk over the packets of a datagram: a compound one, or one of reduced size. RFC 3550 §6.1, RFC 5506.
public struct RTCPCursor: Sendable, BitwiseCopyable {
    private var offset = 0
    /// The walk came to something that is no RTCP packet: what was before it counts, the rest does not.
    public private(set) var isBroken = false

    public init() {}

    /// The next packet; `nil` at the end.
    /// - Parameter datagram: Decrypted, without SRTCP's index and tag.
    @unsafe public mutating func next(in datagram: UnsafeRawBufferPointer) -> RTCPPacket? {
        guard !isBroken, offset < datagram.count else { return nil }
        isBroken = true
        guard offset + RTCPPacket.headerSize <= datagram.count, unsafe datagram[offset] >> 6 == 2 else {
            return nil
        }
        let count = unsafe Int(datagram.u16(at: offset + 2)) * 4 + 4
        guard offset + count <= datagram.count else { return nil }
        var end = offset + count
        // Only the last packet should be padded. libwebrtc pads its transport feedback wherever it stands, and older
        // ones count wrongly; what such feedback says does not depend on where it ends.
        let isFeedback = unsafe datagram[offset] & 0x1F == 15 && datagram[offset + 1] == 205
        if unsafe datagram[offset] & 0x20 != 0, !isFeedback {
            let padding = unsafe Int(datagram[end - 1])
            guard padding > 0, padding <= count - RTCPPacket.headerSize else { return nil }
            end -= padding
        }
        let packet = unsafe RTCPPacket(datagram.part(offset..<end))
        offset += count
        isBroken = false
        return packet
    }
}
