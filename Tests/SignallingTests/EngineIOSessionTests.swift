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
        #expect(session.outputs(for: .post(1, body)) == [.refuse(1), .closed(.invalidPacket)])
        #expect(session.outputs(for: .poll(2)) == [.gone(2)])
        #expect(session.deadline == nil)
    }

    @Test("a ping from the client ends the session: only the server pings")
    func wrongWayPing() {
        var session = Session.polling()
        #expect(session.outputs(for: .post(1, "2\u{1E}4a")) == [.accept(1), .closed(.wrongHeartbeat)])
    }

    @Test("the client's close answers its waiting poll with a noop; nothing behind it counts")
    func clientCloses() {
        var session = Session.polling()
        _ = session.outputs(for: .poll(1))
        #expect(
            session.outputs(for: .post(2, "4a\u{1E}1\u{1E}4b")) == [
                .accept(2), .received("a"), .answer(1, "6"), .closed(.closedByClient),
            ])
        #expect(session.outputs(for: .poll(3)) == [.gone(3)])
        #expect(session.outputs(for: .post(4, "4a")) == [.gone(4)])
    }

    @Test("two polls at once end the session: close to the first, refusal to the second")
    func duplicatePoll() {
        var session = Session.polling()
        _ = session.outputs(for: .poll(1))
        #expect(
            session.outputs(for: .poll(2)) == [.refuse(2), .answer(1, "1"), .closed(.pollsOverlap)])
        #expect(session.outputs(for: .poll(3)) == [.gone(3)])
    }

    @Test("a poll that the client drops ends the session; one answered already does not")
    func abortedPoll() {
        var session = Session.polling()
        _ = session.outputs(for: .poll(1))
        #expect(session.outputs(for: .abort(0)) == [])
        #expect(session.outputs(for: .abort(1)) == [.closed(.pollAborted)])
        #expect(session.outputs(for: .poll(2)) == [.gone(2)])
    }

    @Test("a post before the first poll is refused")
    func postFirst() {
        var session = Session.fresh()
        #expect(session.outputs(for: .post(0, "4a")) == [.refuse(0)])
        #expect(session.outputs(for: .poll(1)) == [.answer(1, Session.pollingOpen)])
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

    @Test("a frame that is no packet ends the session", arguments: ["", "abc", "b#", "bA"])
    func badFrame(_ text: String) {
        var session = Session.webSocket()
        #expect(
            session.outputs(for: .frame(0, .text(Array(text.utf8)))) == [.cut(0), .closed(.invalidPacket)])
        #expect(session.outputs(for: .frame(0, "4a")) == [])
    }

    @Test("a ping from the client ends the session: only the server pings", arguments: ["2", "2probe"])
    func wrongWayPing(_ text: String) {
        var session = Session.webSocket()
        #expect(
            session.outputs(for: .frame(0, .text(Array(text.utf8)))) == [.cut(0), .closed(.wrongHeartbeat)])
    }

    @Test("takes a binary message as base 64 too, as the official server does")
    func base64() {
        var session = Session.webSocket()
        #expect(session.outputs(for: .frame(0, "bAQID")) == [.received(.binary([1, 2, 3]))])
    }

    @Test("the client's close packet, or its socket's end, ends the session at once")
    func closes() {
        var session = Session.webSocket()
        #expect(session.outputs(for: .frame(0, "1")) == [.cut(0), .closed(.closedByClient)])
        session = .webSocket()
        #expect(session.outputs(for: .lost(0)) == [.closed(.webSocketClosed)])
        #expect(session.outputs(for: .lost(0)) == [])
        session = .webSocket()
        #expect(
            session.outputs(for: .webSocketFailed(.init(rawValue: 0))) == [.closed(.webSocketFailed)])
    }

    @Test("requests and sockets with the same id do not harm it")
    func others() {
        var session = Session.webSocket()
        #expect(session.outputs(for: .poll(1)) == [.moved(1)])
        #expect(session.outputs(for: .post(2, "1")) == [.moved(2)])
        #expect(session.outputs(for: .open(3)) == [.cut(3)])
        #expect(session.outputs(for: .frame(3, "1")) == [])
        #expect(session.outputs(for: .lost(3)) == [])
        #expect(session.outputs(for: .send(["a"])) == [.frame(0, "4a")])
    }
}

@Suite("Engine.IO sessions: the end from above")
struct EngineIOCloseTests {
    @Test("closes a WebSocket at once")
    func webSocket() {
        var session = Session.webSocket()
        #expect(session.outputs(for: .close) == [.cut(0), .closed(.closedByServer)])
        #expect(!session.isLingering)
        #expect(session.outputs(for: .close) == [])
        #expect(session.outputs(for: .send(["a"])) == [])
    }

    @Test("a waiting poll carries the close")
    func waitingPoll() {
        var session = Session.polling()
        _ = session.outputs(for: .poll(1))
        #expect(session.outputs(for: .close) == [.answer(1, "1"), .closed(.closedByServer)])
        #expect(!session.isLingering)
    }

    @Test("without one the close waits until all else is fetched, goes alone, and is given once")
    func latePoll() {
        var session = Session.polling()
        _ = session.outputs(for: .send(["a"]))
        #expect(session.outputs(for: .close, at: 100) == [.closed(.closedByServer)])
        #expect(session.isLingering)
        #expect(session.deadline == 500)
        #expect(session.outputs(for: .post(1, "4b"), at: 100) == [.gone(1)])
        #expect(session.outputs(for: .poll(2), at: 400) == [.answer(2, "4a")])
        #expect(session.isLingering)
        #expect(session.outputs(for: .poll(3), at: 499) == [.answer(3, "1")])
        #expect(!session.isLingering)
        #expect(session.outputs(for: .poll(4), at: 499) == [.gone(4)])
    }

    @Test("nobody waits for that poll longer than the close timeout")
    func neverPolled() {
        var session = Session.polling()
        _ = session.outputs(for: .close)
        #expect(session.outputs(for: .poll(1), at: 400) == [.gone(1)])
        #expect(!session.isLingering)
        #expect(session.deadline == nil)
    }

    @Test("a WebSocket that comes after the end is closed")
    func lateSocket() {
        var session = Session.polling()
        _ = session.outputs(for: .close)
        #expect(session.outputs(for: .open(1)) == [.cut(1)])
    }

    @Test("while upgrading, the close waits for whichever transport the client turns to")
    func upgrading() {
        var polling = Session.upgrading()
        _ = polling.outputs(for: .poll(1))
        #expect(polling.outputs(for: .close) == [.closed(.closedByServer)])
        var upgraded = polling
        #expect(polling.outputs(for: .poll(2)) == [.answer(2, "1"), .cut(1)])
        #expect(upgraded.outputs(for: .frame(1, "5")) == [.cut(1)])
        #expect(upgraded.isOpen == false && upgraded.isLingering == false)
    }
}
