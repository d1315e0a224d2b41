// SPDX-License-Identifier: Apache-2.0
import EngineKit
import JSON
import MeetingProtocol
import TestKit
import Testing

@testable import Rooms

@Suite("Simulated meetings")
struct RoomSimulationTests {
    @Test("keep the room's invariant through thousands of random steps", arguments: 1...12)
    func invariant(seed: Int) {
        var simulation = RoomSimulation(seed: UInt64(seed))
        for _ in 0..<2000 { simulation.step() }
        #expect(simulation.violations == [])
    }

    @Test("reach everything a room can say")
    func coverage() {
        var seen: Set<String> = []
        for seed in 1...20 {
            var simulation = RoomSimulation(seed: UInt64(seed))
            for _ in 0..<2000 { simulation.step() }
            seen.formUnion(simulation.seen)
        }
        #expect(
            seen == [
                "joined", "waiting", "meeting-locked", "denied", "removed", "not-host", "not-allowed",
                "no-such-message", "tell hands", "tell reaction", "tell chat-changed", "tell role-changed",
                "tell rules-changed", "tell lobby", "tell admitted", "tell denied", "tell removed",
                "tell spotlight", "tell recording", "tell muted", "tell poll", "tell poll-deleted",
                "tell lobby-chat", "keep",
                "no-such-poll", "poll-closed", "chat", "done", "meeting-full", "already-joined",
                "not-joined", "chat-unavailable",
                "too-fast", "no-such-participant", "stale-page", "meeting-ended", "tell participant-joined",
                "tell participant-left", "tell participant-connection", "tell media-changed", "tell chat",
                "tell signal", "tell replaced", "tell ended", "store", "close", "emptied",
            ])
    }

    @Test("are the same for the same seed")
    func deterministic() {
        var first = RoomSimulation(seed: 3)
        var second = RoomSimulation(seed: 3)
        for _ in 0..<500 {
            first.step()
            second.step()
        }
        #expect(first.transcript == second.transcript)
    }
}

/// People who join, leave, lose their connection, come back and talk at random, and a disk that
/// answers late, out of order and sometimes with an error; checks what the room says to them.
struct RoomSimulation {
    private(set) var violations: [String] = []
    /// The kinds of output that came up.
    private(set) var seen: Set<String> = []
    private(set) var transcript: [Room.Output] = []

    private var room: Room
    private var random: SeededRandomSource
    private var now = Instant.origin
    private var lastRequest: UInt64 = 0
    private var lastSession: UInt64 = 0
    /// Sessions that are connected, joined or not.
    private var connected: [SessionID] = []
    private var unanswered: [RequestID: SessionID] = [:]
    private var storing: [Int64] = []
    private var confirmed: Set<Int64> = []
    private var lastSeq: Int64 = 0
    /// Requests of guests that wait to be let in, and of guests at all.
    private var guests: Set<RequestID> = []
    private var wereGuests: Set<RequestID> = []
    /// Participants that were ever seated: they may come back.
    private var known: [ParticipantID] = []
    private let pages: [PageID] = ["p1", "p2", "p3"]

    init(seed: UInt64) {
        random = SeededRandomSource(seed: seed)
        let retention: ChatRetention = seed % 4 == 0 ? .none : .day
        room = Room(
            capacity: 4, grace: .seconds(30), retention: retention,
            random: SeededRandomSource(seed: seed &+ 1))
    }

    /// A number from 0 to `limit` - 1.
    private mutating func pick(_ limit: Int) -> Int {
        let bytes = random.nextBytes(2)
        return (Int(bytes[0]) << 8 | Int(bytes[1])) % limit
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[pick(elements.count)]
    }

    mutating func step() {
        // Mostly quick, so that limits are met; now and then longer than a lost seat is kept.
        now = now.advanced(by: .milliseconds(pick(40) == 0 ? 40_000 : pick(30)))
        let input = nextInput()
        room.handle(input, at: now)
        for output in room.drain() { check(output) }
        if case .disconnected(let session) = input { forget(session) }
        checkRoom()
    }

