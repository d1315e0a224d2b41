// SPDX-License-Identifier: Apache-2.0

/// A point in monotonic time, in nanoseconds since an origin of the caller's choosing.
///
/// Engines never read a clock: the adapter passes a real `Instant`, a test passes any number.
public struct Instant: InstantProtocol, Hashable, Sendable, BitwiseCopyable {
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static let origin = Instant(nanoseconds: 0)

    /// Later than any clock shows where the sum has no number: a time that somebody sent us may be anything.
    public func advanced(by duration: Duration) -> Instant {
        let (sum, isOver) = nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return Instant(nanoseconds: isOver ? (duration < .zero ? .min : .max) : sum)
    }
    public func duration(to other: Instant) -> Duration {
        let (difference, isOver) = other.nanoseconds.subtractingReportingOverflow(nanoseconds)
        return .nanoseconds(isOver ? (other < self ? .min : .max) : difference)
    }
    public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }
}

extension Duration {
    /// The whole duration in nanoseconds; the longest there is for what is longer, some 292 years.
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, isOver) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isSumOver) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return isOver || isSumOver ? (seconds < 0 ? .min : .max) : sum
    }
    /// The whole duration in milliseconds, rounded down.
    public var milliseconds: Int64 { nanoseconds / 1_000_000 }
}

/// Wall-clock time, in milliseconds since 1970-01-01T00:00:00Z.
///
/// An input like any other: it enters an engine with the request that needs it.
public struct WallClock: Hashable, Comparable, Sendable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static func < (a: WallClock, b: WallClock) -> Bool { a.milliseconds < b.milliseconds }
}
