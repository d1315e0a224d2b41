// SPDX-License-Identifier: Apache-2.0
internal import Appointments
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import ICalendar
internal import JSON
internal import JWT
internal import MeetingProtocol
internal import Storage
internal import WebServer

/// One appointment, for whoever has its link.
enum LinkRoutes {
    static let all: [APIRoute] = [
        APIRoute(
            .get, "/appointment", "Tell about the appointment of a link", .ownToken,
            success: .json("ClientAppointment"), problems: badLink, show),
        APIRoute(
            .get, "/appointment.ics", "Give the appointment of a link as a calendar file", .ownToken,
            query: token, success: .file("text/calendar"), problems: badLink, calendar),
        APIRoute(
            .get, "/appointment/qr.svg", "Draw a link as a QR code", .ownToken, query: token,
            success: .file("image/svg+xml"), problems: badLink, picture),
        APIRoute(
            .post, "/appointment/cancel", "Cancel the appointment of a link", .ownToken, success: .nothing,
            problems: badLink + notNow, cancel),
        APIRoute(
            .post, "/appointment/move", "Move the appointment of a link to another free time", .ownToken,
            content: .json("NewTime"), success: .json("Booked"),
            problems: badLink + notNow + [("slot-taken", .conflict)], move),
    ]

    private static let token = [("token", "The link's token; or send it as a bearer token")]
    private static let badLink: [(String, HTTPStatus)] = [
        ("invalid-link", .unauthorized), ("link-expired", .gone), ("revoked", .gone),
        ("no-such-appointment", .notFound), ("too-many-requests", .tooManyRequests),
    ]
    private static let notNow: [(String, HTTPStatus)] = [
        ("cancelled", .conflict), ("finished", .conflict), ("too-late", .conflict),
    ]

    // MARK: Looking

    private static func show(_ call: APICall) throws(APIProblem) {
        try call.withLinkedAppointment { call, appointment, account, booking in
            let engine = Appointment(appointment)
            let time = WallClock(milliseconds: call.now)
            call.send([
                "id": .string(appointment.id), "professional": account.professionalJSON,
                "clientName": .string(appointment.clientName), "start": .time(appointment.startsAt),
                "end": .time(appointment.endsAt), "state": .string(engine.phase(at: time).rawValue),
                "opensAt": .time(engine.opensAt), "closesAt": .time(engine.closesAt),
                "now": .time(time.milliseconds), "consent": .string(booking?.consent ?? ""),
                "zone": .string(account.zone), "slug": booking.map { .string($0.slug) } ?? .null,
            ])
        }
    }

    private static func calendar(_ call: APICall) throws(APIProblem) {
        try call.withLinkedAppointment { call, appointment, account, _ in
            let token = call.services.links.token(
                for: appointment, with: account.displayName, now: call.now)
            let event = ICalendarEvent(
                appointment, with: account, link: call.link(token), now: call.now)
            var headers = HTTPHeaders()
            headers.set("Content-Type", "text/calendar; charset=utf-8")
            headers.set("Content-Disposition", "attachment; filename=\"appointment.ics\"")
            headers.set("Cache-Control", "no-store")
            call.answer.send(HTTPResponse(.ok, headers: headers, body: .bytes(event.calendar.formatted)))
        }
    }

    private static func picture(_ call: APICall) throws(APIProblem) {
        let token = try call.linkToken()
        try call.withLinkedAppointment { call, _, _, _ throws(APIProblem) in
            try call.sendQRCode(of: call.link(token))
        }
    }

    // MARK: Changing

    private static func cancel(_ call: APICall) throws(APIProblem) {
        try call.withLinkedAppointment { call, appointment, _, _ throws(APIProblem) in
            if appointment.state == .cancelled { return call.sendNothing() }
            try call.requireNotBegun(appointment)
            var change = AppointmentChange(expected: .booked)
            change.state = .cancelled
            change.checkIn = .some(nil)
            call.change(appointment, change) { call, _ in call.sendNothing() }
        }
    }

