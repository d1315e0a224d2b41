// SPDX-License-Identifier: Apache-2.0
import CivilTime
import Testing

@Suite("Civil dates")
struct CivilDateTests {
    @Test("known days have their number and their weekday")
    func vectors() throws {
        let vectors: [(Int, Int, Int, days: Int, weekday: Int)] = [
            (1970, 1, 1, 0, 4), (2000, 2, 29, 11_016, 2), (2026, 11, 21, 20_778, 6), (1969, 12, 31, -1, 3),
            (1, 1, 1, -719_162, 1), (9999, 12, 31, 2_932_896, 5),
        ]
        for vector in vectors {
            let date = try #require(CivilDate(year: vector.0, month: vector.1, day: vector.2))
            #expect(date.daysSince1970 == vector.days)
            #expect(CivilDate(daysSince1970: vector.days) == date)
            #expect(date.weekday == vector.weekday)
        }
    }

    @Test("every day of 800 years follows the one before")
    func consecutive() {
        var before = CivilDate(daysSince1970: -146_098)
        for day in -146_097...146_097 {
            let date = CivilDate(daysSince1970: day)
            #expect(before < date && date.daysSince1970 == day)
            #expect(date.weekday == before.weekday % 7 + 1)
            before = date
        }
    }

    @Test("days that do not exist are refused")
    func refuses() {
        for (year, month, day) in [
            (2026, 2, 29), (1900, 2, 29), (2026, 4, 31), (2026, 13, 1), (2026, 0, 1), (2026, 1, 0), (0, 1, 1),
            (10_000, 1, 1),
        ] {
            #expect(CivilDate(year: year, month: month, day: day) == nil)
        }
        #expect(CivilDate(year: 2000, month: 2, day: 29) != nil)
    }

    @Test("moments are written as RFC 3339 has them")
    func timestamps() {
        // RFC 3339 section 5.8, in UTC.
        #expect(timestamp(milliseconds: 482_196_050_520) == "1985-04-12T23:20:50.520Z")
        #expect(timestamp(milliseconds: 851_042_397_000) == "1996-12-20T00:39:57.000Z")
        #expect(timestamp(milliseconds: 0) == "1970-01-01T00:00:00.000Z")
        #expect(timestamp(milliseconds: -1) == "1970-01-01T00:00:00.000Z")
    }
}
