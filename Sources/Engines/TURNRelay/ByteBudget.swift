// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// How many bytes may still pass: grows with time up to what a quarter of a second grants, and at least one large packet.
struct ByteBudget: BitwiseCopyable {
    /// When it would be full again: all there is to know, as in ``TokenBucket``, but for rates above a byte a nanosecond.
    private var fullAt: Int64 = 0

    init() {}

    /// Takes `count` bytes; false, and nothing is taken, when that is too much.
    mutating func take(_ count: Int, rate: Int, at now: Instant) -> Bool {
        guard let next = filled(count, rate: rate, at: now) else { return false }
        fullAt = next
        return true
    }

    /// Takes `count` bytes of two budgets; false, and nothing is taken of either, when that is too much for one.
    static func take(
        _ count: Int, of one: inout ByteBudget, rate: Int, and other: inout ByteBudget, rate otherRate: Int,
        at now: Instant
    ) -> Bool {
        guard let first = one.filled(count, rate: rate, at: now),
            let second = other.filled(count, rate: otherRate, at: now)
        else { return false }
        one.fullAt = first
        other.fullAt = second
        return true
    }

    /// When it would be full again with `count` bytes less; `nil` when there are fewer.
    private func filled(_ count: Int, rate: Int, at now: Instant) -> Int64? {
        let cost = Int64(count) * 1_000_000_000 / Int64(max(rate, 1))
        let burst = max(250_000_000, 65_600 * 1_000_000_000 / Int64(max(rate, 1)))
        let next = max(fullAt, now.nanoseconds) + cost
        return next - now.nanoseconds <= burst ? next : nil
    }
}
