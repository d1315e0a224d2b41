// SPDX-License-Identifier: Apache-2.0

/// Reads bits, highest first, from borrowed bytes. Behind the end there are zeros, and ``isOverrun`` says so.
@safe struct BitReader: ~Copyable {
    private let bytes: UnsafeRawBufferPointer
    /// Bits read so far.
    private(set) var position = 0
    private(set) var isOverrun = false
    /// Whether the third byte of 00 00 03 is no data. H.264 §7.4.1.1.
    private let hasEmulationPrevention: Bool

    @unsafe init(_ bytes: UnsafeRawBufferPointer, hasEmulationPrevention: Bool = false) {
        unsafe self.bytes = bytes
        self.hasEmulationPrevention = hasEmulationPrevention
    }

    var remaining: Int { unsafe bytes.count * 8 - position }

    mutating func bit() -> Bool { bits(1) != 0 }

    /// - Parameter count: 0 to 32.
    mutating func bits(_ count: Int) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            if hasEmulationPrevention, position & 7 == 0 { skipPrevention() }
            let byte = position >> 3
            guard unsafe byte < bytes.count else {
                isOverrun = true
                return 0
            }
            let bit = unsafe bytes[byte] >> UInt8(7 - position & 7) & 1
            value = value << 1 | UInt32(bit)
            position += 1
        }
        return value
    }

    private mutating func skipPrevention() {
        let byte = position >> 3
        guard
            unsafe byte >= 2 && byte < bytes.count && bytes[byte] == 3 && bytes[byte - 1] == 0
                && bytes[byte - 2] == 0
        else { return }
        position += 8
    }

    mutating func skip(_ count: Int) {
        for _ in 0..<max(0, count) { _ = bits(1) }
    }

    /// A number of 0 to 2³²-2 in Exp-Golomb code. H.264 §9.1.
    mutating func unsignedGolomb() -> UInt32 {
        var zeros = 0
        while !bit() {
            zeros += 1
            guard zeros < 32, !isOverrun else {
                isOverrun = true
                return 0
            }
        }
        return (1 << UInt32(zeros)) &- 1 &+ bits(zeros)
    }

    mutating func signedGolomb() -> Int32 {
        let code = Int64(unsignedGolomb())
        return Int32(truncatingIfNeeded: code & 1 == 1 ? (code + 1) / 2 : -(code / 2))
    }

    /// A number below `limit`, the small ones in a bit less. AV1 §4.10.7, and the same in the dependency descriptor.
    mutating func nonSymmetric(_ limit: Int) -> Int {
        guard limit > 1 else { return 0 }
        var width = 0
        var rest = limit
        while rest != 0 {
            rest >>= 1
            width += 1
        }
        let short = (1 << width) - limit
        let value = Int(bits(width - 1))
        guard value >= short else { return value }
        return (value << 1) - short + Int(bits(1))
    }
}
