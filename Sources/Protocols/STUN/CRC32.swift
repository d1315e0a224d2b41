// SPDX-License-Identifier: Apache-2.0

/// The checksum of FINGERPRINT. ISO 3309, ITU-T V.42 §8.1.1.6.2; RFC 8489 §14.7.
enum CRC32 {
    /// Eight tables, so that eight bytes are taken at a time.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
            tables[byte] = value
        }
        for index in 256..<8 * 256 {
            let previous = tables[index - 256]
            tables[index] = previous >> 8 ^ tables[Int(previous & 255)]
        }
        return tables
    }()

    @unsafe static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        unsafe tables.withUnsafeBufferPointer { table in
            var sum = UInt32.max
            var offset = 0
            while offset + 8 <= bytes.count {
                let first =
                    unsafe sum
                    ^ UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                let second = unsafe UInt32(
                    littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
                unsafe sum =
                    table[7 * 256 + Int(first & 255)] ^ table[6 * 256 + Int(first >> 8 & 255)]
                    ^ table[5 * 256 + Int(first >> 16 & 255)] ^ table[4 * 256 + Int(first >> 24)]
                    ^ table[3 * 256 + Int(second & 255)] ^ table[2 * 256 + Int(second >> 8 & 255)]
                    ^ table[256 + Int(second >> 16 & 255)] ^ table[Int(second >> 24)]
                offset += 8
            }
            while offset < bytes.count {
                unsafe sum = sum >> 8 ^ table[Int((sum ^ UInt32(bytes[offset])) & 255)]
                offset += 1
            }
            return ~sum
        }
    }
}
