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
        capacity: Int = 3, retention: ChatRetention = .day, past: Room.PastChat = Room.PastChat()
    ) {
        room = Room(
            capacity: capacity, grace: .seconds(30), retention: retention, past: past,
            random: SeededRandomSource(seed: 1))
    }

    /// Milliseconds since 1970, in step with the virtual clock.
    var wall: WallClock { WallClock(milliseconds: 1_000_000 + now.nanoseconds / 1_000_000) }

    mutating func wait(_ duration: Duration) { now = now.advanced(by: duration) }

    /// The outputs that `input` causes now.
    mutating func callAsFunction(_ input: Room.Input) -> [Room.Output] { room.outputs(for: input, at: now) }

    mutating func join(
        _ session: UInt64, name: String = "Ana", page: PageID = "page", as participant: ParticipantID? = nil,
        media: MediaState = hello, after: Int64? = nil
    ) -> [Room.Output] {
        let join = Room.Join(
            participant: participant, name: name, page: page, media: media, after: after)
        return self(.join(SessionID(session), nextRequest(), join, wall))
    }

    /// Joins and returns who the room says that is.
    mutating func seat(
        _ session: UInt64, name: String = "Ana", page: PageID = "page", as participant: ParticipantID? = nil
    ) throws -> Participant {
        try #require(join(session, name: name, page: page, as: participant).snapshot).own
    }

    mutating func leave(_ session: UInt64) -> [Room.Output] {
        self(.leave(SessionID(session), nextRequest()))
    }

    mutating func disconnect(_ session: UInt64) -> [Room.Output] { self(.disconnected(SessionID(session))) }

    mutating func chat(_ session: UInt64, _ id: MessageID, _ text: String = "Hi") -> [Room.Output] {
        self(.chat(SessionID(session), nextRequest(), id: id, text: text, wall))
    }

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

    /// Replies without their request's number.
    var replies: [Room.Reply] {
        compactMap { if case .reply(_, _, let reply) = $0 { reply } else { nil } }
    }

    /// Messages to be stored.
    var stores: [ChatMessage] {
        compactMap { if case .store(let message) = $0 { message } else { nil } }
    }

    /// Everything but replies.
    var effects: [Room.Output] {
        filter { if case .reply = $0 { false } else { true } }
    }

    static func told(_ sessions: UInt64..., event: ServerEvent) -> [Room.Output] {
        [.tell(sessions.map { SessionID($0) }, event)]
    }
}
