// SPDX-License-Identifier: Apache-2.0

/// Where an engine gets its random numbers: the operating system in production, a seed in tests.
public protocol RandomSource: Sendable {
    mutating func nextBytes(_ count: Int) -> [UInt8]
}

/// The same numbers for the same seed. For tests only: anyone can predict it.
///
/// SplitMix64, Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
public struct SeededRandomSource: RandomSource {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func nextBytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 24) }
    }

    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension RandomSource {
    /// `count` characters, each drawn evenly from `alphabet` (at most 256 characters).
    public mutating func nextText(_ count: Int, from alphabet: [Character]) -> String {
        // Bytes past the last full copy of the alphabet would favour its front: draw again.
        let fair = 256 - 256 % alphabet.count
        var text = ""
        while text.count < count {
            for byte in nextBytes(count - text.count) where Int(byte) < fair {
                text.append(alphabet[Int(byte) % alphabet.count])
            }
        }
        return text
    }
}
