// SPDX-License-Identifier: Apache-2.0

/// What a stream carries, as its first bytes say where several protocols share a port.
enum StreamOpening: Hashable {
    case http
    /// STUN and TURN, framed by their own lengths. RFC 8489 §6.2.2.
    case frames
    /// ICE over TCP, each message behind two bytes of length. RFC 4571, RFC 6544.
    case iceTCP
    case garbage

    /// `nil` when more bytes must tell: ten are always enough.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard let first = unsafe bytes.first else { return nil }
        guard first > 3 else {
            // The cookie of STUN, behind the type and the length, and for ICE behind one more length.
            if unsafe Self.hasCookie(bytes, at: 4), bytes.count >= 8 {
                self = .frames
            } else if unsafe Self.hasCookie(bytes, at: 6), bytes.count >= 10 {
                self = .iceTCP
            } else if unsafe Self.hasCookie(bytes, at: 4) || Self.hasCookie(bytes, at: 6) {
                return nil
            } else {
                self = .garbage
            }
            return
        }
        // Methods are tokens, before which old clients send an empty line. RFC 9110 §5.6.2, RFC 9112 §2.2.
        switch first {
        case 0x0D, 0x0A, 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x30...0x39, 0x41...0x5A, 0x5E...0x7A,
            0x7C, 0x7E:
            self = .http
        default: self = .garbage
        }
    }

    private static let cookie: [UInt8] = [0x21, 0x12, 0xA4, 0x42]

    /// Whether the bytes from `offset` on, as far as they are there, may be the cookie.
    private static func hasCookie(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        for (index, byte) in cookie.enumerated() where offset + index < bytes.count {
            if unsafe bytes[offset + index] != byte { return false }
        }
        return true
    }
}
