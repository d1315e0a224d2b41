// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import Dialects
internal import EngineKit
internal import EventLoops
internal import JSON
internal import MeetingProtocol
internal import Rooms
internal import TLS

/// A room of a dialect.
struct DialectRoom: Hashable, Sendable {
    let key: DialectKey
    let name: String
}

/// Joins a meeting with a room of a dialect. Lives beside the meeting's room.
///
/// Each participant has a stand-in, a client of the dialect like any other. Each client of the dialect that
/// a stand-in meets has a seat in the meeting, as a guest.
final class DialectBridge {
    let room: DialectRoom
    private unowned let shard: Shard
    private unowned let host: RoomHost
    private let makeStandIn: () -> any StandIn
    private var members: [ParticipantID: Member] = [:]
    /// Where a dialect has calls of two, one participant at a time has a stand-in; these see the guest and
    /// wait. In the order of their coming.
    private var waiting: [Participant] = []
    private var guests: [GuestKey: Guest] = [:]
    private var lastSession: UInt64 = 0
    private var random = SystemRandomSource()

    /// A participant of ours.
    private struct Member {
        let page: PageID
        let socketID: String
        var standIn: any StandIn
        var client: ClientID
    }

    /// A client of the dialect, with a seat in the meeting.
    private struct Guest {
        let session: SessionID
        /// `nil` until the room has seated it.
        var participant: ParticipantID?
        /// Whose stand-ins know it.
        var knownTo: Set<ParticipantID>
    }

    init?(_ room: DialectRoom, of host: RoomHost, on shard: Shard) {
        guard let make = Self.standIns(of: room.key) else { return nil }
        self.room = room
        self.host = host
        self.shard = shard
        makeStandIn = make
    }

    /// Whether our own client can meet clients of this dialect.
    private static func standIns(of key: DialectKey) -> (() -> any StandIn)? {
        switch key {
        case .noomVideo: { NoomVideoStandIn() }
        case .bunch: { BunchStandIn() }
        case .devameet: { DevameetStandIn() }
        case .ycyw, .ycywSTOMP, .ycywNetty, .noomChat, .noomRooms, .telelegal: nil
        }
    }

    static func reaches(_ key: DialectKey) -> Bool { standIns(of: key) != nil }

    // MARK: Sessions of guests

    /// Numbers that no connection has: those begin with the index of their shard, of which there are 64.
    static let firstSession: UInt64 = 1 << 63

    static func isGuest(_ session: SessionID) -> Bool { session.number >= firstSession }

    // MARK: From the meeting

    /// Takes note of what the room says to anybody.
    func observe(_ output: Room.Output) {
        switch output {
        case .reply(let session, _, let reply):
            if Self.isGuest(session) {
                replied(session, reply)
            } else if case .joined(let snapshot) = reply {
                joined(snapshot.own)
            }
        case .tell(let sessions, let event): observe(event, for: sessions.filter(Self.isGuest))
        case .emptied: close()
        case .store, .keep, .close: break
        }
    }

    private func observe(_ event: ServerEvent, for sessions: [SessionID]) {
        switch event {
        case .participantJoined(let participant): joined(participant)
        case .participantLeft(let id, _): left(id)
        case .mediaChanged(let id, let media): give(.muted(!media.microphone), to: id)
        case .signal(let from, _, let data):
            guard let session = sessions.first,
                let key = guests.first(where: { $0.value.session == session })?.key
            else { return }
            give(.signalled(key, data), to: from)
        case .ended: close()
        case .participantConnection, .chat, .replaced, .stopping: break
        // Guests have no connection to the server.
        case .slots, .speakers, .layers, .muted, .mediaEnded, .mediaLoad, .news: break
        }
    }

    private func joined(_ participant: Participant) {
        guard !participant.isGuest, !host.isStream(participant.id) else { return }
        // Another page needs other peer connections, so another client.
        if let known = members[participant.id] {
            if known.page == participant.page { return }
            left(participant.id)
        }
        waiting.removeAll { $0.id == participant.id }
        let standIn = makeStandIn()
        if type(of: standIn).isForOne, !members.isEmpty { return waiting.append(participant) }
        let socketID = random.nextText(20, from: MeetingCode.alphabet)
        let carrier = StandInCarrier(participant.id, of: self)
        let description = DialectClient(
            socketID: socketID, auth: type(of: standIn).auth(name: participant.name),
            standInName: participant.name)
        let client = shard.dialects.enter(room.key, description, carrier)
        members[participant.id] = Member(
            page: participant.page, socketID: socketID, standIn: standIn, client: client)
        give(.entered(socketID: socketID, room: room.name, name: participant.name), to: participant.id)
        give(.muted(!participant.media.microphone), to: participant.id)
    }

