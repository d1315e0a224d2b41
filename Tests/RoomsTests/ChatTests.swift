// SPDX-License-Identifier: Apache-2.0
import EngineKit
import MeetingProtocol
import Testing

@testable import Rooms

@Suite("Chat")
struct ChatTests {
    var test = RoomTest()
    let ana: Participant

    init() throws {
        ana = try test.seat(1, name: "Ana")
        _ = try test.seat(2, name: "Bo")
    }

    private func message(_ seq: Int64, _ id: MessageID, _ text: String = "Hi") -> ChatMessage {
        ChatMessage(seq: seq, id: id, from: ana.id, name: "Ana", text: text, sentAt: 1_000_000)
    }

    @Test("a message is seen by all, its sender included, once it is stored")
    mutating func delivers() {
        #expect(test.chat(1, "m", "Hello") == [.store(message(1, "m", "Hello"))])
        let outputs = test(.stored(seq: 1))
        #expect(outputs.first == .reply(SessionID(1), RequestID(3), .chat(seq: 1, sentAt: 1_000_000)))
        #expect(outputs.effects == .told(1, 2, event: .chat(message(1, "m", "Hello"))))
        #expect(test(.stored(seq: 1)) == [])
    }

    @Test("messages are seen in order even when the disk is not")
    mutating func keepsOrder() {
        for id in ["a", "b", "c"] { _ = test.chat(1, MessageID(id)) }
        #expect(test(.stored(seq: 2)) == [])
        #expect(test(.stored(seq: 1)).replies.count == 2)
        #expect(test(.stored(seq: 3)).effects == .told(1, 2, event: .chat(message(3, "c"))))
    }

    @Test("a message that cannot be stored is refused and holds up nobody")
    mutating func failsToStore() {
        for id in ["a", "b"] { _ = test.chat(1, MessageID(id)) }
        #expect(test(.stored(seq: 2)) == [])
        let outputs = test(.storeFailed(seq: 1))
        #expect(outputs.replies == [.refused(.chatUnavailable), .chat(seq: 2, sentAt: 1_000_000)])
        #expect(outputs.effects == .told(1, 2, event: .chat(message(2, "b"))))
        #expect(test.chat(1, "a").stores.map(\.seq) == [3], "it can be tried again under a new number")
    }

    @Test("confirmations of what nobody asked for change nothing")
    mutating func ignoresStrangeConfirmations() {
        #expect(test(.stored(seq: 7)) == [])
        #expect(test(.storeFailed(seq: 7)) == [])
        _ = test.chat(1, "m")
        _ = test(.stored(seq: 1))
        #expect(test(.storeFailed(seq: 1)) == [])
    }

    @Test("a message sent again has its first number and is stored once")
    mutating func isIdempotent() {
        #expect(test.chat(1, "m").stores.count == 1)
        #expect(test.chat(1, "m") == [])
        let outputs = test(.stored(seq: 1))
        #expect(outputs.replies == [.chat(seq: 1, sentAt: 1_000_000), .chat(seq: 1, sentAt: 1_000_000)])
        #expect(outputs.effects.count == 1)
        test.wait(.seconds(5))
        #expect(test.chat(1, "m").replies == [.chat(seq: 1, sentAt: 1_000_000)])
        #expect(test.chat(2, "m").stores.count == 1, "others may use the same identifier")
    }

    @Test("a participant who comes back and sends again has the first number")
    mutating func isIdempotentAcrossSessions() {
        _ = test.chat(1, "m")
        _ = test.disconnect(1)
        _ = test.join(5, name: "Ana", as: ana.id)
        #expect(test.chat(5, "m") == [])
        let outputs = test(.stored(seq: 1))
        #expect(outputs.first == .reply(SessionID(5), RequestID(5), .chat(seq: 1, sentAt: 1_000_000)))
        #expect(outputs.effects == .told(5, 2, event: .chat(message(1, "m"))))
    }

    @Test("a message sent again after a restart has its first number")
    mutating func isIdempotentAcrossRestarts() {
        test = RoomTest(past: Room.PastChat(messages: [message(9, "m")], lastSeq: 12))
        _ = test.join(1, as: ana.id)
        #expect(test.chat(1, "m").replies == [.chat(seq: 9, sentAt: 1_000_000)])
        #expect(test.chat(1, "n").stores.map(\.seq) == [13])
    }

    @Test("who left before the disk answered still hears that the message is stored")
    mutating func answersAfterLeaving() {
        _ = test.chat(1, "m")
        _ = test.leave(1)
        _ = test.leave(2)
        let outputs = test(.stored(seq: 1))
        #expect(outputs.replies == [.chat(seq: 1, sentAt: 1_000_000)])
        #expect(outputs.effects == [.emptied], "a room with a message on its way is not empty")
    }

