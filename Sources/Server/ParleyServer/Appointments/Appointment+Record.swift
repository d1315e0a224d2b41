// SPDX-License-Identifier: Apache-2.0
internal import Appointments
internal import JSON
internal import MeetingProtocol
internal import Storage

extension Appointment {
    init(_ record: AppointmentRecord) {
        self.init(
            id: AppointmentID(record.id), clientName: record.clientName,
            clientEmail: record.clientEmail.isEmpty ? nil : record.clientEmail, note: record.note,
            notes: record.notes, time: TimeWindow(start: record.startsAt, end: record.endsAt),
            state: State(record.state), linkVersion: Int64(record.linkVersion),
            attendance: record.checkIn.flatMap(Attendance.init(stored:)), meeting: record.meeting,
            finishedAt: record.finishedAt)
    }
}

extension Appointment.State {
    init(_ state: AppointmentRecord.State) {
        self =
            switch state {
            case .booked: .booked
            case .cancelled: .cancelled
            case .finished: .finished
            }
    }
}

extension AppointmentChange {
    /// What the waiting room wants stored of an appointment that is still booked.
    init(_ change: Practice.Change) {
        self.init(expected: .booked)
        switch change {
        case .attendance(let attendance): checkIn = .some(attendance.map(\.stored))
        case .sentBack(let attendance):
            checkIn = .some(attendance.map(\.stored))
            meeting = .some(nil)
        case .finished(let time):
            state = .finished
            finishedAt = time
        case .notes(let text):
            // Notes are written after the appointment, too.
            expected = nil
            notes = text
        }
    }
}
