// SPDX-License-Identifier: Apache-2.0
import EngineKit
import MeetingProtocol
import Testing

@testable import Rooms

@Suite("Seats")
struct SeatTests {
    var test = RoomTest()

    @Test("the first to join finds an empty room")
    mutating func firstJoin() throws {
        let outputs = test.join(1, name: "Ana", page: "p1")
        let snapshot = try #require(outputs.snapshot)
        #expect(outputs.effects.isEmpty && outputs.replies.count == 1)
        #expect(snapshot.capacity == 3)
        #expect(snapshot.participants == [])
        #expect(snapshot.chat == ChatHistory(messages: [], complete: true))
        #expect(snapshot.own.name == "Ana")
        #expect(snapshot.own.page == "p1")
        #expect(snapshot.own.connected)
        #expect(snapshot.own.media == RoomTest.hello)
        #expect(snapshot.own.joinedAt == 1_000_000)
    }

    @Test("those who are there hear of each who joins")
    mutating func laterJoins() throws {
        let ana = try test.seat(1)
        let bo = try test.seat(2, name: "Bo")
        let outputs = test.join(3, name: "Cy")
        let snapshot = try #require(outputs.snapshot)
        #expect(snapshot.participants == [ana, bo])
        #expect(outputs.effects == .told(1, 2, event: .participantJoined(snapshot.own)))
        #expect(Set([ana.id, bo.id, snapshot.own.id]).count == 3)
        #expect(test.room.participantCount == 3)
    }

    @Test("a full room takes nobody else, even while one of its people is lost")
    mutating func full() throws {
        for session in 1...3 { _ = try test.seat(UInt64(session)) }
        #expect(test.join(4).replies == [.refused(.meetingFull)])
        _ = test.disconnect(2)
        #expect(test.join(4).replies == [.refused(.meetingFull)])
        _ = test.leave(1)
        #expect(test.join(4).snapshot != nil)
    }

    @Test("a session joins once")
    mutating func joinsOnce() throws {
        let ana = try test.seat(1)
        #expect(test.join(1).replies == [.refused(.alreadyJoined)])
        #expect(test.join(1, as: ana.id).replies == [.refused(.alreadyJoined)])
        #expect(test.room.participantCount == 1)
    }

    @Test("a session without a seat is told to join first")
    mutating func notJoined() throws {
        let ana = try test.seat(1)
        #expect(test.leave(9) == [.reply(SessionID(9), RequestID(2), .refused(.notJoined))])
        #expect(test.chat(9, "m").replies == [.refused(.notJoined)])
        #expect(test.change(9, MediaState()).replies == [.refused(.notJoined)])
        #expect(test.signal(9, to: ana.id).replies == [.refused(.notJoined)])
        #expect(test.disconnect(9) == [])
    }

    @Test("leaving frees the seat at once and the last to leave empties the room")
    mutating func leaves() throws {
        let ana = try test.seat(1)
        _ = try test.seat(2)
        let outputs = test.leave(1)
        #expect(outputs.replies == [.done])
        #expect(outputs.effects == .told(2, event: .participantLeft(ana.id, .left)))
        #expect(test.leave(2).effects == [.emptied])
        #expect(test(.tick) == [])
        #expect(test.join(2).snapshot != nil)
        #expect(test.leave(2).effects == [.emptied])
    }

    @Test("a lost participant keeps the seat for 30 seconds")
    mutating func keepsSeat() throws {
        let ana = try test.seat(1)
        _ = try test.seat(2)
        #expect(test.room.deadline == nil)
        #expect(test.disconnect(1) == .told(2, event: .participantConnection(ana.id, connected: false)))
        #expect(test.room.deadline == test.now.advanced(by: .seconds(30)))
        #expect(try #require(test.join(3).snapshot).participants.first?.connected == false)
        test.wait(.milliseconds(29_999))
        #expect(test(.tick) == [])
        test.wait(.milliseconds(1))
        #expect(test(.tick) == .told(2, 3, event: .participantLeft(ana.id, .lost)))
        #expect(test.room.deadline == nil)
    }

    @Test("a seat whose time is up is given up before anything else happens")
    mutating func expiresFirst() throws {
        let ana = try test.seat(1)
        _ = try test.seat(2)
        _ = try test.seat(3)
        _ = test.disconnect(1)
        test.wait(.seconds(31))
        let outputs = test.join(4, as: ana.id)
        #expect(outputs.first == .tell([SessionID(2), SessionID(3)], .participantLeft(ana.id, .lost)))
        #expect(outputs.snapshot?.own.id == ana.id)
        #expect(outputs.snapshot?.own.joinedAt == 1_031_000)
    }

