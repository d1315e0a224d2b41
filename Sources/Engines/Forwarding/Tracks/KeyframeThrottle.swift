// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// How often one source is asked for a keyframe, however many receivers want one.
///
/// A keyframe costs as much as a second of video and goes to everybody, so that a single receiver on a bad path could
/// spoil a meeting: each source sends one in ``interval(height:)``. A request that nothing comes of was lost, and is
/// made again sooner.
struct KeyframeThrottle: Hashable, BitwiseCopyable {
    /// Between two keyframes of one source: a small picture's is cheap and quick to come.
    static func interval(height: UInt16) -> Duration { .milliseconds(height > 360 ? 1_000 : 500) }
    /// How long a keyframe takes to come at most, where nothing is lost: longer than a round trip and a frame.
    static var patience: Duration { .milliseconds(400) }

    private(set) var isWanted = false
    private var asked: Instant?
    private var earliest = Instant.origin
    private var interval = Duration.zero

    init() {}

    /// Somebody wants a keyframe.
    mutating func want() { isWanted = true }

    /// One has begun to come.
    mutating func arrived() {
        isWanted = false
        // The interval counts from when it was asked for.
        if let asked { earliest = asked.advanced(by: interval) }
        asked = nil
    }

    /// When to ask for one; `nil` while nobody wants one.
    var deadline: Instant? { isWanted ? earliest : nil }

    /// Whether to ask now. The wish stays until a keyframe comes.
    mutating func asks(at now: Instant, height: UInt16) -> Bool {
        guard isWanted, earliest <= now else { return false }
        asked = now
        interval = Self.interval(height: height)
        earliest = now.advanced(by: min(Self.patience, interval))
        return true
    }
}

/// How often one receiver's wishes for keyframes count: three at once, then one in three seconds.
///
/// A decoder that fails on every keyframe would ask for ever.
struct KeyframeAllowance: Hashable, BitwiseCopyable {
    static let burst: Int64 = 3
    static let interval: Int64 = 3_333_000_000

    /// When the allowance is whole again, in nanoseconds.
    private var fullAt: Int64 = .min

    init() {}

    /// Whether a wish counts; one that does uses up a part of the allowance.
    mutating func take(at now: Instant) -> Bool {
        let start = max(fullAt, now.nanoseconds)
        guard start &- now.nanoseconds <= Self.interval &* (Self.burst &- 1) else { return false }
        fullAt = start &+ Self.interval
        return true
    }
}
