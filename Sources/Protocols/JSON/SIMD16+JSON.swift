// SPDX-License-Identifier: Apache-2.0

extension SIMD16<Int8> {
    /// Whether every byte is a plain ASCII character of a JSON string. Those beyond ASCII are negative here.
    ///
    /// Vectors on both sides: comparisons with a number are loops over the elements, 150 times as slow.
    var isPlain: Bool {
        let stops =
            (self .< SIMD16(repeating: 0x20)) .| (self .== SIMD16(repeating: 0x22))
            .| (self .== SIMD16(repeating: 0x5C))
        let halves = unsafe unsafeBitCast(stops, to: SIMD2<UInt64>.self)
        return halves.x | halves.y == 0
    }
}
