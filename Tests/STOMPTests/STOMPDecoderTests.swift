// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import STOMP
import TestKit
import Testing

@Suite("STOMP decoder")
struct STOMPDecoderTests {
    /// Every kind of frame end, with heart-beats in between.
    static let stream = Array(
        """
        \n\nSEND\ndestination:/a\ncontent-length:5\n\na\0b\0c\0\n\nSEND\r\ndestination:/b\r\n\r\nhi\0\r\n\
        DISCONNECT\n\n\0ACK\nid:1\n\n\0\n
        """.utf8)
    static let frames = [
        STOMPFrame(.send, headers: ["destination": "/a"], body: Array("a\0b\0c".utf8)),
        STOMPFrame(.send, headers: ["destination": "/b"], body: Array("hi".utf8)),
        STOMPFrame(.disconnect),
        STOMPFrame(.ack, headers: ["id": "1"]),
    ]

    @Test("finds several frames in one message, and a NUL inside a body of known length")
    func several() throws {
        #expect(try decode([Self.stream]) == Self.frames)
    }

    @Test("finds the same frames whatever pieces they come in", arguments: [1, 2, 3, 7, 16])
    func pieces(_ size: Int) throws {
        let pieces = stride(from: 0, to: Self.stream.count, by: size).map {
            Array(Self.stream[$0..<min($0 + size, Self.stream.count)])
        }
        #expect(try decode(pieces) == Self.frames)
    }

