// SPDX-License-Identifier: Apache-2.0

import FuzzKit
import JSON
import MeetingProtocol

/// The input is an event as the files in `Fixtures/meeting` hold it; the direction is not looked at, so
/// that every event is tried on every decoder.
fuzz { bytes in
    guard let fixture = accepted({ try JSONValue(parsing: bytes) }), let name = fixture["event"]?.string
    else { return }
    let payload = fixture["payload"]
    if let event = accepted({ try ClientEvent(name: name, payload: payload) }) {
        let again = accepted { try ClientEvent(name: event.name, payload: event.payload) }
        promise(again == event, "a client's event survives a round trip")
    }
    if let event = accepted({ try ServerEvent(name: name, payload: payload) }) {
        let again = accepted { try ServerEvent(name: event.name, payload: event.payload) }
        promise(again == event, "a server's event survives a round trip")
    }
    if let reply = accepted({ try ServerReply(to: name, payload: payload) }) {
        let again = accepted { try ServerReply(to: name, payload: reply.payload) }
        promise(again == reply, "a reply survives a round trip")
    }
    if let event = accepted({ try ClientAppointmentEvent(name: name, payload: payload) }) {
        let again = accepted { try ClientAppointmentEvent(name: event.name, payload: event.payload) }
        promise(again == event, "what a client asks of an appointment survives a round trip")
    }
    if let event = accepted({ try ProfessionalEvent(name: name, payload: payload) }) {
        let again = accepted { try ProfessionalEvent(name: event.name, payload: event.payload) }
        promise(again == event, "what a professional asks survives a round trip")
    }
    if let attendance = accepted({ try Attendance(payload: payload, at: name) }) {
        let again = accepted { try Attendance(payload: attendance.payload, at: name) }
        promise(again == attendance, "what is stored of the waiting room survives a round trip")
    }
    _ = Handshake.accepts(auth: payload)
}
