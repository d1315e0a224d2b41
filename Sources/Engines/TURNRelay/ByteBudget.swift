// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// How many bytes may still pass: grows with time up to what a quarter of a second grants, and at least one large packet.
struct ByteBudget: BitwiseCopyable {
    /// When it would be full again: all there is to know, as in ``TokenBucket``, but for rates above a byte a nanosecond.
    private var fullAt: Int64 = 0

    init() {}

    /// Takes `count` bytes; false, and nothing is taken, when that is too much.
    mutating func take(_ count: Int, rate: Int, at now: Instant) -> Bool {
        let cost = Int64(count) * 1_000_000_000 / Int64(max(rate, 1))
        let burst = max(250_000_000, 65_600 * 1_000_000_000 / Int64(max(rate, 1)))
        let next = max(fullAt, now.nanoseconds) + cost
        guard next - now.nanoseconds <= burst else { return false }
        fullAt = next
        return true
    }
}
