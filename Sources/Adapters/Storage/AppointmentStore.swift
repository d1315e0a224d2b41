// SPDX-License-Identifier: Apache-2.0
public import MeetingProtocol

/// Booking pages of professionals, and what was booked there.
public protocol AppointmentStore: Sendable {
    /// Reports the professional's booking page, or `nil` when they have none.
    func booking(of professional: AccountID, _ done: @escaping StorageCompletion<BookingRecord?>)
    /// Reports the page with this name in its address, whatever its capitals; `nil` when there is none or its
    /// professional is disabled.
    func booking(slug: String, _ done: @escaping StorageCompletion<BookingRecord?>)
    /// Adds or replaces a professional's booking page with its hours. Reports false, and changes nothing, when
    /// the name is another's.
    func setBooking(_ booking: BookingRecord, _ done: @escaping StorageCompletion<Bool>)

    /// Adds an appointment. Reports false, and changes nothing, when it is ``AppointmentRecord/State/booked``
    /// and overlaps another that is, of the same professional.
    func addAppointment(_ appointment: AppointmentRecord, _ done: @escaping StorageCompletion<Bool>)
    /// Reports the appointment, or `nil`.
    func appointment(_ id: String, _ done: @escaping StorageCompletion<AppointmentRecord?>)
    /// Reports at most `limit` appointments that overlap the time from `start` to before `end`, earliest first.
    /// - Parameter professional: Whose; `nil` for everybody's.
    func appointments(
        of professional: AccountID?, from start: Int64, to end: Int64, limit: Int,
        _ done: @escaping StorageCompletion<[AppointmentRecord]>)
    /// Changes an appointment if it is in the state the change expects and its new time is free.
    func changeAppointment(
        _ id: String, _ change: AppointmentChange, _ done: @escaping StorageCompletion<AppointmentUpdate>)
}

/// A professional's booking page.
public struct BookingRecord: Hashable, Sendable {
    public var professional: AccountID
    /// The page's name in its address, `/book/<slug>`; unique but for capitals.
    public var slug: String
    /// Whether strangers can book there now.
    public var isOpen: Bool
    public var slotMinutes: Int
    /// How long before its start a slot can last be booked.
    public var leadMinutes: Int
    /// How far ahead slots can be booked.
    public var horizonDays: Int
    /// Text above the slots; may be empty.
    public var intro: String
    /// What a client agrees to before joining; empty when they are not asked.
    public var consent: String
    /// When the professional works, by weekday and time.
    public var availability: [Availability]

    public init(
        professional: AccountID, slug: String, isOpen: Bool = true, slotMinutes: Int = 30,
        leadMinutes: Int = 60, horizonDays: Int = 30, intro: String = "", consent: String = "",
        availability: [Availability] = []
    ) {
        self.professional = professional
        self.slug = slug
        self.isOpen = isOpen
        self.slotMinutes = slotMinutes
        self.leadMinutes = leadMinutes
        self.horizonDays = horizonDays
        self.intro = intro
        self.consent = consent
        self.availability = availability
    }
}

/// Hours of a weekday on which a professional can be booked, in their own time zone.
public struct Availability: Hashable, Sendable {
    /// 1 for Monday to 7 for Sunday. ISO 8601.
    public var weekday: Int
    /// Minutes since midnight; the end is not included and may be 1440.
    public var startMinute: Int
    public var endMinute: Int

    public init(weekday: Int, startMinute: Int, endMinute: Int) {
        self.weekday = weekday
        self.startMinute = startMinute
        self.endMinute = endMinute
    }
}

/// A time at which a client and a professional meet.
public struct AppointmentRecord: Hashable, Sendable {
    public enum State: String, Hashable, Sendable, CaseIterable { case booked, cancelled, finished }

    /// A UUID as text.
    public var id: String
    public var professional: AccountID
    public var clientName: String
    /// Empty when the client gave none.
    public var clientEmail: String
    /// What the client wrote when booking.
    public var note: String
    /// The client's IANA time zone.
    public var clientZone: String
    /// Milliseconds since 1970, like all times here.
    public var startsAt: Int64
    public var endsAt: Int64
    public var state: State
    /// A link with a lower number is revoked.
    public var linkVersion: Int
    /// What the client's device check found, as JSON; `nil` before it was made.
    public var checkIn: String?
    /// The professional's own notes.
    public var notes: String
    /// The meeting both were let into; `nil` before that.
    public var meeting: MeetingCode?
    public var createdAt: Int64
    public var finishedAt: Int64?
    /// How often its time or its state has changed, which tells calendars the newer of two files.
    public var sequence: Int

    public init(
        id: String, professional: AccountID, clientName: String, clientEmail: String = "", note: String = "",
        clientZone: String = "UTC", startsAt: Int64, endsAt: Int64, createdAt: Int64
    ) {
        self.id = id
        self.professional = professional
        self.clientName = clientName
        self.clientEmail = clientEmail
        self.note = note
        self.clientZone = clientZone
        self.startsAt = startsAt
        self.endsAt = endsAt
        state = .booked
        linkVersion = 1
        checkIn = nil
        notes = ""
        meeting = nil
        self.createdAt = createdAt
        finishedAt = nil
        sequence = 0
    }
}

/// What is to change in an appointment; `nil` leaves a field as it is.
public struct AppointmentChange: Hashable, Sendable {
    /// Changes nothing when the appointment is in another state.
    public var expected: AppointmentRecord.State?
    /// A new time: start and end.
    public var time: Range<Int64>?
    public var state: AppointmentRecord.State?
    /// Whether links made so far stop working.
    public var revokesLinks = false
    /// `.some(nil)` takes it away.
    public var checkIn: String??
    public var notes: String?
    /// `.some(nil)` takes it away.
    public var meeting: MeetingCode??
    public var clientName: String?
    public var clientEmail: String?
    public var note: String?
    public var finishedAt: Int64?

    public init(expected: AppointmentRecord.State? = nil) { self.expected = expected }
}

/// What came of changing an appointment.
public enum AppointmentUpdate: Hashable, Sendable {
    /// The appointment as it is now.
    case changed(AppointmentRecord)
    case unknown
    /// It is not in the state the change expects.
    case unexpected(AppointmentRecord)
    /// Another appointment has that time.
    case taken
}
