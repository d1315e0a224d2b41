// SPDX-License-Identifier: Apache-2.0

/// Allows `burst` tokens at once and then one every `interval`.
///
/// Keeps the one instant at which it would be full again, which is all there is to know (the generic
/// cell rate algorithm, ITU-T I.371 §A).
public struct TokenBucket: Hashable, Sendable {
    private let rate: TokenRate
    private var level = TokenLevel()

    public init(burst: Int, perSecond: Int) { rate = TokenRate(burst: burst, perSecond: perSecond) }

    public init(_ rate: TokenRate) { self.rate = rate }

    /// Takes `count` tokens; false, and nothing is taken, when there are fewer.
    public mutating func take(_ count: Int = 1, at now: Instant) -> Bool {
        level.take(count, of: rate, at: now)
    }

    /// Whether the bucket is as good as a new one.
    public func isFull(at now: Instant) -> Bool { level.isFull(at: now) }
}

/// What many buckets have in common.
public struct TokenRate: Hashable, Sendable {
    fileprivate let interval: Int64
    fileprivate let tolerance: Int64

    public init(burst: Int, perSecond: Int) {
        interval = 1_000_000_000 / Int64(perSecond)
        tolerance = interval * Int64(burst)
    }

    /// All of the burst again after `duration`.
    public init(burst: Int, refilledIn duration: Duration) {
        interval = max(Int64(duration.milliseconds) * 1_000_000 / Int64(burst), 1)
        tolerance = interval * Int64(burst)
    }

    /// One token each `seconds`, for what should be rare.
    public init(burst: Int, every seconds: Int) {
        interval = Int64(seconds) * 1_000_000_000
        tolerance = interval * Int64(burst)
    }
}

/// How full one bucket of many is.
public struct TokenLevel: Hashable, Sendable {
    private var fullAt = Instant.origin

    public init() {}

    /// Takes `count` tokens; false, and nothing is taken, when there are fewer.
    public mutating func take(_ count: Int = 1, of rate: TokenRate, at now: Instant) -> Bool {
        let next = max(fullAt, now).nanoseconds + rate.interval * Int64(count)
        guard next - now.nanoseconds <= rate.tolerance else { return false }
        fullAt = Instant(nanoseconds: next)
        return true
    }

    /// Puts one token back that was taken for nothing.
    public mutating func giveBack(of rate: TokenRate) {
        fullAt = Instant(nanoseconds: fullAt.nanoseconds - rate.interval)
    }

    /// Whether the bucket is as good as a new one.
    public func isFull(at now: Instant) -> Bool { fullAt <= now }

    /// Whether fewer of its tokens are gone than of the other's, which has the same rate.
    public func isFuller(than other: TokenLevel) -> Bool { fullAt < other.fullAt }
}
