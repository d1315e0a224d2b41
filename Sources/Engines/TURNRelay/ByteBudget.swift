// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import NetworkAddresses

/// How many bytes may still pass: grows with time up to what a quarter of a second grants, and at least one large packet.
struct ByteBudget: BitwiseCopyable {
    /// When it would be full again: all there is to know, as in ``TokenBucket``, but for rates above a byte a nanosecond.
    private var fullAt: Int64 = 0

    init() {}

    /// Takes `count` bytes; false, and nothing is taken, when that is too much.
    mutating func take(_ count: Int, rate: Int, at now: Instant) -> Bool {
        let cost = Int64(count) * 1_000_000_000 / Int64(max(rate, 1))
        let burst = max(250_000_000, 65_536 * 1_000_000_000 / Int64(max(rate, 1)))
        let next = max(fullAt, now.nanoseconds) + cost
        guard next - now.nanoseconds <= burst else { return false }
        fullAt = next
        return true
    }
}

/// How many answers each source had that did not show that it is there: fixed in size, whoever comes.
///
/// Sources share the levels by two secret hashes, and one of the two must be left. IPv6 sources are /64 networks.
struct SourceLimiter {
    private static let size = 16_384
    private var levels: ContiguousArray<TokenLevel>
    private let rate: TokenRate?
    private let seed: HashSeed

    /// - Parameter perSecond: `nil` for no limit. Twice as many at once.
    init(perSecond: Int?, seed: HashSeed) {
        if let perSecond {
            rate = TokenRate(burst: max(perSecond, 1) * 2, perSecond: max(perSecond, 1))
            levels = ContiguousArray(repeating: TokenLevel(), count: Self.size)
        } else {
            rate = nil
            levels = []
        }
        self.seed = seed
    }

    /// Whether the source may have another answer.
    mutating func take(_ source: IPAddress, at now: Instant) -> Bool {
        guard let rate else { return true }
        let hash = seed.hash(source.high, source.isIPv4 ? source.low : 0, source.isIPv4 ? 1 : 2)
        let first = Int(truncatingIfNeeded: hash) & (Self.size - 1)
        let second = Int(truncatingIfNeeded: hash >> 32) & (Self.size - 1)
        // Both pay, so that one source has no more than one level has; one that others have drained does not lock it
        // out.
        let (one, other) = (
            levels[first].take(1, of: rate, at: now), levels[second].take(1, of: rate, at: now)
        )
        return one || other
    }
}
