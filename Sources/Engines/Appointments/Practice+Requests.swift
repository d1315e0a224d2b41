// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import MeetingProtocol

// What clients and the professional ask for.
extension Practice {
    // MARK: The client

    mutating func checkIn(
        _ asker: Asker, _ checkIn: CheckIn?, _ way: Attendance.Way, at now: Instant
    ) {
        guard let index = entryIndex(of: asker, at: now) else { return }
        let appointment = entries[index].appointment
        let before = latestAttendance(of: appointment)
        switch appointment.phase(at: time) {
        case .early: return refuse(asker, .tooEarly)
        case .late: return refuse(asker, .tooLate)
        case .cancelled: return refuse(asker, .cancelled)
        case .finished: return refuse(asker, .finished)
        case .revoked: return refuse(asker, .revoked)
        case .open, .waiting, .admitted: break
        }
        // A page that cannot ask for consent cannot be asked to.
        guard checkIn?.consent ?? true || professional.consent.isEmpty else {
            return refuse(asker, .consentRequired)
        }
        let attendance = Attendance(
            since: before?.since ?? time.milliseconds, checkIn: checkIn, way: way,
            admittedAt: before?.admittedAt)
        guard attendance != appointment.attendance || attendance != before else { return reply(asker, .done) }
        save(.attendance(attendance), of: appointment.id, for: [asker])
    }

    mutating func leave(_ asker: Asker, at now: Instant) {
        guard let index = entryIndex(of: asker, at: now) else { return }
        let appointment = entries[index].appointment
        guard appointment.phase(at: time) == .waiting else { return reply(asker, .done) }
        save(.attendance(nil), of: appointment.id, for: [asker])
    }

    /// The appointment of a client's page; `nil` after the request was refused.
    private mutating func entryIndex(of asker: Asker, at now: Instant) -> Int? {
        guard let visit = visits.firstIndex(where: { $0.session == asker.session }) else {
            refuse(asker, .noSuchAppointment)
            return nil
        }
        guard visits[visit].allowance.take(at: now) else {
            refuse(asker, .tooFast)
            return nil
        }
        guard let index = index(of: visits[visit].appointment) else {
            refuse(asker, .noSuchAppointment)
            return nil
        }
        guard visits[visit].linkVersion == entries[index].appointment.linkVersion else {
            refuse(asker, .revoked)
            return nil
        }
        return index
    }

    // MARK: The professional

    mutating func asked(_ event: ProfessionalEvent, _ asker: Asker, at now: Instant) {
        guard let desk = desks.firstIndex(where: { $0.session == asker.session }) else {
            return refuse(asker, .noSuchAppointment)
        }
        guard desks[desk].allowance.take(at: now) else { return refuse(asker, .tooFast) }
        switch event {
        case .status(let status):
            isAway = status == .away
            reply(asker, .done)
        case .admit(let id): withEntry(id, asker) { $0.admit($1, asker) }
        case .sendBack(let id): withEntry(id, asker) { $0.sendBack($1, asker) }
        case .finish(let id): withEntry(id, asker) { $0.finish($1, asker) }
        case .notes(let id, let text):
            withEntry(id, asker) { practice, _ in practice.save(.notes(text), of: id, for: [asker]) }
        }
    }

    /// The call is between pages that need no meeting of ours.
    mutating func answered(_ id: AppointmentID, _ asker: Asker, at now: Instant) {
        guard let desk = desks.firstIndex(where: { $0.session == asker.session }), let index = index(of: id)
        else { return refuse(asker, .noSuchAppointment) }
        guard desks[desk].allowance.take(at: now) else { return refuse(asker, .tooFast) }
        let appointment = entries[index].appointment
        switch appointment.phase(at: time) {
        case .early, .late, .cancelled, .finished, .revoked: return refuse(asker, .noSuchAppointment)
        case .open, .waiting, .admitted: break
        }
        var attendance = latestAttendance(of: appointment) ?? Attendance(way: .telelegal)
        attendance.admittedAt = attendance.admittedAt ?? time.milliseconds
        save(.attendance(attendance), of: id, for: [asker])
    }

    private mutating func withEntry(
        _ id: AppointmentID, _ asker: Asker, _ body: (inout Practice, Appointment) -> Void
    ) {
        guard let index = index(of: id) else { return refuse(asker, .noSuchAppointment) }
        body(&self, entries[index].appointment)
    }

    private mutating func admit(_ appointment: Appointment, _ asker: Asker) {
        // Pressed twice, it opens one meeting.
        if let place = pending.firstIndex(where: { $0.appointment == appointment.id && $0.opensMeeting }) {
            guard pending[place].askers.count < Self.maxDesks else { return refuse(asker, .tooFast) }
            return pending[place].askers.append(asker)
        }
        switch appointment.phase(at: time) {
        case .early: return refuse(asker, .tooEarly)
        case .late: return refuse(asker, .tooLate)
        case .cancelled: return refuse(asker, .cancelled)
        case .finished: return refuse(asker, .finished)
        case .revoked: return refuse(asker, .revoked)
        case .admitted where appointment.meeting != nil:
            return reply(asker, .admitted(appointment.meeting))
        case .open, .waiting, .admitted: break
        }
        var attendance = latestAttendance(of: appointment) ?? Attendance()
        // Its client's page cannot follow into a meeting of ours.
        guard attendance.way == .parley else { return refuse(asker, .otherPage) }
        attendance.admittedAt = attendance.admittedAt ?? time.milliseconds
        openMeeting(attendance, for: appointment.id, asker)
    }

    private mutating func sendBack(_ appointment: Appointment, _ asker: Asker) {
        guard appointment.phase(at: time) == .admitted, var attendance = appointment.attendance else {
            return refuse(asker, .notAdmitted)
        }
        attendance.admittedAt = nil
        // Somebody who never checked in has no place to go back to.
        let kept = attendance.since == nil ? nil : attendance
        save(.sentBack(kept), of: appointment.id, for: [asker])
    }

    private mutating func finish(_ appointment: Appointment, _ asker: Asker) {
        switch appointment.phase(at: time) {
        case .early: refuse(asker, .tooEarly)
        case .cancelled: refuse(asker, .cancelled)
        case .revoked: refuse(asker, .revoked)
        case .finished: reply(asker, .done)
        case .late, .open, .waiting, .admitted:
            save(.finished(at: time.milliseconds), of: appointment.id, for: [asker])
        }
    }
}
