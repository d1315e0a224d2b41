// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import Glibc

/// A day in UTC: `2026-11-21`.
struct CalendarDate: Hashable, CustomStringConvertible {
    /// A clock before the year in which this version was made is wrong.
    static let releaseYear = 2026

    let year: Int, month: Int, day: Int

    init(_ time: WallClock) {
        var seconds = time_t((Double(time.milliseconds) / 1000).rounded(.down))
        var parts = unsafe tm()
        unsafe gmtime_r(&seconds, &parts)
        year = unsafe Int(parts.tm_year) + 1900
        month = unsafe Int(parts.tm_mon) + 1
        day = unsafe Int(parts.tm_mday)
    }

    var description: String { "\(padded(year, to: 4))-\(padded(month, to: 2))-\(padded(day, to: 2))" }

    private func padded(_ number: Int, to width: Int) -> String {
        String(repeating: "0", count: max(0, width - "\(number)".count)) + "\(number)"
    }
}
