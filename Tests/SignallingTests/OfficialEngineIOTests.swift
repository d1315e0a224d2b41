// SPDX-License-Identifier: Apache-2.0
import EngineIO
import Testing

/// The cases of the official Engine.IO 4 suite, in its order and its words, each played against the
/// engine with a clock that the test moves, so none of them depends on luck.
@Suite("Official Engine.IO suite: handshake")
struct OfficialHandshakeTests {
    let server = EchoServer()

    @Test("HTTP long-polling: successfully opens a session")
    func polling() {
        let answer = server.get("EIO=4&transport=polling")
        #expect(answer.status == 200)
        #expect(
            answer.text
                == #"0{"sid":"session-1","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}"#
        )
    }

    @Test("HTTP long-polling: fails with an invalid 'EIO' query parameter")
    func pollingRevision() {
        #expect(server.get("transport=polling").status == 400)
        #expect(server.get("EIO=abc&transport=polling").status == 400)
    }

    @Test("HTTP long-polling: fails with an invalid 'transport' query parameter")
    func pollingTransport() {
        #expect(server.get("EIO=4").status == 400)
        #expect(server.get("EIO=4&transport=abc").status == 400)
    }

    @Test("HTTP long-polling: fails with an invalid request method")
    func pollingMethod() {
        #expect(server.post("EIO=4&transport=polling", "").status == 400)
        #expect(server.request("PUT", "EIO=4&transport=polling").status == 400)
    }

    @Test("WebSocket: successfully opens a session")
    func webSocket() {
        let socket = server.connect("EIO=4&transport=websocket")
        #expect(
            socket.nextText()
                == #"0{"sid":"session-1","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}"#
        )
        #expect(!socket.isClosed)
    }

    @Test("WebSocket: fails with an invalid 'EIO' query parameter")
    func webSocketRevision() {
        #expect(server.connect("transport=websocket").isClosed)
        #expect(server.connect("EIO=abc&transport=websocket").isClosed)
    }

    @Test("WebSocket: fails with an invalid 'transport' query parameter")
    func webSocketTransport() {
        #expect(server.connect("EIO=4").isClosed)
        #expect(server.connect("EIO=4&transport=abc").isClosed)
    }
}

@Suite("Official Engine.IO suite: message")
struct OfficialMessageTests {
    let server = EchoServer()

    private func pollingSession() -> String { "EIO=4&transport=polling&sid=" + server.pollingSession() }

    private func webSocket() -> EchoServer.Socket {
        let socket = server.connect("EIO=4&transport=websocket")
        _ = socket.next()
        return socket
    }

    @Test(
        "HTTP long-polling: sends and receives a payload containing one or several packets, also binary",
        arguments: ["4hello", "4test1\u{1E}4test2\u{1E}4test3", "4hello\u{1E}bAQIDBA=="])
    func payload(_ body: String) {
        let session = pollingSession()
        let push = server.post(session, body)
        #expect(push.status == 200)
        #expect(push.text == "ok")
        let poll = server.get(session)
        #expect(poll.status == 200)
        #expect(poll.text == body)
    }

    @Test("HTTP long-polling: closes the session upon invalid packet format")
    func invalidPacket() {
        let session = pollingSession()
        #expect(server.post(session, "abc").status == 400)
        #expect(server.get(session).status == 400)
    }

    @Test("HTTP long-polling: closes the session upon duplicate poll requests")
    func duplicatePolls() {
        let session = pollingSession()
        let first = server.get(session)
        server.wait(milliseconds: 5)
        let second = server.get(session + "&t=burst")
        #expect(first.status == 200)
        #expect(first.text == "1")
        #expect(second.status == 400)
        #expect(server.get(session).status == 400)
    }

    @Test("HTTP long-polling: closes the session upon cancelled polling request")
    func cancelledPoll() {
        let session = pollingSession()
        server.abort(server.get(session))
        server.wait(milliseconds: 50)
        #expect(server.get(session).status == 400)
    }

    @Test("WebSocket: sends and receives a plain text packet")
    func text() {
        let socket = webSocket()
        server.send("4hello", on: socket)
        #expect(socket.next() == "4hello")
    }

