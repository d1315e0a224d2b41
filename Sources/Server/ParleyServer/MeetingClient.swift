// SPDX-License-Identifier: Apache-2.0
internal import EngineIO
internal import EngineKit
internal import EventLoops
internal import JSON
internal import MeetingProtocol
internal import Rooms
internal import SocketIO

/// One client in the namespace `/meet`: turns its events into room inputs and back.
///
/// Lives on the shard of its connection; its room may live on another.
final class MeetingClient {
    let id: SessionID
    private unowned let shard: Shard
    private unowned let session: SignallingSession
    private var meeting: MeetingCode?

    /// Stands for "no acknowledgement wanted": ids on the wire are at most 2^53.
    private static let noReply = RequestID(.max)

    init(_ id: SessionID, of session: SignallingSession, on shard: Shard) {
        self.id = id
        self.session = session
        self.shard = shard
    }

    // MARK: From the client

    func received(_ arguments: [JSONValue], ack: SocketIOPacket.AckID?) {
        let request = ack.map { RequestID($0.rawValue) } ?? Self.noReply
        guard let name = arguments.first?.string else {
            return reply(.refused(.invalidEvent, message: "An event's name is a string."), to: request)
        }
        do throws(InvalidEvent) {
            handle(try ClientEvent(name: name, payload: arguments.dropFirst().first), request)
        } catch {
            reply(.refused(error), to: request)
        }
    }

    private func handle(_ event: ClientEvent, _ request: RequestID) {
        if case .join(let join) = event { return self.join(join, request) }
        guard let meeting else { return reply(.refused(.notJoined), to: request) }
        switch event {
        case .join: break
        case .leave:
            forward(.leave(id, request), to: meeting)
            self.meeting = nil
        case .chat(let message, let text):
            forward(.chat(id, request, id: message, text: text, .system()), to: meeting)
        case .media(let media): forward(.media(id, request, media), to: meeting)
        case .signal(let addressee, let page, let data):
            forward(.signal(id, request, to: addressee, page: page, data: data), to: meeting)
        }
    }

    private func join(_ join: JoinRequest, _ request: RequestID) {
        guard meeting == nil else { return reply(.refused(.alreadyJoined), to: request) }
        var participant: ParticipantID?
        if let seat = join.seat {
            participant = shard.services.seats.participant(of: seat, in: join.meeting)
            guard participant != nil else { return reply(.refused(.invalidSeat), to: request) }
        }
        // A seat's holder has been here before; everybody else may be guessing codes.
        guard participant != nil || shard.guesses.allows(session.clientAddress, at: shard.loop.now) else {
            return reply(.refused(.tooFast), to: request)
        }
        meeting = join.meeting
        let seat = Room.Join(
            participant: participant, name: join.name, page: join.page, media: join.media, after: join.after)
        forward(.join(id, request, seat, .system()), to: join.meeting)
    }

    private func forward(_ input: Room.Input, to meeting: MeetingCode) {
        shard.shards.execute(on: shard.shards.home(of: meeting)) { $0.rooms.handle(input, in: meeting) }
    }

    /// The connection is gone. The last call.
    func disconnected() {
        if let meeting { forward(.disconnected(id), to: meeting) }
        shard.unregister(self)
    }

    // MARK: To the client

    func reply(_ reply: ServerReply, to request: RequestID) {
        if case .refused(let refusal, _) = reply, Self.endsMembership(refusal) { meeting = nil }
        guard request != Self.noReply else { return }
        let ack = SocketIOPacket.AckID(rawValue: request.number)
        session.send(
            SocketIOPacket(.ack([reply.payload], id: ack), namespace: Handshake.namespace))
    }

    private static func endsMembership(_ refusal: Refusal) -> Bool {
        switch refusal {
        case .noSuchMeeting, .meetingFull, .meetingEnded, .notJoined, .invalidSeat: true
        default: false
        }
    }

    /// The messages of an event, for any number of clients.
    static func encode(_ event: ServerEvent) -> [EngineIOMessage] {
        SocketIOPacket(.event([.string(event.name), event.payload], id: nil), namespace: Handshake.namespace)
            .messages
    }

    func deliver(_ packet: [EngineIOMessage]) { session.relay(packet, in: Handshake.namespace) }

    /// The room is done with this client.
    func close() {
        meeting = nil
        session.leave(Handshake.namespace)
    }
}
