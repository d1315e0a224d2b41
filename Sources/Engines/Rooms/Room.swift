// SPDX-License-Identifier: Apache-2.0
public import EngineKit
internal import JSON
public import MeetingProtocol

/// Who is in a meeting, what they send, and what they said.
///
/// A room decides; it touches no connection and no disk. A participant holds a seat. A lost connection
/// keeps the seat for `grace`, and whoever shows its token gets it back, from the same page or another.
///
/// Invariant: at most `capacity` seats, each participant and each session in at most one of them;
/// every request is answered exactly once unless its session is gone first; delivered chat numbers
/// only grow; no output names a session that has disconnected or was closed. Seats, waiting messages
/// and history are bounded.
public struct Room: Engine {
    public let capacity: Int
    /// In the order of joining: an array, so that outputs come out in the same order every run.
    private var seats: [Seat] = []
    private var chat: ChatLog
    private var outputs = Queue<Output>()
    private var random: any RandomSource
    /// Everybody hears of every join, so one client that joins and leaves must not keep all busy.
    private var joinAllowance = TokenBucket(burst: 30, perSecond: 3)
    private var hasEnded = false
    /// Somebody has taken a seat since the room was last reported as empty.
    private var owesEmptied = false
    private let grace: Duration

    /// - Parameters:
    ///   - grace: How long a lost participant keeps their seat.
    ///   - retention: `none` delivers messages without storing them.
    ///   - past: The chat so far, when the meeting is older than this room.
    ///   - random: Names new participants.
    public init(
        capacity: Int = 6, grace: Duration = .seconds(30), retention: ChatRetention = .day,
        past: PastChat = PastChat(), random: any RandomSource
    ) {
        self.capacity = capacity
        self.grace = grace
        self.random = random
        chat = ChatLog(retention: retention, past: past)
    }

    /// Seats taken, those of lost participants included.
    public var participantCount: Int { seats.count }

    /// Whether `id` has a seat, be it one whose connection is lost.
    public func holdsSeat(_ id: ParticipantID) -> Bool { seats.contains { $0.id == id } }
    /// Who sits there with this session, and as what.
    public func seat(of session: SessionID) -> (participant: Participant, role: MeetingRole)? {
        seatIndex(of: session).map { (seats[$0].participant, seats[$0].role) }
    }

    /// The session of a participant; `nil` while their connection is lost.
    public func session(of id: ParticipantID) -> SessionID? { seats.first { $0.id == id }?.session }

    /// Everybody who holds a seat.
    public var participants: [Participant] { seats.map(\.participant) }
    /// The sessions that have a seat.
    public var sessions: [SessionID] { seats.compactMap(\.session) }
    /// When the next lost participant's seat is given up.
    public var deadline: Instant? { seats.lazy.compactMap(\.expiry).min() }

    public mutating func handle(_ input: consuming Input, at now: Instant) {
        expireSeats(at: now)
        switch input {
        case .join(let session, let request, let join, let time):
            self.join(Asker(session, request), join, time: time, at: now)
        case .leave(let session, let request):
            leave(Asker(session, request))
        case .disconnected(let session):
            lose(session, at: now)
        case .chat(let session, let request, let id, let text, let time):
            say(text, id: id, Asker(session, request), time: time, at: now)
        case .stored(let seq):
            deliver(chat.confirm(seq))
        case .storeFailed(let seq):
            let (refused, deliveries) = chat.fail(seq)
            for asker in refused { refuse(asker, .chatUnavailable) }
            deliver(deliveries)
        case .media(let session, let request, let media):
            change(media, Asker(session, request), at: now)
        case .signal(let session, let request, let to, let page, let data):
            relay(data, to: to, page: page, Asker(session, request), at: now)
        case .end(let reason):
            end(reason)
        case .tick:
            break
        }
        if owesEmptied, seats.isEmpty, chat.isSettled {
            owesEmptied = false
            outputs.append(.emptied)
        }
    }

    public mutating func poll() -> Output? { outputs.popFirst() }

    // MARK: Seats

    private mutating func join(_ asker: Asker, _ join: Join, time: WallClock, at now: Instant) {
        guard !hasEnded else { return refuse(asker, .meetingEnded) }
        guard seatIndex(of: asker.session) == nil else { return refuse(asker, .alreadyJoined) }
        guard joinAllowance.take(at: now) else { return refuse(asker, .tooFast) }
        if let id = join.participant, let index = seats.firstIndex(where: { $0.id == id }) {
            return comeBack(to: index, asker, join, time: time)
        }
        guard seats.count < capacity else { return refuse(asker, .meetingFull) }
        let seat = Seat(id: join.participant ?? newParticipantID(), join, session: asker.session, at: time)
        seats.append(seat)
        owesEmptied = true
        welcome(asker, seats.count - 1, after: join.after, time: time)
        tellAll(.participantJoined(seat.participant), except: seat.id)
    }

    /// Gives a seat back to its participant, who may have lost it or may be opening it a second time.
    private mutating func comeBack(to index: Int, _ asker: Asker, _ join: Join, time: WallClock) {
        let before = seats[index]
        seats[index].name = join.name
        seats[index].page = join.page
        seats[index].media = join.media
        seats[index].role = join.role
        seats[index].presence = .connected(asker.session)
        let seat = seats[index]
        if let old = before.session {
            outputs.append(.tell([old], .replaced))
            close(old)
        }
        welcome(asker, index, after: join.after, time: time)
        guard before.page == join.page, before.name == join.name else {
            return tellAll(.participantJoined(seat.participant), except: seat.id)
        }
        if case .lost(_, let held) = before.presence {
            tellAll(.participantConnection(seat.id, connected: true), except: seat.id)
            for event in held.events { outputs.append(.tell([asker.session], event)) }
        }
        if before.media != join.media { tellAll(.mediaChanged(seat.id, seat.media), except: seat.id) }
    }

