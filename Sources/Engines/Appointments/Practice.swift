// SPDX-License-Identifier: Apache-2.0
public import CivilTime
public import EngineKit
internal import MeetingProtocol
internal import Rooms

/// One professional's appointments: whose link works when, who waits, and who is let in.
///
/// A practice decides; it touches no connection and no disk. What it shows is always whole, so that a page
/// that was just loaded is as good as one that was open all the time. A client's place in the waiting
/// room is the time of their first check-in. It outlives a lost connection for `grace`, and it is
/// stored, so that it outlives the server too.
///
/// Invariant: a page shows only what is on disk; a client's view holds nothing of other clients but how
/// many are before them; every request is answered exactly once unless its session is gone first; no
/// output names a session that has disconnected or was closed; sessions and waiting changes are bounded.
public struct Practice: Engine {
    /// An appointment, and until when a client who is not connected keeps their place.
    struct Entry {
        var appointment: Appointment
        var placeUntil: Instant?
    }

    /// A page of a client.
    struct Visit {
        let session: SessionID
        let appointment: AppointmentID
        let linkVersion: Int64
        var shown: AppointmentView?
        var allowance = TokenBucket(burst: 20, perSecond: 2)
    }

    /// A page of the professional.
    struct Desk {
        let session: SessionID
        let isSignedIn: Bool
        var shown: Dashboard?
        var allowance = TokenBucket(burst: 60, perSecond: 10)
    }

    /// A change on its way to disk, and who waits for it.
    struct Pending {
        let save: SaveID
        let appointment: AppointmentID
        let change: Change
        let opensMeeting: Bool
        var askers: [Asker]
    }

    struct Asker: Hashable {
        let session: SessionID
        let request: RequestID
    }

    static let maxVisitsOfAppointment = 8
    static let maxDesks = 32
    static let maxPending = 256
    static let dashboardPause = Duration.milliseconds(250)
    /// After this long past its end an appointment is history, which is asked for elsewhere.
    public static let rememberedAfterEnd: Int64 = 24 * 3_600_000

    var professional: Professional
    var spans: [OffsetSpan]
    /// By start, then by name: outputs come out in the same order every run.
    var entries: [Entry] = []
    var visits: [Visit] = []
    var desks: [Desk] = []
    var pending: [Pending] = []
    var isAway = false
    /// A dashboard has all appointments in it, and many things change it.
    var dashboardAllowance = TokenBucket(burst: 20, perSecond: 4)
    /// When a change that was held back is sent.
    var dashboardDue: Instant?
    var outputs = Queue<Output>()
    private var nextSave: UInt64 = 0
    private let grace: Duration
    /// The last input, by both clocks: windows are on the wall, deadlines are not.
    private var lastInstant = Instant.origin
    var time = WallClock(milliseconds: 0)
    /// Somebody has connected since the practice was last reported as empty.
    private var owesEmptied = false

    /// - Parameters:
    ///   - appointments: As stored, those of the past 24 hours included.
    ///   - spans: The offsets of the professional's zone around now; empty counts days in UTC.
    ///   - grace: How long a client who is not connected keeps their place.
    public init(
        _ professional: Professional, appointments: [Appointment] = [], spans: [OffsetSpan] = [],
        grace: Duration = .seconds(600)
    ) {
        self.professional = professional
        self.spans = spans
        self.grace = grace
        for appointment in appointments { insert(appointment) }
    }

    public var deadline: Instant? {
        guard let dashboardDue else { return boundaryDeadline }
        return min(dashboardDue, boundaryDeadline ?? dashboardDue)
    }

    private var boundaryDeadline: Instant? {
        let places = entries.compactMap(\.placeUntil).min()
        let boundary = entries.flatMap { [$0.appointment.opensAt, $0.appointment.closesAt] }
            .filter { $0 > time.milliseconds }.min()
        guard hasGuests, let boundary else { return places }
        let ahead = lastInstant.advanced(by: .milliseconds(boundary - time.milliseconds))
        guard let places else { return ahead }
        return min(places, ahead)
    }

    private var hasGuests: Bool { !visits.isEmpty || !desks.isEmpty }

