// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import JSON
internal import MeetingProtocol
internal import Rooms
internal import SocketIO

/// One client in the namespace `/meet`: turns its events into room inputs and back.
///
/// Lives on the shard of its connection; its room may live on another. What the client sends while an
/// answer is under way may already belong to its next stay, in this meeting or another, so every request
/// remembers the stay it was made in.
final class MeetingClient {
    let id: SessionID
    private unowned let shard: Shard
    private let socket: Socket
    private var stay: Stay?
    private var stays: UInt64 = 0
    private var requests: [RequestID: OpenRequest] = [:]
    private var nextRequest: UInt64 = 0
    /// What arrives while we find out as what the client joins; in order, because what follows a join may be
    /// about it. `nil` when nothing has to wait.
    private var waiting: [Waiting]?

    private enum Waiting {
        case event(SocketEvent)
        case disconnected
    }

    /// From a join until it is refused or the client leaves: while there is one, the meeting's room
    /// hears when the connection is gone.
    private struct Stay {
        let number: UInt64
        let meeting: MeetingCode
        /// In the lobby: joining again is how to get in.
        var isWaiting = false
    }

    /// A request on its way to a room, or its answer on the way back.
    private struct OpenRequest {
        let stay: UInt64
        let isJoin: Bool
        var comesFromLobby = false
        /// `nil` when the client wants no acknowledgement.
        let ack: Acknowledgement?
    }

    /// More than a seat's allowances let through at once.
    private static let maxRequests = 512

    init(_ id: SessionID, of socket: Socket, on shard: Shard) {
        self.id = id
        self.socket = socket
        self.shard = shard
    }

    /// Lets clients of our protocol into its namespace, and gives each of them one of these.
    static func serve(_ sockets: SocketServer, on shards: ShardSet) {
        let namespace = sockets.of(MeetingProtocol.Handshake.namespace)
        namespace.use { socket in
            guard MeetingProtocol.Handshake.accepts(auth: .object(socket.handshake.auth)) else {
                throw ConnectRefusal(
                    Refusal.unsupportedProtocol.rawValue, data: MeetingProtocol.Handshake.supported)
            }
        }
        namespace.onConnect { socket in
            shards.use(on: socket.loop) { shard in
                let client = LoopBound(
                    shard.register { MeetingClient($0, of: socket, on: shard) }, on: socket.loop)
                socket.onAny { event in client.use { $0.received(event) } }
                socket.onDisconnect { _ in client.use { $0.disconnected() } }
            }
        }
    }

    // MARK: From the client

    private func received(_ event: SocketEvent) {
        let ack = event.acknowledgement
        if let waiting {
            guard waiting.count < Self.maxRequests else { return answer(.refused(.tooFast), ack) }
            self.waiting?.append(.event(event))
            return
        }
        do throws(InvalidEvent) {
            handle(try ClientEvent(name: event.name, payload: event.arguments.first?.value), ack)
        } catch {
            answer(.refused(error), ack)
        }
    }

    private func handle(_ event: ClientEvent, _ ack: Acknowledgement?) {
        guard requests.count < Self.maxRequests else { return answer(.refused(.tooFast), ack) }
        if case .join(let join) = event { return self.join(join, ack) }
        guard let stay, !stay.isWaiting || event.isForLobby else {
            return answer(.refused(.notJoined), ack)
        }
        let request = open(ack, in: stay)
        switch event {
        case .join: break
        case .leave:
            forward(.leave(id, request), to: stay.meeting)
            self.stay = nil
        case .chat(let draft): forward(.chat(id, request, draft, .system()), to: stay.meeting)
        case .talk(let wish): forward(.talk(id, request, wish, .system()), to: stay.meeting)
        case .host(let wish): forward(.host(id, request, wish, .system()), to: stay.meeting)
        case .lobbyChat(let text, let to):
            forward(.lobbyChat(id, request, text, to: to, .system()), to: stay.meeting)
        case .media(let media): forward(.media(id, request, media), to: stay.meeting)
        case .signal(let addressee, let page, let data):
            forward(.signal(id, request, to: addressee, page: page, data: data), to: stay.meeting)
        case .publish(let offer): forward(.publish(offer), request, to: stay.meeting)
        case .subscribe(let offer): forward(.subscribe(offer), request, to: stay.meeting)
        case .view(let wishes): forward(.view(wishes), request, to: stay.meeting)
        }
    }