    private mutating func nextInput() -> Room.Input {
        let choice = pick(28)
        if choice == 0 || connected.isEmpty { connect() }
        guard let session = pick(connected) else { return .tick }
        let wall = WallClock(milliseconds: 1_000_000 + now.nanoseconds / 1_000_000)
        switch choice {
        case 0...4:
            let back = pick(2) == 0 ? pick(known) : nil
            let join = Room.Join(
                participant: back, name: "N\(pick(2))", page: pick(pages) ?? "p",
                role: pick([.viewer, .participant, .participant, .coHost, .host]) ?? .host,
                media: MediaState(camera: pick(2) == 0), after: Int64(pick(5)),
                hand: pick(3) == 0 ? Int64(pick(900)) * 1000 : nil, isGuest: pick(9) == 0)
            let number = request(of: session)
            if join.isGuest { wereGuests.insert(number) }
            return .join(session, number, join, wall)
        case 5: return .leave(session, request(of: session))
        case 6: return .disconnected(session)
        case 7...10:
            let id = MessageID("m\(pick(40))")
            return .chat(
                session, request(of: session), ChatDraft(id, "Hi", to: pick(4) == 0 ? pick(known) : nil), wall
            )
        case 11...13:
            guard !storing.isEmpty else { return .tick }
            let seq = storing.remove(at: pick(storing.count))
            confirmed.insert(seq)
            return .stored(seq: seq)
        case 14:
            guard !storing.isEmpty else { return .storeFailed(seq: 999_999) }
            return .storeFailed(seq: storing.remove(at: pick(storing.count)))
        case 15: return .media(session, request(of: session), MediaState(microphone: pick(2) == 0))
        case 16...18:
            return .signal(
                session, request(of: session), to: pick(known) ?? "nobody", page: pick(pages) ?? "p",
                data: ["candidate": nil])
        case 19...21: return .talk(session, request(of: session), talk(), wall)
        case 22...25: return .host(session, request(of: session), hostWish(), wall)
        case 26:
            return .lobbyChat(
                session, request(of: session), "Hi", to: pick(2) == 0 ? pick(known) : nil, wall)
        default: return pick(300) == 0 ? .end(.endedByHost) : .tick
        }
    }

    private mutating func talk() -> TalkRequest {
        let seq = Int64(pick(Int(min(lastSeq, 1_000)) + 2))
        switch pick(9) {
        case 5...8: return .poll(pollWish())
        case 0: return .react(.clap)
        case 1: return .chatReact(seq: seq, .heart, isOn: pick(2) == 0)
        case 2: return .chatDelete(seq: seq)
        default: return .hand(isRaised: pick(3) > 0)
        }
    }

    private mutating func pollWish() -> PollRequest {
        let id = PollID("q\(pick(24))")
        switch pick(12) {
        case 0...4:
            return .open(
                PollDraft(id, "?", ["a", "b"], isSecret: pick(2) == 0, allowsSeveral: pick(2) == 0))
        case 5...9: return .vote(id, [[], [0], [1], [0, 1], [7]][pick(5)])
        case 10: return .close(id)
        default: return pick(6) == 0 ? .delete(id) : .close(id)
        }
    }

    private mutating func hostWish() -> HostRequest {
        let someone = pick(known) ?? "nobody"
        switch pick(9) {
        case 0: return .mute(MediaTrack(someone, .camera))
        case 1: return .muteAll(.camera)
        case 2: return .role(someone, pick(MeetingRole.allCases) ?? .viewer)
        case 3: return pick(2) == 0 ? .remove(someone) : .spotlight(someone)
        case 4:
            return .rules(
                MeetingRules(
                    isLocked: pick(6) == 0, hasLobby: pick(2) == 0, camera: pick(2) == 0, chat: pick(8) > 0))
        case 5: return .admit(pick(2) == 0 ? nil : [someone])
        case 6: return .deny(pick(4) == 0 ? nil : [someone])
        case 7: return .lowerHands(pick(2) == 0 ? nil : someone)
        default: return pick(2) == 0 ? .admit(nil) : .recording(pick(2) == 0)
        }
    }

    private mutating func connect() {
        lastSession += 1
        connected.append(SessionID(lastSession))
    }

    private mutating func request(of session: SessionID) -> RequestID {
        lastRequest += 1
        unanswered[RequestID(lastRequest)] = session
        return RequestID(lastRequest)
    }

    private mutating func forget(_ session: SessionID) {
        connected.removeAll { $0 == session }
        unanswered = unanswered.filter { $0.value != session }
    }

