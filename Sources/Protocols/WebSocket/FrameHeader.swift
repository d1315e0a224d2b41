// SPDX-License-Identifier: Apache-2.0

internal import ByteCoding

/// What comes before the payload of a frame, checked as far as it concerns one frame. RFC 6455 §5.2.
struct FrameHeader {
    var fin: Bool
    var rsv1: Bool
    var opcode: WebSocketFrame.Opcode
    var mask: WebSocketMask?
    /// Bytes of payload.
    var length: Int
    /// Bytes of the header itself: 2…14.
    var size: Int

    /// Reads a header without consuming it; `nil` while it is incomplete. Each byte is checked as soon
    /// as it is there, in order, so the same bytes are refused alike however they arrive.
    init?(
        peeking reader: borrowing ByteReader, from role: WebSocketDecoder.Role
    ) throws(WebSocketViolation) {
        guard let first = reader.peek() else { return nil }
        guard first & 0x30 == 0 else { throw .protocolError("reserved bits set") }
        guard let opcode = WebSocketFrame.Opcode(rawValue: first & 0x0F) else {
            throw .protocolError("unknown opcode")
        }
        fin = first & 0x80 != 0
        rsv1 = first & 0x40 != 0
        self.opcode = opcode
        guard !opcode.isControl || fin else { throw .protocolError("fragmented control frame") }

        guard let second = reader.peek(1) else { return nil }
        let masked = second & 0x80 != 0
        guard masked == (role == .server) else {
            throw .protocolError(masked ? "masked frame from a server" : "unmasked frame from a client")
        }
        let shortLength = Int(second & 0x7F)
        guard !opcode.isControl || shortLength <= WebSocketFrame.maxControlPayload else {
            throw .protocolError("control frame too long")
        }
        let lengthBytes = shortLength < 126 ? 0 : shortLength == 126 ? 2 : 8
        if lengthBytes == 0 {
            length = shortLength
        } else {
            guard let extended = Self.integer(in: reader, at: 2, bytes: lengthBytes) else { return nil }
            // "The minimal number of bytes MUST be used", and the highest bit is zero.
            guard extended > (lengthBytes == 2 ? 125 : 0xFFFF), let length = Int(exactly: extended) else {
                throw .protocolError("invalid payload length")
            }
            self.length = length
        }
        size = 2 + lengthBytes
        if masked {
            guard let key = Self.integer(in: reader, at: size, bytes: 4) else { return nil }
            mask = WebSocketMask(key: UInt32(truncatingIfNeeded: key))
            size += 4
        }
    }

    /// A big-endian integer `offset` bytes ahead.
    private static func integer(in reader: borrowing ByteReader, at offset: Int, bytes: Int) -> UInt64? {
        var value: UInt64 = 0
        for index in offset..<offset + bytes {
            guard let byte = reader.peek(index) else { return nil }
            value = value << 8 | UInt64(byte)
        }
        return value
    }
}
