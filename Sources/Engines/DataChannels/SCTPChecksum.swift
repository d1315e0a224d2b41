// SPDX-License-Identifier: Apache-2.0

/// CRC-32C, the checksum of SCTP packets. RFC 9260 §6.8, appendix A.
enum SCTPChecksum {
    /// For each byte, reflected polynomial 0x1EDC6F41.
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
    }

    /// The checksum of a packet, with zeros where its own checksum is.
    static func of(_ packet: some Collection<UInt8>) -> UInt32 {
        var value = UInt32.max
        for (index, byte) in packet.enumerated() {
            let counted = (8..<12).contains(index) ? 0 : byte
            value = value >> 8 ^ table[Int((value ^ UInt32(counted)) & 0xFF)]
        }
        return ~value
    }
}

extension [UInt8] {
    mutating func append16(_ value: UInt16) {
        append(UInt8(truncatingIfNeeded: value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }

    mutating func append32(_ value: UInt32) {
        append16(UInt16(truncatingIfNeeded: value >> 16))
        append16(UInt16(truncatingIfNeeded: value))
    }
}

extension ArraySlice<UInt8> {
    /// A number of two bytes, counted from the front; 0 where there are none.
    func u16(_ offset: Int) -> UInt16 {
        guard offset >= 0, offset + 2 <= count else { return 0 }
        return UInt16(self[startIndex + offset]) << 8 | UInt16(self[startIndex + offset + 1])
    }

    func u32(_ offset: Int) -> UInt32 { UInt32(u16(offset)) << 16 | UInt32(u16(offset + 2)) }
}

/// Whether one number of a sequence that wraps comes after another. RFC 1982.
func isAfter(_ later: UInt32, _ earlier: UInt32) -> Bool { Int32(bitPattern: later &- earlier) > 0 }
