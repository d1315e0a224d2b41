// SPDX-License-Identifier: Apache-2.0
internal import Appointments
internal import EngineKit
internal import EventLoops
internal import JSON
internal import JWT
internal import MeetingProtocol
internal import Rooms
internal import SocketIO
internal import Storage

/// One page in the namespace `/appointments`: turns its events into events of a practice and back.
///
/// Lives on the shard of its connection; the practice may live on another.
final class AppointmentClient: AppointmentPeer {
    static let namespace = "/appointments"

    /// Whose page it is, as found when it connected.
    enum Guest: Sendable {
        /// The appointment as it was stored then.
        case client(AppointmentRecord, linkVersion: Int64)
        case professional(AccountID)

        var professional: AccountID {
            switch self {
            case .client(let appointment, _): appointment.professional
            case .professional(let id): id
            }
        }
    }

    private unowned let shard: Shard
    private let socket: Socket
    private let guest: Guest
    private var session = SessionID(0)
    private var requests: [RequestID: Acknowledgement?] = [:]
    private var lastRequest: UInt64 = 0

    /// More than a page's allowances let through at once.
    private static let maxRequests = 64

    private init(_ guest: Guest, of socket: Socket, on shard: Shard) {
        self.guest = guest
        self.socket = socket
        self.shard = shard
        session = shard.practices.add(self)
        switch guest {
        case .client(let appointment, let version):
            tell(.clientConnected(session, Appointment(appointment), linkVersion: version))
        case .professional: tell(.professionalConnected(session, signedIn: true))
        }
    }

    /// Lets clients with a good link and professionals who signed in into the namespace.
    static func serve(_ sockets: SocketServer, on shards: ShardSet, _ services: Services) {
        let namespace = sockets.of(namespace)
        // Found while the socket waits at the door, needed once it is in.
        let guests = AppointmentGuests(services)
        namespace.use { socket in try await guests.admit(socket) }
        namespace.onConnect { socket in
            guard let guest = guests.take(socket) else { return socket.disconnect() }
            shards.use(on: socket.loop) { shard in
                let client = LoopBound(AppointmentClient(guest, of: socket, on: shard), on: socket.loop)
                socket.onAny { event in client.use { $0.received(event) } }
                socket.onDisconnect { _ in client.use { $0.disconnected() } }
            }
        }
    }

    // MARK: From the page

    private func received(_ event: SocketEvent) {
        let ack = event.acknowledgement
        guard requests.count < Self.maxRequests else { return answer(.refused(.tooFast), ack) }
        let payload = event.arguments.first?.value
        do throws(InvalidEvent) {
            switch guest {
            case .client:
                let event = try ClientAppointmentEvent(name: event.name, payload: payload)
                let request = open(ack)
                switch event {
                case .checkIn(let checkIn): tell(.checkIn(session, request, checkIn, .parley))
                case .leave: tell(.leave(session, request))
                }
            case .professional:
                let event = try ProfessionalEvent(name: event.name, payload: payload)
                tell(.asked(session, open(ack), event))
            }
        } catch {
            ack?.send([Self.problem(AppointmentRefusal.invalidEvent.rawValue, error.description)])
        }
    }

    private func open(_ ack: Acknowledgement?) -> RequestID {
        lastRequest += 1
        let request = RequestID(lastRequest)
        requests[request] = .some(ack)
        return request
    }

    private func tell(_ event: Practice.Event) { shard.shards.tell(guest.professional, event) }

    private func disconnected() {
        shard.practices.remove(session)
        tell(.disconnected(session))
    }

    // MARK: To the page

    func show(_ appointment: AppointmentView, now: Int64) {
        socket.emit("appointment", arguments: [appointment.payload(now: now)])
    }

    func show(_ dashboard: Dashboard, now: Int64) {
        socket.emit("dashboard", arguments: [dashboard.payload(now: now)])
    }

    func reply(_ reply: Practice.Reply, to request: RequestID) {
        guard let ack = requests.removeValue(forKey: request) else { return }
        answer(reply, ack)
    }

    private func answer(_ reply: Practice.Reply, _ ack: Acknowledgement?) {
        switch reply {
        case .done: ack?.send([["ok": true]])
        case .admitted(let meeting):
            ack?.send([["ok": true, "meeting": meeting.map { .string($0.text) } ?? .null]])
        case .refused(let refusal): ack?.send([Self.problem(refusal.rawValue, refusal.message)])
        }
    }

    private static func problem(_ error: String, _ message: String) -> JSONValue {
        ["error": .string(error), "message": .string(message)]
    }

    func close() { socket.disconnect() }
}
