// SPDX-License-Identifier: Apache-2.0
public import JSON

/// What a professional sees: everything, every time it changes. The event `dashboard`.
public struct Dashboard: Hashable, Sendable {
    public struct Row: Hashable, Sendable {
        public var id: AppointmentID
        public var clientName: String
        public var clientEmail: String?
        /// What the client wrote when they booked.
        public var note: String
        /// What the professional wrote.
        public var notes: String
        /// Milliseconds since 1970, as are all times here.
        public var start: Int64
        public var end: Int64
        public var phase: AppointmentPhase
        /// `nil` until the client has checked in.
        public var waitingSince: Int64?
        /// `nil` until the client has checked in.
        public var attendance: Attendance?
        /// Whether a page of the client is connected.
        public var connected: Bool
        public var meeting: MeetingCode?

        public init(
            id: AppointmentID, clientName: String, clientEmail: String?, note: String, notes: String,
            start: Int64, end: Int64, phase: AppointmentPhase, waitingSince: Int64?, attendance: Attendance?,
            connected: Bool, meeting: MeetingCode?
        ) {
            self.id = id
            self.clientName = clientName
            self.clientEmail = clientEmail
            self.note = note
            self.notes = notes
            self.start = start
            self.end = end
            self.phase = phase
            self.waitingSince = waitingSince
            self.attendance = attendance
            self.connected = connected
            self.meeting = meeting
        }

        public var payload: JSONValue {
            var object: JSONObject = [
                "id": .string(id.rawValue),
                "client": [
                    "name": .string(clientName), "email": clientEmail.map { .string($0) } ?? .null,
                ],
                "start": .number(JSONNumber(start)), "end": .number(JSONNumber(end)),
                "state": .string(state), "note": .string(note), "notes": .string(notes),
                "connected": .bool(connected),
            ]
            if let waitingSince { object["waitingSince"] = .number(JSONNumber(waitingSince)) }
            if let attendance {
                if let checkIn = attendance.checkIn { object["checkIn"] = checkIn.payload }
                object["way"] = .string(attendance.way.rawValue)
            }
            if let meeting { object["meeting"] = .string(meeting.text) }
            return .object(object)
        }

        /// A professional's page knows the time; that the waiting room is open is nothing it asks for.
        private var state: String {
            switch phase {
            case .early, .open, .late, .revoked: "booked"
            case .waiting, .admitted, .finished, .cancelled: phase.rawValue
            }
        }
    }

    /// Counts of the professional's own day.
    public struct Numbers: Hashable, Sendable {
        /// Appointments of today that were not cancelled.
        public var today: Int
        public var finishedToday: Int
        public var waiting: Int
        /// Booked, and not begun.
        public var upcoming: Int

        public init(today: Int, finishedToday: Int, waiting: Int, upcoming: Int) {
            self.today = today
            self.finishedToday = finishedToday
            self.waiting = waiting
            self.upcoming = upcoming
        }

        public var payload: JSONValue {
            [
                "today": .number(JSONNumber(Int64(today))),
                "finishedToday": .number(JSONNumber(Int64(finishedToday))),
                "waiting": .number(JSONNumber(Int64(waiting))),
                "upcoming": .number(JSONNumber(Int64(upcoming))),
            ]
        }
    }

    public var status: ProfessionalStatus
    /// In the order of their time.
    public var rows: [Row]
    public var numbers: Numbers

    public init(status: ProfessionalStatus, rows: [Row], numbers: Numbers) {
        self.status = status
        self.rows = rows
        self.numbers = numbers
    }

    /// - Parameter now: What the server's clock shows.
    public func payload(now: Int64) -> JSONValue {
        [
            "now": .number(JSONNumber(now)), "status": .string(status.rawValue),
            "appointments": .array(rows.map(\.payload)), "numbers": numbers.payload,
        ]
    }
}
