// SPDX-License-Identifier: Apache-2.0
import EngineIO
import EngineKit
import Signalling
import TestKit
import Testing

@Suite("Engine.IO sessions: long-polling")
struct EngineIOPollingTests {
    @Test("answers the first poll with the handshake, byte for byte")
    func handshake() {
        var session = Session.fresh()
        #expect(session.outputs(for: .poll(0)) == [.answer(0, Session.pollingOpen)])
        #expect(session.deadline == 300)
    }

    @Test("a poll waits for messages, and takes all that wait in order")
    func polls() {
        var session = Session.polling()
        #expect(session.outputs(for: .poll(1)) == [])
        #expect(session.outputs(for: .send(["a"])) == [.answer(1, "4a")])
        #expect(session.outputs(for: .send(["b", .binary([1, 2, 3, 4])])) == [])
        #expect(session.outputs(for: .send(["c"])) == [])
        #expect(session.outputs(for: .poll(2)) == [.answer(2, "4b\u{1E}bAQIDBA==\u{1E}4c")])
        #expect(session.outputs(for: .poll(3)) == [])
    }

    @Test("messages sent together travel together")
    func together() {
        var session = Session.polling()
        _ = session.outputs(for: .poll(1))
        #expect(session.outputs(for: .send(["a", "b"])) == [.answer(1, "4a\u{1E}4b")])
    }

    @Test("a post is accepted and its packets delivered in order")
    func posts() {
        var session = Session.polling()
        #expect(
            session.outputs(for: .post(1, "4a\u{1E}bAQI=\u{1E}4b")) == [
                .accept(1), .received("a"), .received(.binary([1, 2])), .received("b"),
            ])
    }

    @Test("packets that mean nothing from a client are ignored", arguments: ["0", "3", "5", "6"])
    func harmless(_ packet: String) {
        var session = Session.polling()
        #expect(session.outputs(for: .post(1, packet)) == [.accept(1)])
        #expect(session.outputs(for: .poll(2)) == [])
    }

    @Test(
        "a post that breaks the protocol is refused and ends the session",
        arguments: ["", "x", "4a\u{1E}", "bA"])
    func badPost(_ body: String) {
        var session = Session.polling()
        #expect(session.outputs(for: .post(1, body)) == [.refuse(1), .closed(.parseError)])
        #expect(session.outputs(for: .poll(2)) == [.refuse(2)])
        #expect(session.deadline == nil)
    }

    @Test("a ping from the client ends the session: only the server pings")
    func wrongWayPing() {
        var session = Session.polling()
        #expect(session.outputs(for: .post(1, "2\u{1E}4a")) == [.accept(1), .closed(.parseError)])
    }

    @Test("the client's close answers its waiting poll with a noop; nothing behind it counts")
    func clientCloses() {
        var session = Session.polling()
        _ = session.outputs(for: .poll(1))
        #expect(
            session.outputs(for: .post(2, "4a\u{1E}1\u{1E}4b")) == [
                .accept(2), .received("a"), .answer(1, "6"), .closed(.transportClose),
            ])
        #expect(session.outputs(for: .poll(3)) == [.refuse(3)])
        #expect(session.outputs(for: .post(4, "4a")) == [.refuse(4)])
    }

    @Test("two polls at once end the session: close to the first, refusal to the second")
    func duplicatePoll() {
        var session = Session.polling()
        _ = session.outputs(for: .poll(1))
        #expect(
            session.outputs(for: .poll(2)) == [.answer(1, "1"), .refuse(2), .closed(.transportError)])
        #expect(session.outputs(for: .poll(3)) == [.refuse(3)])
    }

    @Test("a poll that the client drops ends the session; one answered already does not")
    func abortedPoll() {
        var session = Session.polling()
        _ = session.outputs(for: .poll(1))
        #expect(session.outputs(for: .abort(0)) == [])
        #expect(session.outputs(for: .abort(1)) == [.closed(.transportError)])
        #expect(session.outputs(for: .poll(2)) == [.refuse(2)])
    }

    @Test("a post before the first poll is refused")
    func postFirst() {
        var session = Session.fresh()
        #expect(session.outputs(for: .post(0, "4a")) == [.refuse(0)])
        #expect(session.outputs(for: .poll(1)) == [.answer(1, Session.pollingOpen)])
    }

    @Test("a client that polls too slowly is cut off once too much waits for it")
    func tooMuchQueued() {
        var session = Session.polling { $0.maxQueued = 4 }
        #expect(session.outputs(for: .send(["ab", "cd"])) == [])
        #expect(session.outputs(for: .send(["e"])) == [.closed(.transportError)])
        #expect(session.outputs(for: .poll(1)) == [.refuse(1)])
    }

    @Test("what a poll took no longer counts as waiting")
    func queueIsEmptied() {
        var session = Session.polling { $0.maxQueued = 4 }
        for round in 1...5 as ClosedRange<UInt64> {
            #expect(session.outputs(for: .send(["abcd"])) == [])
            #expect(session.outputs(for: .poll(round)) == [.answer(round, "4abcd")])
        }
    }
}

