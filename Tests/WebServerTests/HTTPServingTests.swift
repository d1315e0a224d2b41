// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP
import Testing
import WebServer
import WebSocket

@Suite("Serving HTTP")
struct HTTPServingTests {
    @Test("keeps the connection for the next request, and says no more about it")
    func keepAlive() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        for round in 0..<3 {
            try client.send("GET /\(round) HTTP/1.1\r\nHost: x\r\n\r\n")
            let answer = try client.readAnswer()
            #expect(answer.status == 200)
            #expect(answer.text == "GET /\(round) ")
            #expect(answer.headers["Connection"] == nil)
            #expect(answer.headers["Date"]?.hasSuffix(" GMT") == true)
        }
        #expect(server.counters.requests == 3)
        #expect(server.counters.accepted == 1)
    }

    @Test(
        "closes when the client wants that",
        arguments: ["HTTP/1.1\r\nHost: x\r\nConnection: close", "HTTP/1.0"])
    func closes(_ version: String) throws {
        let server = try Server()
        let client = try Client(port: server.port)
        try client.send("GET / \(version)\r\n\r\n")
        #expect(try client.readAnswer().headers["Connection"] == "close")
        #expect(try client.isClosed())
    }

    @Test("answers pipelined requests in order, a slow one included")
    func pipelining() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        try client.send(
            "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /wait?name=b HTTP/1.1\r\nHost: x\r\n\r\n"
                + "POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhiGET /d HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        #expect(try client.readAnswer().text == "GET /a ")
        #expect(server.journal.waits(for: "waiting b"))
        #expect(server.counters.requests == 2)
        server.release()
        #expect(try client.readAnswer().text == "released")
        #expect(try client.readAnswer().text == "POST /c hi")
        #expect(try client.readAnswer().text == "GET /d ")
    }

    @Test("HEAD gets the fields of GET and no content")
    func head() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        try client.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.readAnswer(toHead: true).headers["Content-Length"] == "8")
        #expect(try client.readAnswer().text == "GET /b ")
    }

    @Test("joins chunks and drops trailers, whatever pieces they come in")
    func chunked() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        let request =
            "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: t\r\n\r\n"
        for byte in Array(request.utf8) { try client.send([byte]) }
        #expect(try client.readAnswer().text == "POST /a abcde")
    }

    @Test("tells a client to go on when it asks first")
    func expectContinue() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        try client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.readHead() == "HTTP/1.1 100 Continue\r\n\r\n")
        try client.send("hi")
        #expect(try client.readAnswer().text == "POST /a hi")
    }

    @Test("does not tell a client to go on with more than it takes")
    func expectTooMuch() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        try client.send(
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000001\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.readAnswer().status == 413)
        #expect(try client.isClosed())
    }

    /// Requests that two servers could read differently, and those beyond the limits.
    static let refused: [(String, start: String, Int)] = [
        (
            "two framings",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400
        ),
        (
            "two lengths",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400
        ),
        ("signed length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc", 400),
        (
            "space before colon",
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400
        ),
        (
            "other coding",
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501
        ),
        (
            "chunk beyond Int",
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", 413
        ),
        ("folded field", "GET / HTTP/1.1\r\nHost: x\r\n a: folded\r\n\r\n", 400),
        ("bare line feeds", "GET / HTTP/1.1\nHost: x\n\n", 400),
        ("no host", "GET / HTTP/1.1\r\n\r\n", 400),
        ("two hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        ("HTTP/2", "GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505),
        ("TLS", "\u{16}\u{3}\u{1}\r\n\r\n", 400),
        ("large content", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000001\r\n\r\n", 413),
        ("large head", "GET / HTTP/1.1\r\nHost: x\r\nA: ", 431),
        ("large target", "GET /", 414),
    ]

    @Test("says why it refuses, then closes without reading what follows", arguments: refused)
    func refuses(_ name: String, start: String, _ status: Int) throws {
        let server = try Server()
        let client = try Client(port: server.port)
        let isLarge = status == 431 || status == 414
        let rest = isLarge ? String(repeating: "a", count: status == 431 ? 20_000 : 9000) : ""
        try client.send(start + rest + (isLarge ? " HTTP/1.1\r\n\r\n" : ""))
        // A refused connection may be reset under this, which is no failure.
        try? client.send("GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
        let answer = try client.readAnswer()
        #expect(answer.status == status)
        #expect(answer.headers["Connection"] == "close")
        #expect(try client.isClosed())
        #expect(server.counters.requests == 0)
        #expect(server.counters.malformed == 1)
    }

    @Test("a refusal arrives although the client is still sending")
    func refusalWhileSending() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        try client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000000\r\n\r\n")
        for _ in 0..<100 {
            guard (try? client.send([UInt8](repeating: 0, count: 65_536))) != nil else { break }
        }
        #expect(try client.readAnswer().status == 413)
    }

    @Test("answers a client that has finished sending")
    func halfClosed() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        try client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
        client.endInput()
        #expect(try client.readAnswer().text == "GET /a ")
        #expect(try client.readAnswer().text == "GET /b ")
        #expect(try client.isClosed())
    }

    @Test("tells the handler when a client leaves before its answer", arguments: [true, false])
    func aborted(_ reset: Bool) throws {
        let server = try Server()
        let client = try Client(port: server.port)
        try client.send("GET /wait?name=a HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(server.journal.waits(for: "waiting a"))
        reset ? client.abort() : client.endInput()
        #expect(server.journal.waits(for: "aborted a"))
        server.release()
        #expect(server.counters.open == 0)
        if !reset { #expect(try client.isClosed()) }
    }

    @Test("reads only so much ahead while an answer is pending, and all of it afterwards")
    func holdsBack() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        try client.send("GET /wait?name=a HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(server.journal.waits(for: "waiting a"))
        let count = 900_000
        try client.send("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: \(count)\r\n\r\n")
        let body = [UInt8](repeating: 0x61, count: count)
        var sent = 0
        #expect(
            server.waits { counters in
                sent += client.sendSome(Array(body[sent...]))
                return counters.bytesReceived >= 65_536
            })
        // 64 kB are kept, and what one more read brings.
        for _ in 0..<20 { sent += client.sendSome(Array(body[sent...])) }
        #expect(server.counters.bytesReceived <= 132_000)
        server.release()
        try client.send(Array(body[sent...]))
        #expect(try client.readAnswer().text == "released")
        #expect(try client.readAnswer().body.count == count + "POST /b ".utf8.count)
    }
}

