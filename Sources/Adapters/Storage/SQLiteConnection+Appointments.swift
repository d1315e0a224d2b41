// SPDX-License-Identifier: Apache-2.0
internal import MeetingProtocol

extension SQLiteConnection {
    // MARK: Booking pages

    func booking(of professional: AccountID) throws(StorageError) -> BookingRecord? {
        try booking(
            "SELECT \(BookingRecord.columns) FROM bookings WHERE user = ?", .text(professional.text))
    }

    func booking(slug: String) throws(StorageError) -> BookingRecord? {
        try booking(
            """
            SELECT \(BookingRecord.columns) FROM bookings
            WHERE slug = ? AND user IN (SELECT id FROM users WHERE disabled_at IS NULL)
            """, .text(slug))
    }

    private func booking(_ sql: String, _ value: SQLiteValue) throws(StorageError) -> BookingRecord? {
        guard var booking = try rows(sql, value, as: { BookingRecord(row: $0) }).first else { return nil }
        booking.availability = try rows(
            """
            SELECT weekday, start_minute, end_minute FROM availability WHERE user = ?
            ORDER BY weekday, start_minute
            """, .text(booking.professional.text)
        ) { row in
            Availability(
                weekday: Int(row.integer(0)), startMinute: Int(row.integer(1)), endMinute: Int(row.integer(2))
            )
        }
        return booking
    }

    /// Adds or replaces the booking page; false when its name is another's.
    func set(_ booking: BookingRecord) throws(StorageError) -> Bool {
        let owner = try rows("SELECT user FROM bookings WHERE slug = ?", .text(booking.slug)) { $0.text(0) }
        guard owner.first == nil || owner.first == booking.professional.text else { return false }
        let user = SQLiteValue.text(booking.professional.text)
        try run(
            """
            INSERT INTO bookings (\(BookingRecord.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (user) DO UPDATE SET slug = excluded.slug, is_open = excluded.is_open,
            slot_minutes = excluded.slot_minutes, lead_minutes = excluded.lead_minutes,
            horizon_days = excluded.horizon_days, intro = excluded.intro, consent = excluded.consent
            """,
            user, .text(booking.slug), .flag(booking.isOpen), .integer(Int64(booking.slotMinutes)),
            .integer(Int64(booking.leadMinutes)), .integer(Int64(booking.horizonDays)), .text(booking.intro),
            .text(booking.consent))
        try run("DELETE FROM availability WHERE user = ?", user)
        for hours in booking.availability {
            try run(
                "INSERT INTO availability (user, weekday, start_minute, end_minute) VALUES (?, ?, ?, ?)",
                user, .integer(Int64(hours.weekday)), .integer(Int64(hours.startMinute)),
                .integer(Int64(hours.endMinute)))
        }
        return true
    }

    // MARK: Appointments

