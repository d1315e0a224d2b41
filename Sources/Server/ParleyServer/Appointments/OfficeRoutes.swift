// SPDX-License-Identifier: Apache-2.0
internal import Appointments
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import JSON
internal import MeetingProtocol
internal import Storage

/// A professional's own booking page, appointments and clients.
enum OfficeRoutes {
    static let all: [APIRoute] = [
        APIRoute(
            .get, "/me/booking", "Show one's booking page", .professional, success: .json("BookingSettings"),
            showBooking),
        APIRoute(
            .put, "/me/booking", "Set up one's booking page", .professional,
            content: .json("BookingSettings"),
            success: .json("BookingSettings"), problems: [("slug-taken", .conflict)], setBooking),
        APIRoute(
            .get, "/me/appointments", "List one's appointments", .professional,
            query: [
                ("from", "Earliest end, milliseconds since 1970"), ("to", "Latest start, the same"),
                ("limit", "At most so many, up to 1000"),
            ], success: .json("AppointmentList"), list),
        APIRoute(
            .post, "/me/appointments", "Book for a client, at any time that is free", .professional,
            content: .json("NewBooking"), success: .json("Booked", .created),
            problems: [("slot-taken", .conflict)], create),
        APIRoute(
            .get, "/me/appointments/{id}", "Show an appointment", .professional,
            success: .json("Appointment"), problems: absent, show),
        APIRoute(
            .patch, "/me/appointments/{id}", "Move an appointment, or write notes", .professional,
            content: .json("AppointmentChange"), success: .json("Appointment"),
            problems: absent + notNow + [("slot-taken", .conflict)], change),
        APIRoute(
            .post, "/me/appointments/{id}/cancel", "Cancel an appointment", .professional, success: .nothing,
            problems: absent + notNow, cancel),
        APIRoute(
            .post, "/me/appointments/{id}/revoke", "Replace the client's link by a new one", .professional,
            success: .json("Booked"), problems: absent, revoke),
        APIRoute(
            .post, "/me/telelegal/token", "Make a token for a professional's pages of the teleLegal course",
            .professional, success: .json("TeleLegalToken", .created), makeToken),
    ]

    private static let absent: [(String, HTTPStatus)] = [("no-such-appointment", .notFound)]
    private static let notNow: [(String, HTTPStatus)] = [("cancelled", .conflict), ("finished", .conflict)]

    private static func makeToken(_ call: APICall) throws(APIProblem) {
        let token = call.services.links.token(forProfessional: try call.professional(), now: call.now)
        call.send(["token": .string(token)], .created)
    }

    // MARK: The booking page

    private static func showBooking(_ call: APICall) throws(APIProblem) {
        let me = try call.professional()
        call.services.store.booking(
            of: me.id, call.then { call, booking in call.send((booking ?? .unset(for: me.id)).json) })
    }

    private static func setBooking(_ call: APICall) throws(APIProblem) {
        let me = try call.professional()
        let booking = try BookingRecord(call.fields(), of: me.id)
        let shards = call.shard.shards
        call.services.store.setBooking(
            booking,
            call.then { call, isDone throws(APIProblem) in
                guard isDone else {
                    throw APIProblem(.conflict, "slug-taken", "Somebody else has this address already.")
                }
                shards.tell(me.id, .professional(Professional(me, booking)))
                call.send(booking.json)
            })
    }

    // MARK: Appointments

    private static func list(_ call: APICall) throws(APIProblem) {
        let me = try call.professional()
        let query = call.head.query
        let from = query["from"].flatMap { Int64($0) } ?? call.now - 86_400_000
        let to = query["to"].flatMap { Int64($0) } ?? .max
        let limit = min(max(query["limit"].flatMap { Int($0) } ?? 500, 1), 1000)
        call.services.store.appointments(
            of: me.id, from: from, to: to, limit: limit,
            call.then { call, appointments in
                call.send(["appointments": .array(appointments.map { call.json(of: $0, me) })])
            })
    }

    private static func create(_ call: APICall) throws(APIProblem) {
        let me = try call.professional()
        let fields = try call.fields()
        let wanted = try NewBooking(fields, call.services.zones)
        let minutes = try fields.integer("minutes", 5...480)
        call.services.store.booking(
            of: me.id,
            call.then { call, booking in
                let length = (minutes ?? Int64(booking?.slotMinutes ?? 30)) * 60_000
                call.add(wanted, at: TimeWindow(start: wanted.start, end: wanted.start + length), with: me)
            })
    }

    private static func show(_ call: APICall) throws(APIProblem) {
        try call.withOwnAppointment { call, appointment, me in call.send(call.json(of: appointment, me)) }
    }

    private static func change(_ call: APICall) throws(APIProblem) {
        let fields = try call.fields()
        let start = try fields.appointmentTime()
        let notes = try fields.string("notes", longest: ProfessionalEvent.maxNotes)
        try call.withOwnAppointment { call, appointment, me in
            var change = AppointmentChange()
            if let start, start != appointment.startsAt {
                let length = appointment.endsAt - appointment.startsAt
                change = .move(to: TimeWindow(start: start, end: start + length))
            }
            change.notes = notes
            call.change(appointment, change) { call, changed in call.send(call.json(of: changed, me)) }
        }
    }

