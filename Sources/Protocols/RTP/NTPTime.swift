// SPDX-License-Identifier: Apache-2.0

/// Seconds since 1900-01-01 with 32 bits behind the point, as sender reports have it. RFC 3550 §4.
public struct NTPTime: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// From nanoseconds since any origin; receivers only look at differences.
    public init(nanoseconds: Int64) {
        let whole = nanoseconds / 1_000_000_000
        let rest = nanoseconds % 1_000_000_000
        let fraction = (rest << 32) / 1_000_000_000
        rawValue = UInt64(bitPattern: (whole &<< 32) &+ fraction)
    }

    /// The middle 32 bits: what a report block echoes. RFC 3550 §6.4.1.
    public var middle: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 16) }

    /// Nanoseconds from `other` to this, right for differences of up to 34 years.
    public func nanoseconds(since other: NTPTime) -> Int64 {
        let difference = Int64(bitPattern: rawValue &- other.rawValue)
        let whole = difference >> 32
        let fraction = difference & 0xFFFF_FFFF
        return whole * 1_000_000_000 + ((fraction * 1_000_000_000) >> 32)
    }

    /// How long a span in units of 1/65536 s is, in nanoseconds.
    public static func nanoseconds(ofUnits units: UInt32) -> Int64 { (Int64(units) * 1_000_000_000) >> 16 }

    /// The same backwards, as far as 32 bits go.
    public static func units(ofNanoseconds nanoseconds: Int64) -> UInt32 {
        guard nanoseconds > 0 else { return 0 }
        // 18 hours are all that there is room for.
        return UInt32(truncatingIfNeeded: (min(nanoseconds, 65_535_000_000_000) << 16) / 1_000_000_000)
    }

    /// The round trip that a report block tells, in nanoseconds. RFC 3550 §6.4.1.
    /// - Parameters:
    ///   - now: When the report came, as ``middle`` on the same clock as the reports that were sent.
    ///   - lastReport: LSR of the block, or LRR of a DLRR block.
    ///   - delay: DLSR or DLRR.
    /// - Returns: `nil` without a last report, and where the numbers make no sense.
    public static func roundTrip(now: UInt32, lastReport: UInt32, delay: UInt32) -> Int64? {
        guard lastReport != 0 else { return nil }
        let units = now &- lastReport &- delay
        // More than a minute, which is also what negative ones look like.
        guard units < 60 << 16 else { return nil }
        return nanoseconds(ofUnits: units)
    }
}
