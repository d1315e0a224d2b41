// SPDX-License-Identifier: Apache-2.0
internal import CivilTime

/// One meeting in somebody's calendar. RFC 5545 §3.6.1.
///
/// A calendar knows an event by its `uid`; whichever file has the greater `sequence` is the newer one,
/// so a moved or cancelled appointment replaces the one that was there.
public struct ICalendarEvent: Hashable, Sendable {
    public enum Status: String, Hashable, Sendable {
        case confirmed = "CONFIRMED"
        case cancelled = "CANCELLED"
    }

    /// Unique in the world, and the same for as long as the event exists.
    public var uid: String
    /// 0 at first, one more with every change that matters to those who come.
    public var sequence: Int
    public var status: Status
    /// When this version was made. Seconds since 1970, as are the others.
    public var stamp: Int64
    public var start: Int64
    public var end: Int64
    public var summary: String
    public var description: String
    /// Where it takes place, for programs that make a button of it.
    public var url: String?

    public init(
        uid: String, sequence: Int = 0, status: Status = .confirmed, stamp: Int64, start: Int64, end: Int64,
        summary: String, description: String = "", url: String? = nil
    ) {
        self.uid = uid
        self.sequence = sequence
        self.status = status
        self.stamp = stamp
        self.start = start
        self.end = end
        self.summary = summary
        self.description = description
        self.url = url
    }

    /// A calendar with this event alone, which a program adds, changes or, for a cancelled one, removes.
    /// RFC 5546 §1.4.
    ///
    /// All times are in UTC: everybody's calendar shows them by its own clock, and no zone needs to be
    /// described.
    public var calendar: ICalendarComponent {
        ICalendarComponent(
            "VCALENDAR",
            [
                ICalendarLine("VERSION", "2.0"), ICalendarLine("PRODID", "-//Parley//Appointments//EN"),
                ICalendarLine("METHOD", status == .cancelled ? "CANCEL" : "PUBLISH"),
            ], components: [component])
    }

    private var component: ICalendarComponent {
        var lines = [
            ICalendarLine("UID", uid), ICalendarLine("SEQUENCE", String(sequence)),
            ICalendarLine("STATUS", status.rawValue), ICalendarLine("DTSTAMP", ICalendarTime.format(stamp)),
            ICalendarLine("DTSTART", ICalendarTime.format(start)),
            ICalendarLine("DTEND", ICalendarTime.format(end)),
            ICalendarLine("SUMMARY", ICalendarText.escape(summary)),
        ]
        if !description.isEmpty {
            lines.append(ICalendarLine("DESCRIPTION", ICalendarText.escape(description)))
        }
        if let url {
            lines.append(ICalendarLine("URL", url))
            lines.append(ICalendarLine("LOCATION", ICalendarText.escape(url)))
        }
        return ICalendarComponent("VEVENT", lines)
    }

    /// The event of a calendar that was made by ``calendar``; `nil` for others.
    public init?(_ calendar: ICalendarComponent) {
        guard let event = calendar.components.first(where: { $0.name == "VEVENT" }), let uid = event["UID"],
            let stamp = event["DTSTAMP"].flatMap(ICalendarTime.parse),
            let start = event["DTSTART"].flatMap(ICalendarTime.parse),
            let end = event["DTEND"].flatMap(ICalendarTime.parse)
        else { return nil }
        self.init(
            uid: uid, sequence: event["SEQUENCE"].flatMap { Int($0) } ?? 0,
            status: event["STATUS"].flatMap(Status.init(rawValue:)) ?? .confirmed, stamp: stamp, start: start,
            end: end, summary: ICalendarText.unescape(event["SUMMARY"] ?? ""),
            description: ICalendarText.unescape(event["DESCRIPTION"] ?? ""), url: event["URL"])
    }
}

/// Times in UTC: `20261121T093000Z`. RFC 5545 §3.3.5, form 2.
public enum ICalendarTime {
    /// Times outside of the years 1 to 9999 are moved to their edges: the format has four digits.
    public static func format(_ secondsSince1970: Int64) -> String {
        let seconds = min(max(secondsSince1970, -62_135_596_800), 253_402_300_799)
        let second = (seconds % 86_400 + 86_400) % 86_400
        let date = CivilDate(daysSince1970: Int((seconds - second) / 86_400))
        let day = padded(date.year, 4) + padded(date.month) + padded(date.day)
        return day + "T" + padded(Int(second / 3600)) + padded(Int(second / 60 % 60))
            + padded(Int(second % 60)) + "Z"
    }

    /// Seconds since 1970; `nil` for any other form.
    public static func parse(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z"),
            let year = number(bytes[0..<4]), let month = number(bytes[4..<6]), let day = number(bytes[6..<8]),
            let date = CivilDate(year: year, month: month, day: day), let hour = number(bytes[9..<11]),
            let minute = number(bytes[11..<13]), let second = number(bytes[13..<15]), hour < 24, minute < 60,
            second < 60
        else { return nil }
        return Int64(date.daysSince1970) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }

    private static func padded(_ number: Int, _ width: Int = 2) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}
