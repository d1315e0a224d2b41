// SPDX-License-Identifier: Apache-2.0
internal import Appointments
internal import EngineKit
internal import EventLoops
internal import MeetingProtocol
internal import Rooms
internal import Storage
internal import Telemetry

/// A page that takes part in appointments, of a client or of a professional. On its own shard's loop.
protocol AppointmentPeer: AnyObject {
    func show(_ appointment: AppointmentView, now: Int64)
    func show(_ dashboard: Dashboard, now: Int64)
    func reply(_ reply: Practice.Reply, to request: RequestID)
    func close()
}

/// The practices whose professionals fall to one shard, and the pages that are connected there. A practice is
/// open while somebody looks at it.
final class PracticeDirectory {
    private unowned let shard: Shard
    private var practices: [AccountID: PracticeHost] = [:]
    private var peers: [UInt64: any AppointmentPeer] = [:]
    private var lastPeer: UInt64 = 0
    /// Bookings per client address: a whole office may book from one, but not fill a calendar.
    var bookings = AddressLimiter(TokenRate(burst: 20, every: 60))

    init(_ shard: Shard) { self.shard = shard }

    // MARK: Practices

    /// Gives an event to a practice. Only somebody who connects opens one that is closed.
    func handle(_ event: Practice.Event, in professional: AccountID) {
        if let practice = practices[professional] { return practice.handle(event) }
        switch event {
        case .clientConnected, .professionalConnected: break
        case .checkIn(let session, let request, _, _), .leave(let session, let request),
            .asked(let session, let request, _):
            return shard.withPeer(session) { $0.reply(.refused(.noSuchAppointment), to: request) }
        default: return
        }
        let practice = PracticeHost(professional, on: shard)
        practices[professional] = practice
        practice.handle(event)
        load(practice)
    }

    private func load(_ practice: PracticeHost) {
        let store = shard.services.store
        let (professional, home, shards) = (practice.professional, shard.index, shard.shards)
        let since = WallClock.system().milliseconds - Practice.rememberedAfterEnd
        store.account(professional) { account in
            store.booking(of: professional) { booking in
                store.appointments(of: professional, from: since, to: .max, limit: PracticeHost.maxLoaded) {
                    list in
                    let stored = Result { () throws(StorageError) in
                        try PracticeHost.Stored.all(account, booking, list)
                    }
                    shards.execute(on: home) { $0.practices.loaded(professional, stored) }
                }
            }
        }
    }

    private func loaded(_ professional: AccountID, _ stored: Result<PracticeHost.Stored?, StorageError>) {
        guard let practice = practices[professional] else { return }
        switch stored {
        case .success(let stored?): return practice.open(stored)
        case .success(nil): break
        case .failure(let error):
            shard.services.log.error(
                "appointments could not be loaded", [("why", .text(error.description))])
        }
        practices[professional] = nil
        practice.abandon()
    }

    func emptied(_ practice: PracticeHost) {
        if practices[practice.professional] === practice { practices[practice.professional] = nil }
    }

    var practiceCount: Int { practices.count }

    // MARK: Pages

    func add(_ peer: any AppointmentPeer) -> SessionID {
        lastPeer += 1
        peers[lastPeer] = peer
        return SessionID(UInt64(shard.index) << 48 | lastPeer)
    }

    func remove(_ session: SessionID) { peers[Self.number(of: session)] = nil }

    func peer(_ session: SessionID) -> (any AppointmentPeer)? { peers[Self.number(of: session)] }

    private static func number(of session: SessionID) -> UInt64 { session.number & 0xFFFF_FFFF_FFFF }
}

extension Shard {
    /// Runs `body` with a page, on the page's own shard, if it is still there.
    func withPeer(_ session: SessionID, _ body: @escaping @Sendable (any AppointmentPeer) -> Void) {
        shards.execute(on: ShardSet.home(of: session)) { shard in
            if let peer = shard.practices.peer(session) { body(peer) }
        }
    }
}

extension ShardSet {
    /// The shard that holds the practice of `professional`.
    func home(of professional: AccountID) -> Int {
        // The digits are random; any few of them spread evenly.
        let number = UInt64(professional.text.prefix(8), radix: 16) ?? 0
        return Int(number % UInt64(max(1, count)))
    }

    func tell(_ professional: AccountID, _ event: Practice.Event) {
        execute(on: home(of: professional)) { $0.practices.handle(event, in: professional) }
    }
}
