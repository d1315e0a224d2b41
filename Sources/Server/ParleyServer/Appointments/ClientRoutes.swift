// SPDX-License-Identifier: Apache-2.0
internal import Appointments
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import JSON
internal import MeetingProtocol
internal import Storage

/// A professional's clients, and how their appointments went.
enum ClientRoutes {
    static let all: [APIRoute] = [
        APIRoute(
            .get, "/me/clients", "List those who have booked with one", .professional,
            success: .json("ClientList"), clients),
        APIRoute(
            .get, "/me/numbers", "Count one's appointments of the last 30 days", .professional,
            success: .json("AppointmentNumbers"), numbers),
    ]

    /// Clients of the last two years are listed,
    private static let keptDays: Int64 = 730
    /// from at most so many appointments.
    private static let maxAppointments = 10_000
    private static let countedDays: Int64 = 30

    private static func clients(_ call: APICall) throws(APIProblem) {
        let me = try call.professional()
        call.services.store.appointments(
            of: me.id, from: call.now - keptDays * 86_400_000, to: .max, limit: maxAppointments,
            call.then { call, appointments in
                call.send(["clients": .array(Client.all(in: appointments, now: call.now).map(\.json))])
            })
    }

    private static func numbers(_ call: APICall) throws(APIProblem) {
        let me = try call.professional()
        let since = call.now - countedDays * 86_400_000
        call.services.store.appointments(
            of: me.id, from: since, to: .max, limit: maxAppointments,
            call.then { call, appointments in
                let time = WallClock(milliseconds: call.now)
                let past = appointments.filter { $0.startsAt <= time.milliseconds }
                let waits = past.compactMap(wait(of:))
                call.send([
                    "days": .number(JSONNumber(countedDays)), "held": count(past, .finished),
                    "cancelled": count(past, .cancelled),
                    "missed": .number(
                        JSONNumber(Int64(past.count { Appointment($0).phase(at: time) == .late }))),
                    "upcoming": .number(
                        JSONNumber(
                            Int64(
                                appointments.count {
                                    $0.state == .booked && $0.startsAt > time.milliseconds
                                }))),
                    "averageWait": waits.isEmpty
                        ? .null : .time(waits.reduce(0, +) / Int64(waits.count)),
                ])
            })
    }

    private static func count(
        _ appointments: [AppointmentRecord], _ state: AppointmentRecord.State
    ) -> JSONValue {
        .number(JSONNumber(Int64(appointments.count { $0.state == state })))
    }

    /// How long the client waited past the hour, or from the check-in of a late one. Milliseconds.
    private static func wait(of appointment: AppointmentRecord) -> Int64? {
        guard let attendance = Appointment(appointment).attendance, let since = attendance.since,
            let admitted = attendance.admittedAt
        else { return nil }
        return max(0, admitted - max(since, appointment.startsAt))
    }
}

/// Somebody who has booked: known by their address, or where they gave none by their name.
private struct Client {
    let name: String
    let email: String
    var appointments = 0
    var last: Int64?
    var next: Int64?

    static func all(in appointments: [AppointmentRecord], now: Int64) -> [Client] {
        var places: [String: Int] = [:]
        var clients: [Client] = []
        for appointment in appointments where appointment.state != .cancelled {
            let key = appointment.clientEmail.isEmpty ? appointment.clientName : appointment.clientEmail
            let place = places[key.lowercased()] ?? clients.count
            if place == clients.count {
                places[key.lowercased()] = place
                clients.append(Client(name: appointment.clientName, email: appointment.clientEmail))
            }
            clients[place].appointments += 1
            if appointment.startsAt <= now {
                clients[place].last = max(clients[place].last ?? .min, appointment.startsAt)
            } else {
                clients[place].next = min(clients[place].next ?? .max, appointment.startsAt)
            }
        }
        return clients.sorted { $0.name.lowercased() < $1.name.lowercased() }
    }

    var json: JSONValue {
        [
            "name": .string(name), "email": email.isEmpty ? .null : .string(email),
            "appointments": .number(JSONNumber(Int64(appointments))), "last": last.map { .time($0) } ?? .null,
            "next": next.map { .time($0) } ?? .null,
        ]
    }
}