    private func join(_ join: JoinRequest, _ ack: Acknowledgement?) {
        guard stay.map({ $0.isWaiting && $0.meeting == join.meeting }) ?? true else {
            return answer(.refused(.alreadyJoined), ack)
        }
        var participant: ParticipantID?
        if let seat = join.seat {
            participant = shard.services.seats.participant(of: seat, in: join.meeting)
            guard participant != nil else { return answer(.refused(.invalidSeat), ack) }
        }
        // A seat's holder has been here before; everybody else may be guessing codes.
        guard participant != nil || shard.guesses.allows(socket.handshake.address, at: shard.loop.now) else {
            return answer(.refused(.tooFast), ack)
        }
        let comesFromLobby = stay != nil
        stays += 1
        let stay = Stay(number: stays, meeting: join.meeting)
        self.stay = stay
        let request = open(ack, in: stay, isJoin: true)
        requests[request]?.comesFromLobby = comesFromLobby
        let seat = Room.Join(
            participant: participant, name: join.name, page: join.page, media: join.media, after: join.after,
            hand: join.hand)
        waiting = []
        let (client, session) = (LoopBound(self, on: socket.loop), id)
        findRole(in: join.meeting) { role in
            client.execute { client in
                var seat = seat
                seat.role = role
                client.forward(.join(session, request, seat, .system()), to: join.meeting)
                client.goOn()
            }
        }
    }

    /// Pages of other sites, even allowed ones, are not to act as the host by a cookie of ours.
    private func findRole(in meeting: MeetingCode, _ done: @escaping @Sendable (MeetingRole) -> Void) {
        let handshake = socket.handshake
        let cookie = handshake.isCrossOrigin ? nil : handshake.headers["cookie"]
        MeetingRoles(shard.services).find(in: meeting, cookie: cookie, done)
    }

    /// Takes up what had to wait; another join among it makes the rest wait again.
    private func goOn() {
        let held = waiting ?? []
        waiting = nil
        for item in held {
            if waiting != nil {
                waiting?.append(item)
                continue
            }
            switch item {
            case .event(let event): received(event)
            case .disconnected: disconnected()
            }
        }
    }

    private func open(_ ack: Acknowledgement?, in stay: Stay, isJoin: Bool = false) -> RequestID {
        nextRequest += 1
        let request = RequestID(nextRequest)
        requests[request] = OpenRequest(stay: stay.number, isJoin: isJoin, ack: ack)
        return request
    }

    private func forward(_ input: Room.Input, to meeting: MeetingCode) {
        shard.shards.execute(on: shard.shards.home(of: meeting)) { $0.rooms.handle(input, in: meeting) }
    }

    private func forward(_ media: MediaRequest, _ request: RequestID, to meeting: MeetingCode) {
        let session = id
        shard.shards.execute(on: shard.shards.home(of: meeting)) {
            $0.rooms.handle(media, from: session, request, in: meeting)
        }
    }

    /// The connection is gone. The last call.
    private func disconnected() {
        guard waiting == nil else {
            waiting?.append(.disconnected)
            return
        }
        if let stay { forward(.disconnected(id), to: stay.meeting) }
        shard.unregister(self)
    }

    // MARK: To the client

    /// The room's answer to a join, to which belongs how this client's media gets through.
    func welcome(_ reply: JoinReply, relayName: String, to request: RequestID) {
        var reply = reply
        let authority = socket.handshake.authority
        reply.iceServers = shard.services.relay.servers(for: relayName, reaching: authority).servers
        self.reply(.joined(reply), to: request)
    }

    /// The room's answer to a request that was forwarded.
    func reply(_ reply: ServerReply, to request: RequestID) {
        guard let open = requests.removeValue(forKey: request) else { return }
        if case .refused(let refusal, _) = reply, open.isJoin || refusal == .notJoined,
            open.stay == stay?.number
        {
            // There may still be a place in the lobby, which is kept for a while.
            if let stay, open.comesFromLobby { forward(.disconnected(id), to: stay.meeting) }
            stay = nil
        }
        if case .waiting = reply, open.stay == stay?.number { stay?.isWaiting = true }
        answer(reply, open.ack)
    }

    private func answer(_ reply: ServerReply, _ ack: Acknowledgement?) { ack?.send([reply.payload]) }

    /// An event's packet, for any number of clients.
    static func prepare(_ event: ServerEvent) -> PreparedPacket {
        PreparedPacket(event.name, [event.payload], namespace: MeetingProtocol.Handshake.namespace)
    }

    func deliver(_ packet: PreparedPacket) { socket.send(packet) }

    /// The room is done with this client. Should the client be in another by now, that one hears of it
    /// from ``disconnected()``.
    func close() { socket.disconnect() }
}

extension ClientEvent {
    /// Whether it is for those, too, who wait.
    fileprivate var isForLobby: Bool {
        switch self {
        case .leave, .lobbyChat: true
        default: false
        }
    }
}