    /// Adds the appointment; false when it is booked and its time is not free.
    func add(_ appointment: AppointmentRecord) throws(StorageError) -> Bool {
        guard try isFree(for: appointment) else { return false }
        try run(
            """
            INSERT INTO appointments (\(AppointmentRecord.columns))
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(appointment.id), .text(appointment.professional.text), .text(appointment.clientName),
            .text(appointment.clientEmail), .text(appointment.note), .text(appointment.clientZone),
            .integer(appointment.startsAt), .integer(appointment.endsAt), .text(appointment.state.rawValue),
            .integer(Int64(appointment.linkVersion)), .optional(appointment.checkIn),
            .text(appointment.notes), .optional(appointment.meeting?.text), .integer(appointment.createdAt),
            .optional(appointment.finishedAt), .integer(Int64(appointment.sequence)))
        return true
    }

    /// Whether no other booked appointment of the professional overlaps this one, if it is booked.
    private func isFree(for appointment: AppointmentRecord) throws(StorageError) -> Bool {
        guard appointment.state == .booked else { return true }
        return try rows(
            """
            SELECT 1 FROM appointments
            WHERE professional = ? AND state = 'booked' AND starts_at < ? AND ends_at > ? AND id <> ? LIMIT 1
            """, .text(appointment.professional.text), .integer(appointment.endsAt),
            .integer(appointment.startsAt), .text(appointment.id), as: { $0.integer(0) }
        ).isEmpty
    }

    func appointment(_ id: String) throws(StorageError) -> AppointmentRecord? {
        try rows("SELECT \(AppointmentRecord.columns) FROM appointments WHERE id = ?", .text(id)) {
            AppointmentRecord(row: $0)
        }.first
    }

    func appointments(
        of professional: AccountID?, from start: Int64, to end: Int64, limit: Int
    ) throws(StorageError) -> [AppointmentRecord] {
        let whose = professional == nil ? "?1 IS NULL" : "professional = ?1"
        return try rows(
            """
            SELECT \(AppointmentRecord.columns) FROM appointments
            WHERE \(whose) AND starts_at < ? AND ends_at > ? ORDER BY starts_at, id LIMIT ?
            """, .optional(professional?.text), .integer(end), .integer(start),
            .integer(Int64(max(limit, 0)))
        ) { AppointmentRecord(row: $0) }
    }

    /// Changes the appointment. ``AppointmentStore/changeAppointment(_:_:_:)``
    func change(_ id: String, _ change: AppointmentChange) throws(StorageError) -> AppointmentUpdate {
        guard var appointment = try appointment(id) else { return .unknown }
        if let expected = change.expected, appointment.state != expected { return .unexpected(appointment) }
        appointment.apply(change)
        guard try isFree(for: appointment) else { return .taken }
        try run(
            """
            UPDATE appointments SET client_name = ?, client_email = ?, note = ?, starts_at = ?, ends_at = ?,
            state = ?, link_version = ?, check_in = ?, notes = ?, meeting = ?, finished_at = ?,
            sequence = ? WHERE id = ?
            """,
            .text(appointment.clientName), .text(appointment.clientEmail), .text(appointment.note),
            .integer(appointment.startsAt), .integer(appointment.endsAt), .text(appointment.state.rawValue),
            .integer(Int64(appointment.linkVersion)), .optional(appointment.checkIn),
            .text(appointment.notes), .optional(appointment.meeting?.text),
            .optional(appointment.finishedAt), .integer(Int64(appointment.sequence)), .text(id))
        return .changed(appointment)
    }
}

extension AppointmentRecord {
    static let columns = """
        id, professional, client_name, client_email, note, client_zone, starts_at, ends_at, state, link_version,
        check_in, notes, meeting, created_at, finished_at, sequence
        """

    /// The row's columns are ``columns``. `nil` when they make no sense, which only a hand-edited file can cause.
    init?(row: borrowing SQLiteRow) {
        guard let professional = AccountID(row.text(1)), let state = State(rawValue: row.text(8)) else {
            return nil
        }
        self.init(
            id: row.text(0), professional: professional, clientName: row.text(2), clientEmail: row.text(3),
            note: row.text(4), clientZone: row.text(5), startsAt: row.integer(6), endsAt: row.integer(7),
            createdAt: row.integer(13))
        self.state = state
        linkVersion = Int(row.integer(9))
        checkIn = row.optionalText(10)
        notes = row.text(11)
        meeting = MeetingCode(row.text(12))
        finishedAt = row.optionalInteger(14)
        sequence = Int(row.integer(15))
    }

    fileprivate mutating func apply(_ change: AppointmentChange) {
        let before = (startsAt, endsAt, state)
        defer { if (startsAt, endsAt, state) != before { sequence += 1 } }
        if let time = change.time {
            startsAt = time.lowerBound
            endsAt = time.upperBound
        }
        if let state = change.state { self.state = state }
        if change.revokesLinks { linkVersion += 1 }
        if let checkIn = change.checkIn { self.checkIn = checkIn }
        if let notes = change.notes { self.notes = notes }
        if let meeting = change.meeting { self.meeting = meeting }
        if let clientName = change.clientName { self.clientName = clientName }
        if let clientEmail = change.clientEmail { self.clientEmail = clientEmail }
        if let note = change.note { self.note = note }
        if let finishedAt = change.finishedAt { self.finishedAt = finishedAt }
    }
}

extension BookingRecord {
    static let columns = "user, slug, is_open, slot_minutes, lead_minutes, horizon_days, intro, consent"

    /// The row's columns are ``columns``; the hours are read besides.
    fileprivate init?(row: borrowing SQLiteRow) {
        guard let professional = AccountID(row.text(0)) else { return nil }
        self.init(
            professional: professional, slug: row.text(1), isOpen: row.flag(2),
            slotMinutes: Int(row.integer(3)), leadMinutes: Int(row.integer(4)),
            horizonDays: Int(row.integer(5)), intro: row.text(6), consent: row.text(7))
    }
}
