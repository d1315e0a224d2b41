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
/// only grow; no output names a session that has disconnected or was closed; whoever waits in the lobby is
/// told nothing of the meeting, and what rules and role forbid is on nowhere. Seats, the lobby, waiting
/// messages and history are bounded.
public struct Room: Engine {
    public let capacity: Int
    /// In the order of joining: an array, so that outputs come out in the same order every run.
    var seats: [Seat] = []
    var lobby = Lobby()
    var rules = MeetingRules()
    /// The first one first.
    var hands: [RaisedHand] = []
    var spotlight: ParticipantID?
    /// Whoever records has said so.
    public internal(set) var recording: Recording?
    /// Who has been in, as what, and who must not come back.
    var acquaintances: Acquaintances
    var polls: PollBox
    var chat: ChatLog
    private var outputs = Queue<Output>()
    private var random: any RandomSource
    /// Everybody hears of every join, so one client that joins and leaves must not keep all busy. A full meeting comes
    /// at once: on the hour, and when the server was restarted.
    private var joinAllowance: TokenBucket
    /// When the first one came.
    private var openedAt: Instant?
    private var hasEnded = false
    /// Somebody has taken a seat since the room was last reported as empty.
    private var owesEmptied = false
    let grace: Duration

    /// - Parameters:
    ///   - grace: How long a lost participant keeps their seat.
    ///   - retention: `none` delivers messages without storing them.
    ///   - past: The chat so far, when the meeting is older than this room.
    ///   - memory: How it was held before.
    ///   - random: Names new participants.
    public init(
        capacity: Int = 6, grace: Duration = .seconds(30), retention: ChatRetention = .day,
        past: PastChat = PastChat(), memory: MeetingMemory = MeetingMemory(),
        random: any RandomSource
    ) {
        self.capacity = capacity
        joinAllowance = TokenBucket(burst: max(30, capacity), perSecond: 3)
        self.grace = grace
        self.random = random
        chat = ChatLog(retention: retention, past: past)
        rules = memory.rules
        recording = memory.recording
        acquaintances = Acquaintances(memory.acquaintances)
        polls = PollBox(memory.polls, retention: retention)
    }

    /// Seats taken, those of lost participants included.
    public var participantCount: Int { seats.count }

    /// Whether nobody has a seat or waits for one.
    public var isEmpty: Bool { seats.isEmpty && lobby.isEmpty }

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
    /// How many wait to be let in.
    public var waitingCount: Int { lobby.places.count }
    /// The sessions that have a seat.
    public var sessions: [SessionID] { seats.compactMap(\.session) }
    /// When the next lost participant's seat is given up, or votes are told.
    public var deadline: Instant? {
        [seats.lazy.compactMap(\.expiry).min(), lobby.deadline, polls.deadline].compactMap(\.self).min()
    }

