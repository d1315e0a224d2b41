// SPDX-License-Identifier: Apache-2.0

/// Dates as HTTP writes them. RFC 9110 §5.6.7.
public enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    /// 0000-01-01 and 9999-12-31T23:59:59: the format has four digits for the year.
    private static let range: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    /// `Sun, 06 Nov 1994 08:49:37 GMT`; times before year 0 and after 9999 are moved to those years.
    public static func format(secondsSince1970 seconds: Int64) -> String {
        let seconds = min(max(seconds, range.lowerBound), range.upperBound)
        let second = (seconds % 86_400 + 86_400) % 86_400
        let day = (seconds - second) / 86_400
        let date = civilDate(day)
        let weekday = days[Int((day % 7 + 7) % 7)]
        return "\(weekday), \(digits(date.day)) \(months[date.month - 1]) \(digits(date.year, 4)) "
            + "\(digits(second / 3600)):\(digits(second / 60 % 60)):\(digits(second % 60)) GMT"
    }

    /// The Gregorian date of a day counted from 1970-01-01.
    ///
    /// Years are counted from March, so that the leap day is the last one, in eras of 400 years, which
    /// all have 146 097 days.
    private static func civilDate(_ daysSince1970: Int64) -> (year: Int64, month: Int, day: Int64) {
        // 719 468 days lie between 0000-03-01 and 1970-01-01.
        let days = daysSince1970 + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        // From March on, month lengths repeat 31 30 31 30 31: 153 days in five months.
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), Int(month), day)
    }

    private static func digits(_ value: Int64, _ count: Int = 2) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(count - text.count, 0)) + text
    }
}