    private static func move(_ call: APICall) throws(APIProblem) {
        guard let start = try call.fields().time("start") else { throw .invalid("start is missing.") }
        try call.withLinkedAppointment { call, appointment, _, _ throws(APIProblem) in
            try call.requireNotBegun(appointment)
            call.withOffice(of: appointment.professional, own: appointment.id) {
                call, office throws(APIProblem) in
                guard let slot = office.slot(at: start, now: call.now) else { throw .slotTaken }
                call.change(appointment, .move(to: slot)) { call, moved in
                    call.send(call.bookedJSON(moved, office.account))
                }
            }
        }
    }
}

extension APICall {
    /// The token of the client's link: a bearer token, or in the query for what a browser opens by itself.
    func linkToken() throws(APIProblem) -> String {
        if let field = head.headers["Authorization"], field.lowercased().hasPrefix("bearer ") {
            return String(field.dropFirst("bearer ".count))
        }
        guard let token = head.query["token"] else { throw .invalidLink }
        return token
    }

    typealias LinkedBody =
        @Sendable (APICall, AppointmentRecord, AccountRecord, BookingRecord?) throws(APIProblem) -> Void

    /// Goes on with the appointment of the link that was sent.
    func withLinkedAppointment(_ body: @escaping LinkedBody) throws(APIProblem) {
        guard shard.guesses.allows(client.address, at: shard.loop.now) else { throw .tooFast }
        let bearer: AppointmentLinks.Bearer
        do throws(JWTError) {
            bearer = try services.links.bearer(of: try bareToken(), now: WallClock(milliseconds: now)).0
        } catch {
            throw error == .expired ? .linkExpired : .invalidLink
        }
        guard case .client(let id, let version) = bearer else { throw .invalidLink }
        let store = services.store
        store.appointment(
            id.rawValue,
            then { call, appointment throws(APIProblem) in
                guard let appointment else { throw .noSuchAppointment }
                guard version == Int64(appointment.linkVersion) else { throw .linkRevoked }
                store.booking(
                    of: appointment.professional,
                    call.then { call, booking in
                        store.account(
                            appointment.professional,
                            call.then { call, account throws(APIProblem) in
                                guard let account else { throw .noSuchAppointment }
                                try body(call, appointment, account, booking)
                            })
                    })
            })
    }

    private func bareToken() throws(JWTError) -> String {
        do throws(APIProblem) { return try linkToken() } catch { throw .malformed("token") }
    }

    func requireNotBegun(_ appointment: AppointmentRecord) throws(APIProblem) {
        switch appointment.state {
        case .cancelled: throw .cancelled
        case .finished: throw .finished
        case .booked: if now >= appointment.startsAt { throw .hasBegun }
        }
    }

    /// Stores a change, tells the professional's pages and the client's, and goes on.
    func change(
        _ appointment: AppointmentRecord, _ change: AppointmentChange,
        _ body: @escaping @Sendable (APICall, AppointmentRecord) throws(APIProblem) -> Void
    ) {
        let shards = shard.shards
        let next = then { (call: APICall, update: AppointmentUpdate) throws(APIProblem) in
            switch update {
            case .changed(let changed): try body(call, changed)
            case .unknown: throw .noSuchAppointment
            case .taken: throw .slotTaken
            case .unexpected(let found): throw found.state == .cancelled ? .cancelled : .finished
            }
        }
        services.store.changeAppointment(appointment.id, change) { result in
            if case .success(.changed(let changed)) = result {
                // From here, so that what is told keeps the order in which it was stored.
                shards.tell(changed.professional, .changed(Appointment(changed)))
            }
            next(result)
        }
    }
}

extension AppointmentChange {
    /// A moved appointment begins anew: nobody has checked in for it.
    static func move(to slot: TimeWindow) -> AppointmentChange {
        var change = AppointmentChange(expected: .booked)
        change.time = slot.start..<slot.end
        change.checkIn = .some(nil)
        change.meeting = .some(nil)
        return change
    }
}

extension ICalendarEvent {
    init(
        _ appointment: AppointmentRecord, with account: AccountRecord, link: String, now: Int64
    ) {
        self.init(
            uid: "\(appointment.id)@parley", sequence: appointment.sequence,
            status: appointment.state == .cancelled ? .cancelled : .confirmed, stamp: now / 1000,
            start: appointment.startsAt / 1000, end: appointment.endsAt / 1000,
            summary: account.title.isEmpty ? account.name : "\(account.name), \(account.title)",
            description: link, url: link)
    }
}
