// SPDX-License-Identifier: Apache-2.0

import FuzzKit
import ICalendar

/// The input is a calendar file, and a text of an event.
fuzz { bytes in
    if let component = accepted({ try ICalendarComponent(parsing: bytes) }) {
        let again = accepted { try ICalendarComponent(parsing: component.formatted) }
        let third = again.flatMap { again in accepted { try ICalendarComponent(parsing: again.formatted) } }
        promise(again != nil && again == third, "what was read can be written and read again")
        promise(again?.components.count == component.components.count, "no text ends a component")
        promise(again?.lines.count == component.lines.count, "no text makes a line")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    let event = ICalendarEvent(
        uid: "a", stamp: 0, start: 0, end: 60, summary: text, description: text, url: text)
    let written = event.calendar.formatted
    promise(
        accepted { try ICalendarComponent(parsing: written) }.flatMap(ICalendarEvent.init) != nil,
        "any text makes an event")
    promise(
        String(decoding: written, as: UTF8.self).split(separator: "\r\n").allSatisfy { $0.utf8.count <= 75 },
        "lines are folded")
    promise(ICalendarText.unescape(ICalendarText.escape("a\\;,\nb")) == "a\\;,\nb", "escapes go both ways")
}
