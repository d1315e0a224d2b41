// SPDX-License-Identifier: Apache-2.0

extension MessagePackValue {
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        encode(into: &bytes)
        return bytes
    }

    /// Appends the value. Strings, binaries and collections hold fewer than 2^32 bytes or elements.
    public func encode(into bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(0xC0)
        case .bool(let value): bytes.append(value ? 0xC3 : 0xC2)
        case .integer(let value): Self.encode(value, into: &bytes)
        case .unsigned(let value):
            if let value = Int64(exactly: value) {
                Self.encode(value, into: &bytes)
            } else {
                bytes.append(0xCF, bigEndian: value)
            }
        case .double(let value): bytes.append(0xCB, bigEndian: value.bitPattern)
        case .string(let value):
            let count = value.utf8.count
            if count < 32 {
                bytes.append(0xA0 | UInt8(count))
            } else {
                bytes.append(length: count, 0xD9, 0xDA, 0xDB)
            }
            bytes.append(contentsOf: value.utf8)
        case .binary(let value):
            bytes.append(length: value.count, 0xC4, 0xC5, 0xC6)
            bytes.append(contentsOf: value)
        case .array(let elements):
            Self.encodeArrayHeader(count: elements.count, into: &bytes)
            for element in elements { element.encode(into: &bytes) }
        case .map(let map):
            Self.encodeMapHeader(count: map.members.count, into: &bytes)
            for member in map.members {
                member.key.encode(into: &bytes)
                member.value.encode(into: &bytes)
            }
        case .extension(let value): value.encode(into: &bytes)
        }
    }

    /// The shortest form that holds `value`, unsigned where there is a choice.
    private static func encode(_ value: Int64, into bytes: inout [UInt8]) {
        switch value {
        case -32...127: bytes.append(UInt8(bitPattern: Int8(value)))
        case 128...0xFF: bytes.append(0xCC, bigEndian: UInt8(value))
        case 0x100...0xFFFF: bytes.append(0xCD, bigEndian: UInt16(value))
        case 0x1_0000...0xFFFF_FFFF: bytes.append(0xCE, bigEndian: UInt32(value))
        case 0x1_0000_0000...: bytes.append(0xCF, bigEndian: value)
        case -0x80..<(-32): bytes.append(0xD0, bigEndian: Int8(value))
        case -0x8000..<(-0x80): bytes.append(0xD1, bigEndian: Int16(value))
        case -0x8000_0000..<(-0x8000): bytes.append(0xD2, bigEndian: Int32(value))
        default: bytes.append(0xD3, bigEndian: value)
        }
    }

    /// Appends what stands before `count` elements.
    public static func encodeArrayHeader(count: Int, into bytes: inout [UInt8]) {
        count < 16 ? bytes.append(0x90 | UInt8(count)) : bytes.append(length: count, nil, 0xDC, 0xDD)
    }

    /// Appends what stands before `count` keys, each with its value.
    public static func encodeMapHeader(count: Int, into bytes: inout [UInt8]) {
        count < 16 ? bytes.append(0x80 | UInt8(count)) : bytes.append(length: count, nil, 0xDE, 0xDF)
    }
}

extension MessagePackExtension {
    fileprivate func encode(into bytes: inout [UInt8]) {
        if isFixed, 1...16 ~= self.bytes.count, self.bytes.count.nonzeroBitCount == 1 {
            bytes.append(0xD4 + UInt8(self.bytes.count.trailingZeroBitCount))
        } else {
            bytes.append(length: self.bytes.count, 0xC7, 0xC8, 0xC9)
        }
        bytes.append(UInt8(bitPattern: type))
        bytes.append(contentsOf: self.bytes)
    }
}

extension Array where Element == UInt8 {
    fileprivate mutating func append(_ format: UInt8, bigEndian value: some FixedWidthInteger) {
        append(format)
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// Appends a length after the first of the formats for 8, 16 and 32 bits that can hold it.
    fileprivate mutating func append(length: Int, _ small: UInt8?, _ medium: UInt8, _ large: UInt8) {
        if let small, length <= UInt8.max {
            append(small, bigEndian: UInt8(length))
        } else if length <= UInt16.max {
            append(medium, bigEndian: UInt16(length))
        } else {
            append(large, bigEndian: UInt32(length))
        }
    }
}
