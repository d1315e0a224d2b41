// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import ICalendar
import TestKit
import Testing

@Suite("iCalendar")
struct ICalendarTests {
    static let event = ICalendarEvent(
        uid: "4f0c@parley", sequence: 2, stamp: 1_795_252_200, start: 1_795_255_800, end: 1_795_257_600,
        summary: "Ana, with Dr. Vale; \"first\"", description: "Bring:\n- papers\\plans",
        url: "https://meet.example/appointment?token=abc")

    private func text(_ component: ICalendarComponent) -> String {
        String(decoding: component.formatted, as: UTF8.self)
    }

    @Test("an event is a calendar of one, in UTC, with its text escaped")
    func formats() {
        let expected = """
            BEGIN:VCALENDAR
            VERSION:2.0
            PRODID:-//Parley//Appointments//EN
            METHOD:PUBLISH
            BEGIN:VEVENT
            UID:4f0c@parley
            SEQUENCE:2
            STATUS:CONFIRMED
            DTSTAMP:20261121T091000Z
            DTSTART:20261121T101000Z
            DTEND:20261121T104000Z
            SUMMARY:Ana\\, with Dr. Vale\\; "first"
            DESCRIPTION:Bring:\\n- papers\\\\plans
            URL:https://meet.example/appointment?token=abc
            LOCATION:https://meet.example/appointment?token=abc
            END:VEVENT
            END:VCALENDAR

            """
        #expect(
            text(Self.event.calendar) == expected.split(separator: "\n").joined(separator: "\r\n") + "\r\n")
    }

    @Test("a cancelled event says so twice, as programs read one or the other")
    func cancels() throws {
        var event = Self.event
        event.status = .cancelled
        event.sequence = 3
        let text = text(event.calendar)
        #expect(text.contains("\r\nMETHOD:CANCEL\r\n"))
        #expect(text.contains("\r\nSTATUS:CANCELLED\r\n"))
        #expect(text.contains("\r\nSEQUENCE:3\r\n"))
        #expect(ICalendarEvent(try ICalendarComponent(parsing: Array(text.utf8))) == event)
    }

    @Test("what was written is read back")
    func roundTrip() throws {
        #expect(ICalendarEvent(try ICalendarComponent(parsing: Self.event.calendar.formatted)) == Self.event)
    }

    @Test("lines are folded at 75 octets, and never inside a character")
    func folds() throws {
        for letter in ["a", "é", "→", "🗓"] {
            let summary = String(repeating: letter, count: 300)
            let component = ICalendarComponent("VEVENT", [ICalendarLine("SUMMARY", summary)])
            let lines = text(component).split(separator: "\r\n", omittingEmptySubsequences: true)
            #expect(lines.allSatisfy { $0.utf8.count <= 75 })
            #expect(lines.count > 5)
            #expect(try ICalendarComponent(parsing: component.formatted) == component)
        }
    }

    @Test("nothing in a text can end a line early")
    func injection() {
        for end in ["\r\n", "\n", "\r"] {
            var event = Self.event
            event.summary = "x\(end)ATTENDEE:mailto:mallory@example.com"
            event.url = "https://x.example/\(end)ATTENDEE:mailto:mallory@example.com"
            #expect(!text(event.calendar).contains("\nATTENDEE"))
        }
    }

    @Test("parameters keep what needs quotation marks, and what even those cannot hold")
    func parameters() throws {
        let line = ICalendarLine(
            "ATTENDEE", "mailto:ana@example.com",
            parameters: [
                .init("CN", ["Vale; \"Dr.\", ^\n"]), .init("MEMBER", ["mailto:a@example.com", "b"]),
            ])
        let component = ICalendarComponent("VEVENT", [line])
        #expect(
            text(component).replacing("\r\n ", with: "").contains(
                "ATTENDEE;CN=\"Vale; ^'Dr.^', ^^^n\";MEMBER=\"mailto:a@example.com\",b:mailto:ana@example.com"
            ))
        #expect(try ICalendarComponent(parsing: component.formatted) == component)
    }

    @Test("files of others are read: bare line feeds, small letters, tabs before continuations")
    func tolerance() throws {
        let file =
            "begin:vcalendar\nBEGIN:VEVENT\nsummary;language=en:One\n\t two\nEND:VEVENT\n\nend:VCALENDAR\n"
        let component = try ICalendarComponent(parsing: Array(file.utf8))
        #expect(component.name == "VCALENDAR")
        #expect(component.components.first?["SUMMARY"] == "One two")
    }

    @Test("no prefix of a file is taken for one")
    func truncated() {
        let file = Self.event.calendar.formatted
        // Without the last line end it is whole already.
        for prefix in file.prefixes.dropLast(2) {
            #expect(throws: DecodeError.self) { try ICalendarComponent(parsing: prefix) }
        }
    }

    @Test(
        "files that break the grammar are refused",
        arguments: [
            "", "VERSION:2.0\n", "BEGIN:A\nEND:B\n", "BEGIN:A\nX\nEND:A\n", "BEGIN:A\nX;Y:1\nEND:A\n",
            "BEGIN:A\nX;Y=\"1:2\nEND:A\n", "BEGIN:A\n;:\nEND:A\n",
            String(repeating: "BEGIN:A\n", count: 9) + String(repeating: "END:A\n", count: 9),
        ])
    func refuses(_ file: String) {
        #expect(throws: DecodeError.self) { try ICalendarComponent(parsing: Array(file.utf8)) }
    }

    @Test("times outside of the format's four digits stay inside of it")
    func times() {
        #expect(ICalendarTime.format(0) == "19700101T000000Z")
        #expect(ICalendarTime.format(.max) == "99991231T235959Z")
        #expect(ICalendarTime.format(.min) == "00010101T000000Z")
        #expect(ICalendarTime.parse("20261121T101000Z") == 1_795_255_800)
        for text in ["20261121T101000", "20261321T101000Z", "20261121T241000Z", "2026112 T101000Z"] {
            #expect(ICalendarTime.parse(text) == nil)
        }
    }
}
