// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing

@Suite("HTTP requests")
struct HTTPRequestDecoderTests {
    struct Vector: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let text: String
        let events: [HTTPRequestEvent]
    }

    static let vectors = [
        Vector(
            testDescription: "GET, RFC 9112 section 3",
            text: "GET /where?q=now HTTP/1.1\r\nHost: www.example.org\r\n\r\n",
            events: [
                .head(HTTPRequestHead(.get, "/where?q=now", headers: ["Host": "www.example.org"])), .end,
            ]),
        Vector(
            testDescription: "content of known length",
            text: "POST /api HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello",
            events: [
                .head(HTTPRequestHead(.post, "/api", headers: ["Host": "a", "Content-Length": "5"])),
                .body(Array("hello".utf8)), .end,
            ]),
        Vector(
            testDescription: "content of length zero",
            text: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 000\r\n\r\n",
            events: [
                .head(HTTPRequestHead(.post, "/", headers: ["Host": "a", "Content-Length": "000"])), .end,
            ]),
        Vector(
            testDescription: "chunks with extensions and trailers, RFC 9112 section 7.1",
            text: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
                + "4\r\nWiki\r\n6;a=b;c=\"d\"\r\npedia \r\n0B \t;x\r\nin\r\nchunks.\r\n"
                + "000\r\nDigest: none\r\nX: \r\n\r\n",
            events: [
                .head(HTTPRequestHead(.post, "/", headers: ["Host": "a", "Transfer-Encoding": "Chunked"])),
                .body(Array("Wikipedia in\r\nchunks.".utf8)), .end,
            ]),
        Vector(
            testDescription: "two requests, an empty line before each",
            text: "\r\nGET /1 HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /2 HTTP/1.0\r\n\r\n",
            events: [
                .head(HTTPRequestHead(.get, "/1", headers: ["Host": "a"])), .end,
                .head(HTTPRequestHead(.get, "/2", version: .http10)), .end,
            ]),
        Vector(
            testDescription: "white space around values, empty values, odd but legal names",
            text: "OPTIONS * HTTP/1.1\r\nHost:a\r\nX-A:\t b c \t\r\nX-B:\r\n!#$%&'*+-.^_`|~9z: ok\r\n\r\n",
            events: [
                .head(
                    HTTPRequestHead(
                        .options, "*",
                        headers: ["Host": "a", "X-A": "b c", "X-B": "", "!#$%&'*+-.^_`|~9z": "ok"])), .end,
            ]),
        Vector(
            testDescription: "absolute target, unknown method, minor version to come",
            text: "BREW HTTP://[::1]:8443?pot HTTP/1.7\r\nHost: elsewhere\r\n\r\n",
            events: [
                .head(
                    HTTPRequestHead(
                        .init(rawValue: "BREW"), "HTTP://[::1]:8443?pot", headers: ["Host": "elsewhere"])),
                .end,
            ]),
    ]

    @Test("decodes", arguments: vectors)
    func decodes(_ vector: Vector) throws {
        #expect(try decode(vector.text) == vector.events)
    }

    @Test("decodes the same when bytes arrive one at a time", arguments: vectors)
    func decodesByteByByte(_ vector: Vector) throws {
        #expect(try decodeByteByByte(vector.text) == vector.events)
    }

    @Test("decodes the same when the bytes arrive in two pieces", arguments: vectors)
    func decodesInTwo(_ vector: Vector) throws {
        let bytes = Array(vector.text.utf8)
        for cut in bytes.indices {
            var feed = Feed()
            try feed.offer(Array(bytes[..<cut]))
            #expect(feed.events != vector.events, "cut at \(cut)")
            try feed.offer(Array(bytes[cut...]))
            #expect(feed.events == vector.events, "cut at \(cut)")
        }
    }
}
