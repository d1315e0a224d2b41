// SPDX-License-Identifier: Apache-2.0

import ByteCoding
import HTTP
import Testing

@Suite("refused HTTP requests")
struct HTTPRefusalTests {
    /// What is sent, and the status and reason of the answer.
    struct Case: CustomTestStringConvertible, Sendable {
        let text: String
        let code: Int
        let reason: String

        init(_ text: String, _ code: Int, _ reason: String) {
            self.text = text
            self.code = code
            self.reason = reason
        }

        var testDescription: String { String(text.debugDescription.prefix(100)) + " → \(code)" }
    }

    static let requestLines = [
        Case("\r\n\r\nGET / HTTP/1.1\r\n", 400, "empty request line"),
        Case("GET /\r\n\r\n", 400, "request line needs three parts"),
        Case("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid HTTP version"),
        Case("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400, "invalid HTTP version"),
        Case("GET / HTTP/1.1 x\r\nHost: a\r\n\r\n", 400, "invalid HTTP version"),
        Case("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid HTTP version"),
        Case(" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid method"),
        Case("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid method"),
        Case("GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", 400, "request line needs three parts"),
        Case("GET / http/1.1\r\nHost: a\r\n\r\n", 400, "invalid HTTP version"),
        Case("GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400, "invalid HTTP version"),
        Case("GET / HTTP/x.1\r\nHost: a\r\n\r\n", 400, "invalid HTTP version"),
        Case("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "only HTTP/1.1 and HTTP/1.0 are spoken here"),
        Case("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "only HTTP/1.1 and HTTP/1.0 are spoken here"),
        Case("GET / HTTP/0.9\r\n\r\n", 505, "only HTTP/1.1 and HTTP/1.0 are spoken here"),
        Case("\u{16}\u{03}\u{01}", 400, "control character in head"),
        Case("GET / HTTP/1.1\nHost: a\n\n", 400, "line ends in LF without CR"),
        Case("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "line ends in LF without CR"),
        Case("GET /\rx HTTP/1.1\r\nHost: a\r\n\r\n", 400, "CR without LF"),
        Case("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "control character in head"),
    ]

    static let targets = [
        Case("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid target"),
        Case("OPTIONS *a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid target"),
        Case("GET index.html HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid target"),
        Case("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid target"),
        Case("GET /#top HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid character in target"),
        Case("GET /é HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid character in target"),
        Case("GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid authority in target"),
        Case("GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid authority in target"),
        Case("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 501, "not a proxy"),
    ]

    static let fields = [
        Case("GET / HTTP/1.1\r\n\r\n", 400, "no Host field"),
        Case("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "more than one Host field"),
        Case("GET / HTTP/1.0\r\nHost: a\r\nhOST: b\r\n\r\n", 400, "more than one Host field"),
        Case("GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, "invalid Host"),
        Case("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, "invalid Host"),
        Case("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "invalid Host"),
        Case("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, "invalid Host"),
        Case("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "invalid field name"),
        Case("GET / HTTP/1.1\r\nHost: a\r\nX-A : b\r\n\r\n", 400, "invalid field name"),
        Case("GET / HTTP/1.1\r\nHost: a\r\nX-A\r\n\r\n", 400, "invalid field name"),
        Case("GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400, "invalid field name"),
        Case("GET / HTTP/1.1\r\nHost: a\r\nX(A): b\r\n\r\n", 400, "invalid field name"),
        Case("GET / HTTP/1.1\r\nHost: a\r\nX-é: b\r\n\r\n", 400, "invalid field name"),
        // obs-fold, and a first field that would fold into the request line
        Case("GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n", 400, "invalid field name"),
        Case("GET / HTTP/1.1\r\n\tHost: a\r\n\r\n", 400, "invalid field name"),
        Case("GET / HTTP/1.1\r\nHost: a\r\nX-A: b\0c\r\n\r\n", 400, "control character in head"),
        Case("GET / HTTP/1.1\r\nHost: a\r\nX-A: b\u{7F}\r\n\r\n", 400, "control character in head"),
        Case("GET / HTTP/1.1\r\nHost: a\r\nX-A: b\rc\r\n\r\n", 400, "CR without LF"),
        Case("GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\r\n\r\n", 400, "CR without LF"),
        Case("GET / HTTP/1.1\r\nHost: a\r\nX-A: b\nX-C: d\r\n\r\n", 400, "line ends in LF without CR"),
        Case("GET / HTTP/1.1\r\nHost: a\r\n\n", 400, "line ends in LF without CR"),
    ]

    /// Requests whose end two readers could see in different places. RFC 9112 §11.2.
    static let smuggling = [
        framed(
            "Content-Length: 6\r\nTransfer-Encoding: chunked", 400,
            "both Content-Length and Transfer-Encoding"),
        framed(
            "Transfer-Encoding: chunked\r\nContent-Length: 6", 400,
            "both Content-Length and Transfer-Encoding"),
        framed("Transfer-Encoding: x\r\nContent-Length: 6", 400, "both Content-Length and Transfer-Encoding"),
        framed("Content-Length: 5\r\nContent-Length: 6", 400, "invalid Content-Length"),
        framed("Content-Length: 5\r\nContent-Length: 5", 400, "invalid Content-Length"),
        framed("Content-Length: 5, 5", 400, "invalid Content-Length"),
        framed("Content-Length: +5", 400, "invalid Content-Length"),
        framed("Content-Length: -0", 400, "invalid Content-Length"),
        framed("Content-Length: 0x5", 400, "invalid Content-Length"),
        framed("Content-Length: 5 5", 400, "invalid Content-Length"),
        framed("Content-Length: 5.0", 400, "invalid Content-Length"),
        framed("Content-Length:", 400, "invalid Content-Length"),
        framed("Content-Length: ５", 400, "invalid Content-Length"),
        framed("Content-Length: 99999999999999999999", 413, "content too large"),
        framed("Content-Length: 1000001", 413, "content too large"),
        framed("Transfer-Encoding:", 400, "invalid Transfer-Encoding"),
        framed("Transfer-Encoding: identity", 400, "invalid Transfer-Encoding"),
        framed("Transfer-Encoding: gzip", 400, "invalid Transfer-Encoding"),
        framed("Transfer-Encoding: xchunked", 400, "invalid Transfer-Encoding"),
        framed("Transfer-Encoding: \"chunked\"", 400, "invalid Transfer-Encoding"),
        framed("Transfer-Encoding: chunked;q=1", 400, "invalid Transfer-Encoding"),
        framed("Transfer-Encoding: chunked, gzip", 400, "invalid Transfer-Encoding"),
        framed("Transfer-Encoding: chunked, chunked", 400, "invalid Transfer-Encoding"),
        framed("Transfer-Encoding: , chunked", 400, "invalid Transfer-Encoding"),
        framed("Transfer-Encoding: gzip, chunked", 501, "unknown transfer coding"),
        framed(
            "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", 400,
            "more than one Transfer-Encoding field"),
        framed(
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400,
            "more than one Transfer-Encoding field"),
        framed("Transfer-Encoding\t: chunked", 400, "invalid field name"),
        framed("X: y\r\n Transfer-Encoding: chunked", 400, "invalid field name"),
        framed("Transfer-Encoding: \u{0B}chunked", 400, "control character in head"),
        Case("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "Transfer-Encoding in HTTP/1.0"),
    ]

    static func framed(_ fields: String, _ code: Int, _ reason: String) -> Case {
        Case("POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n", code, reason)
    }

    static let chunks = [
        chunked("\r\n", 400, "invalid chunk size"),
        chunked("g\r\n", 400, "invalid chunk size"),
        chunked("-1\r\n", 400, "invalid chunk size"),
        chunked("0x5\r\nhello\r\n", 400, "invalid chunk extension"),
        chunked(" 5\r\nhello\r\n", 400, "invalid chunk size"),
        chunked("5 \r\nhello\r\n", 400, "invalid chunk extension"),
        chunked("5\nhello\r\n", 400, "line ends in LF without CR"),
        chunked("5;a\rb\r\nhello\r\n", 400, "invalid chunk extension"),
        chunked("5;a\0\r\nhello\r\n", 400, "invalid chunk extension"),
        chunked("5\r\nhello!\r\n", 400, "chunk longer than its size"),
        chunked("5\r\nhello\n", 400, "chunk longer than its size"),
        chunked("5\r\nhello\rx", 400, "chunk longer than its size"),
        chunked("5\r\nhello0\r\n\r\n", 400, "chunk longer than its size"),
        chunked("f4241\r\n", 413, "content too large"),
        chunked(
            "f4240\r\n" + String(repeating: "x", count: 1_000_000) + "\r\n1\r\n", 413, "content too large"),
        chunked("8000000000000000\r\n", 413, "content too large"),
        chunked("10000000000000005\r\nhello\r\n", 413, "content too large"),
        chunked("0\r\nX-A : b\r\n\r\n", 400, "invalid field name"),
        chunked("0\r\n folded\r\n\r\n", 400, "invalid field name"),
        chunked("0\r\nX-A: b\n\r\n", 400, "line ends in LF without CR"),
        chunked("5;" + String(repeating: "a", count: 300), 400, "chunk size line too long"),
    ]

    static func chunked(_ content: String, _ code: Int, _ reason: String) -> Case {
        Case("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(content)", code, reason)
    }

    @Test("refuses", arguments: [requestLines, targets, fields, smuggling, chunks].flatMap(\.self))
    func refuses(_ example: Case) {
        let refusal = #expect(throws: HTTPRefusal.self) { try decode(example.text) }
        #expect(refusal?.status.code == example.code)
        #expect(refusal?.reason == example.reason)
    }

    @Test(
        "refuses the same when bytes arrive one at a time",
        arguments: [requestLines, targets, fields, smuggling, chunks].flatMap(\.self).filter {
            $0.text.utf8.count < 1000
        })
    func refusesByteByByte(_ example: Case) {
        let refusal = #expect(throws: HTTPRefusal.self) { try decodeByteByByte(example.text) }
        #expect(refusal?.status.code == example.code)
        #expect(refusal?.reason == example.reason)
    }

    @Test("refuses every later call alike")
    func staysRefused() throws {
        var feed = Feed()
        let first = #expect(throws: HTTPRefusal.self) { try feed.offer(Array("\0".utf8)) }
        let second = #expect(throws: HTTPRefusal.self) {
            try feed.offer(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        }
        #expect(first == second)
        #expect(feed.events.isEmpty)
    }

    // MARK: Limits

    static let limits = HTTPLimits(maxHeadBytes: 64, maxHeaders: 3, maxBody: 10, maxTargetBytes: 8)

    @Test(
        "accepts what just fits",
        arguments: [
            "GET /2345678 HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX-A: " + String(repeating: "b", count: 30) + "\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789",
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n5\r\n56789\r\n"
                + "0\r\nA: b\r\nC: d\r\nE: f\r\n\r\n",
        ])
    func fits(_ text: String) throws {
        #expect(try decode(text, limits: Self.limits).last == .end)
        #expect(try decodeByteByByte(text, limits: Self.limits).last == .end)
    }

    @Test(
        "refuses what does not fit, before it has all arrived",
        arguments: [
            Case("GET /23456789 HTTP/1.1\r\nHost: a\r\n\r\n", 414, "target too long"),
            Case("GET /" + String(repeating: "a", count: 60), 414, "request line too long"),
            Case("GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\nE: f\r\n", 431, "too many fields"),
            Case(
                "GET / HTTP/1.1\r\nHost: a\r\nX-A: " + String(repeating: "b", count: 31) + "\r\n\r\n", 431,
                "fields too large"),
            Case("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", 413, "content too large"),
            Case(
                "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n6\r\n", 413,
                "content too large"),
            Case(
                "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\nC: d\r\nE: f\r\nG: h\r\n",
                431, "too many fields"),
            Case(
                "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + String(repeating: "1;aaaaaaaaaaaaaaa\r\nx\r\n", count: 5), 400,
                "too many chunk extensions"),
        ])
    func doesNotFit(_ example: Case) {
        let refusal = #expect(throws: HTTPRefusal.self) { try decode(example.text, limits: Self.limits) }
        #expect(refusal?.status.code == example.code)
        #expect(refusal?.reason == example.reason)
        let again = #expect(throws: HTTPRefusal.self) {
            try decodeByteByByte(example.text, limits: Self.limits)
        }
        #expect(again == refusal)
    }

    @Test("takes a new content limit between the head and the content, for one request")
    func changesLimit() throws {
        let request = Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n".utf8)
        var decoder = HTTPRequestDecoder(limits: Self.limits)
        for _ in 0..<2 {
            let head = try request.withReader { (reader) throws(HTTPRefusal) in try decoder.next(&reader) }
            #expect(head != nil)
            decoder.maxBody = 11
            let body = try Array("hello world".utf8).withReader { (reader) throws(HTTPRefusal) in
                [try decoder.next(&reader), try decoder.next(&reader)]
            }
            #expect(body == [.body(Array("hello world".utf8)), .end])
            #expect(decoder.isIdle)
        }
        let head = try request.withReader { (reader) throws(HTTPRefusal) in try decoder.next(&reader) }
        #expect(head != nil)
        #expect(throws: HTTPRefusal(.contentTooLarge, "content too large")) {
            try [].withReader { (reader) throws(HTTPRefusal) in try decoder.next(&reader) }
        }
    }
}
