// SPDX-License-Identifier: Apache-2.0
import EngineKit
import JSON
import MeetingProtocol
import TestKit
import Testing

@testable import Rooms

/// A room with a clock and a count of requests, so that a test reads as what people do.
///
/// Sessions are plain numbers; a request's number is ten times its session's plus nothing else, since
/// most tests have one request per session on its way.
struct RoomTest {
    var room: Room
    var now = Instant.origin
    private var requests: UInt64 = 0

    static let hello = MediaState(microphone: true, camera: true)

    init(
        capacity: Int = 3, retention: ChatRetention = .day, past: Room.PastChat = Room.PastChat(),
        memory: MeetingMemory = MeetingMemory()
    ) {
        room = Room(
            capacity: capacity, grace: .seconds(30), retention: retention, past: past, memory: memory,
            random: SeededRandomSource(seed: 1))
    }

    /// Milliseconds since 1970, in step with the virtual clock.
    var wall: WallClock { WallClock(milliseconds: 1_000_000 + now.nanoseconds / 1_000_000) }

    mutating func wait(_ duration: Duration) { now = now.advanced(by: duration) }

    /// The outputs that `input` causes now.
    mutating func callAsFunction(_ input: Room.Input) -> [Room.Output] { room.outputs(for: input, at: now) }

    mutating func join(
        _ session: UInt64, name: String = "Ana", page: PageID = "page", as participant: ParticipantID? = nil,
        role: MeetingRole = .participant, media: MediaState = hello, after: Int64? = nil, hand: Int64? = nil
    ) -> [Room.Output] {
        let join = Room.Join(
            participant: participant, name: name, page: page, role: role, media: media, after: after,
            hand: hand)
        return self(.join(SessionID(session), nextRequest(), join, wall))
    }

    /// Joins and returns who the room says that is.
    mutating func seat(
        _ session: UInt64, name: String = "Ana", page: PageID = "page", as participant: ParticipantID? = nil,
        role: MeetingRole = .participant
    ) throws -> Participant {
        try #require(join(session, name: name, page: page, as: participant, role: role).snapshot).own
    }

    mutating func leave(_ session: UInt64) -> [Room.Output] {
        self(.leave(SessionID(session), nextRequest()))
    }

    mutating func disconnect(_ session: UInt64) -> [Room.Output] { self(.disconnected(SessionID(session))) }

    mutating func chat(
        _ session: UInt64, _ id: MessageID, _ text: String = "Hi", to: ParticipantID? = nil,
        reply: Int64? = nil
    ) -> [Room.Output] {
        self(.chat(SessionID(session), nextRequest(), ChatDraft(id, text, to: to, reply: reply), wall))
    }

    mutating func talk(_ session: UInt64, _ wish: TalkRequest) -> [Room.Output] {
        self(.talk(SessionID(session), nextRequest(), wish, wall))
    }

    mutating func host(_ session: UInt64, _ wish: HostRequest) -> [Room.Output] {
        self(.host(SessionID(session), nextRequest(), wish, wall))
    }

    mutating func poll(_ session: UInt64, _ wish: PollRequest) -> [Room.Output] { talk(session, .poll(wish)) }

    mutating func lobbyChat(
        _ session: UInt64, _ text: String = "Hi", to id: ParticipantID? = nil
    ) -> [Room.Output] {
        self(.lobbyChat(SessionID(session), nextRequest(), text, to: id, wall))
    }

    var lastRequest: RequestID { RequestID(requests) }

    mutating func change(_ session: UInt64, _ media: MediaState) -> [Room.Output] {
        self(.media(SessionID(session), nextRequest(), media))
    }

    mutating func signal(
        _ session: UInt64, to id: ParticipantID, page: PageID = "page", _ data: JSONValue = ["candidate": nil]
    ) -> [Room.Output] {
        self(.signal(SessionID(session), nextRequest(), to: id, page: page, data: data))
    }

    private mutating func nextRequest() -> RequestID {
        requests += 1
        return RequestID(requests)
    }
}

extension [Room.Output] {
    /// The snapshot of the one join among these that succeeded.
    var snapshot: Room.Snapshot? {
        compactMap { if case .reply(_, _, .joined(let snapshot)) = $0 { snapshot } else { nil } }.first
    }

    /// The place in the lobby that the one join among these got.
    var place: ParticipantID? {
        compactMap { if case .reply(_, _, .waiting(let id, _)) = $0 { id } else { nil } }.first
    }

    /// Replies without their request's number.
    var replies: [Room.Reply] {
        compactMap { if case .reply(_, _, let reply) = $0 { reply } else { nil } }
    }

    /// Messages to be stored.
    var stores: [ChatMessage] {
        compactMap { if case .store(let message) = $0 { message } else { nil } }
    }

    /// Everything but replies, and what is to be remembered.
    var effects: [Room.Output] {
        filter {
            switch $0 {
            case .reply, .keep: false
            default: true
            }
        }
    }

    /// What is to be remembered, in order.
    var kept: [MeetingMemory.Change] {
        compactMap { if case .keep(let change, _) = $0 { change } else { nil } }
    }

    /// Whether a request is answered once something is stored.
    var isAnsweredLater: Bool { contains { if case .keep(_, .some) = $0 { true } else { false } } }

    /// Polls that are told, and to whom.
    var toldPolls: [(sessions: [SessionID], poll: Poll)] {
        compactMap {
            if case .tell(let sessions, .news(.poll(let poll))) = $0 { (sessions, poll) } else { nil }
        }
    }

    static func told(_ sessions: UInt64..., event: ServerEvent) -> [Room.Output] {
        [.tell(sessions.map { SessionID($0) }, event)]
    }
}
