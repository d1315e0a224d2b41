// SPDX-License-Identifier: Apache-2.0
import EngineKit
import MeetingProtocol
import Testing

@testable import Rooms

@Suite("Polls")
struct PollTests {
    static let draft = PollDraft("q", "Shall we go on?", ["Yes", "No"])

    /// A host with session 1, and a participant with session 2.
    private func meeting(retention: ChatRetention = .day) throws -> (RoomTest, host: Voter, guest: Voter) {
        var test = RoomTest(retention: retention)
        let host = try test.seat(1, name: "Ana", role: .host)
        let guest = try test.seat(2, name: "Ben")
        return (test, Voter(host.id, "Ana"), Voter(guest.id, "Ben"))
    }

    @Test("are told to everybody and stored before they are answered")
    func opens() throws {
        var (test, host, _) = try meeting()
        let outputs = test.poll(1, .open(Self.draft))
        let poll = try #require(outputs.toldPolls.first)
        #expect(poll.sessions == [SessionID(1), SessionID(2)])
        #expect(
            poll.poll == Poll(Self.draft, by: host, openedAt: 1_000_000, votes: [0, 0], voters: [[], []]))
        #expect(outputs.replies.isEmpty && outputs.isAnsweredLater)
        #expect(outputs.kept == [.poll(MeetingMemory.KeptPoll(Self.draft, by: host, openedAt: 1_000_000))])
        #expect(test.poll(1, .open(Self.draft)).replies == [.done], "asked twice, opened once")
        #expect(
            test.poll(2, .open(Self.draft)).replies == [.refused(.notAllowed)], "a name of somebody else's")
    }

    @Test("are answered at once where nothing is kept")
    func keepsNothing() throws {
        var (test, _, _) = try meeting(retention: .none)
        let outputs = test.poll(1, .open(Self.draft))
        #expect(outputs.replies == [.done] && outputs.kept.isEmpty)
    }

    @Test("are told with their votes once in a while, whoever votes how often")
    func votes() throws {
        var (test, host, guest) = try meeting()
        _ = test.poll(1, .open(Self.draft))
        let first = test.poll(2, .vote("q", [1]))
        #expect(first.toldPolls.isEmpty && first.isAnsweredLater)
        #expect(first.kept == [.vote(MeetingMemory.Vote(guest, [1]), "q")])
        _ = test.poll(2, .vote("q", [0]))
        _ = test.poll(1, .vote("q", [0]))
        #expect(test.poll(1, .vote("q", [0])).replies == [.done], "the same again")
        test.wait(.milliseconds(499))
        #expect(test(.tick).isEmpty)
        #expect(test.room.deadline == test.now.advanced(by: .milliseconds(1)))
        test.wait(.milliseconds(1))
        let told = test(.tick).toldPolls
        #expect(told.count == 1)
        #expect(told.first?.poll.votes == [2, 0])
        #expect(told.first?.poll.voters == [[guest, host], []])
        _ = test.poll(2, .vote("q", []))
        test.wait(.seconds(1))
        #expect(test(.tick).toldPolls.first?.poll.voted == 1, "taken back")
    }

    @Test("tell those who come what they have chosen themselves")
    func tellsOwn() throws {
        var (test, _, guest) = try meeting()
        _ = test.poll(1, .open(Self.draft))
        _ = test.poll(2, .vote("q", [1]))
        let again = try #require(test.join(3, as: guest.id).snapshot)
        #expect(again.polls.map(\.own) == [[1]])
        let other = try #require(test.join(4).snapshot)
        #expect(other.polls.map(\.own) == [nil])
    }

    @Test("keep secret who has chosen what, and until the end how many")
    func secret() throws {
        var (test, _, _) = try meeting()
        var draft = Self.draft
        draft.isSecret = true
        _ = test.poll(1, .open(draft))
        _ = test.poll(2, .vote("q", [1]))
        test.wait(.seconds(1))
        let open = try #require(test(.tick).toldPolls.first?.poll)
        #expect(open.voted == 1 && open.votes == nil && open.voters == nil)
        let closed = try #require(test.poll(1, .close("q")).toldPolls.first?.poll)
        #expect(closed.isClosed && closed.votes == [0, 1] && closed.voters == nil)
    }

    @Test("refuse what cannot be chosen")
    func refusesVotes() throws {
        var (test, _, _) = try meeting()
        _ = test.poll(1, .open(Self.draft))
        #expect(test.poll(2, .vote("q", [2])).replies == [.refused(.notAllowed)])
        #expect(test.poll(2, .vote("q", [0, 1])).replies == [.refused(.notAllowed)], "one only")
        #expect(test.poll(2, .vote("r", [0])).replies == [.refused(.noSuchPoll)])
        _ = test.poll(1, .close("q"))
        #expect(test.poll(2, .vote("q", [0])).replies == [.refused(.pollClosed)])
        _ = test.poll(1, .delete("q"))
        #expect(test.poll(2, .close("q")).replies == [.refused(.noSuchPoll)])
    }

    @Test("are opened, closed and deleted by those who may")
    func permissions() throws {
        var (test, _, guest) = try meeting()
        _ = test.poll(2, .open(Self.draft))
        _ = try test.seat(3, role: .viewer)
        #expect(test.poll(3, .open(PollDraft("v", "?", ["a", "b"]))).replies == [.refused(.notAllowed)])
        #expect(test.poll(3, .close("q")).replies == [.refused(.notAllowed)])
        #expect(test.poll(3, .vote("q", [0])).isAnsweredLater, "viewers vote")
        _ = test.host(1, .rules(MeetingRules(polls: false)))
        #expect(test.poll(2, .open(PollDraft("r", "?", ["a", "b"]))).replies == [.refused(.notAllowed)])
        #expect(test.poll(1, .open(PollDraft("r", "?", ["a", "b"]))).isAnsweredLater)
        #expect(test.poll(2, .close("q")).isAnsweredLater, "one's own")
        let gone = test.poll(1, .delete("q"))
        #expect(gone.effects == [.tell([1, 2, 3].map { SessionID($0) }, .news(.pollDeleted("q")))])
        #expect(gone.kept == [.deletePoll("q")])
        _ = guest
    }

    @Test("are no more than a meeting can have")
    func limit() throws {
        var (test, _, _) = try meeting()
        for number in 0..<MeetingLimits.polls {
            test.wait(.seconds(1))
            #expect(test.poll(1, .open(PollDraft(PollID("q\(number)"), "?", ["a", "b"]))).isAnsweredLater)
        }
        test.wait(.seconds(1))
        #expect(test.poll(1, .open(Self.draft)).replies == [.refused(.tooManyPolls)])
    }

    @Test("come back with the room, and go when their time is up")
    func remembers() throws {
        let host = Voter("ana", "Ana")
        let poll = MeetingMemory.KeptPoll(
            Self.draft, by: host, openedAt: 1_000_000, votes: [MeetingMemory.Vote(host, [1])])
        var test = RoomTest(memory: MeetingMemory(polls: [poll]))
        let snapshot = try #require(test.join(1, as: "ana").snapshot)
        #expect(
            snapshot.polls == [
                Poll(
                    Self.draft, by: host, openedAt: 1_000_000, voted: 1, votes: [0, 1], voters: [[], [host]],
                    own: [1])
            ])
        test.wait(.seconds(24 * 3600 + 1))
        #expect(try #require(test.join(2).snapshot).polls.isEmpty)
    }
}
