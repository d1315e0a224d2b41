// SPDX-License-Identifier: Apache-2.0
public import ByteCoding

/// Where one message ends and the next begins on TCP and TLS. RFC 8489 §6.2.2, RFC 8656 §12.5.
public enum STUNStreamFraming {
    /// Bytes that must have arrived to know a length.
    public static let prefixSize = 4
    /// Bytes of the longest frame there can be.
    public static let maxSize = STUNHeader.size + 0xFFFC

    /// How many bytes the frame at the front of `bytes` has, padding of ChannelData included; they may not all
    /// have arrived. `nil` when too little has arrived to know.
    /// - Throws: What arrives is neither STUN nor ChannelData, or longer than `limit`; nothing behind it can be
    ///   understood either.
    @unsafe public static func length(
        of bytes: UnsafeRawBufferPointer, limit: Int = maxSize
    ) throws(DecodeError) -> Int? {
        guard let first = unsafe bytes.first else { return nil }
        let kind = FirstByte(first)
        guard kind == .stun || kind == .channel else { throw DecodeError(.invalid, "TURN frame", at: 0) }
        guard bytes.count >= prefixSize else { return nil }
        let count = unsafe Int(bytes.u16(at: 2))
        let length: Int
        if kind == .stun {
            guard count & 3 == 0 else { throw DecodeError(.invalid, "STUN length", at: 2) }
            if bytes.count >= 8, unsafe bytes.u32(at: 4) != STUNHeader.magicCookie {
                throw DecodeError(.invalid, "STUN magic cookie", at: 4)
            }
            length = STUNHeader.size + count
        } else {
            length = ChannelData.headerSize + count + ChannelData.padding(after: count)
        }
        guard length <= limit else { throw DecodeError(.tooLarge, "TURN frame", at: 2) }
        return length
    }
}