@Suite("Serving HTTP: time and slow clients")
struct HTTPPatienceTests {
    private func settings(_ change: (inout WebLoop.Settings) -> Void) -> WebLoop.Settings {
        var settings = WebLoop.Settings()
        change(&settings)
        return settings
    }

    @Test(
        "a head or content that does not come is answered 408",
        arguments: [
            "GET / HTTP/1.1\r\nHo", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nab",
        ])
    func slowRequest(_ start: String) throws {
        let server = try Server(
            settings: settings {
                $0.headTimeout = .milliseconds(30)
                $0.bodyTimeout = .milliseconds(30)
            })
        let client = try Client(port: server.port)
        try client.send(start)
        #expect(try client.readAnswer().status == 408)
        #expect(try client.isClosed())
    }

    @Test("silence is answered with silence, before the first request and after it", arguments: [0, 1])
    func idle(_ requests: Int) throws {
        let server = try Server(
            settings: settings {
                $0.handshakeTimeout = .milliseconds(30)
                $0.idleTimeout = .milliseconds(30)
            })
        let client = try Client(port: server.port)
        for _ in 0..<requests {
            try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.readAnswer().status == 200)
        }
        #expect(try client.isClosed())
    }

    @Test("a large file reaches a slow reader whole, longer than silence is borne")
    func slowReader() throws {
        let server = try Server(settings: settings { $0.idleTimeout = .milliseconds(40) })
        let client = try Client(port: server.port, receiveBuffer: 65_536)
        try client.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        let head = try client.readHead()
        #expect(head.contains("Content-Length: 8000000\r\n"))
        var received: [UInt8] = []
        for piece in 0..<80 {
            if piece % 20 == 0 { usleep(50_000) }
            received += try client.read(100_000)
        }
        #expect(received == bigFile.array)
        #expect(try client.isClosed())
    }

    @Test(
        "a client that reads nothing is cut off: too much waiting, or for too long", arguments: [true, false])
    func cutOff(_ byBacklog: Bool) throws {
        let server = try Server(
            settings: settings {
                if byBacklog { $0.maxBacklog = 100_000 } else { $0.stallTimeout = .milliseconds(50) }
            })
        let client = try Client(port: server.port, receiveBuffer: 4096)
        try client.send("GET \(byBacklog ? "/heap" : "/big") HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(server.waits { $0.slowClients == 1 })
        #expect(server.counters.open == 0)
        #expect(try client.read(9_000_000).count < 3_000_000)
    }

    @Test("stopping closes what is idle and answers what is under way")
    func stops() throws {
        let server = try Server()
        let idle = try Client(port: server.port)
        let waiting = try Client(port: server.port)
        let halfway = try Client(port: server.port)
        try idle.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try idle.readAnswer().status == 200)
        try waiting.send("GET /wait?name=a HTTP/1.1\r\nHost: x\r\n\r\n")
        try halfway.send("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        #expect(try halfway.readHead().hasPrefix("HTTP/1.1 100 "))
        #expect(server.journal.waits(for: "waiting a"))
        server.stopAccepting()
        #expect(try idle.isClosed())
        try halfway.send("hi")
        for (client, text) in [(halfway, "POST /b hi"), (waiting, "released")] {
            if client === waiting { server.release() }
            let answer = try client.readAnswer()
            #expect(answer.text == text)
            #expect(answer.headers["Connection"] == "close")
            #expect(try client.isClosed())
        }
        #expect(throws: ClientError.self) { try Client(port: server.port) }
    }
}

