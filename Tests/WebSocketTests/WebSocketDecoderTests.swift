// SPDX-License-Identifier: Apache-2.0

import ByteCoding
import TestKit
import Testing
import WebSocket

@Suite("WebSocket messages")
struct WebSocketDecoderTests {
    struct Vector: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let role: WebSocketDecoder.Role
        let bytes: [UInt8]
        let events: [WebSocketEvent]

        init(_ description: String, _ role: WebSocketDecoder.Role, _ hex: String, _ events: [WebSocketEvent])
        {
            testDescription = description
            self.role = role
            bytes = [UInt8](hex: hex)
            self.events = events
        }
    }

    static let vectors = [
        // RFC 6455 section 5.7
        Vector("unmasked text", .client, "81 05 48656C6C6F", [.text(Array("Hello".utf8), compressed: false)]),
        Vector(
            "masked text", .server, "81 85 37FA213D 7F9F4D5158",
            [.text(Array("Hello".utf8), compressed: false)]),
        Vector(
            "fragmented text", .client, "01 03 48656C 80 02 6C6F",
            [.text(Array("Hello".utf8), compressed: false)]),
        Vector(
            "ping and masked pong", .client, "89 05 48656C6C6F 8A 00",
            [.ping(Array("Hello".utf8)), .pong([])]),
        Vector("masked pong", .server, "8A 85 37FA213D 7F9F4D5158", [.pong(Array("Hello".utf8))]),
        Vector(
            "256 bytes of binary", .client, "82 7E 0100" + String(repeating: "5A", count: 256),
            [.binary(Array(repeating: 0x5A, count: 256), compressed: false)]),
        Vector(
            "64 KiB of binary", .client, "82 7F 0000000000010000" + String(repeating: "A5", count: 65_536),
            [.binary(Array(repeating: 0xA5, count: 65_536), compressed: false)]),
        // RFC 7692 section 7.2.3
        Vector(
            "compressed text", .client, "C1 07 F248CDC9C90700",
            [.text([UInt8](hex: "F248CDC9C90700"), compressed: true)]),
        Vector(
            "fragmented compressed text", .client, "41 03 F248CD 80 04 C9C90700",
            [.text([UInt8](hex: "F248CDC9C90700"), compressed: true)]),
        Vector(
            "control frames between fragments, a character cut in two", .server,
            "01 81 00000000 C3 89 81 01020304 06 00 80 01020304 80 81 01020304 BD",
            [.ping([7]), .text(Array("ü".utf8), compressed: false)]),
        Vector("empty close", .server, "88 80 01020304", [.close(nil, reason: "")]),
        Vector(
            "close with a reason, and bytes after it", .client, "88 05 03E8 627965 FFFFFF",
            [.close(.normal, reason: "bye")]),
    ]

    @Test("decodes", arguments: vectors)
    func decodes(_ vector: Vector) throws {
        var feed = Feed(vector.role)
        try feed.offer(vector.bytes)
        #expect(feed.events == vector.events)
        #expect(feed.unread == 0)
    }

    @Test(
        "decodes the same when bytes arrive one at a time",
        arguments: vectors.filter { $0.bytes.count < 1000 })
    func decodesByteByByte(_ vector: Vector) throws {
        var feed = Feed(vector.role)
        for byte in vector.bytes { try feed.offer([byte]) }
        #expect(feed.events == vector.events)
    }
}

/// A connection's bytes as a decoder sees them: pieces arrive, what is left unread stays.
struct Feed {
    var decoder: WebSocketDecoder
    private(set) var events: [WebSocketEvent] = []
    private var bytes: [UInt8] = []

    init(_ role: WebSocketDecoder.Role, maxMessage: Int = 100_000, deflate: Bool = true) {
        decoder = WebSocketDecoder(role: role, maxMessage: maxMessage, deflate: deflate)
    }

    var unread: Int { bytes.count }

    mutating func offer(_ more: [UInt8]) throws(WebSocketViolation) {
        bytes += more
        var decoder = self.decoder
        var decoded: [WebSocketEvent] = []
        defer {
            self.decoder = decoder
            events += decoded
        }
        let consumed = try bytes.withReader { (reader) throws(WebSocketViolation) in
            while let event = try decoder.next(&reader) { decoded.append(event) }
            return reader.offset
        }
        bytes.removeFirst(consumed)
    }
}
