// SPDX-License-Identifier: Apache-2.0
import Appointments
import EngineKit
import MeetingProtocol
import Rooms
import TestKit

/// A practice with its clocks, so that a test reads as what people do.
///
/// Clients are sessions 1 to 99, the professional's pages 100 and more; an appointment is named by a letter.
/// The clock begins at the start of appointments made without a time.
struct PracticeTest {
    static let minute: Int64 = 60_000
    static let start: Int64 = 1_800_000_000_000
    static let good = CheckIn(camera: .ok, microphone: .ok, network: .good, consent: true)

    var practice: Practice
    var now = Instant.origin
    private var requests: UInt64 = 0
    /// What is stored.
    var stored: [AppointmentID: Appointment]

    init(_ appointments: [Appointment], consent: String = "", at milliseconds: Int64 = 0) {
        practice = Practice(
            Professional(id: "p", name: "Robin Vale", title: "Counsellor", consent: consent),
            appointments: appointments, grace: .seconds(600))
        stored = Dictionary(uniqueKeysWithValues: appointments.map { ($0.id, $0) })
        offset = milliseconds
    }

    private let offset: Int64

    /// - Parameter minutes: From the start of the test to that of the appointment.
    static func appointment(_ id: AppointmentID, in minutes: Int64 = 0) -> Appointment {
        let begin = start + minutes * minute
        return Appointment(
            id: id, clientName: "Client \(id)", clientEmail: "\(id)@example.com", note: "Note of \(id)",
            time: TimeWindow(start: begin, end: begin + 30 * minute))
    }

    var wall: WallClock { WallClock(milliseconds: Self.start + offset + now.nanoseconds / 1_000_000) }

    mutating func wait(_ duration: Duration) { now = now.advanced(by: duration) }

    /// The outputs that `event` causes now.
    mutating func callAsFunction(_ event: Practice.Event) -> [Practice.Output] {
        practice.outputs(for: Practice.Input(event, at: wall), at: now)
    }

    mutating func connect(_ session: UInt64, to id: AppointmentID, version: Int64 = 1) -> [Practice.Output] {
        let appointment = stored[id] ?? Self.appointment(id)
        return self(.clientConnected(SessionID(session), appointment, linkVersion: version))
    }

    mutating func attend(_ session: UInt64 = 100) -> [Practice.Output] {
        self(.professionalConnected(SessionID(session), signedIn: session < 200))
    }

    mutating func leave(_ session: UInt64) -> [Practice.Output] { self(.disconnected(SessionID(session))) }

    mutating func checkIn(_ session: UInt64, _ checkIn: CheckIn? = good) -> [Practice.Output] {
        settle(self(.checkIn(SessionID(session), nextRequest(), checkIn, .parley)))
    }

    mutating func giveUp(_ session: UInt64) -> [Practice.Output] {
        settle(self(.leave(SessionID(session), nextRequest())))
    }

    mutating func ask(_ event: ProfessionalEvent, from session: UInt64 = 100) -> [Practice.Output] {
        settle(self(.asked(SessionID(session), nextRequest(), event)))
    }

    mutating func nextRequest() -> RequestID {
        requests += 1
        return RequestID(requests)
    }

    /// Stores what is to be stored, at once, and adds what follows from that.
    mutating func settle(_ outputs: [Practice.Output]) -> [Practice.Output] {
        outputs
            + outputs.flatMap { output -> [Practice.Output] in
                switch output {
                case .save(let save, let id, let change):
                    apply(change, to: id)
                    return self(.saved(save, meeting: nil))
                case .openMeeting(let save, let id, let attendance):
                    let code = MeetingCode("abc-defg-hi\(id.rawValue)")
                    stored[id]?.attendance = attendance
                    stored[id]?.meeting = code
                    return self(.saved(save, meeting: code))
                default: return []
                }
            }
    }

    private mutating func apply(_ change: Practice.Change, to id: AppointmentID) {
        switch change {
        case .attendance(let attendance): stored[id]?.attendance = attendance
        case .sentBack(let attendance):
            stored[id]?.attendance = attendance
            stored[id]?.meeting = nil
        case .finished: stored[id]?.state = .finished
        case .notes(let notes): stored[id]?.notes = notes
        }
    }
}

extension [Practice.Output] {
    var replies: [Practice.Reply] {
        compactMap { if case .reply(_, _, let reply) = $0 { reply } else { nil } }
    }

    /// The last view that a client's page was sent.
    func view(_ session: UInt64) -> AppointmentView? {
        compactMap { output -> AppointmentView? in
            if case .show(let sessions, let view, _) = output, sessions.contains(SessionID(session)) {
                view
            } else {
                nil
            }
        }.last
    }

    /// The last dashboard that any page of the professional was sent.
    var dashboard: Dashboard? {
        compactMap { if case .dashboard(_, let board, _) = $0 { board } else { nil } }.last
    }

    func row(_ id: AppointmentID) -> Dashboard.Row? { dashboard?.rows.first { $0.id == id } }

    /// What is to be stored.
    var saves: [Practice.Change] {
        compactMap { if case .save(_, _, let change) = $0 { change } else { nil } }
    }

    var saveIDs: [Practice.SaveID] {
        compactMap { output in
            switch output {
            case .save(let id, _, _), .openMeeting(let id, _, _): id
            default: nil
            }
        }
    }
}
