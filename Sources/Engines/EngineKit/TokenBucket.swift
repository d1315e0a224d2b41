// SPDX-License-Identifier: Apache-2.0

/// Allows `burst` tokens at once and then one every `interval`.
///
/// Keeps the one instant at which it would be full again, which is all there is to know (the generic
/// cell rate algorithm, ITU-T I.371 §A).
public struct TokenBucket: Hashable, Sendable {
    private let interval: Duration
    private let tolerance: Duration
    private var fullAt = Instant.origin

    public init(burst: Int, perSecond: Int) {
        interval = .nanoseconds(1_000_000_000 / perSecond)
        tolerance = interval * burst
    }

    /// Takes `count` tokens; false, and nothing is taken, when there are fewer.
    public mutating func take(_ count: Int = 1, at now: Instant) -> Bool {
        let next = max(fullAt, now).advanced(by: interval * count)
        guard now.duration(to: next) <= tolerance else { return false }
        fullAt = next
        return true
    }

    /// Whether the bucket is as good as a new one.
    public func isFull(at now: Instant) -> Bool { fullAt <= now }
}
