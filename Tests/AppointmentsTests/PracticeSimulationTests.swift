// SPDX-License-Identifier: Apache-2.0
import Appointments
import EngineKit
import MeetingProtocol
import Rooms
import TestKit
import Testing

@Suite("Simulated practices")
struct PracticeSimulationTests {
    @Test("keep the practice's invariant through hundreds of random steps", arguments: 1...8)
    func invariant(seed: Int) {
        var simulation = PracticeSimulation(seed: UInt64(seed))
        for _ in 0..<700 { simulation.step() }
        #expect(simulation.violations == [])
    }

    @Test("reach every state a client can see, and every refusal but those of a full disk queue")
    func coverage() {
        var seen: Set<String> = []
        for seed in 1...8 {
            var simulation = PracticeSimulation(seed: UInt64(seed))
            for _ in 0..<700 { simulation.step() }
            seen.formUnion(simulation.seen)
        }
        let phases = Set(AppointmentPhase.allCases.map(\.rawValue))
        #expect(phases.isSubset(of: seen))
        #expect(
            seen.isSuperset(of: [
                "online", "away", "busy", "done", "admitted to a meeting", "too-early", "too-late",
                "no-such-appointment", "not-admitted", "storage-failed", "other-page", "consent-required",
                "close", "close-meeting", "emptied",
            ]))
    }

    @Test("are the same for the same seed")
    func deterministic() {
        var first = PracticeSimulation(seed: 3)
        var second = PracticeSimulation(seed: 3)
        for _ in 0..<200 {
            first.step()
            second.step()
        }
        #expect(first.transcript == second.transcript)
    }
}

/// Clients and a professional who come, go and press every button at random, while appointments are moved,
/// cancelled and revoked elsewhere, and a disk that answers late and sometimes with an error.
struct PracticeSimulation {
    private(set) var violations: [String] = []
    private(set) var seen: Set<String> = []
    private(set) var transcript: [Practice.Output] = []

    private var practice: Practice
    private var random: SeededRandomSource
    private var now = Instant.origin
    private var lastNumber: UInt64 = 0
    private var clients: [SessionID: AppointmentID] = [:]
    private var desks: [SessionID] = []
    private var unanswered: [RequestID: SessionID] = [:]
    private var stored: [AppointmentID: Appointment] = [:]
    /// Changes that the disk has not reported yet, in their order.
    private var storing: [(Practice.SaveID, AppointmentID, Practice.Change?, Attendance?)] = []
    private var views: [SessionID: AppointmentView] = [:]
    private let ids: [AppointmentID] = ["a", "b", "c", "d"]

    init(seed: UInt64) {
        random = SeededRandomSource(seed: seed)
        let appointments = ids.enumerated().map {
            PracticeTest.appointment($0.element, in: Int64($0.offset) * 30 - 15)
        }
        practice = Practice(
            Professional(id: "p", name: "Robin Vale", consent: seed % 3 == 0 ? "I agree." : ""),
            appointments: appointments, grace: .seconds(60))
        for appointment in appointments { stored[appointment.id] = appointment }
    }

    private mutating func pick(_ limit: Int) -> Int { Int(random.nextBytes(1)[0]) % limit }

    private mutating func pick<Element>(from elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[pick(elements.count)]
    }

    private var wall: WallClock {
        WallClock(milliseconds: PracticeTest.start + now.nanoseconds / 1_000_000)
    }

    private mutating func number() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    mutating func step() {
        now = now.advanced(by: pick(100) == 0 ? .seconds(13 * 3600) : .seconds(pick(20) == 0 ? 900 : pick(3)))
        let id = pick(from: ids) ?? "a"
        switch pick(15) {
        case 0, 1:
            guard let appointment = stored[id] else { return }
            let session = SessionID(number())
            clients[session] = id
            give(.clientConnected(session, appointment, linkVersion: Int64(1 + pick(2))))
        case 2:
            let session = SessionID(number())
            desks.append(session)
            give(.professionalConnected(session, signedIn: pick(2) == 0))
        case 3, 13: disconnect()
        case 4, 5, 6: askAsClient()
        case 7, 8, 9: askAsProfessional(id)
        case 10: changeElsewhere(id)
        case 11, 12: report()
        default: give(.tick)
        }
    }

    private mutating func disconnect() {
        let all = (clients.keys.sorted { $0.number < $1.number }) + desks
        guard let session = pick(from: all) else { return }
        forget(session)
        give(.disconnected(session))
    }

    private mutating func forget(_ session: SessionID) {
        clients[session] = nil
        desks.removeAll { $0 == session }
        views[session] = nil
        unanswered = unanswered.filter { $0.value != session }
    }

    private mutating func request(of session: SessionID) -> RequestID {
        let request = RequestID(number())
        unanswered[request] = session
        return request
    }

