// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP
import Testing
import WebServer

@Suite("Content that is on its way")
struct ExpectedContentTests {
    @Test("the handler hears of the request before its content is there, and then of the whole")
    func expected() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        try client.send("POST /loop HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc")
        #expect(server.journal.waits(for: "expected on test-0"))
        try client.send("defGET /next HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.readAnswer().text == "test-0")
        #expect(try client.readAnswer().text == "GET /next ")
        #expect(server.journal.all == ["expected on test-0"])
    }

    @Test("the content is put together however it arrives")
    func pieces() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        try client.send("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in ["3\r\nab", "c\r\n2\r", "\nde\r\n0", "\r\n\r\n"] {
            #expect(server.waits { _ in client.sendSome(Array(piece.utf8)) == piece.utf8.count })
            usleep(2000)
        }
        #expect(try client.readAnswer().text == "POST /a abcde")
    }

    @Test("a request that comes whole is not announced")
    func whole() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        try client.send("POST /loop HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
        #expect(try client.readAnswer().text == "test-0")
        #expect(server.journal.all.isEmpty)
    }

    @Test("a request for another loop goes there with what it has of its content")
    func moves() throws {
        let server = try Server(loops: 2)
        let client = try Client(port: server.port)
        try client.send("POST /loop?home=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc")
        #expect(server.journal.waits(for: "expected on test-1"))
        try client.send("defPOST /a?home=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nwh")
        #expect(try client.readAnswer().text == "test-1")
        try client.send("at")
        #expect(try client.readAnswer().text == "POST /a what")
    }

    @Test("the handler hears when the rest never comes", arguments: [true, false])
    func aborted(_ reset: Bool) throws {
        let server = try Server(loops: 2)
        let client = try Client(port: server.port)
        try client.send("POST /loop?home=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc")
        #expect(server.journal.waits(for: "expected on test-1"))
        reset ? client.abort() : client.endInput()
        #expect(server.journal.waits(for: "aborted"))
        #expect(server.counters.open == 0)
    }

    @Test("the handler hears when the content is refused, once")
    func refused() throws {
        var settings = WebLoop.Settings()
        settings.limits.maxBody = 10
        let server = try Server(settings: settings)
        let client = try Client(port: server.port)
        try client.send("POST /loop HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n")
        #expect(server.journal.waits(for: "expected on test-0"))
        try client.send("12345678\r\n8\r\n")
        #expect(try client.readAnswer().status == 413)
        #expect(try client.isClosed())
        #expect(server.journal.all == ["expected on test-0", "refused with 413"])
    }

    @Test("the handler need not wait for what it does not want, and the connection ends")
    func unwanted() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        try client.send("POST /unwanted HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc")
        let answer = try client.readAnswer()
        #expect(answer.text == "unwanted")
        #expect(answer.headers["Connection"] == "close")
        try client.send("defGET /next HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.isClosed())
        #expect(server.counters.requests == 0)
    }
}
