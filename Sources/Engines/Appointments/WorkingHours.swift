// SPDX-License-Identifier: Apache-2.0
public import CivilTime

/// Hours of a week in which a professional gives appointments, by the clock on their wall.
public struct WorkingHours: Hashable, Sendable {
    /// 1 is Monday, 7 is Sunday.
    public var weekday: Int
    /// Minutes after midnight, 0 to 1439.
    public var startMinute: Int
    /// Minutes after midnight, after `startMinute`, up to 1440.
    public var endMinute: Int

    public static let minutesOfDay = 1440

    /// - Returns: `nil` for a time that no day has.
    public init?(weekday: Int, startMinute: Int, endMinute: Int) {
        guard 1...7 ~= weekday, startMinute >= 0, startMinute < endMinute, endMinute <= Self.minutesOfDay
        else {
            return nil
        }
        self.weekday = weekday
        self.startMinute = startMinute
        self.endMinute = endMinute
    }

    /// All times in `spans` at which the wall's clock shows one of these hours.
    ///
    /// That sentence decides what becomes of a change of clocks: an hour that is skipped is not there, one
    /// that comes twice is there twice, and hours around either stay one window. A window ends at midnight in
    /// any case: slots are cut from its beginning, which must not depend on where `spans` begin.
    public static func windows(_ hours: [WorkingHours], in spans: [OffsetSpan]) -> [TimeWindow] {
        var days: [Int: [TimeWindow]] = [:]
        for span in spans where span.start < span.end {
            for day in day(of: span.start + span.offset)...day(of: span.end - 1 + span.offset) {
                for hour in hours where hour.weekday == CivilDate.weekday(ofDay: day) {
                    days[day, default: []].append(hour.window(on: day, in: span))
                }
            }
        }
        return days.sorted { $0.key < $1.key }.flatMap { TimeWindow.merged($0.value) }
    }

    /// - Parameter day: Days since 1970, on the wall.
    private func window(on day: Int, in span: OffsetSpan) -> TimeWindow {
        let midnight = Int64(day) * 86_400 - span.offset
        let window = TimeWindow(
            start: (midnight + Int64(startMinute) * 60) * 1000, end: (midnight + Int64(endMinute) * 60) * 1000
        )
        return window.intersection(TimeWindow(start: span.start * 1000, end: span.end * 1000))
    }

    private static func day(of localSeconds: Int64) -> Int {
        let seconds = (localSeconds % 86_400 + 86_400) % 86_400
        return Int((localSeconds - seconds) / 86_400)
    }
}

extension [OffsetSpan] {
    /// The whole day, by the clock on the wall, in which `time` lies. Milliseconds since 1970.
    ///
    /// - Returns: `nil` when the spans do not reach as far.
    public func day(at time: Int64) -> TimeWindow? {
        let hours = (1...7).compactMap {
            WorkingHours(weekday: $0, startMinute: 0, endMinute: WorkingHours.minutesOfDay)
        }
        for hour in hours {
            let days = WorkingHours.windows([hour], in: self)
            if let day = days.first(where: { $0.start <= time && time < $0.end }) { return day }
        }
        return nil
    }
}
