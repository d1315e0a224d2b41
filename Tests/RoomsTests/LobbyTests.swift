// SPDX-License-Identifier: Apache-2.0
import EngineKit
import MeetingProtocol
import TestKit
import Testing

@testable import Rooms

@Suite("The lobby")
struct LobbyTests {
    private var test = RoomTest(capacity: 4)

    init() throws {
        _ = try test.seat(1, name: "Ana", role: .host)
        _ = try test.seat(2, name: "Ben")
        _ = test.host(1, .rules(MeetingRules(hasLobby: true)))
    }

    /// Somebody comes, who has to wait.
    private mutating func knock(
        _ session: UInt64, _ name: String = "Mei", as id: ParticipantID? = nil
    ) throws -> ParticipantID {
        try #require(test.join(session, name: name, as: id).place)
    }

    @Test("tells hosts alone who waits, and those who wait nothing")
    mutating func knocks() throws {
        let outputs = test.join(3, name: "Mei")
        let mei = try #require(outputs.place)
        let place = Waiting(id: mei, name: "Mei", since: 1_000_000)
        #expect(outputs.effects == .told(1, event: .news(.lobby([place]))))
        _ = test.chat(1, "m")
        #expect(test(.stored(seq: 1)).effects.count == 1)
        #expect(test.chat(1, "m", to: mei).replies == [.chat(seq: 1, sentAt: 1_000_000)], "said before")
        #expect(test.chat(1, "n", to: mei).replies == [.refused(.noSuchParticipant)])
        #expect(test.chat(3, "m").replies == [.refused(.notJoined)])
        #expect(test.talk(3, .hand(isRaised: true)).replies == [.refused(.notJoined)])
        #expect(test.host(3, .admit(nil)).replies == [.refused(.notJoined)])
        #expect(test.room.participantCount == 2)
        #expect(try #require(test.join(9, role: .coHost).snapshot).lobby == [place])
        #expect(try #require(test.join(2 + 8, as: "x", role: .host).snapshot).participants.count == 3)
    }