    @Test("WebSocket: sends and receives a binary packet")
    func binary() {
        let socket = webSocket()
        server.send(.binary([1, 2, 3, 4]), on: socket)
        #expect(socket.next() == .binary([1, 2, 3, 4]))
    }

    @Test("WebSocket: closes the session upon invalid packet format")
    func invalidFrame() {
        let socket = webSocket()
        server.send("abc", on: socket)
        #expect(socket.isClosed)
    }
}

@Suite("Official Engine.IO suite: heartbeat and close")
struct OfficialHeartbeatTests {
    let server = EchoServer()

    @Test("HTTP long-polling: sends ping/pong packets")
    func pollingPings() {
        let session = "EIO=4&transport=polling&sid=" + server.pollingSession()
        for _ in 0..<3 {
            let poll = server.get(session)
            #expect(poll.status == nil)
            server.wait(milliseconds: 300)
            #expect(poll.status == 200)
            #expect(poll.text == "2")
            #expect(server.post(session, "3").status == 200)
        }
    }

    @Test("HTTP long-polling: closes the session upon ping timeout")
    func pollingTimeout() {
        let session = "EIO=4&transport=polling&sid=" + server.pollingSession()
        server.wait(milliseconds: 500)
        #expect(server.get(session).status == 400)
    }

    @Test("WebSocket: sends ping/pong packets")
    func webSocketPings() {
        let socket = server.connect("EIO=4&transport=websocket")
        _ = socket.next()
        for _ in 0..<3 {
            server.wait(milliseconds: 300)
            #expect(socket.next() == "2")
            server.send("3", on: socket)
        }
        #expect(!socket.isClosed)
    }

    @Test("WebSocket: closes the session upon ping timeout")
    func webSocketTimeout() {
        let socket = server.connect("EIO=4&transport=websocket")
        server.wait(milliseconds: 499)
        #expect(!socket.isClosed)
        server.wait(milliseconds: 1)
        #expect(socket.isClosed)
    }

    @Test("HTTP long-polling: forcefully closes the session")
    func pollingClose() {
        let session = "EIO=4&transport=polling&sid=" + server.pollingSession()
        let poll = server.get(session)
        _ = server.post(session, "1")
        #expect(poll.status == 200)
        #expect(poll.text == "6")
        #expect(server.get(session).status == 400)
    }

    @Test("WebSocket: forcefully closes the session")
    func webSocketClose() {
        let socket = server.connect("EIO=4&transport=websocket")
        server.send("1", on: socket)
        #expect(socket.isClosed)
    }
}

@Suite("Official Engine.IO suite: upgrade")
struct OfficialUpgradeTests {
    let server = EchoServer()
    let id: String

    init() { id = server.pollingSession() }

    private func upgrade() -> EchoServer.Socket {
        let socket = server.connect("EIO=4&transport=websocket&sid=" + id)
        server.send("2probe", on: socket)
        #expect(socket.next() == "3probe")
        return socket
    }

    @Test("successfully upgrades from HTTP long-polling to WebSocket")
    func upgrades() {
        let socket = upgrade()
        let poll = server.get("EIO=4&transport=polling&sid=" + id)
        #expect(poll.status == 200)
        #expect(poll.text == "6")
        server.send("5", on: socket)
        server.send("4hello", on: socket)
        #expect(socket.next() == "4hello")
    }

    @Test("ignores HTTP requests with same sid after upgrade")
    func requestsAfter() {
        let socket = upgrade()
        server.send("5", on: socket)
        let poll = server.get("EIO=4&transport=polling&sid=" + id)
        #expect(poll.status == 400)
        #expect(poll.text == #"{"code":3,"message":"Bad request"}"#)
        server.send("4hello", on: socket)
        #expect(socket.next() == "4hello")
    }

    @Test("ignores WebSocket connection with same sid after upgrade")
    func socketsAfter() {
        let socket = upgrade()
        server.send("5", on: socket)
        #expect(server.connect("EIO=4&transport=websocket&sid=" + id).isClosed)
        server.send("4hello", on: socket)
        #expect(socket.next() == "4hello")
    }
}
