// SPDX-License-Identifier: Apache-2.0

internal import ByteCoding

/// What comes before the payload of a frame, checked as far as it concerns one frame. RFC 6455 §5.2.
struct FrameHeader {
    var fin: Bool
    var rsv1: Bool
    var opcode: WebSocketFrame.Opcode
    /// All zero where there is none: that changes nothing.
    var mask = WebSocketMask(key: 0)
    /// Bytes of payload.
    var length: Int
    /// Bytes of the header itself: 2…14.
    var size: Int

    /// Reads the header at the front of `bytes`; `nil` while it is incomplete. Each byte is checked as
    /// soon as it is there, in order, so the same bytes are refused alike however they arrive.
    init?(
        _ bytes: UnsafeRawBufferPointer, from role: WebSocketDecoder.Role
    ) throws(WebSocketViolation) {
        guard bytes.count > 0 else { return nil }
        let first = unsafe bytes[0]
        guard first & 0x30 == 0 else { throw .protocolError("reserved bits set") }
        guard let opcode = WebSocketFrame.Opcode(rawValue: first & 0x0F) else {
            throw .protocolError("unknown opcode")
        }
        fin = first & 0x80 != 0
        rsv1 = first & 0x40 != 0
        self.opcode = opcode
        guard !opcode.isControl || fin else { throw .protocolError("fragmented control frame") }

        guard bytes.count > 1 else { return nil }
        let second = unsafe bytes[1]
        let masked = second & 0x80 != 0
        guard masked == (role == .server) else {
            throw .protocolError(masked ? "masked frame from a server" : "unmasked frame from a client")
        }
        length = Int(second & 0x7F)
        guard !opcode.isControl || length <= WebSocketFrame.maxControlPayload else {
            throw .protocolError("control frame too long")
        }
        size = 2
        if length >= 126 {
            guard let extended = try unsafe Self.extendedLength(bytes, isLong: length == 127) else {
                return nil
            }
            size += length == 126 ? 2 : 8
            length = extended
        }
        guard masked else { return }
        guard bytes.count >= size + 4 else { return nil }
        mask = unsafe WebSocketMask(
            key: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: size, as: UInt32.self)))
        size += 4
    }

    /// The length in the two or eight bytes after the first two. "The minimal number of bytes MUST be
    /// used", and the highest bit is zero.
    private static func extendedLength(
        _ bytes: UnsafeRawBufferPointer, isLong: Bool
    ) throws(WebSocketViolation) -> Int? {
        guard bytes.count >= (isLong ? 10 : 4) else { return nil }
        let length =
            unsafe isLong
            ? UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
            : UInt64(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
        guard length > (isLong ? 0xFFFF : 125), let length = Int(exactly: length) else {
            throw .protocolError("invalid payload length")
        }
        return length
    }
}
