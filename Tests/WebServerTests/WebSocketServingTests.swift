// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing
import WebServer
import WebSocket

@Suite("Serving WebSockets")
struct WebSocketServingTests {
    private func open(_ server: Server, _ path: String = "/socket") throws -> Client {
        let client = try Client(port: server.port)
        try client.openWebSocket(path)
        return client
    }

    @Test("proves that it understood the handshake, and leaves out what was not agreed")
    func handshake() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        let head = try client.openWebSocket(extensions: "permessage-deflate")
        #expect(head.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
        #expect(!head.contains("Extensions"))
    }

    @Test("frames sent before the answer to the handshake are frames")
    func eagerFrames() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        try client.send(
            Array(Client.webSocketHandshake("/socket").utf8) + [0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69])
        #expect(try client.readHead().hasPrefix("HTTP/1.1 101 "))
        #expect(try client.readFrame() == Client.Frame(first: 0x81, payload: Array("hi".utf8)))
    }

    @Test("answers an improper handshake as HTTP and keeps the connection")
    func improper() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        try client.send("GET /socket HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.readAnswer().status >= 400)
        try client.openWebSocket()
    }

    @Test(
        "echoes text and binary, fragments joined, control frames between them",
        arguments: [0, 5, 125, 126, 70_000])
    func echo(_ count: Int) throws {
        let server = try Server()
        let client = try open(server)
        let bytes = [UInt8](repeating: 0x61, count: count)
        try client.sendFrame(.text, bytes)
        #expect(try client.readFrame() == Client.Frame(first: 0x81, payload: bytes))
        try client.sendFrame(.binary, Array(bytes[..<(count / 2)]), fin: false)
        try client.sendFrame(.ping, [9])
        try client.sendFrame(.pong, [])
        try client.sendFrame(.continuation, Array(bytes[(count / 2)...]))
        #expect(try client.readFrame() == Client.Frame(first: 0x8A, payload: [9]))
        #expect(try client.readFrame() == Client.Frame(first: 0x82, payload: bytes))
    }

    /// Frames as they are on the wire, and the code they are answered with.
    static let violations: [([UInt8], UInt16)] = [
        ([0x81, 0x01, 0x61], 1002),  // not masked
        ([0xC1, 0x80, 0, 0, 0, 0], 1002),  // RSV1 without an extension
        ([0x83, 0x80, 0, 0, 0, 0], 1002),  // reserved opcode
        ([0x80, 0x80, 0, 0, 0, 0], 1002),  // continuation of nothing
        ([0x09, 0x80, 0, 0, 0, 0], 1002),  // fragmented ping
        ([0x88, 0x81, 0, 0, 0, 0, 0], 1002),  // half a close code
        ([0x81, 0x81, 0, 0, 0, 0, 0xFF], 1007),  // not UTF-8
        ([0x82, 0xFF, 0, 0, 0, 0, 0, 0x0F, 0x42, 0x41, 0, 0, 0, 0], 1009),  // 1 000 001 bytes
        ([0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0], 1009),
    ]

    @Test("closes with the fitting code on violations", arguments: violations)
    func violation(_ bytes: [UInt8], _ code: UInt16) throws {
        let server = try Server()
        let client = try open(server)
        try client.send(bytes)
        #expect(try client.readClose() == code)
        #expect(try client.isClosed())
        #expect(server.journal.waits(for: "closed \(code)"))
        #expect(server.counters.malformed == 1)
    }

    @Test("echoes the client's close and ends the connection")
    func clientCloses() throws {
        let server = try Server()
        let client = try open(server)
        try client.sendFrame(.close, WebSocketFrame.closePayload(.normal, reason: "done"))
        #expect(try client.readClose() == 1000)
        #expect(try client.isClosed())
        #expect(server.journal.waits(for: "closed 1000"))
    }

    @Test("starts the closing handshake itself, and does not wait for ever", arguments: [true, false])
    func serverCloses(_ isAnswered: Bool) throws {
        var settings = WebLoop.Settings()
        settings.closeTimeout = .milliseconds(50)
        let server = try Server(settings: settings)
        let client = try open(server)
        try client.sendFrame(.text, Array("close".utf8))
        #expect(try client.readClose() == 1001)
        if isAnswered { try client.sendFrame(.close, [0x03, 0xE9]) }
        #expect(try client.isClosed())
        #expect(server.journal.waits(for: "closed 1001"))
    }

    @Test("tells the owner when the client vanishes")
    func vanishes() throws {
        let server = try Server()
        let client = try open(server)
        client.abort()
        #expect(server.journal.waits(for: "closed 0"))
        #expect(server.counters.open == 0)
    }

    @Test("cuts off a client that does not read what it asked for, and tells it should it read on")
    func flood() throws {
        var settings = WebLoop.Settings()
        settings.maxBacklog = 100_000
        let server = try Server(settings: settings)
        let client = try Client(port: server.port, receiveBuffer: 4096)
        try client.openWebSocket()
        try client.sendFrame(.text, Array("flood".utf8))
        #expect(server.journal.waits(for: "closed 1013"))
        #expect(server.counters.slowClients == 1)
        var frame = try client.readFrame()
        while frame.first == 0x82 {
            #expect(frame.payload.count == 65_536)
            frame = try client.readFrame()
        }
        #expect(frame == Client.Frame(first: 0x88, payload: [0x03, 0xF5] + Array("slow consumer".utf8)))
        #expect(try client.isClosed())
    }
}

