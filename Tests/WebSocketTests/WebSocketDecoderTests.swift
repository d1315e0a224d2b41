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

    @Test("has nothing to say about a proper prefix that it did not say before", arguments: vectors)
    func truncation(_ vector: Vector) throws {
        for cut in [0, 1, 2, 3, 5, 6, 13, 14, vector.bytes.count - 1] where cut < vector.bytes.count {
            var feed = Feed(vector.role)
            try feed.offer(Array(vector.bytes[..<cut]))
            #expect(vector.events.starts(with: feed.events), "cut at \(cut)")
            try feed.offer(Array(vector.bytes[cut...]))
            #expect(feed.events == vector.events, "cut at \(cut)")
        }
    }

    @Test("takes the payload of a message as it comes, so that the caller need not hold it")
    func takesPayload() throws {
        var feed = Feed(.server)
        try feed.offer([UInt8](hex: "82 FE 0100 01020304") + Array(repeating: 0, count: 99))
        #expect(feed.unread == 0)
        #expect(feed.events.isEmpty)
        try feed.offer(Array(repeating: 0, count: 157))
        let expected = (0..<256).map { UInt8($0 % 4 + 1) }
        #expect(feed.events == [.binary(expected, compressed: false)])
    }

    // MARK: Violations

    struct Violation: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let role: WebSocketDecoder.Role
        let bytes: [UInt8]
        let code: WebSocketCloseCode
        let reason: String

        init(_ role: WebSocketDecoder.Role, _ hex: String, _ code: WebSocketCloseCode, _ reason: String) {
            testDescription = "\(hex): \(reason)"
            self.role = role
            bytes = [UInt8](hex: hex)
            self.code = code
            self.reason = reason
        }
    }

    static let violations = [
        Violation(.server, "81 05", .protocolError, "unmasked frame from a client"),
        Violation(.server, "88 00", .protocolError, "unmasked frame from a client"),
        Violation(.client, "81 85", .protocolError, "masked frame from a server"),
        Violation(.client, "A1", .protocolError, "reserved bits set"),
        Violation(.client, "91", .protocolError, "reserved bits set"),
        Violation(.client, "83", .protocolError, "unknown opcode"),
        Violation(.client, "87", .protocolError, "unknown opcode"),
        Violation(.client, "8B", .protocolError, "unknown opcode"),
        Violation(.client, "8F", .protocolError, "unknown opcode"),
        Violation(.client, "09", .protocolError, "fragmented control frame"),
        Violation(.client, "08", .protocolError, "fragmented control frame"),
        Violation(.client, "89 7E", .protocolError, "control frame too long"),
        Violation(.client, "88 7F", .protocolError, "control frame too long"),
        Violation(.client, "C9 00", .protocolError, "RSV1 set on a control frame"),
        Violation(.client, "81 7E 007D", .protocolError, "invalid payload length"),
        Violation(.client, "81 7E 0000", .protocolError, "invalid payload length"),
        Violation(.client, "81 7F 000000000000FFFF", .protocolError, "invalid payload length"),
        Violation(.client, "81 7F 8000000000000000", .protocolError, "invalid payload length"),
        Violation(.client, "81 7F FFFFFFFFFFFFFFFF", .protocolError, "invalid payload length"),
        Violation(.client, "80 00", .protocolError, "continuation without a message"),
        Violation(.client, "81 00 80 00", .protocolError, "continuation without a message"),
        Violation(.client, "01 00 81 00", .protocolError, "new message inside another"),
        Violation(.client, "02 00 02 00", .protocolError, "new message inside another"),
        Violation(.client, "41 00 C0 00", .protocolError, "RSV1 set on a continuation"),
        Violation(.client, "82 7F 00000000000186A1", .messageTooBig, "max payload 100000"),
        Violation(.client, "82 7F 7FFFFFFFFFFFFFFF", .messageTooBig, "max payload 100000"),
        Violation(.client, "02 01 00 80 7F 00000000000186A0", .messageTooBig, "max payload 100000"),
        Violation(.client, "81 01 FF", .invalidPayload, "text is not UTF-8"),
        Violation(.client, "01 02 CEBA 80 01 E1", .invalidPayload, "text is not UTF-8"),
        Violation(.client, "81 03 EDA080", .invalidPayload, "text is not UTF-8"),
        Violation(.client, "88 01 03", .protocolError, "close code cut short"),
        Violation(.client, "88 02 03E7", .protocolError, "reserved close code"),
        Violation(.client, "88 02 03ED", .protocolError, "reserved close code"),
        Violation(.client, "88 02 03EE", .protocolError, "reserved close code"),
        Violation(.client, "88 02 03F7", .protocolError, "reserved close code"),
        Violation(.client, "88 02 0BB7", .protocolError, "reserved close code"),
        Violation(.client, "88 02 1388", .protocolError, "reserved close code"),
        Violation(.client, "88 02 0000", .protocolError, "reserved close code"),
        Violation(.client, "88 03 03E8 FF", .invalidPayload, "close reason is not UTF-8"),
    ]

    @Test("refuses, however the bytes arrive, and again afterwards", arguments: violations)
    func refuses(_ violation: Violation) throws {
        let expected = WebSocketViolation(violation.code, violation.reason)
        var whole = Feed(violation.role)
        #expect(throws: expected) { try whole.offer(violation.bytes) }
        #expect(throws: expected) { try whole.offer([0x89, 0x00]) }
        var single = Feed(violation.role)
        #expect(throws: expected) {
            for byte in violation.bytes { try single.offer([byte]) }
        }
        #expect(whole.events == single.events)
    }

    @Test("refuses compressed messages that were not agreed on")
    func notAgreed() {
        var feed = Feed(.client, deflate: false)
        #expect(throws: WebSocketViolation(.protocolError, "RSV1 set without an extension")) {
            try feed.offer([0xC1, 0x00])
        }
    }

    @Test("takes messages up to the limit exactly, in one piece and in several")
    func limit() throws {
        var feed = Feed(.client, maxMessage: 4)
        try feed.offer([UInt8](hex: "82 04 01020304  02 03 010203 80 01 04  82 00"))
        let four = WebSocketEvent.binary([1, 2, 3, 4], compressed: false)
        #expect(feed.events == [four, four, .binary([], compressed: false)])
    }

    @Test("tells which close codes may be sent", arguments: [1000...1003, 1007...1014, 3000...4999])
    func closeCodes(_ codes: ClosedRange<UInt16>) {
        #expect(codes.allSatisfy { WebSocketCloseCode(rawValue: $0).isAllowedOnWire })
        #expect(!WebSocketCloseCode(rawValue: codes.lowerBound - 1).isAllowedOnWire)
        #expect(!WebSocketCloseCode(rawValue: codes.upperBound + 1).isAllowedOnWire)
    }
}