    private mutating func leave(_ asker: Asker) {
        guard let index = seatIndex(of: asker.session) else { return refuse(asker, .notJoined) }
        reply(asker, .done)
        giveUp(index, .left)
    }

    private mutating func lose(_ session: SessionID, at now: Instant) {
        chat.forget(session)
        guard let index = seatIndex(of: session) else { return }
        seats[index].presence = .lost(until: now.advanced(by: grace), held: Seat.HeldSignals())
        tellAll(.participantConnection(seats[index].id, connected: false), except: seats[index].id)
    }

    private mutating func expireSeats(at now: Instant) {
        while let index = seats.firstIndex(where: { $0.hasExpired(at: now) }) { giveUp(index, .lost) }
    }

    private mutating func giveUp(_ index: Int, _ reason: LeaveReason) {
        let id = seats.remove(at: index).id
        tellAll(.participantLeft(id, reason), except: id)
    }

    private mutating func end(_ reason: EndReason) {
        guard !hasEnded else { return }
        hasEnded = true
        let closing = sessions
        seats = []
        if !closing.isEmpty { outputs.append(.tell(closing, .ended(reason))) }
        for session in closing { close(session) }
        // Those who left while their last message was on its way to disk are still connected.
        for asker in chat.abandon() { refuse(asker, .meetingEnded) }
    }

    private mutating func newParticipantID() -> ParticipantID {
        while true {
            let id = ParticipantID(random.nextText(12, from: Self.identifierAlphabet))
            if !seats.contains(where: { $0.id == id }) { return id }
        }
    }

    /// Without letters and digits that look alike: these names end up in logs that people read.
    private static let identifierAlphabet = Array("abcdefghjkmnpqrstuvwxyz23456789")

    // MARK: Messages

    private mutating func say(
        _ text: String, id: MessageID, _ asker: Asker, time: WallClock, at now: Instant
    ) {
        guard let index = seatIndex(of: asker.session) else { return refuse(asker, .notJoined) }
        guard seats[index].chatAllowance.take(at: now) else { return refuse(asker, .tooFast) }
        switch chat.add(id, text, from: seats[index], at: time, for: asker) {
        case .store(let message): outputs.append(.store(message))
        case .deliver(let message): deliver([ChatLog.Delivery(message: message, waiters: [asker])])
        case .known(let seq, let sentAt): reply(asker, .chat(seq: seq, sentAt: sentAt))
        case .waiting: break
        case .refused(let refusal): refuse(asker, refusal)
        }
    }

    private mutating func deliver(_ deliveries: [ChatLog.Delivery]) {
        for delivery in deliveries {
            let message = delivery.message
            for asker in delivery.waiters { reply(asker, .chat(seq: message.seq, sentAt: message.sentAt)) }
            tellAll(.chat(message))
        }
    }

    private mutating func change(_ media: MediaState, _ asker: Asker, at now: Instant) {
        guard let index = seatIndex(of: asker.session) else { return refuse(asker, .notJoined) }
        guard seats[index].mediaAllowance.take(at: now) else { return refuse(asker, .tooFast) }
        reply(asker, .done)
        guard seats[index].media != media else { return }
        seats[index].media = media
        tellAll(.mediaChanged(seats[index].id, media), except: seats[index].id)
    }

    private mutating func relay(
        _ data: JSONValue, to id: ParticipantID, page: PageID, _ asker: Asker, at now: Instant
    ) {
        guard let index = seatIndex(of: asker.session) else { return refuse(asker, .notJoined) }
        var text: [UInt8] = []
        data.format(into: &text)
        let size = text.count
        guard seats[index].signalAllowance.take(at: now),
            seats[index].signalBytesAllowance.take(size, at: now)
        else { return refuse(asker, .tooFast) }
        guard let target = seats.firstIndex(where: { $0.id == id }), target != index else {
            return refuse(asker, .noSuchParticipant)
        }
        guard seats[target].page == page else { return refuse(asker, .stalePage) }
        let event = ServerEvent.signal(from: seats[index].id, page: seats[index].page, data: data)
        switch seats[target].presence {
        case .connected(let session):
            reply(asker, .done)
            outputs.append(.tell([session], event))
        case .lost(let until, var held):
            guard held.append(event, size: size) else { return refuse(asker, .tooFast) }
            seats[target].presence = .lost(until: until, held: held)
            reply(asker, .done)
        }
    }

    // MARK: Outputs

    private func seatIndex(of session: SessionID) -> Int? {
        seats.firstIndex { $0.session == session }
    }

    private mutating func reply(_ asker: Asker, _ reply: Reply) {
        outputs.append(.reply(asker.session, asker.request, reply))
    }

    private mutating func refuse(_ asker: Asker, _ refusal: Refusal) { reply(asker, .refused(refusal)) }

    private mutating func welcome(_ asker: Asker, _ index: Int, after: Int64?, time: WallClock) {
        var others = seats.map(\.participant)
        let own = others.remove(at: index)
        let history = chat.newest(after: after ?? 0, at: time)
        reply(
            asker,
            .joined(
                Snapshot(
                    own: own, role: seats[index].role, capacity: capacity, participants: others, chat: history
                )))
    }

    /// Tells everybody who is connected, except the participant `id`.
    private mutating func tellAll(_ event: ServerEvent, except id: ParticipantID? = nil) {
        let sessions = seats.filter { $0.id != id }.compactMap(\.session)
        if !sessions.isEmpty { outputs.append(.tell(sessions, event)) }
    }

    private mutating func close(_ session: SessionID) {
        chat.forget(session)
        outputs.append(.close(session))
    }
}
