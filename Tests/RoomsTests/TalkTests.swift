// SPDX-License-Identifier: Apache-2.0
import EngineKit
import MeetingProtocol
import TestKit
import Testing

@testable import Rooms

@Suite("Hands, reactions and changes of chat")
struct TalkTests {
    private var test = RoomTest(capacity: 4)
    private let ana: Participant
    private let ben: Participant

    init() throws {
        ana = try test.seat(1, name: "Ana")
        ben = try test.seat(2, name: "Ben")
    }

    /// Ben, then Ana raise their hands.
    private mutating func raise() -> [RaisedHand] {
        _ = test.talk(2, .hand(isRaised: true))
        test.wait(.seconds(1))
        _ = test.talk(1, .hand(isRaised: true))
        return [RaisedHand(ben.id, since: 1_000_000), RaisedHand(ana.id, since: 1_001_000)]
    }

    @Test("hands wait in the order in which they were raised")
    mutating func hands() throws {
        let outputs = test.talk(2, .hand(isRaised: true))
        let first = [RaisedHand(ben.id, since: 1_000_000)]
        #expect(outputs.replies == [.done])
        #expect(outputs.effects == .told(1, 2, event: .news(.hands(first))))
        #expect(test.talk(2, .hand(isRaised: true)).effects == [], "it is up already")
        let queue = raise()
        #expect(try #require(test.join(3, name: "Cem").snapshot).hands == queue)
        let lowered = test.talk(2, .hand(isRaised: false))
        #expect(lowered.effects == .told(1, 2, 3, event: .news(.hands([queue[1]]))))
    }

    @Test("a hand outlives a lost connection, not its seat")
    mutating func lostHands() throws {
        let queue = raise()
        _ = test.disconnect(2)
        test.wait(.seconds(29))
        #expect(try #require(test.join(4, name: "Ben", as: ben.id).snapshot).hands == queue)
        #expect(test.leave(4).contains(.tell([SessionID(1)], .news(.hands([queue[1]])))))
    }

    @Test("a hand that was up before a restart gets its place back, for a while")
    mutating func restoredHands() throws {
        test = RoomTest(capacity: 4)
        _ = try test.seat(1, name: "Ana", as: ana.id)
        _ = test.talk(1, .hand(isRaised: true))
        let early = RaisedHand(ben.id, since: 900_000)
        let outputs = test.join(2, name: "Ben", as: ben.id, hand: 900_000)
        #expect(try #require(outputs.snapshot).hands == [early, RaisedHand(ana.id, since: 1_000_000)])
        #expect(outputs.effects.last == .tell([SessionID(1)], .news(.hands(test.room.hands))))
        #expect(try #require(test.join(3, name: "New", hand: 1).snapshot).hands.count == 2)
        test.wait(.seconds(61))
        #expect(try #require(test.join(4, name: "Late", as: "late", hand: 1).snapshot).hands.count == 2)
    }

    @Test("hosts lower one hand or all")
    mutating func lowered() throws {
        let queue = raise()
        _ = try test.seat(3, name: "Cem", role: .coHost)
        let outputs = test.host(3, .lowerHands(ben.id))
        #expect(outputs.effects == .told(1, 2, 3, event: .news(.hands([queue[1]]))))
        #expect(test.host(3, .lowerHands(nil)).effects == .told(1, 2, 3, event: .news(.hands([]))))
        #expect(test.host(3, .lowerHands(nil)).effects == [])
    }

