// SPDX-License-Identifier: Apache-2.0

/// A stretch of time: from `start`, up to but without `end`. Milliseconds since 1970, UTC.
public struct TimeWindow: Hashable, Sendable {
    public var start: Int64
    public var end: Int64

    public init(start: Int64, end: Int64) {
        self.start = start
        self.end = end
    }

    public var isEmpty: Bool { start >= end }

    public func overlaps(_ other: TimeWindow) -> Bool { start < other.end && other.start < end }

    /// What both have in common; empty when there is nothing.
    func intersection(_ other: TimeWindow) -> TimeWindow {
        TimeWindow(start: max(start, other.start), end: min(end, other.end))
    }

    /// The same time in the fewest windows, in order: those that overlap or touch become one.
    static func merged(_ windows: [TimeWindow]) -> [TimeWindow] {
        var merged: [TimeWindow] = []
        for window in windows.filter({ !$0.isEmpty }).sorted(by: { $0.start < $1.start }) {
            if let last = merged.last, window.start <= last.end {
                merged[merged.count - 1].end = max(last.end, window.end)
            } else {
                merged.append(window)
            }
        }
        return merged
    }
}