    public mutating func handle(_ input: consuming Input, at now: Instant) {
        expireSeats(at: now)
        tellPolls(at: now)
        switch input {
        case .join(let session, let request, let join, let time):
            self.join(Asker(session, request), join, time: time, at: now)
        case .leave(let session, let request):
            leave(Asker(session, request))
        case .disconnected(let session):
            lose(session, at: now)
        case .chat(let session, let request, let draft, let time):
            say(draft, Asker(session, request), time: time, at: now)
        case .talk(let session, let request, let wish, let time):
            talk(wish, Asker(session, request), time: time, at: now)
        case .host(let session, let request, let wish, let time):
            host(wish, Asker(session, request), time: time, at: now)
        case .recording(let recording):
            announce(recording)
        case .lobbyChat(let session, let request, let text, let to, let time):
            sayInLobby(text, to: to, Asker(session, request), time: time, at: now)
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
        if owesEmptied, isEmpty, chat.isSettled {
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
        if openedAt == nil { openedAt = now }
        if let id = join.participant, let index = seats.firstIndex(where: { $0.id == id }) {
            leaveLobby(asker.session)
            return comeBack(to: index, asker, join, time: time)
        }
        if let id = join.participant, let refusal = acquaintances.bar(of: id) {
            return refuse(asker, refusal)
        }
        let isKnown = join.participant.map { acquaintances.contains($0) } ?? false
        if !isKnown, !join.role.isHosting, !join.isExpected {
            let isWaiting = join.participant.map { lobby.holds($0) } ?? false
            guard isWaiting || !rules.isLocked else { return refuse(asker, .meetingLocked) }
            if isWaiting || rules.hasLobby {
                owesEmptied = true
                return wait(asker, join, time: time)
            }
        }
        guard seats.count < capacity else { return refuse(asker, .meetingFull) }
        // One place in the lobby is enough, and now it is done with.
        leaveLobby(asker.session, join.participant)
        sit(asker, join, time: time, at: now)
    }

    mutating func sit(_ asker: Asker, _ join: Join, time: WallClock, at now: Instant) {
        let id = join.participant ?? newParticipantID()
        let role = acquaintances.role(of: id, foundAs: join.role)
        var seat = Seat(id: id, join, role: role, session: asker.session, at: time)
        seat.media = rules.allowed(join.media, for: role)
        seats.append(seat)
        if !join.isGuest { remember(acquaintances.add(id, at: time)) }
        owesEmptied = true
        let isRestored = restoreHand(of: join, id, time: time, at: now)
        welcome(asker, seats.count - 1, after: join.after, time: time)
        tellAll(.participantJoined(seat.participant), except: id)
        if isRestored { tellAll(.news(.hands(hands)), except: id) }
    }

    /// For how long after its first join a room takes people's word for when they raised their hands.
    private static let handGrace = Duration.seconds(60)

    /// Puts the hand of somebody whose seat is older than this room to its old place in the queue.
    private mutating func restoreHand(
        of join: Join, _ id: ParticipantID, time: WallClock, at now: Instant
    ) -> Bool {
        guard join.participant != nil, let since = join.hand, let openedAt,
            openedAt.duration(to: now) <= Self.handGrace
        else { return false }
        let hand = RaisedHand(id, since: min(since, time.milliseconds))
        hands.insert(hand, at: hands.firstIndex { $0.since > hand.since } ?? hands.count)
        return true
    }

    /// Gives a seat back to its participant, who may have lost it or may be opening it a second time.
    private mutating func comeBack(to index: Int, _ asker: Asker, _ join: Join, time: WallClock) {
        let before = seats[index]
        seats[index].name = join.name
        seats[index].page = join.page
        seats[index].role = acquaintances.role(of: before.id, foundAs: join.role)
        seats[index].media = rules.allowed(join.media, for: seats[index].role)
        seats[index].presence = .connected(asker.session)
        let seat = seats[index]
        if let old = before.session {
            outputs.append(.tell([old], .replaced))
            close(old)
        }
        welcome(asker, index, after: join.after, time: time)
        defer {
            if before.role != seat.role {
                tellAll(.news(.roleChanged(seat.id, seat.role, by: seat.id)), except: seat.id)
            }
        }
        guard before.page == join.page, before.name == join.name else {
            return tellAll(.participantJoined(seat.participant), except: seat.id)
        }
        if case .lost(_, let held) = before.presence {
            tellAll(.participantConnection(seat.id, connected: true), except: seat.id)
            for event in held.events { outputs.append(.tell([asker.session], event)) }
        }
        if before.media != seat.media { tellAll(.mediaChanged(seat.id, seat.media), except: seat.id) }
    }

    private mutating func leave(_ asker: Asker) {
        if leaveLobby(asker.session) { return reply(asker, .done) }
        guard let index = seatIndex(of: asker.session) else { return refuse(asker, .notJoined) }
        reply(asker, .done)
        giveUp(index, .left)
    }

    private mutating func lose(_ session: SessionID, at now: Instant) {
        chat.forget(session)
        if lobby.lose(session, until: now.advanced(by: grace)) { return }
        guard let index = seatIndex(of: session) else { return }
        seats[index].presence = .lost(until: now.advanced(by: grace), held: Seat.HeldSignals())
        tellAll(.participantConnection(seats[index].id, connected: false), except: seats[index].id)
    }

    private mutating func expireSeats(at now: Instant) {
        while let index = seats.firstIndex(where: { $0.hasExpired(at: now) }) { giveUp(index, .lost) }
        if lobby.expire(at: now) { tellLobby() }
    }

    mutating func giveUp(_ index: Int, _ reason: LeaveReason) {
        let id = seats.remove(at: index).id
        tellAll(.participantLeft(id, reason), except: id)
        if lower(id) { tellAll(.news(.hands(hands))) }
        if spotlight == id {
            spotlight = nil
            tellAll(.news(.spotlight(nil)))
        }
    }

    private mutating func end(_ reason: EndReason) {
        guard !hasEnded else { return }
        hasEnded = true
        let closing = sessions + lobby.sessions
        seats = []
        lobby = Lobby()
        hands = []
        spotlight = nil
        recording = nil
        polls = PollBox([], retention: chat.retention)
        if !closing.isEmpty { outputs.append(.tell(closing, .ended(reason))) }
        for session in closing { close(session) }
        // Those who left while their last message was on its way to disk are still connected.
        for asker in chat.abandon() { refuse(asker, .meetingEnded) }
    }

    mutating func newParticipantID() -> ParticipantID {
        while true {
            let id = ParticipantID(random.nextText(12, from: Self.identifierAlphabet))
            if !seats.contains(where: { $0.id == id }), !lobby.holds(id) { return id }
        }
    }

    /// Without letters and digits that look alike: these names end up in logs that people read.
    private static let identifierAlphabet = Array("abcdefghjkmnpqrstuvwxyz23456789")

    // MARK: Messages

    private mutating func change(_ media: MediaState, _ asker: Asker, at now: Instant) {
        guard let index = seatIndex(of: asker.session) else { return refuse(asker, .notJoined) }
        guard seats[index].mediaAllowance.take(at: now) else { return refuse(asker, .tooFast) }
        let allowed = rules.allowed(media, for: seats[index].role)
        reply(asker, allowed == media ? .done : .refused(.notAllowed))
        guard seats[index].media != allowed else { return }
        seats[index].media = allowed
        tellAll(.mediaChanged(seats[index].id, allowed), except: seats[index].id)
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

    func seatIndex(of session: SessionID) -> Int? {
        seats.firstIndex { $0.session == session }
    }

    mutating func reply(_ asker: Asker, _ reply: Reply) {
        outputs.append(.reply(asker.session, asker.request, reply))
    }

    mutating func refuse(_ asker: Asker, _ refusal: Refusal) { reply(asker, .refused(refusal)) }

    private mutating func welcome(_ asker: Asker, _ index: Int, after: Int64?, time: WallClock) {
        var others = seats.map(\.participant)
        let own = others.remove(at: index)
        let history = chat.newest(after: after ?? 0, for: own.id, at: time)
        polls.expire(at: time)
        reply(
            asker,
            .joined(
                Snapshot(
                    own: own, role: seats[index].role, capacity: capacity, participants: others,
                    chat: history,
                    rules: rules, hands: hands, spotlight: spotlight,
                    recording: recording,
                    lobby: seats[index].role.isHosting ? lobby.waiting : nil,
                    polls: polls.polls.map { $0.seen(by: own.id) },
                    lobbyChat: seats[index].role.isHosting ? lobby.lines : [])))
    }

    mutating func remember(_ changes: [MeetingMemory.Change]) {
        for change in changes { emit(.keep(change, nil)) }
    }

    mutating func emit(_ output: Output) { outputs.append(output) }

    /// Tells those of these participants who are connected.
    mutating func tell(_ event: ServerEvent, to isMeant: (Seat) -> Bool) {
        let sessions = seats.filter(isMeant).compactMap(\.session)
        if !sessions.isEmpty { outputs.append(.tell(sessions, event)) }
    }

    /// Tells everybody who is connected, except the participant `id`.
    mutating func tellAll(_ event: ServerEvent, except id: ParticipantID? = nil) {
        let sessions = seats.filter { $0.id != id }.compactMap(\.session)
        if !sessions.isEmpty { outputs.append(.tell(sessions, event)) }
    }

    mutating func close(_ session: SessionID) {
        chat.forget(session)
        outputs.append(.close(session))
    }
}