@Suite("Serving WebSockets: compression")
struct WebSocketCompressionTests {
    /// Raw deflate of nothing but "hello", from RFC 7692 §7.2.3.1 with its own letters.
    static let hello: [UInt8] = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]

    @Test("agrees to compress without context, and understands the RFC's example")
    func negotiates() throws {
        let server = try Server()
        let client = try Client(port: server.port)
        let head = try client.openWebSocket(
            "/deflate", extensions: "permessage-deflate; client_max_window_bits")
        #expect(
            head.contains(
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"))
        try client.sendFrame(.text, Self.hello, rsv1: true)
        #expect(try client.readFrame() == Client.Frame(first: 0x81, payload: Array("Hello".utf8)))
    }

    @Test("sends long messages compressed, within the window the client asked for", arguments: [9, 15])
    func compresses(_ bits: Int) throws {
        let server = try Server()
        let client = try Client(port: server.port)
        let offer = bits == 15 ? "permessage-deflate" : "permessage-deflate; server_max_window_bits=\(bits)"
        try client.openWebSocket("/deflate", extensions: offer)
        // Repeats itself after 4096 bytes: out of reach for a small window, within it for a large one.
        var state: UInt32 = 1
        let block = (0..<4096).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(0x61 + (state >> 28))
        }
        let text = block + block
        try client.sendFrame(.text, text)
        let frame = try client.readFrame()
        #expect(frame.first == 0xC1)
        #expect(frame.payload.count < text.count)
        // Sent back compressed as it came, it must mean the same.
        try client.sendFrame(.text, frame.payload, rsv1: true)
        #expect(try client.readFrame() == frame)
        // Four bits a letter; only a window that reaches back a whole block finds the second one.
        #expect((frame.payload.count < 3500) == (bits == 15))
    }

    @Test(
        "refuses what is no compression, no UTF-8 or grows too large",
        arguments: [
            ([0xFF, 0xFF, 0xFF], 1007),
            ([0xFA, 0x0F, 0x00], 1007),  // one byte, 0xFF
        ] as [([UInt8], UInt16)])
    func refuses(_ payload: [UInt8], _ code: UInt16) throws {
        let server = try Server()
        let client = try Client(port: server.port)
        try client.openWebSocket("/deflate", extensions: "permessage-deflate")
        try client.sendFrame(.text, payload, rsv1: true)
        #expect(try client.readClose() == code)
        #expect(try client.isClosed())
    }

    @Test("refuses a small message that would become a large one")
    func bomb() throws {
        var settings = WebLoop.Settings()
        settings.maxMessage = 10_000
        let server = try Server(settings: settings)
        let client = try Client(port: server.port)
        try client.openWebSocket("/deflate", extensions: "permessage-deflate")
        // The server compresses zeros for us, which fit; two of those in one message do not.
        try client.sendFrame(.binary, [UInt8](repeating: 0, count: 9000))
        let frame = try client.readFrame()
        #expect(frame.first == 0xC2)
        #expect(frame.payload.count < 100)
        try client.sendFrame(.binary, frame.payload + [0x00, 0x00, 0xFF, 0xFF] + frame.payload, rsv1: true)
        #expect(try client.readClose() == 1009)
    }
}