    public mutating func handle(_ input: consuming Input, at now: Instant) {
        lastInstant = now
        time = input.time
        giveUpPlaces(at: now)
        switch input.event {
        case .clientConnected(let session, let appointment, let version):
            connect(session, to: appointment, linkVersion: version)
        case .professionalConnected(let session, let isSignedIn):
            desks.append(Desk(session: session, isSignedIn: isSignedIn))
            owesEmptied = true
            if desks.count > Self.maxDesks { close(desks.removeFirst().session) }
        case .disconnected(let session):
            disconnect(session)
        case .checkIn(let session, let request, let checkIn, let way):
            self.checkIn(Asker(session: session, request: request), checkIn, way, at: now)
        case .leave(let session, let request):
            leave(Asker(session: session, request: request), at: now)
        case .asked(let session, let request, let event):
            asked(event, Asker(session: session, request: request), at: now)
        case .answered(let session, let request, let id):
            answered(id, Asker(session: session, request: request), at: now)
        case .changed(let appointment): insert(appointment)
        case .professional(let professional): self.professional = professional
        case .renamed(let name, let title):
            professional.name = name
            professional.title = title
        case .signedOut: for desk in desks where desk.isSignedIn { close(desk.session) }
        case .closed: close()
        case .spans(let spans): self.spans = spans
        case .saved(let save, let meeting): saved(save, meeting)
        case .saveFailed(let save): saveFailed(save)
        case .tick: break
        }
        keepPlaces(at: now)
        forget()
        refresh(at: now)
        if owesEmptied, !hasGuests, pending.isEmpty, entries.allSatisfy({ $0.placeUntil == nil }) {
            owesEmptied = false
            outputs.append(.emptied)
        }
    }

    public mutating func poll() -> Output? { outputs.popFirst() }

    // MARK: Pages

    private mutating func connect(
        _ session: SessionID, to appointment: Appointment, linkVersion: Int64
    ) {
        // What is on disk may be newer than what the practice began with.
        if index(of: appointment.id) == nil { insert(appointment) }
        visits.append(
            Visit(session: session, appointment: appointment.id, linkVersion: linkVersion))
        owesEmptied = true
        let pages = visits.filter { $0.appointment == appointment.id }
        if pages.count > Self.maxVisitsOfAppointment { close(pages[0].session) }
    }

    private mutating func close(_ session: SessionID) {
        disconnect(session)
        outputs.append(.close(session))
    }

    /// There are no appointments any more.
    private mutating func close() {
        for session in visits.map(\.session) + desks.map(\.session) { close(session) }
        entries = []
    }

    private mutating func disconnect(_ session: SessionID) {
        visits.removeAll { $0.session == session }
        desks.removeAll { $0.session == session }
        for index in pending.indices { pending[index].askers.removeAll { $0.session == session } }
    }

    // MARK: Appointments

    func index(of id: AppointmentID) -> Int? {
        entries.firstIndex { $0.appointment.id == id }
    }

    /// Takes an appointment in as it is stored, in the place of an older version of it.
    private mutating func insert(_ appointment: Appointment) {
        var entry = Entry(appointment: appointment)
        if let index = index(of: appointment.id) {
            entry.placeUntil = entries[index].placeUntil
            closeMeeting(of: entries[index].appointment, now: appointment)
            entries.remove(at: index)
        }
        let place = entries.firstIndex { appointment.comes(before: $0.appointment) } ?? entries.endIndex
        entries.insert(entry, at: place)
    }

    /// Ends the call of an appointment that was cancelled, moved, or whose link was revoked.
    private mutating func closeMeeting(of before: Appointment, now: Appointment) {
        guard let meeting = before.meeting else { return }
        let goesOn =
            now.meeting == meeting && now.state != .cancelled && now.linkVersion == before.linkVersion
        if !goesOn { outputs.append(.closeMeeting(meeting)) }
    }

    /// Whose page is gone keeps their place for a while; whose page is there keeps it anyway.
    private mutating func keepPlaces(at now: Instant) {
        let present = Set(visits.map(\.appointment))
        for index in entries.indices {
            let appointment = entries[index].appointment
            if present.contains(appointment.id) || appointment.phase(at: time) != .waiting {
                entries[index].placeUntil = nil
            } else if entries[index].placeUntil == nil {
                entries[index].placeUntil = now.advanced(by: grace)
            }
        }
    }

