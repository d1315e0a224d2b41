// SPDX-License-Identifier: Apache-2.0

/// The key that a client's payload is XORed with, four bytes over and over. RFC 6455 §5.3.
struct WebSocketMask: Hashable, Sendable {
    /// The key twice, its next byte lowest.
    private var key: UInt64

    /// - Parameter key: The four bytes as a big-endian integer.
    init(key: UInt32) {
        let half = UInt64(key.byteSwapped)
        self.key = half << 32 | half
    }

    /// XORs `bytes` from `start` to the end, the first of them with the key's next byte.
    func apply(to bytes: inout [UInt8], from start: Int) {
        unsafe bytes.withUnsafeMutableBytes { buffer in
            var index = start
            // Eight bytes at a time, then the rest; `key` repeats after four, so it needs no turning.
            while index + 8 <= buffer.count {
                let word = unsafe buffer.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                unsafe buffer.storeBytes(of: word ^ key.littleEndian, toByteOffset: index, as: UInt64.self)
                index += 8
            }
            var rest = key
            while index < buffer.count {
                unsafe buffer[index] ^= UInt8(truncatingIfNeeded: rest)
                rest >>= 8
                index += 1
            }
        }
    }

    /// The key as it goes on after `count` bytes.
    func advanced(by count: Int) -> WebSocketMask {
        var next = self
        let turn = UInt64(truncatingIfNeeded: count & 3) * 8
        if turn > 0 { next.key = key >> turn | key << (64 - turn) }
        return next
    }
}