    private mutating func check(_ output: Room.Output) {
        transcript.append(output)
        switch output {
        case .reply(let session, let request, let reply):
            switch reply {
            case .waiting(let id, _):
                seen.insert("waiting")
                require(!room.holdsSeat(id), "nobody waits who is in")
                if !known.contains(id) { known.append(id) }
            case .joined: seen.insert("joined")
            case .chat: seen.insert("chat")
            case .done: seen.insert("done")
            case .refused(let refusal): seen.insert(refusal.rawValue)
            }
            // A guest who was let in is told so by a second answer.
            if case .joined = reply, guests.remove(request) != nil {
                require(unanswered[request] == nil, "answers guests twice at most")
            } else {
                require(unanswered.removeValue(forKey: request) == session, "answers \(request) once")
            }
            if case .waiting = reply, wereGuests.contains(request) { guests.insert(request) }
            require(connected.contains(session), "answers sessions that are there")
            if case .joined(let snapshot) = reply { check(snapshot) }
        case .tell(let sessions, let event):
            if case .news(.poll(let poll)) = event { check(poll) }
            seen.insert("tell \(event.name)")
            require(!sessions.isEmpty && Set(sessions).count == sessions.count, "tells each session once")
            require(sessions.allSatisfy(connected.contains), "tells sessions that are there")
            if case .chat(let message) = event {
                require(message.seq > lastSeq, "chat numbers grow")
                lastSeq = message.seq
            }
            if case .news(.chatChanged(let change)) = event {
                require(change.changed > lastSeq && change.seq < change.changed, "changes are numbered")
                lastSeq = change.changed
            }
            checkAudience(sessions, event)
        case .store(let message):
            seen.insert("store")
            storing.append(message.newestSeq)
        case .keep(_, let answer):
            seen.insert("keep")
            guard let answer else { break }
            require(
                unanswered.removeValue(forKey: answer.request) == answer.session,
                "answers \(answer.request) once")
            require(connected.contains(answer.session), "answers sessions that are there")
        case .close(let session):
            seen.insert("close")
            require(connected.contains(session), "closes sessions that are there")
            forget(session)
        case .emptied:
            seen.insert("emptied")
            require(room.isEmpty, "is empty when it says so")
        }
    }

    private mutating func check(_ poll: Poll) {
        require(poll.own == nil, "what one has chosen is nobody else's business")
        require(!poll.draft.isSecret || poll.voters == nil, "secrets are kept")
        require(!poll.draft.isSecret || poll.isClosed == (poll.votes != nil), "secret votes are counted last")
        let votes = poll.votes?.reduce(0, +) ?? poll.voted
        require(votes >= poll.voted, "every vote has an option")
    }

    /// Those who wait are told of their own fate, and nothing else.
    private mutating func checkAudience(_ sessions: [SessionID], _ event: ServerEvent) {
        let waiting = Set(room.lobby.sessions)
        switch event {
        case .replaced, .ended, .news(.admitted), .news(.denied), .news(.removed): break
        case .news(.lobbyChat):
            require(
                room.seats.allSatisfy {
                    guard let session = $0.session, sessions.contains(session) else { return true }
                    return $0.role.isHosting
                }, "hosts alone hear what is said in the lobby")
            require(sessions.count == 1 || waiting.isDisjoint(with: sessions), "one of the lobby hears it")
        case .news(.lobby):
            require(
                room.seats.allSatisfy {
                    guard let session = $0.session, sessions.contains(session) else { return true }
                    return $0.role.isHosting
                }, "hosts alone hear of the lobby")
            require(waiting.isDisjoint(with: sessions), "the lobby hears nothing of itself")
        default: require(waiting.isDisjoint(with: sessions), "who waits hears nothing")
        }
    }

    private mutating func check(_ snapshot: Room.Snapshot) {
        let ids = snapshot.participants.map(\.id) + [snapshot.own.id]
        require(Set(ids).count == ids.count, "participants differ")
        require(ids.count <= 4, "a snapshot has no more people than seats")
        let seqs = snapshot.chat.messages.map(\.seq)
        require(seqs == Array(Set(seqs)).sorted(), "history is in order")
        require(
            snapshot.chat.messages.allSatisfy { confirmed.contains($0.newestSeq) },
            "history holds what is stored")
        require(
            snapshot.chat.messages.allSatisfy { $0.isVisible(to: snapshot.own.id) },
            "history holds what is for these eyes")
        require((snapshot.lobby != nil) == snapshot.role.isHosting, "hosts alone see who waits")
        if !known.contains(snapshot.own.id) { known.append(snapshot.own.id) }
    }

    private mutating func checkRoom() {
        require(room.participantCount <= 4, "seats are within capacity")
        for seat in room.seats {
            require(
                seat.media == room.rules.allowed(seat.media, for: seat.role), "what is forbidden is off")
            require(!room.lobby.holds(seat.id), "nobody waits who is in")
        }
        require(
            room.hands.allSatisfy { room.holdsSeat($0.participant) }
                && Set(room.hands.map(\.participant)).count == room.hands.count, "hands belong to seats")
        require(room.spotlight.map(room.holdsSeat) ?? true, "the light is on somebody who is there")
        let all = room.sessions + room.lobby.sessions
        require(Set(all).count == all.count, "a session sits or waits once")
        require(room.lobby.sessions.allSatisfy(connected.contains), "who waits is there, or lost")
        require(Set(room.sessions).count == room.sessions.count, "a session has one seat")
        require(room.sessions.allSatisfy(connected.contains), "seats are held by sessions that are there")
        require(room.deadline.map { $0 > now } ?? true, "nothing is overdue")
        // Only a message on its way to disk keeps a request waiting.
        require(unanswered.isEmpty || !storing.isEmpty, "requests are answered")
    }

    private mutating func require(_ condition: Bool, _ promise: String) {
        if !condition { violations.append("\(promise) (step output \(transcript.count))") }
    }
}