    @Test("reactions are shown to everybody, and limited")
    mutating func reactions() {
        let outputs = test.talk(1, .react(.party))
        #expect(outputs.effects == .told(1, 2, event: .news(.reaction(ana.id, .party))))
        for _ in 2...10 { #expect(test.talk(1, .react(.clap)).replies == [.done]) }
        #expect(test.talk(1, .react(.clap)).replies == [.refused(.tooFast)])
    }

    @Test("a message to one person is seen by two")
    mutating func direct() throws {
        _ = try test.seat(3, name: "Cem")
        let message = try #require(test.chat(1, "m", to: ben.id, reply: 7).stores.first)
        #expect(message.to == ben.id)
        #expect(message.reply == 7)
        #expect(test(.stored(seq: 1)).effects == .told(1, 2, event: .chat(message)))
        #expect(test.talk(3, .chatReact(seq: 1, .heart, isOn: true)).replies == [.refused(.noSuchMessage)])
        _ = test.disconnect(2)
        _ = test.disconnect(3)
        #expect(try #require(test.join(4, name: "Ben", as: ben.id).snapshot).chat.messages == [message])
        #expect(try #require(test.join(5, name: "Dia").snapshot).chat.messages == [])
        #expect(test.chat(1, "n", to: ana.id).replies == [.refused(.noSuchParticipant)])
    }

    @Test("a message is reacted to when that is on disk")
    mutating func chatReactions() throws {
        _ = test.chat(1, "m", "Hi")
        #expect(test.talk(2, .chatReact(seq: 1, .heart, isOn: true)).replies == [.refused(.noSuchMessage)])
        _ = test(.stored(seq: 1))
        let changed = try #require(test.talk(2, .chatReact(seq: 1, .heart, isOn: true)).stores.first)
        #expect(changed.newestSeq == 2)
        #expect(changed.text == "Hi")
        _ = test.talk(1, .chatReact(seq: 1, .heart, isOn: true))
        let outputs = test(.stored(seq: 2))
        #expect(outputs.replies == [.done])
        let change = ChatChange(
            seq: 1, changed: 2, isDeleted: false, reactions: Reactions([.heart: [ben.id]]))
        #expect(outputs.effects == .told(1, 2, event: .news(.chatChanged(change))))
        let both = Reactions([.heart: [ben.id, ana.id]])
        #expect(
            test(.stored(seq: 3)).effects
                == .told(
                    1, 2,
                    event: .news(
                        .chatChanged(ChatChange(seq: 1, changed: 3, isDeleted: false, reactions: both)))))
        #expect(test.talk(1, .chatReact(seq: 1, .heart, isOn: true)).replies == [.done], "no change")
        #expect(test.talk(1, .chatReact(seq: 1, .clap, isOn: false)).stores == [])
    }

    @Test("who comes back learns what has changed since")
    mutating func missedChanges() throws {
        for id in ["a", "b"] { _ = test.chat(1, MessageID(id)) }
        _ = test(.stored(seq: 1))
        _ = test(.stored(seq: 2))
        _ = test.disconnect(2)
        _ = test.talk(1, .chatDelete(seq: 1))
        _ = test(.stored(seq: 3))
        let missed = try #require(test.join(4, name: "Ben", as: ben.id, after: 2).snapshot).chat.messages
        #expect(missed.map(\.seq) == [1])
        #expect(missed.map(\.isDeleted) == [true])
        #expect(missed.map(\.text) == [""])
    }

    @Test("people delete their own messages, hosts those of others who rank lower")
    mutating func deletes() throws {
        for id in ["a", "b", "c"] { _ = test.chat(1, MessageID(id), "Hi") }
        for seq: Int64 in 1...3 { _ = test(.stored(seq: seq)) }
        #expect(test.talk(2, .chatDelete(seq: 1)).replies == [.refused(.notAllowed)])
        #expect(test.talk(1, .chatDelete(seq: 1)).stores.map(\.text) == [""])
        _ = test(.stored(seq: 4))
        #expect(test.talk(1, .chatDelete(seq: 1)).replies == [.refused(.noSuchMessage)])
        _ = try test.seat(3, name: "Cem", role: .coHost)
        #expect(test.talk(3, .chatDelete(seq: 2)).stores.count == 1)
        #expect(test(.storeFailed(seq: 5)).replies == [.refused(.chatUnavailable)])
        #expect(test.talk(2, .chatReact(seq: 2, .clap, isOn: true)).stores.map(\.text) == ["Hi"])
    }

    @Test("what is not kept can be deleted all the same")
    mutating func deletesUnkept() throws {
        test = RoomTest(retention: .none)
        _ = try test.seat(1)
        _ = try test.seat(2)
        _ = test.chat(1, "m", "secret")
        let seq = try #require(test.room.chat.message(1_000_000, visibleTo: "x", at: test.wall)).seq
        #expect(test.room.chat.message(seq, visibleTo: "x", at: test.wall)?.text == "", "not even here")
        let outputs = test.talk(1, .chatDelete(seq: seq))
        #expect(outputs.replies == [.done])
        #expect(outputs.effects.count == 1)
        #expect(try #require(test.join(3).snapshot).chat == ChatHistory(messages: [], complete: true))
    }
}
