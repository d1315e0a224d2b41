// SPDX-License-Identifier: Apache-2.0
import EngineKit

/// Random numbers that are the same for the same seed.
struct Dice: RandomNumberGenerator {
    private var source: SeededRandomSource

    init(seed: UInt64) { source = SeededRandomSource(seed: seed) }

    mutating func next() -> UInt64 { source.nextBytes(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
