// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// How often durations of about each length occurred: 16 steps for each doubling, so a percentile is at most 6 % off.
struct Histogram: Sendable {
    private static let steps = 16
    /// By number of significant bits of the nanoseconds, then by the four bits behind the first.
    private var counts = [UInt64](repeating: 0, count: 64 * Histogram.steps)
    private(set) var count: UInt64 = 0
    private(set) var largest = Duration.zero

    mutating func add(_ duration: Duration) {
        counts[Self.place(max(duration.nanoseconds, 0))] += 1
        count += 1
        largest = max(largest, duration)
    }

    mutating func add(_ other: Histogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        count += other.count
        largest = max(largest, other.largest)
    }

    /// What this share of the durations is not longer than; `nil` when there are none.
    func percentile(_ share: Double) -> Duration? {
        guard count > 0 else { return nil }
        let wanted = UInt64((Double(count) * share).rounded(.up))
        var passed: UInt64 = 0
        for index in counts.indices {
            passed += counts[index]
            if passed >= max(wanted, 1) { return min(Self.end(of: index), largest) }
        }
        return largest
    }

    private static func place(_ nanoseconds: Int64) -> Int {
        let value = UInt64(nanoseconds)
        guard value >= UInt64(steps) else { return Int(value) }
        let bits = 63 - value.leadingZeroBitCount
        let step = Int(value >> UInt64(bits - 4)) & (steps - 1)
        return (bits - 3) * steps + step
    }

    /// The longest duration that is counted at a place.
    private static func end(of place: Int) -> Duration {
        guard place >= steps else { return .nanoseconds(place) }
        let bits = place / steps + 3
        let start = UInt64(steps + place % steps) << UInt64(bits - 4)
        return .nanoseconds(Int64(clamping: start + (1 << UInt64(bits - 4)) - 1))
    }
}
