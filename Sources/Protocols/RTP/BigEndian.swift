// SPDX-License-Identifier: Apache-2.0

// Whoever calls these has compared the offset with the count before.
extension UnsafeRawBufferPointer {
    @inline(__always) func u16(at offset: Int) -> UInt16 {
        unsafe UInt16(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    @inline(__always) func u24(at offset: Int) -> UInt32 {
        unsafe UInt32(self[offset]) << 16 | UInt32(u16(at: offset + 1))
    }

    @inline(__always) func u32(at offset: Int) -> UInt32 {
        unsafe UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    @inline(__always) func u64(at offset: Int) -> UInt64 {
        unsafe UInt64(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The bytes in `range`, without a copy.
    @inline(__always) func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: self[range])
    }
}

extension UnsafeMutableRawBufferPointer {
    @inline(__always) func store(_ value: some FixedWidthInteger & BitwiseCopyable, at offset: Int) {
        unsafe storeBytes(of: value.bigEndian, toByteOffset: offset, as: type(of: value))
    }

    @inline(__always) func store24(_ value: UInt32, at offset: Int) {
        unsafe self[offset] = UInt8(truncatingIfNeeded: value >> 16)
        unsafe store(UInt16(truncatingIfNeeded: value), at: offset + 1)
    }
}

/// How many bytes follow `count` until the next boundary of four.
@inline(__always) func zeros(after count: Int) -> Int { -count & 3 }
