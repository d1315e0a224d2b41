// SPDX-License-Identifier: Apache-2.0

/// A moment as text, in UTC with milliseconds: `2026-01-01T00:00:00.007Z`. RFC 3339.
/// - Parameter milliseconds: Since 1970; earlier ones count as 1970.
public func timestamp(milliseconds: Int64) -> String {
    let milliseconds = max(0, milliseconds)
    let date = CivilDate(daysSince1970: Int(milliseconds / 86_400_000))
    let rest = milliseconds % 86_400_000
    func padded(_ number: some BinaryInteger, _ width: Int = 2) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    let day = "\(padded(date.year, 4))-\(padded(date.month))-\(padded(date.day))"
    let clock = "\(padded(rest / 3_600_000)):\(padded(rest / 60_000 % 60)):\(padded(rest / 1000 % 60))"
    return "\(day)T\(clock).\(padded(rest % 1000, 3))Z"
}
