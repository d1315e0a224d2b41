// SPDX-License-Identifier: Apache-2.0
public import EngineKit
public import MeetingProtocol

/// One appointment as it is stored, as far as the waiting room is concerned.
public struct Appointment: Hashable, Sendable {
    public enum State: String, Hashable, Sendable {
        case booked, cancelled, finished
    }

    public var id: AppointmentID
    public var clientName: String
    public var clientEmail: String?
    /// What the client wrote when they booked.
    public var note: String
    /// What the professional wrote.
    public var notes: String
    public var time: TimeWindow
    public var state: State
    /// Links with another number are no longer good.
    public var linkVersion: Int64
    /// `nil` until the client has checked in, or was let in without.
    public var attendance: Attendance?
    public var meeting: MeetingCode?
    /// Milliseconds since 1970.
    public var finishedAt: Int64?

    public init(
        id: AppointmentID, clientName: String, clientEmail: String? = nil, note: String = "",
        notes: String = "", time: TimeWindow, state: State = .booked, linkVersion: Int64 = 1,
        attendance: Attendance? = nil, meeting: MeetingCode? = nil, finishedAt: Int64? = nil
    ) {
        self.id = id
        self.clientName = clientName
        self.clientEmail = clientEmail
        self.note = note
        self.notes = notes
        self.time = time
        self.state = state
        self.linkVersion = linkVersion
        self.attendance = attendance
        self.meeting = meeting
        self.finishedAt = finishedAt
    }

    /// How long before its start the waiting room opens.
    public static let opensBefore: Int64 = 15 * 60_000
    /// How long after its end a link still works: calls run late, and clients come back to ask something.
    public static let closesAfter: Int64 = 12 * 3_600_000

    /// Milliseconds since 1970.
    public var opensAt: Int64 { time.start - Self.opensBefore }
    /// Milliseconds since 1970.
    public var closesAt: Int64 { time.end + Self.closesAfter }

    /// How it stands, for whoever has a good link.
    public func phase(at now: WallClock) -> AppointmentPhase {
        switch state {
        case .cancelled: return .cancelled
        case .finished: return .finished
        case .booked: break
        }
        if now.milliseconds < opensAt { return .early }
        if now.milliseconds >= closesAt { return .late }
        guard let attendance else { return .open }
        if attendance.admittedAt != nil { return .admitted }
        return attendance.since == nil ? .open : .waiting
    }
}

/// Whose appointments they are.
public struct Professional: Hashable, Sendable {
    public var id: ProfessionalID
    public var name: String
    public var title: String
    /// What clients have to agree to before they check in; empty for nothing.
    public var consent: String

    public init(id: ProfessionalID, name: String, title: String = "", consent: String = "") {
        self.id = id
        self.name = name
        self.title = title
        self.consent = consent
    }
}
