// SPDX-License-Identifier: Apache-2.0
import Appointments
import CivilTime
import Testing

@Suite("Working hours and slots")
struct SlotTests {
    private static let minute: Int64 = 60_000
    private static let hour = 60 * minute

    private func hours(_ weekday: Int, _ start: Int, _ end: Int) throws -> WorkingHours {
        try #require(WorkingHours(weekday: weekday, startMinute: start * 60, endMinute: end * 60))
    }

    /// Milliseconds since 1970 of a time in UTC.
    private func utc(_ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int = 0) throws -> Int64 {
        let date = try #require(CivilDate(year: year, month: month, day: day))
        return (Int64(date.daysSince1970) * 86_400 + Int64(hour * 3600 + minute * 60)) * 1000
    }

    /// Central Europe in 2026: one hour ahead, two from 29 March 01:00 UTC until 25 October 01:00 UTC.
    private let europe = [
        OffsetSpan(start: 1_767_225_600, end: 1_774_746_000, offset: 3600),
        OffsetSpan(start: 1_774_746_000, end: 1_792_890_000, offset: 7200),
        OffsetSpan(start: 1_792_890_000, end: 1_798_761_600, offset: 3600),
    ]

    private func windows(_ hours: [WorkingHours], from: Int64, until: Int64) -> [TimeWindow] {
        WorkingHours.windows(hours, in: europe).filter { $0.end > from && $0.start < until }
    }

    @Test("hours are kept by the wall's clock, through the change of clocks")
    func wallClock() throws {
        let monday = try hours(1, 9, 12)
        let march = windows([monday], from: try utc(2026, 3, 23, 0), until: try utc(2026, 4, 1, 0))
        #expect(march.map(\.start) == [try utc(2026, 3, 23, 8), try utc(2026, 3, 30, 7)])
        #expect(march.allSatisfy { $0.end - $0.start == 3 * Self.hour })
    }