    private func left(_ id: ParticipantID) {
        waiting.removeAll { $0.id == id }
        guard let member = members.removeValue(forKey: id) else { return }
        shard.dialects.leave(room.key, member.client)
        for key in guests.keys { forget(key, by: id) }
        if members.isEmpty, let next = waiting.first { joined(next) }
    }

    private func close() {
        waiting = []
        for id in members.keys { left(id) }
    }

    private func replied(_ session: SessionID, _ reply: Room.Reply) {
        guard let key = guests.first(where: { $0.value.session == session })?.key else { return }
        switch reply {
        case .joined(let snapshot): guests[key]?.participant = snapshot.own.id
        // The meeting is full, or comings and goings were too many: the guest is not seen.
        case .refused where guests[key]?.participant == nil: guests[key] = nil
        case .refused, .waiting, .chat, .done: break
        }
    }

    // MARK: From the dialect

    fileprivate func told(_ message: DialectMessage, _ id: ParticipantID) {
        give(.told(message.name, message.values), to: id)
    }

    fileprivate func acknowledged(_ arguments: [JSONValue], _ id: ParticipantID) {
        give(.acknowledged(arguments), to: id)
    }

    // MARK: Stand-ins

    private func give(_ input: StandInInput, to id: ParticipantID) {
        members[id]?.standIn.handle(input)
        while let output = members[id]?.standIn.poll() { perform(output, of: id) }
    }

    private func perform(_ output: StandInOutput, of id: ParticipantID) {
        guard let member = members[id] else { return }
        switch output {
        case .send(let name, let arguments, let wantsAck):
            let event = DialectEvent(name, arguments, ack: wantsAck ? AckID(0) : nil)
            shard.dialects.forward(event, of: member.client, to: room.key)
        case .guestCame(let key, let name): come(key, name: name, for: id)
        case .guestLeft(let key): forget(key, by: id)
        case .guestMuted(let key, let isMuted): change(key, isMuted: isMuted)
        case .signal(let key, let data):
            guard let session = guests[key]?.session else { return }
            input(.signal(session, RequestID(0), to: id, page: member.page, data: data))
        }
    }

    private func come(_ key: GuestKey, name: String, for id: ParticipantID) {
        // Our own people see each other anyway.
        guard !members.values.contains(where: { $0.socketID == key.text }) else { return }
        // Their page was loaded anew.
        if guests[key]?.knownTo.contains(id) == true { leave(key) }
        guard guests[key] == nil else {
            guests[key]?.knownTo.insert(id)
            return
        }
        lastSession += 1
        let session = SessionID(Self.firstSession | lastSession)
        guests[key] = Guest(session: session, knownTo: [id])
        let join = Room.Join(
            name: name, page: PageID(Base64.urlText(random.nextBytes(9))),
            media: MediaState(microphone: true, camera: true), isGuest: true)
        input(.join(session, RequestID(0), join, .system()))
    }

    private func forget(_ key: GuestKey, by id: ParticipantID) {
        guests[key]?.knownTo.remove(id)
        if guests[key]?.knownTo.isEmpty == true { leave(key) }
    }

    private func leave(_ key: GuestKey) {
        guard let guest = guests.removeValue(forKey: key) else { return }
        input(.leave(guest.session, RequestID(0)))
    }

    private func change(_ key: GuestKey, isMuted: Bool) {
        guard let session = guests[key]?.session else { return }
        input(.media(session, RequestID(0), MediaState(microphone: !isMuted, camera: true)))
    }

    private func input(_ input: Room.Input) { host.handle(input) }
}

/// Carries the dialect's events to a stand-in.
private final class StandInCarrier: DialectCarrier {
    private let participant: ParticipantID
    private weak var bridge: DialectBridge?

    init(_ participant: ParticipantID, of bridge: DialectBridge) {
        self.participant = participant
        self.bridge = bridge
    }

    func deliver(_ message: DialectMessage) { bridge?.told(message, participant) }
    func acknowledge(_ ack: AckID, _ arguments: [JSONValue]) { bridge?.acknowledged(arguments, participant) }
    func close() {}
}
