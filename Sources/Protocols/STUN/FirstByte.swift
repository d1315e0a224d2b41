// SPDX-License-Identifier: Apache-2.0

/// What a datagram is, as its first byte says where several protocols share a port. RFC 7983 §7, RFC 9443 §3.
public enum FirstByte: Hashable, Sendable, BitwiseCopyable {
    /// 0 to 3.
    case stun
    /// 16 to 19. RFC 6189.
    case zrtp
    /// 20 to 63.
    case dtls
    /// 64 to 79: ``ChannelData``.
    case channel
    /// 128 to 191, RTCP as well.
    case rtp
    /// 80 to 127 and 192 to 255.
    case quic
    /// 4 to 15: nothing that anybody has defined.
    case other

    public init(_ byte: UInt8) {
        self =
            switch byte {
            case 0...3: .stun
            case 16...19: .zrtp
            case 20...63: .dtls
            case 64...79: .channel
            case 128...191: .rtp
            case 80...127, 192...255: .quic
            default: .other
            }
    }
}
