// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// A day in UTC: `2026-11-21`.
struct CalendarDate: Hashable, CustomStringConvertible {
    /// A clock before the year in which this version was made is wrong.
    static let releaseYear = 2026

    let year: Int, month: Int, day: Int

    /// Counts in eras of 400 years that begin on 1 March, so that leap days come last.
    /// <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>
    init(_ time: WallClock) {
        let days = Int((Double(time.milliseconds) / 86_400_000).rounded(.down)) + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var description: String { "\(padded(year, to: 4))-\(padded(month, to: 2))-\(padded(day, to: 2))" }

    private func padded(_ number: Int, to width: Int) -> String {
        String(repeating: "0", count: max(0, width - "\(number)".count)) + "\(number)"
    }
}