    private static func cancel(_ call: APICall) throws(APIProblem) {
        try call.withOwnAppointment { call, appointment, _ in
            if appointment.state == .cancelled { return call.sendNothing() }
            var change = AppointmentChange(expected: .booked)
            change.state = .cancelled
            change.checkIn = .some(nil)
            call.change(appointment, change) { call, _ in call.sendNothing() }
        }
    }

    private static func revoke(_ call: APICall) throws(APIProblem) {
        try call.withOwnAppointment { call, appointment, me in
            var change = AppointmentChange()
            change.revokesLinks = true
            call.change(appointment, change) { call, changed in call.send(call.bookedJSON(changed, me)) }
        }
    }
}

extension APICall {
    /// Goes on with the appointment that the path names, if it is the asker's own.
    fileprivate func withOwnAppointment(
        _ body: @escaping @Sendable (APICall, AppointmentRecord, AccountRecord) throws(APIProblem) -> Void
    ) throws(APIProblem) {
        let me = try professional()
        services.store.appointment(
            parameter("id"),
            then { call, appointment throws(APIProblem) in
                guard let appointment, appointment.professional == me.id else { throw .noSuchAppointment }
                try body(call, appointment, me)
            })
    }

    /// An appointment as its professional sees it.
    func json(of appointment: AppointmentRecord, _ me: AccountRecord) -> JSONValue {
        let token = services.links.token(for: appointment, with: me.displayName, now: now)
        let phase = Appointment(appointment).phase(at: WallClock(milliseconds: now))
        return [
            "id": .string(appointment.id), "state": .string(phase.rawValue),
            "client": [
                "name": .string(appointment.clientName),
                "email": appointment.clientEmail.isEmpty ? .null : .string(appointment.clientEmail),
                "zone": .string(appointment.clientZone),
            ],
            "start": .time(appointment.startsAt), "end": .time(appointment.endsAt),
            "note": .string(appointment.note), "notes": .string(appointment.notes),
            "createdAt": .time(appointment.createdAt),
            "finishedAt": appointment.finishedAt.map { .time($0) } ?? .null, "link": .string(link(token)),
        ]
    }
}

extension BookingRecord {
    private static let maxHours = 70
    private static let maxText = 5000

    init(_ fields: APIFields, of professional: AccountID) throws(APIProblem) {
        let slug = try fields.requiredString("slug").lowercased()
        guard Self.isSlug(slug) else {
            throw .invalid("slug has 3 to 40 letters a to z, digits and dashes, none of them at its ends.")
        }
        self.init(professional: professional, slug: slug, isOpen: try fields.bool("open") ?? true)
        slotMinutes = try Self.number("slotMinutes", Slots.lengthMinutes, in: fields) ?? slotMinutes
        leadMinutes = try Self.number("leadMinutes", Slots.leadMinutes, in: fields) ?? leadMinutes
        horizonDays = try Self.number("horizonDays", Slots.horizonDays, in: fields) ?? horizonDays
        intro = try fields.string("intro", longest: Self.maxText) ?? ""
        consent = try fields.string("consent", longest: Self.maxText) ?? ""
        let hours = fields.isPresent("availability") ? fields.object["availability"]?.array : []
        guard let hours, hours.count <= Self.maxHours else {
            throw .invalid("availability is a list of at most \(Self.maxHours) hours.")
        }
        for value in hours { availability.append(try Self.hours(value)) }
        try Self.refuseOverlaps(availability)
    }

    private static func isSlug(_ slug: String) -> Bool {
        3...40 ~= slug.utf8.count && !slug.hasPrefix("-") && !slug.hasSuffix("-")
            && slug.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    private static func number(
        _ name: String, _ range: ClosedRange<Int>, in fields: APIFields
    ) throws(APIProblem) -> Int? {
        let number = try fields.integer(name, Int64(range.lowerBound)...Int64(range.upperBound))
        guard let number else { return nil }
        return Int(number)
    }

    private static func hours(_ value: JSONValue) throws(APIProblem) -> Availability {
        guard let weekday = value["weekday"]?.integer, let start = value["start"]?.integer,
            let end = value["end"]?.integer,
            let hours = WorkingHours(
                weekday: Int(clamping: weekday), startMinute: Int(clamping: start),
                endMinute: Int(clamping: end))
        else {
            throw .invalid("availability has weekday 1 (Monday) to 7, start and end in minutes of the day.")
        }
        return Availability(
            weekday: hours.weekday, startMinute: hours.startMinute, endMinute: hours.endMinute)
    }

    private static func refuseOverlaps(_ hours: [Availability]) throws(APIProblem) {
        for (index, one) in hours.enumerated() {
            for other in hours[(index + 1)...]
            where one.weekday == other.weekday && one.startMinute < other.endMinute
                && other.startMinute < one.endMinute
            {
                throw .invalid("availability has two hours of one day that overlap.")
            }
        }
    }

    var json: JSONValue {
        [
            "slug": .string(slug), "open": .bool(isOpen),
            "slotMinutes": .number(JSONNumber(Int64(slotMinutes))),
            "leadMinutes": .number(JSONNumber(Int64(leadMinutes))),
            "horizonDays": .number(JSONNumber(Int64(horizonDays))), "intro": .string(intro),
            "consent": .string(consent),
            "availability": .array(
                availability.map {
                    [
                        "weekday": .number(JSONNumber(Int64($0.weekday))),
                        "start": .number(JSONNumber(Int64($0.startMinute))),
                        "end": .number(JSONNumber(Int64($0.endMinute))),
                    ]
                }),
        ]
    }
}
