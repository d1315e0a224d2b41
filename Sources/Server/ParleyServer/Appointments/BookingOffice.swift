// SPDX-License-Identifier: Apache-2.0
internal import Appointments
internal import CivilTime
internal import HTTP
internal import JSON
internal import MeetingProtocol
internal import Storage
internal import ZoneFiles

/// A professional, their hours, and what of them is taken: all that a booking is decided by.
struct BookingOffice: Sendable {
    let account: AccountRecord
    let booking: BookingRecord
    private let taken: [TimeWindow]
    private let spans: [OffsetSpan]

    /// Longest list of slots; a page shows a few weeks.
    private static let maxSlots = 3000

    /// - Parameters:
    ///   - appointments: Of the professional, from now until the horizon.
    ///   - own: An appointment whose time counts as free, because it is to be moved.
    init(
        _ account: AccountRecord, _ booking: BookingRecord, _ appointments: [AppointmentRecord],
        own: String? = nil, spans: [OffsetSpan]
    ) {
        self.account = account
        self.booking = booking
        self.spans = spans
        taken = appointments.filter { $0.state == .booked && $0.id != own }.map {
            TimeWindow(start: $0.startsAt, end: $0.endsAt)
        }
    }

    private var windows: [TimeWindow] {
        let hours = booking.availability.compactMap {
            WorkingHours(weekday: $0.weekday, startMinute: $0.startMinute, endMinute: $0.endMinute)
        }
        return WorkingHours.windows(hours, in: spans)
    }

    private var slots: Slots? {
        Slots(
            lengthMinutes: booking.slotMinutes, leadMinutes: booking.leadMinutes,
            horizonDays: booking.horizonDays)
    }

    /// What strangers may book; nothing while the page is closed.
    func openSlots(now: Int64) -> [TimeWindow] {
        guard booking.isOpen, let slots else { return [] }
        return Array(slots.open(in: windows, without: taken, now: now).prefix(Self.maxSlots))
    }

    func slot(at start: Int64, now: Int64) -> TimeWindow? {
        guard booking.isOpen, let slots else { return nil }
        return slots.slot(at: start, in: windows, without: taken, now: now)
    }
}

extension APICall {
    /// Goes on with the office of the booking page called `slug`.
    func withOffice(
        slug: String, _ body: @escaping @Sendable (APICall, BookingOffice) throws(APIProblem) -> Void
    ) {
        services.store.booking(
            slug: slug,
            then { call, booking throws(APIProblem) in
                guard let booking else { throw .noSuchBookingPage }
                call.withOffice(booking, own: nil, body)
            })
    }

    /// Goes on with the office of a professional, which is the default one where they have set nothing.
    /// - Parameter own: An appointment that is to be moved.
    func withOffice(
        of professional: AccountID, own: String? = nil,
        _ body: @escaping @Sendable (APICall, BookingOffice) throws(APIProblem) -> Void
    ) {
        services.store.booking(
            of: professional,
            then { call, booking in
                call.withOffice(booking ?? .unset(for: professional), own: own, body)
            })
    }

    private func withOffice(
        _ booking: BookingRecord, own: String?,
        _ body: @escaping @Sendable (APICall, BookingOffice) throws(APIProblem) -> Void
    ) {
        let now = now
        let store = services.store
        store.account(
            booking.professional,
            then { call, account throws(APIProblem) in
                guard let account, account.disabledAt == nil else { throw .noSuchBookingPage }
                store.appointments(
                    of: account.id, from: now, to: .max, limit: PracticeHost.maxLoaded,
                    call.then { call, appointments throws(APIProblem) in
                        let office = BookingOffice(
                            account, booking, appointments, own: own,
                            spans: call.services.zones.spans(of: account.zone, around: now))
                        try body(call, office)
                    })
            })
    }
}

extension BookingRecord {
    /// What stands in the form of somebody who has not opened their booking page yet.
    static func unset(for professional: AccountID) -> BookingRecord {
        BookingRecord(professional: professional, slug: "", isOpen: false)
    }
}

extension APIProblem {
    static let noSuchBookingPage = APIProblem(
        .notFound, "no-such-booking-page", "There is no booking page of this name.")
    static let noSuchAppointment = APIProblem(
        .notFound, "no-such-appointment", "There is no such appointment.")
    static let slotTaken = APIProblem(
        .conflict, "slot-taken", "This time is no longer free. Choose another.")
    static let invalidLink = APIProblem(
        .unauthorized, "invalid-link", "This link is not valid. Check that it is complete.")
    static let linkExpired = APIProblem(.gone, "link-expired", "This link has expired.")
    static let linkRevoked = APIProblem(
        .gone, AppointmentRefusal.revoked.rawValue, AppointmentRefusal.revoked.message)
    static let cancelled = APIProblem(
        .conflict, AppointmentRefusal.cancelled.rawValue, AppointmentRefusal.cancelled.message)
    static let finished = APIProblem(
        .conflict, AppointmentRefusal.finished.rawValue, AppointmentRefusal.finished.message)
    static let hasBegun = APIProblem(
        .conflict, "too-late", "This appointment has begun and can no longer be changed here.")
}