    @Test("ending a meeting answers those who wait and are still there")
    mutating func endsWhileStoring() {
        _ = test.chat(1, "m")
        _ = test.chat(2, "n")
        _ = test.leave(1)
        let outputs = test(.end(.endedByHost))
        #expect(outputs.contains(.reply(SessionID(1), RequestID(3), .refused(.meetingEnded))))
        #expect(outputs.replies.count == 1, "the others are closed")
        #expect(test(.stored(seq: 1)) == [])
    }

    @Test("chat is limited to 10 messages at once and 2 a second")
    mutating func limits() {
        for index in 1...10 { #expect(test.chat(1, MessageID("\(index)")).stores.count == 1) }
        #expect(test.chat(1, "11").replies == [.refused(.tooFast)])
        test.wait(.milliseconds(499))
        #expect(test.chat(1, "11").replies == [.refused(.tooFast)])
        test.wait(.milliseconds(1))
        #expect(test.chat(1, "11").stores.count == 1)
        _ = test.disconnect(1)
        _ = test.join(5, name: "Ana", as: ana.id)
        #expect(test.chat(5, "12").replies == [.refused(.tooFast)], "reconnecting does not help")
    }

    @Test("a disk that never answers bounds what waits")
    mutating func boundsPending() {
        var refused: [Room.Reply] = []
        for index in 0..<300 {
            refused += test.chat(1, MessageID("\(index)")).replies
            test.wait(.milliseconds(500))
        }
        #expect(refused == Array(repeating: .refused(.chatUnavailable), count: 300 - 256))
    }

    @Test("repeats of one message that wait are bounded")
    mutating func boundsWaiters() {
        for _ in 1...8 { #expect(test.chat(1, "m").replies == []) }
        #expect(test.chat(1, "m").replies == [.refused(.tooFast)])
    }

    // MARK: History

    @Test("a late comer gets the chat so far, and one who comes back what is new")
    mutating func history() throws {
        for seq in 1...3 {
            _ = test.chat(1, MessageID("\(seq)"))
            _ = test(.stored(seq: Int64(seq)))
        }
        _ = test.chat(1, "not stored yet")
        #expect(test.join(3).snapshot?.chat.messages.map(\.seq) == [1, 2, 3])
        _ = test.leave(3)
        #expect(
            test.join(3, after: 2).snapshot?.chat == ChatHistory(messages: [message(3, "3")], complete: true))
        _ = test.leave(3)
        #expect(test.join(3, after: 99).snapshot?.chat == ChatHistory(messages: [], complete: true))
    }

    @Test("only the newest 500 are at hand, and a join says when older ones were left out")
    mutating func window() throws {
        let past = (1...500).map { message(Int64($0), MessageID("\($0)")) }
        test = RoomTest(past: Room.PastChat(messages: past, lastSeq: 500))
        let all = try #require(test.join(1).snapshot).chat
        #expect(all.messages.count == 500 && all.complete)
        _ = test.chat(1, "501")
        _ = test(.stored(seq: 501))
        let newest = try #require(test.join(2).snapshot).chat
        #expect(newest.messages.map(\.seq) == Array(2...501))
        #expect(newest.complete == false)
        #expect(test.join(3, after: 1).snapshot?.chat.complete == true)
    }

    @Test("older messages on disk make the history incomplete")
    mutating func olderOnDisk() throws {
        let past = Room.PastChat(messages: [message(7, "7")], hasOlder: true, lastSeq: 7)
        test = RoomTest(past: past)
        #expect(test.join(1).snapshot?.chat.complete == false)
        #expect(test.join(2, after: 5).snapshot?.chat.complete == false)
        #expect(test.join(3, after: 6).snapshot?.chat.complete == true)
    }

    @Test("messages past their time are not shown, nor missed")
    mutating func expires() throws {
        test = RoomTest(past: Room.PastChat(messages: [message(7, "7")], hasOlder: true, lastSeq: 7))
        test.wait(.seconds(24 * 3600))
        #expect(test.join(1).snapshot?.chat.messages.count == 1)
        test.wait(.milliseconds(1))
        #expect(test.join(2).snapshot?.chat == ChatHistory(messages: [], complete: true))
    }

    @Test("without retention, messages are delivered at once and not kept")
    mutating func withoutRetention() throws {
        test = RoomTest(retention: .none)
        let ana = try test.seat(1)
        let outputs = test.chat(1, "m")
        #expect(outputs.stores == [])
        #expect(outputs.replies == [.chat(seq: 1_000_000, sentAt: 1_000_000)])
        #expect(outputs.effects.count == 1)
        #expect(test.chat(1, "n").replies == [.chat(seq: 1_000_001, sentAt: 1_000_000)])
        #expect(test.chat(1, "m").replies == [.chat(seq: 1_000_000, sentAt: 1_000_000)])
        #expect(test.join(2).snapshot?.chat == ChatHistory(messages: [], complete: true))
        #expect(ana.connected)
    }
}