    private mutating func askAsClient() {
        guard let session = pick(from: clients.keys.sorted { $0.number < $1.number }) else { return }
        let request = request(of: session)
        if pick(4) == 0 { return give(.leave(session, request)) }
        let checkIn = CheckIn(
            camera: pick(2) == 0 ? .ok : .denied, microphone: .ok, network: .good, consent: pick(3) > 0)
        give(.checkIn(session, request, checkIn, pick(5) == 0 ? .telelegal : .parley))
    }

    private mutating func askAsProfessional(_ id: AppointmentID) {
        guard let session = pick(from: desks) else { return }
        let request = request(of: session)
        switch pick(8) {
        case 0: give(.asked(session, request, .status(pick(2) == 0 ? .away : .online)))
        case 1, 2, 3: give(.asked(session, request, .admit(pick(9) == 0 ? "x" : id)))
        case 4: give(.asked(session, request, .sendBack(id)))
        case 5: give(.asked(session, request, pick(4) == 0 ? .finish(id) : .notes(id, "Notes")))
        default: give(.answered(session, request, id))
        }
    }

    /// What the REST interface does; the disk does it at once, after all that was asked for before.
    private mutating func changeElsewhere(_ id: AppointmentID) {
        while !storing.isEmpty { report() }
        guard var appointment = stored[id] else { return }
        switch pick(6) {
        case 0: appointment.linkVersion = 3 - appointment.linkVersion
        case 1: appointment.state = .cancelled
        default:
            let start = wall.milliseconds + Int64(pick(90) - 30) * PracticeTest.minute
            appointment.time = TimeWindow(start: start, end: start + 30 * PracticeTest.minute)
            appointment.state = .booked
            appointment.attendance = nil
            appointment.meeting = nil
        }
        stored[id] = appointment
        give(.changed(appointment))
    }

    /// The disk reports the oldest change.
    private mutating func report() {
        guard !storing.isEmpty else { return }
        let (save, id, change, attendance) = storing.removeFirst()
        guard pick(8) > 0 else { return give(.saveFailed(save)) }
        let meeting = attendance == nil ? nil : MeetingCode("abc-defg-hi\(id.rawValue)")
        switch change {
        case .attendance(let attendance): stored[id]?.attendance = attendance
        case .sentBack(let attendance):
            stored[id]?.attendance = attendance
            stored[id]?.meeting = nil
        case .finished: stored[id]?.state = .finished
        case .notes(let text): stored[id]?.notes = text
        case nil:
            stored[id]?.attendance = attendance
            stored[id]?.meeting = meeting
        }
        give(.saved(save, meeting: meeting))
    }

    private mutating func give(_ event: Practice.Event) {
        for output in practice.outputs(for: Practice.Input(event, at: wall), at: now) {
            transcript.append(output)
            check(output)
        }
        checkViews()
    }

    private mutating func check(_ output: Practice.Output) {
        switch output {
        case .reply(let session, let request, let reply):
            if unanswered.removeValue(forKey: request) != session {
                violations.append("answered twice, or nobody")
            }
            switch reply {
            case .done: seen.insert("done")
            case .admitted(let meeting): seen.insert(meeting == nil ? "admitted" : "admitted to a meeting")
            case .refused(let refusal): seen.insert(refusal.rawValue)
            }
        case .show(let sessions, let view, _):
            for session in sessions {
                if clients[session] != view.id { violations.append("shown to a stranger") }
                views[session] = view
            }
            seen.formUnion([view.phase.rawValue, view.status.rawValue])
        case .dashboard(let sessions, let dashboard, _):
            if !sessions.allSatisfy(desks.contains) { violations.append("dashboard shown to a stranger") }
            if dashboard.rows.map(\.start) != dashboard.rows.map(\.start).sorted() {
                violations.append("rows out of order")
            }
        case .save(let save, let id, let change): storing.append((save, id, change, nil))
        case .openMeeting(let save, let id, let attendance): storing.append((save, id, nil, attendance))
        case .closeMeeting: seen.insert("close-meeting")
        case .close(let session):
            seen.insert("close")
            forget(session)
        case .emptied:
            seen.insert("emptied")
            if !clients.isEmpty || !desks.isEmpty { violations.append("empty, but somebody is there") }
        }
    }

    /// What pages show is what is on disk, and places are 1, 2, 3 … without gaps.
    private mutating func checkViews() {
        for (session, view) in views {
            guard let appointment = stored[view.id], clients[session] != nil else { continue }
            if view.phase == .waiting, appointment.attendance?.since == nil {
                violations.append("waits unstored")
            }
            if view.phase == .admitted, appointment.attendance?.admittedAt == nil {
                violations.append("admitted unstored")
            }
            if (view.position != nil) != (view.phase == .waiting) {
                violations.append("a place without waiting")
            }
            if view.meeting != nil, view.phase != .admitted {
                violations.append("a meeting without admission")
            }
        }
    }
}
