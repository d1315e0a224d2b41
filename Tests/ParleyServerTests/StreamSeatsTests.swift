// SPDX-License-Identifier: Apache-2.0
import MeetingProtocol
import Testing

@testable import ParleyServer
@testable import Rooms

@Suite("Seats of those who publish by WHIP") struct StreamSeatsTests {
    private let ana = MediaParty(publisher: "ana")

    /// Has a publisher come, and gives the session of its seat.
    private func seat(
        _ seats: inout StreamSeats, _ name: String, _ sources: [MediaSource] = [.camera]
    ) throws -> (session: SessionID, join: Room.Join) {
        let inputs = seats.follow([(MediaParty(publisher: name), sources)])
        try #require(inputs.count == 1)
        guard case .join(let session, _, let join, _) = inputs[0] else {
            throw TestFailure("no seat was asked for")
        }
        return (session, join)
    }

    private struct TestFailure: Error {
        init(_ why: String) {}
    }

    private func joined(_ id: String) -> Room.Reply {
        let own = Participant(
            id: ParticipantID(id), name: "ana", page: PageID("p"), connected: true, media: MediaState(),
            joinedAt: 0)
        return .joined(
            Room.Snapshot(
                own: own, role: .participant, capacity: 10, participants: [],
                chat: ChatHistory(messages: [], complete: true),
                rules: MeetingRules(), hands: []))
    }

    @Test func `a publisher is asked a seat for once, under its name and with what it sends`() throws {
        var seats = StreamSeats()
        let (_, join) = try seat(&seats, "ana", [.microphone, .screen])
        #expect(join.name == "ana")
        #expect(join.media == MediaState(microphone: true, camera: false, screen: true))
        #expect(join.participant == nil)
        let again = seats.follow([(ana, [.screen, .microphone])])
        #expect(again.isEmpty)
        #expect(seats.parties.isEmpty, "the room has not answered")
    }

    @Test func `names are shown without line breaks, not too long, and never empty`() throws {
        var seats = StreamSeats()
        let spaced = try seat(&seats, " a \n b\t").join.name
        #expect(spaced == "a b")
        var others = StreamSeats()
        let empty = try seat(&others, "   ").join.name
        #expect(empty == "Stream")
        var long = StreamSeats()
        let name = try seat(&long, String(repeating: "x", count: 1_000)).join.name
        #expect(name.count == MeetingLimits.nameCharacters)
    }

    @Test func `who is seated is known by the participant, changes and leaves`() throws {
        var seats = StreamSeats()
        let (session, _) = try seat(&seats, "ana")
        seats.replied(session, joined("p1"))
        #expect(seats.parties == [ParticipantID("p1"): ana])
        #expect(seats.holds(ParticipantID("p1")) && !seats.holds(ParticipantID("p2")))
        let change = seats.follow([(ana, [.camera, .microphone])])
        #expect(
            change == [
                .media(session, RequestID(0), MediaState(microphone: true, camera: true, screen: false))
            ])
        #expect(seats.holds(ParticipantID("p1")))
        let end = seats.follow([])
        #expect(end == [.leave(session, RequestID(0))])
        #expect(seats.isEmpty)
        // An answer that comes after that seats nobody.
        seats.replied(session, joined("p1"))
        #expect(seats.parties.isEmpty)
    }

    @Test func `who is refused is asked a seat for again, under another session`() throws {
        var seats = StreamSeats()
        let (first, _) = try seat(&seats, "ana")
        seats.replied(first, .refused(.meetingFull))
        #expect(seats.isEmpty)
        let (second, _) = try seat(&seats, "ana")
        #expect(second != first)
        // A refusal of something else does not unseat.
        seats.replied(second, joined("p1"))
        seats.replied(second, .refused(.meetingFull))
        #expect(seats.holds(ParticipantID("p1")))
    }

    @Test func `participants of the meeting get no second seat`() {
        var seats = StreamSeats()
        let inputs = seats.follow([(MediaParty(ParticipantID("p1")), [.camera])])
        #expect(inputs.isEmpty)
        #expect(seats.isEmpty)
    }
}