@Suite("Serving HTTP: several loops")
struct HTTPMovingTests {
    @Test("a connection moves to the loop its request belongs to, and back, with all it has sent")
    func moves() throws {
        let server = try Server(loops: 2)
        let client = try Client(port: server.port)
        try client.send(
            "GET /loop HTTP/1.1\r\nHost: x\r\n\r\nGET /loop?home=1 HTTP/1.1\r\nHost: x\r\n\r\n"
                + "GET /loop HTTP/1.1\r\nHost: x\r\n\r\nGET /loop?home=0 HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.readAnswer().text == "test-0")
        #expect(try client.readAnswer().text == "test-1")
        #expect(try client.readAnswer().text == "test-1")
        #expect(try client.readAnswer().text == "test-0")
        try client.send("GET /loop?home=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(try client.readAnswer().text == "test-1")
        #expect(try client.isClosed())
        #expect(server.counters.open == 0)
    }

    @Test("a moved connection becomes a WebSocket with the frames already sent behind the request")
    func movesAndUpgrades() throws {
        let server = try Server(loops: 2)
        let client = try Client(port: server.port)
        var frame: [UInt8] = []
        WebSocketFrame.encode(.text, payload: Array("early".utf8), mask: [1, 2, 3, 4], into: &frame)
        try client.send(Array("GET /socket?home=1 HTTP/1.1\r\n\(Client.upgrade)\r\n".utf8) + frame)
        #expect(try client.readHead().hasPrefix("HTTP/1.1 101 "))
        #expect(try client.readFrame() == Client.Frame(first: 0x81, payload: Array("early".utf8)))
    }

    @Test("a client that leaves after the move is noticed")
    func leavesAfterMove() throws {
        let server = try Server(loops: 2)
        let client = try Client(port: server.port)
        try client.send("GET /wait?home=1&name=a HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(server.journal.waits(for: "waiting a"))
        client.abort()
        #expect(server.journal.waits(for: "aborted a"))
    }
}