    @Test("joins the pieces of 16 KiB in which clients send large frames")
    func largeFrame() throws {
        let body = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 % 255 + 1) }
        for hasLength in [true, false] {
            let length = hasLength ? "content-length:\(body.count)\n" : ""
            let bytes = Array("SEND\ndestination:/a\n\(length)\n".utf8) + body + [0]
            let pieces = stride(from: 0, to: bytes.count, by: 16_384).map {
                Array(bytes[$0..<min($0 + 16_384, bytes.count)])
            }
            let expected = STOMPFrame(.send, headers: ["destination": "/a"], body: body)
            #expect(try decode(pieces) == [expected])
        }
    }

    @Test("waits for the rest of every prefix without an error")
    func truncated() throws {
        for prefix in Self.stream.prefixes {
            let frames = try decode([prefix])
            #expect(frames == Array(Self.frames.prefix(frames.count)))
            #expect(frames.count < 4 || prefix.count >= Self.stream.count - 1)
        }
    }

    @Test("reads the lines of each version by its own rules")
    func versions() throws {
        let frame = "SEND\na: b \nc:d\r\n\nx\0"
        #expect(
            try decode(frame, .v10).first?.headers == ["a": "b", "c": "d\r"], "1.0 peers pad with spaces")
        #expect(try decode(frame, .v11).first?.headers == ["a": " b ", "c": "d\r"])
        #expect(try decode(frame, .v12).first?.headers == ["a": " b ", "c": "d"])
        let opening = "CONNECT\r\naccept-version:1.1,1.2\r\nlogin:a\\c\r\n\r\n\0"
        #expect(
            try decode(opening, nil).first?.headers == ["accept-version": "1.1,1.2", "login": "a\\c"])
    }

    @Test("a new version counts from the next frame on")
    func versionChanges() throws {
        var decoder = STOMPDecoder()
        decoder.append(Array("CONNECT\na:\\c\n\n\0\nSEND\na:\\c\n\n\0".utf8))
        #expect(try decoder.next()?.headers == ["a": "\\c"])
        decoder.version = .v12
        #expect(try decoder.next()?.headers == ["a": ":"])
        #expect(decoder.bufferedBytes == 0)
    }

    @Test("takes a value with a bare colon whole")
    func bareColon() throws {
        let frames = try decode("SEND\ndestination:a:b::c\nempty:\n\n\0")
        #expect(frames.first?.headers == ["destination": "a:b::c", "empty": ""])
    }

    @Test("ignores repeated lengths but the first")
    func repeatedLength() throws {
        let frames = try decode("SEND\ncontent-length:1\ncontent-length:nonsense\n\n\0\0")
        #expect(frames == [STOMPFrame(.send, body: [0])])
    }

    /// What is refused, why, and where.
    static let refusals: [(String, STOMPVersion, DecodeError)] = [
        ("send\n\n\0", .v12, DecodeError(.invalid, "STOMP command", at: 0)),
        ("GET / HTTP/1.1\r\n", .v12, DecodeError(.tooLarge, "STOMP command", at: 0)),
        ("\r\n\n\0\n", .v12, DecodeError(.invalid, "STOMP command", at: 3)),
        ("\r\nSEND\n\n\0", .v11, DecodeError(.invalid, "STOMP command", at: 0)),
        ("SEND\nno colon\n", .v12, DecodeError(.invalid, "STOMP header", at: 5)),
        ("SEND\n:value\n", .v12, DecodeError(.invalid, "STOMP header", at: 5)),
        ("SEND\na:b\nx:\\t\n", .v12, DecodeError(.invalid, "STOMP header", at: 9)),
        ("SEND\nx:\\r\n", .v11, DecodeError(.invalid, "STOMP header", at: 5)),
        ("SEND\nx:\\\n", .v12, DecodeError(.invalid, "STOMP header", at: 5)),
        ("SEND\ncontent-length:-1\n", .v12, DecodeError(.invalid, "STOMP content-length", at: 20)),
        ("SEND\ncontent-length:\n", .v12, DecodeError(.invalid, "STOMP content-length", at: 20)),
        ("SEND\ncontent-length:1000001\n", .v12, DecodeError(.tooLarge, "STOMP content-length", at: 20)),
        (
            "SEND\ncontent-length:99999999999999999999\n", .v12,
            DecodeError(.tooLarge, "STOMP content-length", at: 20)
        ),
        ("SEND\ncontent-length:1\n\nab\0", .v12, DecodeError(.invalid, "STOMP frame end", at: 24)),
        ("ACK\nid:1\n\nbody\0", .v12, DecodeError(.invalid, "STOMP body", at: 10)),
        ("ACK\ncontent-length:1\n\nb\0", .v12, DecodeError(.invalid, "STOMP body", at: 22)),
        ("\nACK\n\n\0\nACK\n!\n", .v12, DecodeError(.invalid, "STOMP header", at: 12)),
    ]

    @Test("refuses what breaks the format, and says where", arguments: refusals)
    func refuses(_ text: String, _ version: STOMPVersion, _ error: DecodeError) {
        #expect(throws: error) { try decode(text, version) }
        #expect(throws: error) { try decode(Array(text.utf8).map { [$0] }, version) }
    }

    @Test("refuses header entries that are not UTF-8")
    func notUTF8() {
        #expect(throws: DecodeError(.invalid, "STOMP header", at: 5)) {
            try decode([Array("SEND\na:".utf8) + [0xFF, 0x0A]])
        }
    }

    @Test("keeps its limits without waiting for the end of what is too large")
    func limits() {
        var limits = STOMPDecoder.Limits()
        limits.maxHead = 40
        limits.maxHeaders = 2
        limits.maxBody = 10
        func refuses(_ text: String, _ field: String, at offset: Int) {
            #expect(throws: DecodeError(.tooLarge, field, at: offset)) {
                try decode([Array(text.utf8)], limits: limits)
            }
        }
        refuses("SEND\n" + String(repeating: "a", count: 37), "STOMP header", at: 5)
        refuses("SEND\na:b\nc:d\ne:f\n", "STOMP header count", at: 13)
        refuses("SEND\n\n12345678901", "STOMP body", at: 6)
        refuses("SEND\ncontent-length:11\n", "STOMP content-length", at: 20)
        refuses("ABCDEFGHIJKLMN", "STOMP command", at: 0)
    }

    @Test("decodes nothing more after an error")
    func failsForGood() {
        var decoder = STOMPDecoder()
        decoder.append(Array("oops\n".utf8))
        #expect(throws: DecodeError.self) { try decoder.next() }
        decoder.append(Array("SEND\n\n\0".utf8))
        #expect(throws: DecodeError(.invalid, "STOMP command", at: 0)) { try decoder.next() }
        #expect(decoder.bufferedBytes == 0)
    }

    @Test("forgets the bytes of the frames it has returned")
    func keepsLittle() throws {
        var decoder = STOMPDecoder()
        for _ in 0..<1000 {
            decoder.append(Array("SEND\n\nhello\0SEN".utf8))
            #expect(try decoder.next()?.body == Array("hello".utf8))
            #expect(decoder.bufferedBytes == 3)
            decoder.append(Array("D\n\n\0".utf8))
            #expect(try decoder.next() == STOMPFrame(.send))
        }
    }
}