@Suite("Engine.IO sessions: WebSocket")
struct EngineIOWebSocketTests {
    @Test("begins with the handshake, without upgrades, byte for byte")
    func handshake() {
        var session = Session.fresh()
        #expect(session.outputs(for: .open(0)) == [.frame(0, .text(Array(Session.webSocketOpen.utf8)))])
    }

    @Test("carries text with its digit and binary without")
    func messages() {
        var session = Session.webSocket()
        #expect(
            session.outputs(for: .send(["a", .binary([7])])) == [.frame(0, "4a"), .frame(0, .binary([7]))])
        #expect(session.outputs(for: .frame(0, "4b")) == [.received("b")])
        #expect(session.outputs(for: .frame(0, .binary([8]))) == [.received(.binary([8]))])
    }

    @Test("a frame that is no packet ends the session", arguments: ["", "abc", "2", "2probe"])
    func badFrame(_ text: String) {
        var session = Session.webSocket()
        #expect(
            session.outputs(for: .frame(0, .text(Array(text.utf8)))) == [.cut(0), .closed(.parseError)])
        #expect(session.outputs(for: .frame(0, "4a")) == [])
    }

    @Test("the client's close packet, or its socket's end, ends the session at once")
    func closes() {
        var session = Session.webSocket()
        #expect(session.outputs(for: .frame(0, "1")) == [.cut(0), .closed(.transportClose)])
        session = .webSocket()
        #expect(session.outputs(for: .lost(0)) == [.cut(0), .closed(.transportClose)])
        #expect(session.outputs(for: .lost(0)) == [])
    }

    @Test("requests and sockets with the same id do not harm it")
    func others() {
        var session = Session.webSocket()
        #expect(session.outputs(for: .poll(1)) == [.refuse(1)])
        #expect(session.outputs(for: .post(2, "1")) == [.refuse(2)])
        #expect(session.outputs(for: .open(3)) == [.cut(3)])
        #expect(session.outputs(for: .frame(3, "1")) == [])
        #expect(session.outputs(for: .lost(3)) == [])
        #expect(session.outputs(for: .send(["a"])) == [.frame(0, "4a")])
    }
}

@Suite("Engine.IO sessions: heartbeat")
struct EngineIOHeartbeatTests {
    @Test("pings, and counts the next ping from the pong", arguments: 0..<2)
    func rounds(_ transport: Int) {
        var session = transport == 0 ? Session.polling() : Session.webSocket()
        var now = 0
        for round in 1...3 as ClosedRange<UInt64> {
            if transport == 0 { _ = session.outputs(for: .poll(round), at: .milliseconds(now)) }
            #expect(session.deadline == .milliseconds(now + 300))
            now += 300
            let ping: Session.Output = transport == 0 ? .answer(round, "2") : .frame(0, "2")
            #expect(session.outputs(for: .tick, at: .milliseconds(now)) == [ping])
            #expect(session.deadline == .milliseconds(now + 200))
            now += 50
            let pong: Session.Input = transport == 0 ? .post(round + 10, "3") : .frame(0, "3")
            _ = session.outputs(for: pong, at: .milliseconds(now))
        }
        #expect(session.deadline == .milliseconds(now + 300))
    }

    @Test("a ping waits for the next poll")
    func queuedPing() {
        var session = Session.polling()
        #expect(session.outputs(for: .tick, at: 300) == [])
        #expect(session.outputs(for: .poll(1), at: 310) == [.answer(1, "2")])
    }

