// SPDX-License-Identifier: Apache-2.0

/// A stretch of time in which the clocks of a place are equally far from UTC.
///
/// All that a change of clocks does to a day is in these: where one ends and the next begins, local
/// times are skipped or come twice.
public struct OffsetSpan: Hashable, Sendable {
    /// The first second. Seconds since 1970, UTC.
    public var start: Int64
    /// The first second after it.
    public var end: Int64
    /// What to add to UTC, in seconds, to get what the clock on the wall shows.
    public var offset: Int64

    public init(start: Int64, end: Int64, offset: Int64) {
        self.start = start
        self.end = end
        self.offset = offset
    }
}
