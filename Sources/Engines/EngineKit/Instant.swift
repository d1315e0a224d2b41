// SPDX-License-Identifier: Apache-2.0

/// A point in monotonic time, in nanoseconds since an origin of the caller's choosing.
///
/// Engines never read a clock: the adapter passes a real `Instant`, a test passes any number.
public struct Instant: InstantProtocol, Hashable, Sendable {
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static let origin = Instant(nanoseconds: 0)

    public func advanced(by duration: Duration) -> Instant {
        Instant(nanoseconds: nanoseconds + duration.nanoseconds)
    }
    public func duration(to other: Instant) -> Duration { .nanoseconds(other.nanoseconds - nanoseconds) }
    public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }
}

extension Duration {
    /// The whole duration in nanoseconds.
    public var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
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