    @Test("no pong in time ends the session, to the nanosecond")
    func timeout() {
        var session = Session.webSocket()
        _ = session.outputs(for: .tick, at: 300)
        let last = Instant(nanoseconds: Instant(500).nanoseconds - 1)
        #expect(session.outputs(for: .tick, at: last) == [])
        #expect(session.outputs(for: .tick, at: 500) == [.cut(0), .closed(.pingTimeout)])
        #expect(session.deadline == nil)
    }

    @Test("nothing but a pong counts as one")
    func onlyPong() {
        var session = Session.webSocket()
        _ = session.outputs(for: .tick, at: 300)
        #expect(session.outputs(for: .frame(0, "4a"), at: 450) == [.received("a")])
        #expect(session.outputs(for: .tick, at: 500) == [.cut(0), .closed(.pingTimeout)])
    }

    @Test("a waiting poll is told of the timeout")
    func waitingPoll() {
        var session = Session.polling()
        _ = session.outputs(for: .tick, at: 300)
        _ = session.outputs(for: .poll(1), at: 300)
        _ = session.outputs(for: .poll(2), at: 300)
        #expect(session.outputs(for: .tick, at: 500) == [.answer(2, "1"), .closed(.pingTimeout)])
    }

    @Test("a request that comes after the deadline finds the session closed, tick or no tick")
    func lateRequest() {
        var session = Session.polling()
        _ = session.outputs(for: .tick, at: 300)
        #expect(session.outputs(for: .poll(1), at: 500) == [.closed(.pingTimeout), .refuse(1)])
        session = .polling()
        _ = session.outputs(for: .tick, at: 300)
        #expect(session.outputs(for: .post(1, "3"), at: 501) == [.closed(.pingTimeout), .refuse(1)])
    }

    @Test("a pong that nobody asked for moves nothing")
    func unsolicited() {
        var session = Session.webSocket()
        _ = session.outputs(for: .frame(0, "3"), at: 200)
        #expect(session.deadline == 300)
    }
}

@Suite("Engine.IO sessions: the end from above")
struct EngineIOCloseTests {
    @Test("closes a WebSocket at once")
    func webSocket() {
        var session = Session.webSocket()
        #expect(session.outputs(for: .close) == [.cut(0), .closed(.forcedClose)])
        #expect(!session.isLingering)
        #expect(session.outputs(for: .close) == [])
        #expect(session.outputs(for: .send(["a"])) == [])
    }

    @Test("a waiting poll carries the close")
    func waitingPoll() {
        var session = Session.polling()
        _ = session.outputs(for: .poll(1))
        #expect(session.outputs(for: .close) == [.answer(1, "1"), .closed(.forcedClose)])
        #expect(!session.isLingering)
    }

    @Test("without one the close waits for the next, behind what was not fetched, and is given once")
    func latePoll() {
        var session = Session.polling()
        _ = session.outputs(for: .send(["a"]))
        #expect(session.outputs(for: .close, at: 100) == [.closed(.forcedClose)])
        #expect(session.isLingering)
        #expect(session.deadline == 500)
        #expect(session.outputs(for: .post(1, "4b"), at: 100) == [.refuse(1)])
        #expect(session.outputs(for: .poll(2), at: 499) == [.answer(2, "4a\u{1E}1")])
        #expect(!session.isLingering)
        #expect(session.outputs(for: .poll(3), at: 499) == [.refuse(3)])
    }

    @Test("nobody waits for that poll longer than the close timeout")
    func neverPolled() {
        var session = Session.polling()
        _ = session.outputs(for: .close)
        #expect(session.outputs(for: .poll(1), at: 400) == [.refuse(1)])
        #expect(!session.isLingering)
        #expect(session.deadline == nil)
    }

    @Test("a WebSocket that comes after the end is closed")
    func lateSocket() {
        var session = Session.polling()
        _ = session.outputs(for: .close)
        #expect(session.outputs(for: .open(1)) == [.cut(1)])
    }

    @Test("closing while upgrading closes both transports")
    func upgrading() {
        var session = Session.upgrading()
        _ = session.outputs(for: .poll(1))
        #expect(session.outputs(for: .close) == [.cut(1), .closed(.forcedClose)])
        #expect(session.outputs(for: .poll(2)) == [.answer(2, "1")])
    }
}
