// SPDX-License-Identifier: Apache-2.0
internal import Appointments
internal import Dialects
internal import EngineKit
internal import EventLoops
internal import JSON
internal import JWT
internal import MeetingProtocol
internal import Rooms
internal import Storage

/// Lets pages of the dialect `telelegal` take part in the server's own appointments: each is a page of its
/// practice like any other. Lives on the shard of the dialect's engine.
final class TeleLegalOffice {
    typealias Found = @Sendable (TeleLegal.Answer) -> Void

    private unowned let shard: Shard
    private var pages: [ClientID: TeleLegalPage] = [:]
    /// Whose token is being looked at.
    private var entering: Set<ClientID> = []

    init(_ shard: Shard) { self.shard = shard }

    func answer(_ question: TeleLegal.Question, _ found: @escaping Found) {
        switch question {
        case .enter(let client, let token): enter(client, token, found)
        case .checkIn(let client): pages[client]?.checkIn()
        case .admit(let client, let uuid): pages[client]?.admit(AppointmentID(uuid))
        case .leave(let client):
            entering.remove(client)
            pages.removeValue(forKey: client)?.leave()
        }
    }

    private func enter(_ client: ClientID, _ token: String, _ found: @escaping Found) {
        guard let bearer = try? shard.services.links.bearer(of: token, now: .system()).0 else {
            return found(.stranger)
        }
        entering.insert(client)
        let me = LoopBound(self, on: shard.loop)
        switch bearer {
        case .client(let id, let version):
            lookUp(id) { appointment, account in
                me.execute { office in
                    guard let appointment, let account, Int64(appointment.linkVersion) == version else {
                        return office.refuse(client, found)
                    }
                    office.admit(client, .client(appointment, account, linkVersion: version), found)
                }
            }
        case .professional(let id):
            shard.services.store.account(id) { result in
                me.execute { office in
                    guard case .success(let account?) = result, account.disabledAt == nil,
                        account.role >= .professional
                    else { return office.refuse(client, found) }
                    office.admit(client, .professional(account), found)
                }
            }
        }
    }

    private func lookUp(
        _ id: AppointmentID, _ done: @escaping @Sendable (AppointmentRecord?, AccountRecord?) -> Void
    ) {
        let store = shard.services.store
        store.appointment(id.rawValue) { result in
            guard case .success(let appointment?) = result else { return done(nil, nil) }
            store.account(appointment.professional) { result in
                guard case .success(let account?) = result else { return done(nil, nil) }
                done(appointment, account)
            }
        }
    }

    private func refuse(_ client: ClientID, _ found: Found) {
        entering.remove(client)
        found(.stranger)
    }

    private func admit(_ client: ClientID, _ guest: TeleLegalPage.Guest, _ found: @escaping Found) {
        // It may have gone meanwhile.
        guard entering.remove(client) != nil else { return }
        pages[client] = TeleLegalPage(guest, on: shard, found)
    }
}

/// One page of the dialect as a page of a practice.
final class TeleLegalPage: AppointmentPeer {
    enum Guest {
        case client(AppointmentRecord, AccountRecord, linkVersion: Int64)
        case professional(AccountRecord)
    }

    private unowned let shard: Shard
    private let guest: Guest
    private let found: TeleLegalOffice.Found
    private var session = SessionID(0)
    private var requests: UInt64 = 0

    init(_ guest: Guest, on shard: Shard, _ found: @escaping TeleLegalOffice.Found) {
        self.guest = guest
        self.shard = shard
        self.found = found
        session = shard.practices.add(self)
        switch guest {
        case .client(let appointment, _, let version):
            tell(.clientConnected(session, Appointment(appointment), linkVersion: version))
        case .professional(let account):
            found(.professional(account.id.text))
            tell(.professionalConnected(session, signedIn: false))
        }
    }

    private var professional: AccountRecord {
        switch guest {
        case .client(_, let account, _), .professional(let account): account
        }
    }

    private func tell(_ event: Practice.Event) { shard.shards.tell(professional.id, event) }

    private func nextRequest() -> RequestID {
        requests += 1
        return RequestID(requests)
    }

    // MARK: From the engine

    /// Its pages check no devices, and ask for no consent.
    func checkIn() { tell(.checkIn(session, nextRequest(), nil, .telelegal)) }

    func admit(_ appointment: AppointmentID) { tell(.answered(session, nextRequest(), appointment)) }

    func leave() {
        shard.practices.remove(session)
        tell(.disconnected(session))
    }

    // MARK: From the practice

    func show(_ appointment: AppointmentView, now: Int64) {
        let standing: TeleLegal.Standing =
            switch appointment.phase {
            case .early: .early
            case .open, .waiting, .admitted: .open
            case .finished, .cancelled, .late, .revoked: .over
            }
        found(
            .client(
                TeleLegal.Appointment(
                    uuid: appointment.id.rawValue, professional: professional.id.text,
                    professionalsFullName: appointment.professionalName, clientName: appointment.clientName,
                    date: appointment.start), standing))
    }

    func show(_ dashboard: Dashboard, now: Int64) {
        let current = dashboard.rows.filter { row in
            switch row.phase {
            case .early, .open, .waiting, .admitted: true
            case .finished, .cancelled, .late, .revoked: false
            }
        }
        found(
            .appointments(
                current.map { row in
                    TeleLegal.Appointment(
                        uuid: row.id.rawValue, professional: professional.id.text,
                        professionalsFullName: professional.name, clientName: row.clientName, date: row.start)
                }))
    }

    /// Pages of the dialect hear of no refusals: theirs are those of the appointment's standing.
    func reply(_ reply: Practice.Reply, to request: RequestID) {}

    func close() { found(.stranger) }
}
