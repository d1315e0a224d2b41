// SPDX-License-Identifier: Apache-2.0
internal import Appointments
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import JSON
internal import MeetingProtocol
internal import Storage
internal import TLS
internal import ZoneFiles

/// Booking pages, for whoever knows their address.
enum BookingRoutes {
    static let all: [APIRoute] = [
        APIRoute(
            .get, "/booking/{slug}", "Show a booking page and its free times", .anyone,
            success: .json("BookingPage"), problems: absent + [("too-many-requests", .tooManyRequests)], show),
        APIRoute(
            .post, "/booking/{slug}/appointments", "Book one of the free times", .anyone,
            content: .json("NewBooking"), success: .json("Booked", .created),
            problems: absent + [
                ("slot-taken", .conflict), ("invalid-name", .badRequest), ("invalid-email", .badRequest),
                ("invalid-zone", .badRequest), ("too-many-requests", .tooManyRequests),
            ], book),
    ]

    private static let absent: [(String, HTTPStatus)] = [("no-such-booking-page", .notFound)]

    private static func show(_ call: APICall) throws(APIProblem) {
        guard call.shard.guesses.allows(call.client.address, at: call.shard.loop.now) else { throw .tooFast }
        call.withOffice(slug: call.parameter("slug")) { call, office in
            let slots = office.openSlots(now: call.now).map { slot -> JSONValue in
                ["start": .time(slot.start), "end": .time(slot.end)]
            }
            call.send([
                "professional": office.account.professionalJSON, "zone": .string(office.account.zone),
                "slotMinutes": .number(JSONNumber(Int64(office.booking.slotMinutes))),
                "open": .bool(office.booking.isOpen), "intro": .string(office.booking.intro),
                "consent": .string(office.booking.consent), "slots": .array(slots),
            ])
        }
    }

    private static func book(_ call: APICall) throws(APIProblem) {
        let wanted = try NewBooking(call.fields(), call.services.zones)
        guard call.shard.practices.bookings.allows(call.client.address, at: call.shard.loop.now) else {
            throw .tooFast
        }
        call.withOffice(slug: call.parameter("slug")) { call, office throws(APIProblem) in
            guard let slot = office.slot(at: wanted.start, now: call.now) else { throw .slotTaken }
            call.add(wanted, at: slot, with: office.account)
        }
    }
}

/// What a client says to book, or a professional to book for one.
struct NewBooking: Sendable {
    static let maxNote = 2000

    let start: Int64
    let name: String
    let email: String
    let note: String
    let zone: String

    init(_ fields: APIFields, _ zones: ZoneFiles) throws(APIProblem) {
        guard let start = try fields.appointmentTime() else { throw .invalid("start is missing.") }
        self.start = start
        guard let name = AccountRules.name(try fields.requiredString("name")) else {
            throw APIProblem(.badRequest, "invalid-name", AccountRefusal.invalidName.message)
        }
        self.name = name
        let address = try fields.string("email") ?? ""
        guard let email = address.isEmpty ? "" : AccountRules.email(address) else {
            throw APIProblem(.badRequest, "invalid-email", AccountRefusal.invalidEmail.message)
        }
        self.email = email
        note = try fields.string("note", longest: Self.maxNote) ?? ""
        zone = try fields.string("zone") ?? "UTC"
        guard zones.rules(of: zone) != nil else {
            throw APIProblem(.badRequest, "invalid-zone", AccountRefusal.invalidZone.message)
        }
    }
}

extension APIFields {
    /// When an appointment is to begin.
    func appointmentTime() throws(APIProblem) -> Int64? {
        guard let start = try time("start") else { return nil }
        let now = WallClock.system().milliseconds
        let furthest = Int64(Slots.horizonDays.upperBound + 1) * 86_400_000
        guard (now - furthest...now + furthest).contains(start) else {
            throw .invalid("start is within a year of today.")
        }
        return start
    }
}

extension APICall {
    /// Stores a new appointment, tells the professional's pages, and answers with its link.
    func add(_ booking: NewBooking, at slot: TimeWindow, with account: AccountRecord) {
        var random = SystemRandomSource()
        let appointment = AppointmentRecord(
            id: UUIDText.random(from: &random), professional: account.id, clientName: booking.name,
            clientEmail: booking.email, note: booking.note, clientZone: booking.zone, startsAt: slot.start,
            endsAt: slot.end, createdAt: now)
        let shards = shard.shards
        let answer = then { (call: APICall, isFree: Bool) throws(APIProblem) in
            guard isFree else { throw .slotTaken }
            call.send(call.bookedJSON(appointment, account), .created)
        }
        services.store.addAppointment(appointment) { result in
            if case .success(true) = result {
                shards.tell(account.id, .changed(Appointment(appointment)))
            }
            answer(result)
        }
    }

    /// An appointment with its links, for whoever may use them.
    func bookedJSON(_ appointment: AppointmentRecord, _ account: AccountRecord) -> JSONValue {
        let token = services.links.token(for: appointment, with: account.displayName, now: now)
        return [
            "id": .string(appointment.id), "link": .string(link(token)), "token": .string(token),
            "ics": .string("\(origin)\(APIRouteTable.prefix)/appointment.ics?token=\(token)"),
            "start": .time(appointment.startsAt), "end": .time(appointment.endsAt),
        ]
    }

    /// The address of a client's page.
    func link(_ token: String) -> String { "\(origin)/appointment?token=\(token)" }
}

/// Random names. RFC 9562 §5.4
enum UUIDText {
    static func random(from random: inout some RandomSource) -> String {
        var bytes = random.nextBytes(16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
            text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension AccountRecord {
    /// What anybody may know.
    var professionalJSON: JSONValue {
        ["name": .string(name), "title": title.isEmpty ? .null : .string(title)]
    }
}

extension JSONValue {
    /// Milliseconds since 1970.
    static func time(_ milliseconds: Int64) -> JSONValue { .number(JSONNumber(milliseconds)) }
}
