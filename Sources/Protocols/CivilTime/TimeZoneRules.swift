// SPDX-License-Identifier: Apache-2.0

/// How far from UTC the clocks of one place are, at any time: the content of a TZif file. RFC 9636.
///
/// Abbreviations are left out: people are shown times by their own browser, which knows better ones.
public struct TimeZoneRules: Hashable, Sendable {
    /// From `at` on, the clocks show `offset` more than UTC.
    struct Change: Hashable, Sendable {
        /// Seconds since 1970.
        var at: Int64
        /// Seconds east of Greenwich.
        var offset: Int64
    }

    /// Before the first change.
    let firstOffset: Int64
    /// In the order of time.
    let changes: [Change]
    /// After the last change; `nil` keeps the last offset for ever.
    let footer: ZoneFooter?

    public static let utc = TimeZoneRules(firstOffset: 0, changes: [], footer: nil)

    /// Seconds east of Greenwich at a time in seconds since 1970.
    public func offset(at time: Int64) -> Int64 {
        let time = Self.clamped(time)
        guard let last = changes.last else { return footer?.offset(at: time) ?? firstOffset }
        guard time < last.at else { return footer?.offset(at: time) ?? last.offset }
        // The first change after `time`.
        var low = 0
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].at <= time { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? firstOffset : changes[low - 1].offset
    }

    /// The spans that make up the time from `start` to `end`, in order, without gaps. Neighbours differ.
    /// - Parameter end: At most ten years later; what follows is left out.
    public func spans(from start: Int64, until end: Int64) -> [OffsetSpan] {
        let start = Self.clamped(start)
        let end = min(Self.clamped(end), start + 10 * 366 * 86_400)
        guard start < end else { return [] }
        var spans = [OffsetSpan(start: start, end: end, offset: offset(at: start))]
        for time in changeTimes(after: start, before: end) {
            let offset = offset(at: time)
            guard offset != spans[spans.count - 1].offset else { continue }
            spans[spans.count - 1].end = time
            spans.append(OffsetSpan(start: time, end: end, offset: offset))
        }
        return spans
    }

    /// Within about 30 000 years of 1970, so that sums do not overflow.
    private static func clamped(_ time: Int64) -> Int64 {
        min(max(time, -1_000_000_000_000), 1_000_000_000_000)
    }

    private func changeTimes(after start: Int64, before end: Int64) -> [Int64] {
        var times = changes.map(\.at).filter { $0 > start && $0 < end }
        let last = changes.last?.at ?? .min
        if let footer { times += footer.changes(from: start, until: end).filter { $0 > max(start, last) } }
        return times
    }
}
