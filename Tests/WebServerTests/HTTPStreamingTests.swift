// SPDX-License-Identifier: Apache-2.0
import HTTP
import Testing
import WebServer

/// Answers with `one`, nothing, and `two`, and then does as the test says.
func stream(_ exchange: HTTPExchange, _ journal: Journal, as wish: String) {
    let response = HTTPResponse(.ok, headers: ["Content-Type": "text/plain"])
    guard let stream = exchange.respondStreaming(response) else { return }
    if exchange.respondStreaming(response) != nil { journal.note("answered twice") }
    for part in ["one", "", "two"] { stream.write(Array(part.utf8)) }
    // The closures keep the stream, as an owner would.
    stream.onAbort = { journal.note("gone, open: \(stream.isOpen)") }
    switch wish {
    case "finish": stream.finish()
    case "abort": stream.abort()
    case "flood":
        stream.write([UInt8](repeating: UInt8(ascii: "x"), count: 1_000_000))
        journal.note(stream.backlog > 1_000_000 ? "backlog" : "no backlog")
        stream.onDrain = {
            journal.note("drained, backlog \(stream.backlog)")
            stream.finish()
            stream.write([1])
            stream.finish()
        }
    case "drown":
        stream.write([UInt8](repeating: 0, count: 20_000_000))
    default: break
    }
}

@Suite("Streaming answers")
struct HTTPStreamingTests {
    private static let chunks = "3\r\none\r\n3\r\ntwo\r\n"

    private func open(_ target: String, _ server: Server, version: String = "1.1") throws -> (Client, String)
    {
        let client = try Client(port: server.port)
        try client.send("GET \(target) HTTP/\(version)\r\nHost: x\r\n\r\n")
        return (client, try client.readHead())
    }

    @Test("are sent in chunks as they are written, and the connection goes on behind them")
    func chunked() throws {
        let server = try Server()
        let (client, head) = try open("/stream?then=finish", server)
        #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(head.contains("\r\nTransfer-Encoding: chunked\r\n"))
        #expect(head.contains("\r\nDate: "))
        #expect(!head.contains("Content-Length"))
        let content = Self.chunks + "0\r\n\r\n"
        #expect(try client.read(content.utf8.count) == Array(content.utf8))
        try client.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.readAnswer().text == "GET /next ")
    }

    @Test("keep a pipelined request waiting until they end")
    func pipelined() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        try client.send(
            "GET /stream?then=flood HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n")
        _ = try client.readHead()
        let flood = Self.chunks.utf8.count + "f4240\r\n".utf8.count + 1_000_000 + 2
        #expect(try client.read(flood).suffix(4).elementsEqual("xx\r\n".utf8))
        #expect(try client.read(5).elementsEqual("0\r\n\r\n".utf8))
        #expect(try client.readAnswer().text == "GET /next ")
        #expect(server.journal.waits(for: "backlog"))
        #expect(server.journal.waits(for: "drained, backlog 0"))
        #expect(!server.journal.all.contains("answered twice"))
    }

    @Test("end with the connection for a client of HTTP/1.0")
    func oldClient() throws {
        let server = try Server()
        let (client, head) = try open("/stream?then=finish", server, version: "1.0")
        #expect(!head.contains("Transfer-Encoding"))
        #expect(head.contains("\r\nConnection: close\r\n"))
        #expect(try client.readToEnd() == "onetwo")
    }

    @Test("say so when no request may follow")
    func lastRequest() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        try client.send("GET /stream?then=finish HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(try client.readHead().contains("\r\nConnection: close\r\n"))
        #expect(try client.readToEnd() == Self.chunks + "0\r\n\r\n")
    }

    @Test("have no content for HEAD")
    func head() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        try client.send(
            "HEAD /stream?then=finish HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.readHead().contains("\r\nTransfer-Encoding: chunked\r\n"))
        #expect(try client.readAnswer().text == "GET /next ")
    }

    @Test("tell their owner when the client goes away, however it does")
    func clientLeaves() throws {
        for leave in [{ $0.abort() }, { $0.endInput() }] as [(Client) -> Void] {
            let server = try Server()
            let (client, _) = try open("/stream", server)
            #expect(try client.read(Self.chunks.utf8.count) == Array(Self.chunks.utf8))
            leave(client)
            #expect(server.journal.waits(for: "gone, open: false"))
        }
    }

    @Test("never look complete when their owner gives up")
    func ownerAborts() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        try client.send("GET /stream?then=abort HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try !client.readToEnd().contains("0\r\n\r\n"))
        #expect(!server.journal.all.contains { $0.hasPrefix("gone") }, "its owner knows already")
    }

    @Test("cut off a client that lets too much pile up")
    func slowClient() throws {
        let server = try Server()
        let client = try Client(port: server.port, receiveBuffer: 4096)
        try client.send("GET /stream?then=drown HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(server.journal.waits(for: "gone, open: false"))
        #expect(server.waits { $0.slowClients == 1 })
    }

    @Test("end with the server")
    func serverStops() throws {
        let server = try Server()
        let (client, _) = try open("/stream", server)
        server.stopAccepting()
        #expect(
            try client.read(Self.chunks.utf8.count) == Array(Self.chunks.utf8), "they are not cut by that")
    }
}
