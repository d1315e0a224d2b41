// SPDX-License-Identifier: Apache-2.0

/// The rule a TZif file ends with, for all the years after its table: a POSIX `TZ` string with the
/// extensions of RFC 9636 §3.3.
struct ZoneFooter: Hashable, Sendable {
    /// Summer time, and when in a year it begins and ends.
    struct Summer: Hashable, Sendable {
        var offset: Int64
        var start: Turn
        var end: Turn
    }

    /// A time that comes once a year.
    struct Turn: Hashable, Sendable {
        enum Day: Hashable, Sendable {
            /// 1 to 365; the leap day is never counted.
            case julian(Int)
            /// 0 to 365; the leap day is counted.
            case zeroBased(Int)
            /// The week 1 to 5, where 5 is the last; 0 is Sunday.
            case weekday(month: Int, week: Int, day: Int)
        }

        var day: Day
        /// Seconds after midnight by the clock that is about to change; −167 to 167 hours.
        var time: Int64

        /// Seconds since 1970 by the local clock.
        func local(in year: Int) -> Int64 { Int64(dayNumber(in: year)) * 86_400 + time }

        /// Days since 1970.
        private func dayNumber(in year: Int) -> Int {
            let newYear = Self.newYear(year)
            switch day {
            case .julian(let day):
                return newYear + day - 1 + (CivilDate.isLeap(year) && day >= 60 ? 1 : 0)
            case .zeroBased(let day): return newYear + day
            case .weekday(let month, let week, let day):
                let lengths = (1..<month).map { CivilDate.days(inMonth: $0, of: year) }
                let first = newYear + lengths.reduce(0, +)
                // 0 is Sunday here, and 7 there.
                let ahead = (day - CivilDate.weekday(ofDay: first) % 7 + 7) % 7
                let last = first + CivilDate.days(inMonth: month, of: year) - 1
                var found = first + ahead + (week - 1) * 7
                while found > last { found -= 7 }
                return found
            }
        }

        private static func newYear(_ year: Int) -> Int {
            let before = year - 1
            return before * 365 + before.floored(by: 4) - before.floored(by: 100) + before.floored(by: 400)
                - 719_162
        }
    }

    var offset: Int64
    var summer: Summer?

    func offset(at time: Int64) -> Int64 {
        guard let summer else { return offset }
        let year = year(of: time)
        let start = summer.start.local(in: year) - offset
        let end = summer.end.local(in: year) - summer.offset
        // In the south, the year begins and ends in summer.
        let isSummer = start < end ? time >= start && time < end : time >= start || time < end
        return isSummer ? summer.offset : offset
    }

    /// When the clocks may change from `start` until `end`, in order.
    func changes(from start: Int64, until end: Int64) -> [Int64] {
        guard let summer else { return [] }
        // A turn up to 167 hours off falls in the year before or after its own.
        let years = (year(of: start) - 1)...(year(of: end) + 1)
        return years.flatMap { year in
            [summer.start.local(in: year) - offset, summer.end.local(in: year) - summer.offset]
        }.filter { $0 >= start && $0 < end }.sorted()
    }

    private func year(of time: Int64) -> Int {
        CivilDate(daysSince1970: Int((time + offset).floored(by: 86_400))).year
    }
}