    @Test("the room is emptied when the last lost seat is given up")
    mutating func emptiesByLoss() throws {
        _ = try test.seat(1)
        #expect(test.disconnect(1) == [])
        test.wait(.seconds(30))
        #expect(test(.tick) == [.emptied])
    }

    @Test("coming back from the same page resumes: others hear of the connection only")
    mutating func resumes() throws {
        let ana = try test.seat(1)
        let bo = try test.seat(2)
        _ = test.disconnect(1)
        test.wait(.seconds(10))
        let outputs = test.join(5, as: ana.id)
        #expect(outputs.snapshot?.own == ana)
        #expect(outputs.snapshot?.participants == [bo])
        #expect(outputs.effects == .told(2, event: .participantConnection(ana.id, connected: true)))
        #expect(test.room.deadline == nil)
        test.wait(.seconds(60))
        #expect(test(.tick) == [])
    }

    @Test("coming back with other media tells others of both")
    mutating func resumesWithMedia() throws {
        let ana = try test.seat(1)
        _ = try test.seat(2)
        _ = test.disconnect(1)
        let outputs = test.join(5, as: ana.id, media: MediaState())
        #expect(
            outputs.effects == .told(2, event: .participantConnection(ana.id, connected: true))
                + .told(2, event: .mediaChanged(ana.id, MediaState())))
    }

    @Test("coming back from another page is a join to the others", arguments: [true, false])
    mutating func reloads(wasLost: Bool) throws {
        let ana = try test.seat(1)
        _ = try test.seat(2)
        if wasLost { _ = test.disconnect(1) }
        let outputs = test.join(5, page: "reloaded", as: ana.id)
        var reloaded = ana
        reloaded.page = "reloaded"
        #expect(outputs.snapshot?.own == reloaded)
        let replaced: [Room.Output] = .told(1, event: .replaced) + [.close(SessionID(1))]
        #expect(
            outputs.effects == (wasLost ? [] : replaced) + .told(2, event: .participantJoined(reloaded)))
    }

    @Test("opening the seat a second time closes the first session, whose end then changes nothing")
    mutating func replaces() throws {
        let ana = try test.seat(1)
        _ = try test.seat(2)
        let outputs = test.join(5, as: ana.id)
        #expect(outputs.effects == .told(1, event: .replaced) + [.close(SessionID(1))])
        #expect(outputs.snapshot?.own == ana)
        #expect(test.disconnect(1) == [])
        #expect(test.change(1, MediaState()).replies == [.refused(.notJoined)])
        #expect(test.room.sessions == [SessionID(5), SessionID(2)])
    }

    @Test("a new name on the way back is told to everybody")
    mutating func renames() throws {
        let ana = try test.seat(1)
        _ = try test.seat(2)
        _ = test.disconnect(1)
        let outputs = test.join(5, name: "Anna", as: ana.id)
        var renamed = ana
        renamed.name = "Anna"
        #expect(outputs.effects == .told(2, event: .participantJoined(renamed)))
    }

    @Test("a participant from before a restart is seated under the same identifier, if there is room")
    mutating func restores() throws {
        #expect(try test.seat(1, as: "ana").id == "ana")
        #expect(try test.seat(2, as: "bo").id == "bo")
        #expect(try test.seat(3).id != "ana")
        #expect(test.join(4, as: "cy").replies == [.refused(.meetingFull)])
    }

    @Test("ending closes everybody and refuses whoever comes later")
    mutating func ends() throws {
        for session in 1...3 { _ = try test.seat(UInt64(session)) }
        _ = test.disconnect(2)
        #expect(
            test(.end(.endedByHost)) == .told(1, 3, event: .ended(.endedByHost)) + [
                .close(SessionID(1)), .close(SessionID(3)), .emptied,
            ])
        #expect(test(.end(.endedByHost)) == [])
        #expect(test.join(4).replies == [.refused(.meetingEnded)])
        #expect(test.chat(1, "m").replies == [.refused(.notJoined)])
        #expect(test.disconnect(1) == [])
        #expect(test.room.deadline == nil)
    }

    @Test("a full meeting comes at once")
    func fullMeeting() {
        var test = RoomTest(capacity: 50)
        for session in 1...50 { #expect(test.join(UInt64(session)).snapshot != nil) }
        #expect(test.join(51).replies == [.refused(.tooFast)])
    }

    @Test("joining and leaving over and over is slowed down")
    mutating func limitsJoins() throws {
        for _ in 1...30 {
            #expect(test.join(1).snapshot != nil)
            _ = test.leave(1)
        }
        #expect(test.join(1).replies == [.refused(.tooFast)])
        test.wait(.seconds(1))
        #expect(test.join(1).snapshot != nil)
    }
}