    @Test("lets people in who are admitted")
    mutating func admits() throws {
        let mei = try knock(3)
        let noor = try knock(4, "Noor")
        let outputs = test.host(1, .admit([mei, "nobody"]))
        #expect(outputs.effects.first == .tell([SessionID(3)], .news(.admitted)))
        #expect(
            outputs.effects.last
                == .tell([SessionID(1)], .news(.lobby([Waiting(id: noor, name: "Noor", since: 1_000_000)]))))
        #expect(try #require(test.join(3, name: "Mei", as: mei).snapshot).own.id == mei)
        #expect(test.host(1, .admit(nil)).effects.first == .tell([SessionID(4)], .news(.admitted)))
    }

    @Test("lets nobody in by an identifier that was not admitted")
    mutating func strangers() throws {
        #expect(try knock(3, as: "forged") == "forged")
    }

    @Test("sends people away, who cannot ask again from that place")
    mutating func denies() throws {
        let mei = try knock(3)
        let outputs = test.host(1, .deny([mei]))
        #expect(outputs.effects.prefix(2) == [.tell([SessionID(3)], .news(.denied)), .close(SessionID(3))])
        #expect(test.join(4, name: "Mei", as: mei).replies == [.refused(.denied)])
    }

    @Test("keeps the place of who loses the connection, in the order of coming")
    mutating func comesBack() throws {
        let mei = try knock(3)
        let noor = try knock(4, "Noor")
        #expect(test.disconnect(3) == [])
        test.wait(.seconds(20))
        let outputs = test.join(5, name: "Mei", as: mei)
        #expect(outputs.place == mei)
        let places = [
            Waiting(id: mei, name: "Mei", since: 1_000_000),
            Waiting(id: noor, name: "Noor", since: 1_000_000),
        ]
        #expect(outputs.effects == .told(1, event: .news(.lobby(places))))
        test.wait(.seconds(30))
        #expect(test(.tick) == [], "they are there")
    }

    @Test("forgets who does not come back, but lets in who was admitted meanwhile")
    mutating func expires() throws {
        let mei = try knock(3)
        let noor = try knock(4, "Noor")
        _ = test.disconnect(3)
        _ = test.disconnect(4)
        #expect(test.host(1, .admit([noor])).effects.count == 1)
        test.wait(.seconds(30))
        #expect(test.room.deadline == test.now)
        #expect(test(.tick) == .told(1, event: .news(.lobby([]))))
        #expect(test.join(5, name: "Noor", as: noor).snapshot != nil)
        #expect(test.join(6, name: "Mei", as: mei).place == mei)
    }

    @Test("gives a place that is opened twice to the newer page")
    mutating func twice() throws {
        let mei = try knock(3)
        let outputs = test.join(4, name: "Mei", as: mei)
        #expect(outputs.place == mei)
        #expect(outputs.effects.prefix(2) == [.tell([SessionID(3)], .replaced), .close(SessionID(3))])
    }

    @Test("is left on purpose")
    mutating func leaves() throws {
        _ = try knock(3)
        let outputs = test.leave(3)
        #expect(outputs.replies == [.done])
        #expect(outputs.effects == .told(1, event: .news(.lobby([]))))
        #expect(test.leave(3).replies == [.refused(.notJoined)])
    }

    @Test("lets in hosts, and those who have been in before")
    mutating func expected() throws {
        let ben = try #require(test.room.participants.last).id
        _ = test.leave(2)
        #expect(test.join(3, name: "Ben", as: ben).snapshot != nil)
        #expect(test.join(4, name: "Dia", role: .host).snapshot != nil)
    }

    @Test("is told to who becomes a co-host, and switching it off lets all in")
    mutating func switchedOff() throws {
        let mei = try knock(3)
        let ben = try #require(test.room.participants.last).id
        let waiting = [Waiting(id: mei, name: "Mei", since: 1_000_000)]
        #expect(
            test.host(1, .role(ben, .coHost)).effects.last == .tell([SessionID(2)], .news(.lobby(waiting))))
        let outputs = test.host(2, .rules(MeetingRules()))
        #expect(outputs.effects.contains(.tell([SessionID(3)], .news(.admitted))))
    }

    @Test("goes on in a meeting that is locked")
    mutating func locked() throws {
        let mei = try knock(3)
        _ = test.host(1, .rules(MeetingRules(isLocked: true, hasLobby: true)))
        #expect(test.join(4, name: "Noor").replies == [.refused(.meetingLocked)])
        _ = test.disconnect(3)
        #expect(test.join(5, name: "Mei", as: mei).place == mei)
    }

    @Test("has an end: of the meeting, and of its size")
    mutating func ends() throws {
        for session in 10..<110 {
            test.wait(.seconds(1))
            _ = try knock(UInt64(session))
        }
        #expect(test.join(110, name: "Mei").replies == [.refused(.meetingFull)])
        let outputs = test(.end(.endedByHost))
        #expect(outputs.count == 1 + 102 + 1)
        #expect(test.room.isEmpty)
    }

    @Test("keeps the room while somebody waits")
    mutating func keepsRoom() throws {
        let mei = try knock(3)
        _ = test.leave(1)
        #expect(!test.leave(2).contains(.emptied))
        #expect(test.join(3, name: "Mei", as: mei).place == mei)
        #expect(test.leave(3).contains(.emptied))
    }

    @Test("seats guests when they are admitted, who cannot ask again")
    mutating func guests() throws {
        let join = Room.Join(name: "Gus", page: "g", media: RoomTest.hello, isGuest: true)
        let gus = try #require(test(.join(SessionID(7), RequestID(0), join, test.wall)).place)
        let outputs = test.host(1, .admit(nil))
        #expect(try #require(outputs.snapshot).own.id == gus)
        #expect(!outputs.contains { if case .tell(_, .news(.admitted)) = $0 { true } else { false } })
    }
}
