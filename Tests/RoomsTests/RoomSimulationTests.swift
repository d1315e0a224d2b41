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
        for seed in 1...12 {
            var simulation = RoomSimulation(seed: UInt64(seed))
            for _ in 0..<2000 { simulation.step() }
            seen.formUnion(simulation.seen)
        }
        #expect(
            seen == [
                "joined", "chat", "done", "meeting-full", "already-joined", "not-joined", "chat-unavailable",
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
        now = now.advanced(by: .milliseconds(pick(40) == 0 ? 40_000 : pick(60)))
        let input = nextInput()
        room.handle(input, at: now)
        for output in room.drain() { check(output) }
        if case .disconnected(let session) = input { forget(session) }
        checkRoom()
    }

    private mutating func nextInput() -> Room.Input {
        let choice = pick(20)
        if choice == 0 || connected.isEmpty { connect() }
        guard let session = pick(connected) else { return .tick }
        let wall = WallClock(milliseconds: 1_000_000 + now.nanoseconds / 1_000_000)
        switch choice {
        case 0...4:
            let back = pick(2) == 0 ? pick(known) : nil
            let join = Room.Join(
                participant: back, name: "N\(pick(2))", page: pick(pages) ?? "p",
                media: MediaState(camera: pick(2) == 0), after: Int64(pick(5)))
            return .join(session, request(of: session), join, wall)
        case 5: return .leave(session, request(of: session))
        case 6: return .disconnected(session)
        case 7...10:
            let id = MessageID("m\(pick(40))")
            return .chat(session, request(of: session), id: id, text: "Hi", wall)
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
        default: return pick(300) == 0 ? .end(.endedByHost) : .tick
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
            case .joined: seen.insert("joined")
            case .chat: seen.insert("chat")
            case .done: seen.insert("done")
            case .refused(let refusal): seen.insert(refusal.rawValue)
            }
            require(unanswered.removeValue(forKey: request) == session, "answers \(request) once")
            require(connected.contains(session), "answers sessions that are there")
            if case .joined(let snapshot) = reply { check(snapshot) }
        case .tell(let sessions, let event):
            seen.insert("tell \(event.name)")
            require(!sessions.isEmpty && Set(sessions).count == sessions.count, "tells each session once")
            require(sessions.allSatisfy(connected.contains), "tells sessions that are there")
            if case .chat(let message) = event {
                require(message.seq > lastSeq, "chat numbers grow")
                lastSeq = message.seq
            }
        case .store(let message):
            seen.insert("store")
            storing.append(message.seq)
        case .close(let session):
            seen.insert("close")
            require(connected.contains(session), "closes sessions that are there")
            forget(session)
        case .emptied:
            seen.insert("emptied")
            require(room.participantCount == 0, "is empty when it says so")
        }
    }

    private mutating func check(_ snapshot: Room.Snapshot) {
        let ids = snapshot.participants.map(\.id) + [snapshot.own.id]
        require(Set(ids).count == ids.count, "participants differ")
        require(ids.count <= 4, "a snapshot has no more people than seats")
        let seqs = snapshot.chat.messages.map(\.seq)
        require(seqs == Array(Set(seqs)).sorted(), "history is in order")
        require(seqs.allSatisfy(confirmed.contains), "history holds what is stored")
        if !known.contains(snapshot.own.id) { known.append(snapshot.own.id) }
    }

    private mutating func checkRoom() {
        require(room.participantCount <= 4, "seats are within capacity")
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