    @Test("an hour that is skipped is not there, and hours around it are one window")
    func gap() throws {
        // On 29 March the clock goes from 02:00 to 03:00.
        let day = (try utc(2026, 3, 29, 0), try utc(2026, 3, 29, 12))
        #expect(
            windows([try hours(7, 1, 5)], from: day.0, until: day.1)
                == [TimeWindow(start: try utc(2026, 3, 29, 0), end: try utc(2026, 3, 29, 3))])
        #expect(windows([try hours(7, 2, 3)], from: day.0, until: day.1) == [])
        let half = try #require(WorkingHours(weekday: 7, startMinute: 150, endMinute: 240))
        #expect(
            windows([half], from: day.0, until: day.1)
                == [TimeWindow(start: try utc(2026, 3, 29, 1), end: try utc(2026, 3, 29, 2))],
            "half past two is not there: it begins at three")
    }

    @Test("an hour that comes twice is there twice")
    func overlap() throws {
        // On 25 October the clock goes from 03:00 back to 02:00.
        let day = (try utc(2026, 10, 24, 22), try utc(2026, 10, 25, 12))
        #expect(
            windows([try hours(7, 2, 3)], from: day.0, until: day.1)
                == [TimeWindow(start: try utc(2026, 10, 25, 0), end: try utc(2026, 10, 25, 2))])
        let half = try #require(WorkingHours(weekday: 7, startMinute: 120, endMinute: 150))
        #expect(
            windows([half], from: day.0, until: day.1) == [
                TimeWindow(start: try utc(2026, 10, 25, 0), end: try utc(2026, 10, 25, 0, 30)),
                TimeWindow(start: try utc(2026, 10, 25, 1), end: try utc(2026, 10, 25, 1, 30)),
            ])
        #expect(
            windows([try hours(7, 0, 24)], from: day.0, until: day.1).map { $0.end - $0.start }
                == [25 * Self.hour], "that day has 25 hours")
    }

    @Test("hours of a day that touch or overlap are one window, and a window ends at midnight")
    func merges() throws {
        let span = [OffsetSpan(start: 0, end: 14 * 86_400, offset: 0)]
        // 1970-01-05 was a Monday.
        let all = [try hours(1, 22, 24), try hours(2, 0, 2), try hours(2, 1, 4)]
        let found = WorkingHours.windows(all, in: span)
        #expect(found.map { ($0.end - $0.start) / Self.hour } == [2, 4, 2, 4])
        #expect(found.first?.start == (4 * 24 + 22) * Self.hour)
    }

    @Test("round-the-clock hours are cut at the same times wherever one begins to look")
    func stable() throws {
        let all = try (1...7).map { try hours($0, 0, 24) }
        let slots = try #require(Slots(lengthMinutes: 50, leadMinutes: 0, horizonDays: 3))
        let starts = [0, 7, 50_000, 86_399].map { (moment: Int64) -> Set<Int64> in
            let windows = WorkingHours.windows(
                all, in: [OffsetSpan(start: moment, end: 14 * 86_400, offset: 3600)])
            return Set(slots.open(in: windows, without: [], now: 2 * 86_400_000).map(\.start))
        }
        #expect(Set(starts).count == 1 && starts[0].count > 50)
    }

    @Test("times that no day has are no working hours")
    func refuses() {
        for (weekday, start, end) in [
            (0, 0, 1), (8, 0, 1), (1, -1, 5), (1, 5, 5), (1, 6, 5), (1, 0, 1441), (1, 1440, 1441),
        ] {
            #expect(WorkingHours(weekday: weekday, startMinute: start, endMinute: end) == nil)
        }
    }

    @Test("a day on the wall is as long as the clocks make it")
    func days() throws {
        let spring = try #require(europe.day(at: try utc(2026, 3, 29, 10)))
        #expect(spring.end - spring.start == 23 * Self.hour)
        #expect(spring.start == (try utc(2026, 3, 28, 23)))
        #expect(europe.day(at: try utc(2027, 6, 1, 0)) == nil)
    }

    // MARK: Slots

    private func slots(
        _ windows: [TimeWindow], taken: [TimeWindow] = [], now: Int64 = 0, lead: Int = 0, horizon: Int = 30
    ) throws -> [Int64] {
        let slots = try #require(Slots(lengthMinutes: 30, leadMinutes: lead, horizonDays: horizon))
        return slots.open(in: windows, without: taken, now: now).map { $0.start / Self.minute }
    }

    private func window(_ start: Int64, _ end: Int64) -> TimeWindow {
        TimeWindow(start: start * Self.minute, end: end * Self.minute)
    }

    @Test("windows are cut from their beginning, and what is left over is lost")
    func cuts() throws {
        #expect(try slots([window(0, 100), window(200, 229), window(300, 330)]) == [0, 30, 60, 300])
    }

    @Test("slots do not move as time goes on, and end with the lead and the horizon")
    func bounds() throws {
        let day = [window(0, 240)]
        #expect(try slots(day, now: 45 * Self.minute) == [60, 90, 120, 150, 180, 210])
        #expect(try slots(day, now: 45 * Self.minute, lead: 60) == [120, 150, 180, 210])
        let month = (0..<40).map { window($0 * 1440, $0 * 1440 + 30) }
        #expect(try slots(month, horizon: 2) == [0, 1440, 2880])
    }

    @Test("what overlaps an appointment by a minute is taken")
    func taken() throws {
        let day = [window(0, 240)]
        #expect(try slots(day, taken: [window(60, 90)]) == [0, 30, 90, 120, 150, 180, 210])
        #expect(try slots(day, taken: [window(89, 91), window(-10, 1)]) == [30, 120, 150, 180, 210])
        #expect(try slots(day, taken: [window(200, 260), window(0, 170)]) == [])
        #expect(
            try slots(day, taken: [window(0, 240), window(10, 11)]) == [],
            "a long appointment hides no shorter one behind it")
        #expect(try slots([window(0, 30), window(30, 60)], taken: [window(30, 60)]) == [0])
    }

    @Test("only starts of free slots can be booked")
    func booking() throws {
        let slots = try #require(Slots(lengthMinutes: 30, leadMinutes: 0, horizonDays: 1))
        let day = [window(0, 240)]
        #expect(slots.slot(at: 30 * Self.minute, in: day, without: [], now: 0) == window(30, 60))
        #expect(slots.slot(at: 31 * Self.minute, in: day, without: [], now: 0) == nil)
        #expect(slots.slot(at: 30 * Self.minute, in: day, without: [window(59, 61)], now: 0) == nil)
    }

    @Test("lengths, leads and horizons have bounds")
    func limits() {
        for (length, lead, horizon) in [
            (4, 0, 1), (481, 0, 1), (30, -1, 1), (30, 43_201, 1), (30, 0, 0), (30, 0, 366),
        ] {
            #expect(Slots(lengthMinutes: length, leadMinutes: lead, horizonDays: horizon) == nil)
        }
    }
}
