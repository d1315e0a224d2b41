// SPDX-License-Identifier: Apache-2.0
import EngineIO
import EngineKit
import Signalling
import TestKit
import Testing

/// The cases of the official Engine.IO 3 suite that differ from revision 4, and the session behind them.
@Suite("Engine.IO sessions: revision 3")
struct EngineIORevision3SessionTests {
    static let polling = "EIO=3&transport=polling"

    let server = EchoServer()

    init() { server.offer.revisions = [.three, .four] }

    @Test("the handshake tells its length and no limit of payloads")
    func handshake() {
        #expect(
            server.get(Self.polling).text
                == #"82:0{"sid":"session-1","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200}"#)
        #expect(
            server.connect("EIO=3&transport=websocket").nextText()
                == #"0{"sid":"session-2","upgrades":[],"pingInterval":300,"pingTimeout":200}"#)
    }

    @Test("is off unless the server offers it")
    func off() {
        server.offer = EngineIORequest.Offer()
        #expect(server.get(Self.polling).text == #"{"code":5,"message":"Unsupported protocol version"}"#)
    }

    @Test(
        "sends and receives payloads of text",
        arguments: ["6:4hello", "6:4test16:4test26:4test3", "6:4hello10:b4AQIDBA=="])
    func text(_ body: String) {
        let session = Self.polling + "&sid=" + server.pollingSession(Self.polling + "&b64=1")
        #expect(server.post(session, body).text == "ok")
        #expect(server.get(session).text == body)
    }

    @Test("sends binary to clients that take it, and receives it")
    func binary() {
        let session = Self.polling + "&sid=" + server.pollingSession(Self.polling)
        let bytes: [UInt8] = [0, 6, 255, 52, 104, 101, 108, 108, 111, 1, 5, 255, 4, 1, 2, 3, 4]
        #expect(server.post(session, "6:4hello10:b4AQIDBA==").text == "ok")
        #expect(server.get(session).body == bytes)
        #expect(server.request("POST", session, body: bytes, isBinary: true).text == "ok")
        #expect(server.get(session).body == bytes)
        // Text alone stays text.
        #expect(server.post(session, "6:4hello").text == "ok")
        #expect(server.get(session).text == "6:4hello")
    }

    @Test("an answer of bytes is marked as such")
    func binaryMark() {
        var session = Session.polling(.three)
        _ = session.outputs(for: .sendOne(.binary([9])))
        #expect(
            session.outputs(for: .poll(1)) == [
                .answerPoll(.init(rawValue: 1), .init(body: [1, 2, 255, 4, 9], isBinary: true))
            ])
    }

    @Test("closes the session upon invalid packet format", arguments: ["abc", "4hello", "1:9", ""])
    func invalid(_ body: String) {
        let session = Self.polling + "&sid=" + server.pollingSession(Self.polling)
        #expect(server.post(session, body).status == 400)
        #expect(server.get(session).status == 400)
    }

    @Test("duplicate polls: the first gets the close with its length")
    func duplicatePolls() {
        let session = Self.polling + "&sid=" + server.pollingSession(Self.polling)
        let first = server.get(session)
        #expect(server.get(session).status == 400)
        #expect(first.text == "1:1")
    }

    @Test("WebSocket frames of text and binary, the latter with its type")
    func frames() {
        let socket = server.connect("EIO=3&transport=websocket")
        _ = socket.next()
        server.send("4hello", on: socket)
        #expect(socket.next() == "4hello")
        server.send(.binary([4, 1, 2, 3, 4]), on: socket)
        #expect(socket.next() == .binary([4, 1, 2, 3, 4]))
        server.send(.binary([]), on: socket)
        #expect(socket.isClosed)
    }

    @Test("a client without binary gets base 64 on its WebSocket too")
    func base64Frames() {
        let socket = server.connect("EIO=3&transport=websocket&b64=1")
        _ = socket.next()
        server.send("b4AQIDBA==", on: socket)
        #expect(socket.next() == "b4AQIDBA==")
    }

    @Test("the client pings and the server answers, with the same payload")
    func pings() {
        let session = Self.polling + "&sid=" + server.pollingSession(Self.polling)
        for _ in 0..<3 {
            #expect(server.post(session, "1:2").status == 200)
            #expect(server.get(session).text == "1:3")
        }
        let socket = server.connect("EIO=3&transport=websocket")
        _ = socket.next()
        server.send("2", on: socket)
        #expect(socket.next() == "3")
        server.send("2abc", on: socket)
        #expect(socket.next() == "3abc")
    }

    @Test("the server never pings; silence for interval and timeout together is the end")
    func silence() {
        let socket = server.connect("EIO=3&transport=websocket")
        _ = socket.next()
        server.wait(milliseconds: 499)
        #expect(!socket.isClosed)
        #expect(socket.next() == nil)
        server.send("4a", on: socket)
        server.wait(milliseconds: 499)
        #expect(!socket.isClosed)
        server.wait(milliseconds: 1)
        #expect(socket.isClosed)
    }

    @Test("a pong from the client ends the session: only the server answers pings")
    func wrongWayPong() {
        var session = Session.webSocket(.three)
        #expect(session.outputs(for: .frame(0, "3")) == [.cut(0), .closed(.wrongHeartbeat)])
    }

    @Test("forcefully closes the session")
    func close() {
        let session = Self.polling + "&sid=" + server.pollingSession(Self.polling)
        let poll = server.get(session)
        _ = server.post(session, "1:1")
        #expect(poll.text == "1:6")
        #expect(server.get(session).status == 400)
    }

    @Test("upgrades as revision 4 does")
    func upgrade() {
        let id = server.pollingSession(Self.polling)
        let socket = server.connect("EIO=3&transport=websocket&sid=" + id)
        server.send("2probe", on: socket)
        #expect(socket.next() == "3probe")
        #expect(server.get(Self.polling + "&sid=" + id).text == "1:6")
        server.send("5", on: socket)
        server.send("4hello", on: socket)
        #expect(socket.next() == "4hello")
        #expect(server.get(Self.polling + "&sid=" + id).status == 400)
    }
}
