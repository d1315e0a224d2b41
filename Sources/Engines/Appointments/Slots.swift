// SPDX-License-Identifier: Apache-2.0

/// The times a client may choose from.
public struct Slots: Hashable, Sendable {
    /// Length of an appointment. Milliseconds, as are all times here.
    public var length: Int64
    /// Nobody books closer to the start than this.
    public var lead: Int64
    /// Nor further ahead than this.
    public var horizon: Int64

    public static let lengthMinutes = 5...480
    /// Up to 30 days.
    public static let leadMinutes = 0...43_200
    public static let horizonDays = 1...365

    /// - Returns: `nil` for numbers outside of the ranges above.
    public init?(lengthMinutes: Int, leadMinutes: Int, horizonDays: Int) {
        guard Self.lengthMinutes ~= lengthMinutes, Self.leadMinutes ~= leadMinutes,
            Self.horizonDays ~= horizonDays
        else { return nil }
        length = Int64(lengthMinutes) * 60_000
        lead = Int64(leadMinutes) * 60_000
        horizon = Int64(horizonDays) * 86_400_000
    }

    /// What is still free, in order.
    ///
    /// Every window is cut from its beginning, so that slots stay where they are when time goes on.
    /// - Parameters:
    ///   - windows: When the professional is there.
    ///   - taken: Appointments that were booked, in any order.
    public func open(in windows: [TimeWindow], without taken: [TimeWindow], now: Int64) -> [TimeWindow] {
        let taken = taken.sorted { $0.start < $1.start }
        var passed = 0
        var slots: [TimeWindow] = []
        for window in windows {
            var start = window.start
            while start + length <= window.end {
                let slot = TimeWindow(start: start, end: start + length)
                start = slot.end
                guard slot.start >= now + lead, slot.start <= now + horizon else { continue }
                while passed < taken.count, taken[passed].end <= slot.start { passed += 1 }
                guard !taken[passed...].prefix(while: { $0.start < slot.end }).contains(where: slot.overlaps)
                else { continue }
                slots.append(slot)
            }
        }
        return slots
    }

    /// The open slot that begins at `start`; `nil` when nothing is free there.
    public func slot(
        at start: Int64, in windows: [TimeWindow], without taken: [TimeWindow], now: Int64
    ) -> TimeWindow? {
        open(in: windows, without: taken, now: now).first { $0.start == start }
    }
}
