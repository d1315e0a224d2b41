// SPDX-License-Identifier: Apache-2.0
internal import Appointments
internal import CivilTime
internal import EngineKit
internal import EventLoops
internal import MeetingProtocol
internal import Rooms
internal import ServerConfig
internal import Storage
internal import TLS
internal import Telemetry

/// Runs the engine of one practice: gives it inputs and time, and does what it asks for.
final class PracticeHost {
    let professional: AccountID
    private unowned let shard: Shard
    private var practice: Practice?
    /// What arrived while appointments were still being read from storage.
    private var waiting: [Practice.Event] = []
    private var timer: LoopTimer?
    private var services: Services { shard.services }

    private static let maxWaiting = 1000
    /// Appointments that are kept at hand; what lies further ahead than so many is not on the dashboard.
    static let maxLoaded = 2000

    /// What a practice is made of.
    struct Stored {
        let account: AccountRecord
        let booking: BookingRecord?
        let appointments: [AppointmentRecord]
    }

    init(_ professional: AccountID, on shard: Shard) {
        self.professional = professional
        self.shard = shard
        timer = LoopTimer(on: shard.loop) { [unowned self] in handle(.tick) }
    }

    deinit { timer?.cancel() }

    func open(_ stored: Stored) {
        practice = Practice(
            Professional(stored.account, stored.booking),
            appointments: stored.appointments.map(Appointment.init),
            spans: services.zones.spans(of: stored.account.zone, around: WallClock.system().milliseconds),
            grace: services.config.appointments.reconnectGrace)
        let events = waiting
        waiting = []
        for event in events { handle(event) }
    }

    /// Sends everybody who came away: they try again.
    func abandon() {
        for event in waiting {
            switch event {
            case .clientConnected(let session, _, _), .professionalConnected(let session, _):
                shard.withPeer(session) { $0.close() }
            default: break
            }
        }
        waiting = []
    }

    func handle(_ event: Practice.Event) {
        guard practice != nil else {
            // A page whose event is dropped asks again when its socket is lost or its question unanswered.
            if waiting.count < Self.maxWaiting { waiting.append(event) }
            return
        }
        practice?.handle(Practice.Input(event, at: .system()), at: shard.loop.now)
        while let output = practice?.poll() { perform(output) }
        timer?.arm(at: practice?.deadline)
    }

    private func perform(_ output: Practice.Output) {
        switch output {
        case .reply(let session, let request, let reply):
            shard.withPeer(session) { $0.reply(reply, to: request) }
        case .show(let sessions, let view, let now):
            for session in sessions { shard.withPeer(session) { $0.show(view, now: now) } }
        case .dashboard(let sessions, let dashboard, let now):
            for session in sessions { shard.withPeer(session) { $0.show(dashboard, now: now) } }
        case .save(let save, let id, let change): self.save(save, id, AppointmentChange(change), meeting: nil)
        case .openMeeting(let save, let id, let attendance): openMeeting(save, id, attendance, attempts: 3)
        case .closeMeeting(let code): closeMeeting(code)
        case .close(let session): shard.withPeer(session) { $0.close() }
        case .emptied: shard.practices.emptied(self)
        }
    }

    // MARK: Storing

    private func save(
        _ save: Practice.SaveID, _ id: AppointmentID, _ change: AppointmentChange, meeting: MeetingCode?
    ) {
        let (shards, professional, log) = (shard.shards, professional, services.log)
        services.store.changeAppointment(id.rawValue, change) { result in
            switch result {
            case .success(.changed): shards.tell(professional, .saved(save, meeting: meeting))
            case .success(.unexpected(let record)):
                shards.tell(professional, .changed(Appointment(record)))
                shards.tell(professional, .saveFailed(save))
            case .success: shards.tell(professional, .saveFailed(save))
            case .failure(let error):
                log.error("appointment could not be stored", [("why", .text(error.description))])
                shards.tell(professional, .saveFailed(save))
            }
        }
    }

    /// The meeting first: a meeting that nobody is sent to is harmless, an appointment without one is not.
    private func openMeeting(
        _ save: Practice.SaveID, _ id: AppointmentID, _ attendance: Attendance, attempts: Int
    ) {
        var random = SystemRandomSource()
        let letters = random.nextText(MeetingCode.letterCount, from: MeetingCode.alphabet)
        guard let code = MeetingCode(letters), attempts > 0 else { return handle(.saveFailed(save)) }
        let meeting = MeetingRecord(
            code: code, retention: services.config.chat.retention.chat,
            createdAt: WallClock.system().milliseconds, owner: professional)
        let me = LoopBound(self, on: shard.loop)
        services.store.create(meeting) { result in
            me.execute { host in
                guard case .success(let isNew) = result else { return host.handle(.saveFailed(save)) }
                guard isNew else {
                    return host.openMeeting(save, id, attendance, attempts: attempts - 1)
                }
                var change = AppointmentChange(.attendance(attendance))
                change.meeting = code
                host.save(save, id, change, meeting: code)
            }
        }
    }

    private func closeMeeting(_ code: MeetingCode) {
        let (shards, index) = (shard.shards, shard.index)
        services.store.end(code, at: WallClock.system().milliseconds) { _ in
            shards.execute(on: index) { $0.empty(code) }
        }
    }
}

extension PracticeHost.Stored {
    /// - Returns: the first failure, if there is one; an account that is gone has no appointments.
    static func all(
        _ account: Result<AccountRecord?, StorageError>, _ booking: Result<BookingRecord?, StorageError>,
        _ appointments: Result<[AppointmentRecord], StorageError>
    ) throws(StorageError) -> PracticeHost.Stored? {
        guard let account = try account.get() else { return nil }
        return PracticeHost.Stored(
            account: account, booking: try booking.get(), appointments: try appointments.get())
    }
}

extension Professional {
    init(_ account: AccountRecord, _ booking: BookingRecord?) {
        self.init(
            id: ProfessionalID(account.id.text), name: account.name, title: account.title,
            consent: booking?.consent ?? "")
    }
}
