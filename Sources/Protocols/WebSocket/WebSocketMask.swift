// SPDX-License-Identifier: Apache-2.0

/// The key that a client's payload is XORed with, four bytes over and over. RFC 6455 §5.3.
struct WebSocketMask: Hashable {
    /// The key twice, its next byte lowest.
    private var key: UInt64

    /// - Parameter key: The four bytes as a big-endian integer.
    init(key: UInt32) {
        let half = UInt64(key.byteSwapped)
        self.key = half << 32 | half
    }

    /// Whether XORing with it changes nothing.
    var isZero: Bool { key == 0 }

    /// XORs `bytes` from `start` to the end, the first of them with the key's next byte.
    func apply(to bytes: inout [UInt8], from start: Int) {
        guard !isZero else { return }
        unsafe bytes.withUnsafeMutableBytes { bytes in
            let part = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[start...])
            unsafe copy(UnsafeRawBufferPointer(part), to: part)
        }
    }

    /// Writes `source`, unmasked, to `target`, which has room for it and may be the same memory.
    func copy(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer) {
        precondition(target.count >= source.count, "no room for the payload")
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        let count = source.count
        var index = 0
        // `key` repeats after four bytes, so wider steps need no turning.
        let wide = SIMD4<UInt64>(repeating: key.littleEndian)
        while index + 32 <= count {
            let words = unsafe from.loadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self)
            unsafe to.storeBytes(of: words ^ wide, toByteOffset: index, as: SIMD4<UInt64>.self)
            index += 32
        }
        while index + 8 <= count {
            let word = unsafe from.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            unsafe to.storeBytes(of: word ^ key.littleEndian, toByteOffset: index, as: UInt64.self)
            index += 8
        }
        var rest = key
        while index < count {
            unsafe to.storeBytes(
                of: from.load(fromByteOffset: index, as: UInt8.self) ^ UInt8(truncatingIfNeeded: rest),
                toByteOffset: index, as: UInt8.self)
            rest >>= 8
            index += 1
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
