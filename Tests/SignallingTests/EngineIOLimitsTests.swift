// SPDX-License-Identifier: Apache-2.0
import EngineIO
import EngineKit
import Signalling
import TestKit
import Testing

@Suite("Engine.IO sessions: posts")
struct EngineIOPostTests {
    @Test("a body over the limit is refused with 413 and the limit, and the session goes on")
    func tooLarge() {
        var session = Session.polling { $0.maxPayload = 4 }
        let refusal = Session.Refusal.tooLarge(limit: 4)
        #expect(refusal.status == 413)
        #expect(refusal.body == Array(#"{"message":"max payload 4"}"#.utf8))
        #expect(
            session.outputs(for: .post(1, "4abcd")) == [.refuse(.init(rawValue: 1), refusal)])
        // The driver may say so before the body's end.
        _ = session.outputs(for: .began(2))
        #expect(
            session.outputs(for: .postTooLarge(.init(rawValue: 2))) == [.refuse(.init(rawValue: 2), refusal)])
        #expect(session.outputs(for: .post(3, "4abc")) == [.accept(3), .received("abc")])
    }

    @Test("a second post while one is read ends the session, and both are answered")
    func overlap() {
        var session = Session.polling()
        #expect(session.outputs(for: .began(1)) == [])
        #expect(
            session.outputs(for: .began(2)) == [.refuse(2), .refuse(1), .closed(.postsOverlap)])
        #expect(session.outputs(for: .began(3)) == [.gone(3)])
    }

    @Test("a post that the client drops half way ends the session")
    func aborted() {
        var session = Session.polling()
        _ = session.outputs(for: .poll(1))
        _ = session.outputs(for: .began(2))
        #expect(session.outputs(for: .abort(2)) == [.answer(1, "1"), .closed(.postAborted)])
    }

    @Test("a post under way is answered when the session ends meanwhile")
    func endsMeanwhile() {
        var session = Session.polling()
        _ = session.outputs(for: .began(1))
        #expect(session.outputs(for: .close) == [.refuse(1), .closed(.closedByServer)])
    }

    @Test("a post under way when the upgrade completes still counts")
    func upgradedMeanwhile() {
        var session = Session.upgrading()
        _ = session.outputs(for: .began(2))
        _ = session.outputs(for: .frame(1, "5"))
        #expect(session.outputs(for: .post(2, "4a")) == [.accept(2), .received("a")])
        #expect(session.outputs(for: .post(3, "4a")) == [.moved(3)])
    }

    @Test("a binary body ends a session of revision 4")
    func binary() {
        var session = Session.polling()
        #expect(
            session.outputs(for: .post(.init(rawValue: 1), body: [0x34], isBinary: true)) == [
                .refuse(1), .closed(.wrongContent),
            ])
    }

    @Test("a method that sessions do not know is refused with 405, and the session goes on")
    func method() {
        var session = Session.polling()
        #expect(
            session.outputs(for: .unknownMethod(.init(rawValue: 1))) == [
                .refuse(.init(rawValue: 1), .unknownMethod)
            ])
        #expect(Session.Refusal.unknownMethod.status == 405)
        #expect(session.isOpen)
    }

    @Test("refusals of sessions that moved or ended carry the official codes")
    func bodies() {
        #expect(Session.Refusal.wrongPolling.status == 400)
        #expect(Session.Refusal.wrongPolling.body.isEmpty)
        #expect(
            Session.Refusal.refused(.unknownSession).body
                == Array(#"{"code":1,"message":"Session ID unknown"}"#.utf8))
        #expect(
            Session.Refusal.refused(.badRequest).body == Array(#"{"code":3,"message":"Bad request"}"#.utf8))
    }
}

@Suite("Engine.IO sessions: options")
struct EngineIOOptionTests {
    @Test("greetings follow the handshake in the same body, or in the next frames")
    func greeting() {
        var session = Session.fresh { $0.greeting = ["hi", .binary([1])] }
        #expect(
            session.outputs(for: .poll(0)) == [.answer(0, Session.pollingOpen + "\u{1E}4hi\u{1E}bAQ==")])
        session = Session.fresh { $0.greeting = ["hi"] }
        #expect(
            session.outputs(for: .open(0)) == [
                .frame(0, .text(Array(Session.webSocketOpen.utf8))), .frame(0, "4hi"),
            ])
    }

    @Test("without upgrades none is offered, and a WebSocket that comes anyway is closed")
    func noUpgrades() {
        var session = Session.fresh { $0.allowsUpgrades = false }
        #expect(
            session.outputs(for: .poll(0)) == [
                .answer(
                    0,
                    #"0{"sid":"x","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1000}"#)
            ])
        #expect(session.outputs(for: .open(1)) == [.cut(1)])
        #expect(session.outputs(for: .frame(1, "2probe")) == [])
    }

    @Test("large answers are worth compressing, unless every message in them says otherwise")
    func compression() {
        var session = Session.polling { $0.compressionThreshold = 6 }
        #expect(session.outputs(for: .send(["abcd"])) == [])
        #expect(session.outputs(for: .poll(1)) == [.answer(1, "4abcd")])
        _ = session.outputs(for: .send(["abcde"]))
        #expect(session.outputs(for: .poll(2)) == [.answer(2, "4abcde", compress: true)])
        _ = session.outputs(for: .send(["abcde"], .init(compress: false)))
        #expect(session.outputs(for: .poll(3)) == [.answer(3, "4abcde")])
        _ = session.outputs(for: .send(["abcde"], .init(compress: false)))
        _ = session.outputs(for: .sendOne("x"))
        #expect(session.outputs(for: .poll(4)) == [.answer(4, "4abcde\u{1E}4x", compress: true)])
    }

    @Test("frames say for themselves whether to compress them, also those that waited for the upgrade")
    func frameCompression() {
        var session = Session.upgrading()
        _ = session.outputs(for: .sendOne("a", .init(compress: false)))
        _ = session.outputs(for: .sendOne("b"))
        #expect(
            session.outputs(for: .frame(1, "5")) == [
                .frame(1, "4a", compress: false), .frame(1, "4b", compress: true),
            ])
        #expect(
            session.outputs(for: .sendOne("c", .init(compress: false))) == [
                .frame(1, "4c", compress: false)
            ])
    }
}