    private mutating func giveUpPlaces(at now: Instant) {
        for index in entries.indices {
            guard let until = entries[index].placeUntil, until <= now else { continue }
            entries[index].placeUntil = nil
            let id = entries[index].appointment.id
            if !isBeingSaved(id) { save(.attendance(nil), of: id, for: []) }
        }
    }

    /// History that nobody looks at.
    private mutating func forget() {
        let limit = time.milliseconds - Self.rememberedAfterEnd
        guard entries.contains(where: { $0.appointment.time.end < limit }) else { return }
        entries = entries.filter { entry in
            entry.appointment.time.end >= limit || isBeingSaved(entry.appointment.id)
                || visits.contains { $0.appointment == entry.appointment.id }
        }
    }

    // MARK: Storing

    func isBeingSaved(_ id: AppointmentID) -> Bool { pending.contains { $0.appointment == id } }

    /// How far the client has come once all that is on its way to disk has arrived there.
    func latestAttendance(of appointment: Appointment) -> Attendance? {
        var attendance = appointment.attendance
        for change in pending where change.appointment == appointment.id {
            switch change.change {
            case .attendance(let latest), .sentBack(let latest): attendance = latest
            case .finished, .notes: break
            }
        }
        return attendance
    }

    mutating func save(_ change: Change, of id: AppointmentID, for askers: [Asker]) {
        guard let save = newSave(askers) else { return }
        pending.append(
            Pending(save: save, appointment: id, change: change, opensMeeting: false, askers: askers))
        outputs.append(.save(save, id, change))
    }

    mutating func openMeeting(_ attendance: Attendance, for id: AppointmentID, _ asker: Asker) {
        guard let save = newSave([asker]) else { return }
        pending.append(
            Pending(
                save: save, appointment: id, change: .attendance(attendance), opensMeeting: true,
                askers: [asker]))
        outputs.append(.openMeeting(save, id, attendance))
    }

    private mutating func newSave(_ askers: [Asker]) -> SaveID? {
        guard pending.count < Self.maxPending else {
            for asker in askers { reply(asker, .refused(.tooFast)) }
            return nil
        }
        nextSave += 1
        return SaveID(nextSave)
    }

    private mutating func saved(_ save: SaveID, _ meeting: MeetingCode?) {
        guard let place = pending.firstIndex(where: { $0.save == save }) else { return }
        let done = pending.remove(at: place)
        if let index = index(of: done.appointment) { apply(done, meeting, to: index) }
        for asker in done.askers { reply(asker, done.opensMeeting ? .admitted(meeting) : .done) }
    }

    private mutating func apply(_ done: Pending, _ meeting: MeetingCode?, to index: Int) {
        let before = entries[index].appointment.meeting
        switch done.change {
        case .attendance(let attendance):
            entries[index].appointment.attendance = attendance
            if done.opensMeeting { entries[index].appointment.meeting = meeting }
        case .sentBack(let attendance):
            entries[index].appointment.attendance = attendance
            entries[index].appointment.meeting = nil
            if let before { outputs.append(.closeMeeting(before)) }
        case .finished(let at):
            entries[index].appointment.state = .finished
            entries[index].appointment.finishedAt = at
            if let before { outputs.append(.closeMeeting(before)) }
        case .notes(let text): entries[index].appointment.notes = text
        }
    }

    private mutating func saveFailed(_ save: SaveID) {
        guard let place = pending.firstIndex(where: { $0.save == save }) else { return }
        for asker in pending.remove(at: place).askers { reply(asker, .refused(.storageFailed)) }
    }

    // MARK: Answers

    mutating func reply(_ asker: Asker, _ reply: Reply) {
        outputs.append(.reply(asker.session, asker.request, reply))
    }

    mutating func refuse(_ asker: Asker, _ refusal: AppointmentRefusal) {
        reply(asker, .refused(refusal))
    }
}

extension Appointment {
    fileprivate func comes(before other: Appointment) -> Bool {
        time.start == other.time.start ? id < other.id : time.start < other.time.start
    }
}
