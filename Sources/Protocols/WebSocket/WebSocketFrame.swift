// SPDX-License-Identifier: Apache-2.0

/// Writes frames. RFC 6455 §5.2.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-------+-+-------------+-------------------------------+
///     |F|R|R|R| opcode|M| Payload len |    Extended payload length    |
///     |I|S|S|S|  (4)  |A|     (7)     |             (16/64)           |
///     |N|V|V|V|       |S|             |   (if payload len==126/127)   |
///     | |1|2|3|       |K|             |                               |
///     +-+-+-+-+-------+-+-------------+ - - - - - - - - - - - - - - - +
///     |     Extended payload length continued, if payload len == 127  |
///     + - - - - - - - - - - - - - - - +-------------------------------+
///     |                               |Masking-key, if MASK set to 1  |
///     +-------------------------------+-------------------------------+
///     | Masking-key (continued)       |          Payload Data         |
///     +-------------------------------- - - - - - - - - - - - - - - - +
public enum WebSocketFrame {
    public enum Opcode: UInt8, Hashable, Sendable {
        case continuation = 0x0
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xA

        /// Control frames are short, whole, and may stand between the fragments of a message. §5.5.
        var isControl: Bool { rawValue & 0x8 != 0 }
    }

    /// Most payload bytes in a control frame. RFC 6455 §5.5.
    public static var maxControlPayload: Int { 125 }

    /// Most bytes before a payload.
    private static var maxHeader: Int { 14 }

    /// Appends one frame.
    /// - Parameters:
    ///   - rsv1: Set on the first frame of a compressed message. RFC 7692 §6.
    ///   - mask: Four bytes that nobody can predict, from a client; `nil` from a server.
    public static func encode(
        _ opcode: Opcode, payload: some Collection<UInt8>, fin: Bool = true, rsv1: Bool = false,
        mask: [UInt8]? = nil, into bytes: inout [UInt8]
    ) {
        precondition(mask == nil || mask?.count == 4, "a mask has four bytes")
        let length = payload.count
        // No exact reservation: it would make an array that is appended to again and again grow each time.
        if bytes.isEmpty { bytes.reserveCapacity(length + maxHeader) }
        encodeHeader(opcode, length: length, fin: fin, rsv1: rsv1, masked: mask != nil, into: &bytes)
        if let mask { bytes.append(contentsOf: mask) }
        let start = bytes.count
        bytes.append(contentsOf: payload)
        if let mask {
            let key = mask.reduce(0) { $0 << 8 | UInt32($1) }
            WebSocketMask(key: key).apply(to: &bytes, from: start)
        }
    }

    /// Appends what comes before the mask, or the payload where there is none.
    public static func encodeHeader(
        _ opcode: Opcode, length: Int, fin: Bool = true, rsv1: Bool = false, masked: Bool = false,
        into bytes: inout [UInt8]
    ) {
        precondition(
            !opcode.isControl || fin && length <= maxControlPayload, "control frames are short and whole")
        bytes.append((fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode.rawValue)
        let masked: UInt8 = masked ? 0x80 : 0
        switch length {
        case ..<126:
            bytes.append(masked | UInt8(length))
        case ...0xFFFF:
            bytes.append(masked | 126)
            bytes.append(UInt8(length >> 8))
            bytes.append(UInt8(truncatingIfNeeded: length))
        default:
            bytes.append(masked | 127)
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: length >> shift))
            }
        }
    }

    /// The payload of a close frame; a reason too long for it is cut between two characters. §5.5.1.
    public static func closePayload(_ code: WebSocketCloseCode, reason: String = "") -> [UInt8] {
        var payload = [UInt8(code.rawValue >> 8), UInt8(truncatingIfNeeded: code.rawValue)]
        for scalar in reason.unicodeScalars {
            let character = String(scalar).utf8
            guard payload.count + character.count <= maxControlPayload else { break }
            payload.append(contentsOf: character)
        }
        return payload
    }
}
