// SPDX-License-Identifier: Apache-2.0
internal import CivilTime
internal import EngineKit
internal import MeetingProtocol
internal import Rooms

// What pages show.
extension Practice {
    /// Appointments further ahead are listed elsewhere, unless something happens in them.
    private static let shownAhead: Int64 = 8 * 86_400_000
    private static let maxRows = 200
    /// Bytes that the texts of all rows have at most: a dashboard is sent whole.
    private static let maxText = 400_000

    /// Sends every page what it does not show yet; dashboards not faster than their reader can take them.
    mutating func refresh(at now: Instant) {
        refreshClients()
        dashboardDue = nil
        guard !desks.isEmpty else { return }
        let dashboard = dashboard
        guard desks.contains(where: { $0.shown != dashboard }) else { return }
        guard dashboardAllowance.take(at: now) else {
            dashboardDue = now.advanced(by: Self.dashboardPause)
            return
        }
        var behind: [SessionID] = []
        for index in desks.indices where desks[index].shown != dashboard {
            desks[index].shown = dashboard
            behind.append(desks[index].session)
        }
        if !behind.isEmpty { outputs.append(.dashboard(behind, dashboard, now: time.milliseconds)) }
    }

    private mutating func refreshClients() {
        guard !visits.isEmpty else { return }
        // Once for all: there may be many visits and many appointments.
        let (places, status) = (places, status)
        let indices = Dictionary(
            uniqueKeysWithValues: entries.indices.map { (entries[$0].appointment.id, $0) })
        for index in visits.indices {
            guard let entry = indices[visits[index].appointment] else { continue }
            let appointment = entries[entry].appointment
            let view = view(of: appointment, for: visits[index], place: places[appointment.id], status)
            guard view != visits[index].shown else { continue }
            visits[index].shown = view
            outputs.append(.show([visits[index].session], view, now: time.milliseconds))
        }
    }

    /// Of those who wait, the first who came is 1.
    private var places: [AppointmentID: Int] {
        let waiting = entries.map(\.appointment).filter { $0.phase(at: time) == .waiting }
        let queue = waiting.sorted { a, b in
            let (first, second) = (a.attendance?.since ?? 0, b.attendance?.since ?? 0)
            return first == second ? a.id < b.id : first < second
        }
        return Dictionary(uniqueKeysWithValues: queue.enumerated().map { ($0.element.id, $0.offset + 1) })
    }

    /// Whoever is with a client is busy, whatever they chose; whoever has no page open is away.
    var status: ProfessionalStatus {
        if entries.contains(where: { $0.appointment.phase(at: time) == .admitted }) { return .busy }
        return isAway || desks.isEmpty ? .away : .online
    }

    private func view(
        of appointment: Appointment, for visit: Visit, place: Int?, _ status: ProfessionalStatus
    ) -> AppointmentView {
        let isGood = visit.linkVersion == appointment.linkVersion
        let phase = isGood ? appointment.phase(at: time) : .revoked
        return AppointmentView(
            id: appointment.id, clientName: appointment.clientName, professionalName: professional.name,
            professionalTitle: professional.title, status: status, start: appointment.time.start,
            end: appointment.time.end, opensAt: appointment.opensAt, closesAt: appointment.closesAt,
            consent: professional.consent, phase: phase, position: phase == .waiting ? place : nil,
            meeting: phase == .admitted ? appointment.meeting : nil)
    }

    private var dashboard: Dashboard {
        let limit = time.milliseconds + Self.shownAhead
        let visited = Set(visits.map(\.appointment))
        let shown = entries.lazy.map(\.appointment).filter { appointment in
            appointment.time.start < limit || visited.contains(appointment.id)
        }
        return Dashboard(status: status, rows: chosen(from: shown).map(row(of:)), numbers: numbers)
    }

    /// As many as a dashboard holds, in their order. Whoever is here comes first and what is still to be next:
    /// nobody can hide somebody who waits behind appointments made and cancelled.
    private func chosen(from appointments: some Sequence<Appointment>) -> [Appointment] {
        let visited = Set(visits.map(\.appointment))
        let ranked = Dictionary(grouping: appointments) { appointment in
            if visited.contains(appointment.id) || appointment.attendance != nil { return 0 }
            return appointment.state == .booked ? 1 : 2
        }
        var texts = 0
        var chosen: Set<AppointmentID> = []
        for appointment in (0...2).flatMap({ ranked[$0] ?? [] }).prefix(Self.maxRows) {
            texts += appointment.note.utf8.count + appointment.notes.utf8.count
            guard texts <= Self.maxText else { break }
            chosen.insert(appointment.id)
        }
        return entries.map(\.appointment).filter { chosen.contains($0.id) }
    }

    private func row(of appointment: Appointment) -> Dashboard.Row {
        let phase = appointment.phase(at: time)
        return Dashboard.Row(
            id: appointment.id, clientName: appointment.clientName, clientEmail: appointment.clientEmail,
            note: appointment.note, notes: appointment.notes, start: appointment.time.start,
            end: appointment.time.end, phase: phase, waitingSince: appointment.attendance?.since,
            attendance: appointment.attendance?.since == nil ? nil : appointment.attendance,
            connected: visits.contains { visit in
                visit.appointment == appointment.id && visit.linkVersion == appointment.linkVersion
            }, meeting: phase == .admitted ? appointment.meeting : nil)
    }

    private var numbers: Dashboard.Numbers {
        let now = time.milliseconds
        let day = spans.day(at: now) ?? Self.utcDay(at: now)
        let today = entries.map(\.appointment).filter {
            $0.state != .cancelled && $0.time.start >= day.start && $0.time.start < day.end
        }
        return Dashboard.Numbers(
            today: today.count, finishedToday: today.count { $0.state == .finished },
            waiting: entries.count { $0.appointment.phase(at: time) == .waiting },
            upcoming: entries.count { $0.appointment.state == .booked && $0.appointment.time.start > now })
    }

    private static func utcDay(at time: Int64) -> TimeWindow {
        let start = time - (time % 86_400_000 + 86_400_000) % 86_400_000
        return TimeWindow(start: start, end: start + 86_400_000)
    }
}