@Suite("Engine.IO sessions: clients that are too slow")
struct EngineIOBackpressureTests {
    static let volatile = Session.SendOptions(isVolatile: true)

    @Test("a volatile message is dropped when no poll waits, whole, and counted")
    func volatilePolling() {
        var session = Session.polling()
        #expect(!session.isWritable)
        #expect(session.outputs(for: .send(["51-a", .binary([1])], Self.volatile)) == [])
        #expect(session.droppedMessages == 2)
        #expect(session.queuedBytes == 0)
        #expect(session.outputs(for: .poll(1)) == [])
        #expect(session.isWritable)
        #expect(
            session.outputs(for: .send(["51-a", .binary([1])], Self.volatile)) == [
                .answer(1, "451-a\u{1E}bAQ==")
            ])
        // That took the poll: the next finds none.
        #expect(session.outputs(for: .sendOne("b", Self.volatile)) == [])
        #expect(session.outputs(for: .poll(2)) == [])
    }

    @Test("a volatile message is dropped while the WebSocket has not written all")
    func volatileWebSocket() {
        var session = Session.webSocket()
        #expect(session.outputs(for: .sendOne("a", Self.volatile)) == [.frame(0, "4a")])
        _ = session.outputs(for: .backlog(0, 10))
        #expect(session.outputs(for: .send(["b", .binary([1])], Self.volatile)) == [])
        #expect(session.outputs(for: .sendOne("c")) == [.frame(0, "4c")])
        _ = session.outputs(for: .backlog(0, 0))
        #expect(
            session.outputs(for: .send(["d", .binary([1])], Self.volatile)) == [
                .frame(0, "4d"), .frame(0, .binary([1])),
            ])
        #expect(session.droppedMessages == 2)
    }

    @Test("volatile messages are dropped before the handshake and while upgrading without a poll")
    func volatileElsewhere() {
        var session = Session.fresh()
        #expect(session.outputs(for: .sendOne("a", Self.volatile)) == [])
        #expect(session.outputs(for: .poll(0)) == [.answer(0, Session.pollingOpen)])
        session = .upgrading()
        #expect(session.outputs(for: .sendOne("a", Self.volatile)) == [])
        #expect(session.outputs(for: .frame(1, "5")) == [])
    }

    @Test("a client that polls too slowly is cut off once too much waits for it")
    func slowPoller() {
        var session = Session.polling { $0.maxQueued = 500 }
        let message = EngineIOMessage.text([UInt8](repeating: 0x61, count: 200))
        #expect(session.outputs(for: .send([message, message])) == [])
        #expect(400...500 ~= session.queuedBytes)
        #expect(session.outputs(for: .sendOne(message, Self.volatile)) == [])
        #expect(session.outputs(for: .sendOne(message)) == [])
        #expect(session.queuedBytes > 600)
        // Volatile messages are dropped first.
        #expect(session.outputs(for: .sendOne(message, Self.volatile)) == [])
        #expect(session.outputs(for: .sendOne("x")) == [.closed(.tooSlow)])
        #expect(session.queuedBytes == 0)
        #expect(session.outputs(for: .poll(1)) == [.gone(1)])
    }

    @Test("one message may be larger than all that may wait")
    func largeMessage() {
        var session = Session.polling { $0.maxQueued = 500 }
        let message = EngineIOMessage.text([UInt8](repeating: 0x61, count: 10_000))
        #expect(session.outputs(for: .sendOne(message)) == [])
        #expect(
            session.outputs(for: .poll(1)) == [
                .answer(1, "4" + String(repeating: "a", count: 10_000), compress: true)
            ])
    }

    @Test("messages without content count too: they also take memory")
    func emptyMessages() {
        var session = Session.polling { $0.maxQueued = 500 }
        var sent = 0
        while session.isOpen, sent < 100 {
            _ = session.outputs(for: .sendOne(""))
            sent += 1
        }
        #expect(sent < 50)
    }

    @Test("what a poll took no longer counts as waiting")
    func queueIsEmptied() {
        var session = Session.polling { $0.maxQueued = 100 }
        for round in 1...5 as ClosedRange<UInt64> {
            #expect(session.outputs(for: .send(["abcd"])) == [])
            #expect(session.outputs(for: .poll(round)) == [.answer(round, "4abcd")])
            #expect(session.queuedBytes == 0)
        }
    }

    @Test("a WebSocket that takes too little is closed with 1013 and the reason")
    func slowWebSocket() {
        var session = Session.webSocket { $0.maxQueued = 500 }
        #expect(session.outputs(for: .backlog(0, 500)) == [])
        #expect(session.queuedBytes == 500)
        #expect(session.outputs(for: .sendOne("a")) == [.frame(0, "4a")])
        #expect(session.outputs(for: .backlog(0, 501)) == [])
        #expect(session.outputs(for: .sendOne("a", Self.volatile)) == [])
        #expect(
            session.outputs(for: .sendOne("a")) == [
                .closeWebSocket(.init(rawValue: 0), .init(code: 1013, reason: "slow consumer")),
                .closed(.tooSlow),
            ])
        #expect(Session.Ending.tooSlow.reason == .transportError)
    }

    @Test("the backlog of a WebSocket that does not carry the session is no matter")
    func otherBacklog() {
        var session = Session.upgrading { $0.maxQueued = 500 }
        #expect(session.outputs(for: .backlog(1, 1000)) == [])
        #expect(session.queuedBytes == 0)
    }

    @Test("the queue moves to the WebSocket with the upgrade")
    func queueMoves() {
        var session = Session.upgrading()
        _ = session.outputs(for: .sendOne("abc"))
        #expect(session.queuedBytes > 0)
        _ = session.outputs(for: .frame(1, "5"))
        #expect(session.queuedBytes == 0)
        #expect(session.webSocket == .init(rawValue: 1))
    }
}
