// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// Allows `burst` events at once and then one every `interval`.
///
/// Keeps the one instant at which it would be full again, which is all there is to know (the generic
/// cell rate algorithm, ITU-T I.371 §A).
struct TokenBucket: Hashable, Sendable {
    private let interval: Duration
    private let tolerance: Duration
    private var fullAt = Instant.origin

    init(burst: Int, perSecond: Int) {
        interval = .nanoseconds(1_000_000_000 / perSecond)
        tolerance = interval * burst
    }

    /// Takes one token; false when there is none.
    mutating func take(at now: Instant) -> Bool {
        let next = max(fullAt, now).advanced(by: interval)
        guard now.duration(to: next) <= tolerance else { return false }
        fullAt = next
        return true
    }
}
