// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing

@Suite("HTTP field values")
struct HTTPFieldValueTests {
    @Test(
        "writes dates",
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
            (Int64.max, "Fri, 31 Dec 9999 23:59:59 GMT"), (Int64.min, "Sat, 01 Jan 0000 00:00:00 GMT"),
        ])
    func dates(_ seconds: Int64, _ text: String) {
        #expect(HTTPDate.format(secondsSince1970: seconds) == text)
    }

    @Test(
        "reads ranges of ten bytes",
        arguments: [
            ("bytes=0-4", .range(0..<5)), ("bytes=9-", .range(9..<10)), ("bytes=-3", .range(7..<10)),
            ("bytes=-20", .range(0..<10)), ("bytes=5-100", .range(5..<10)), ("Bytes=0-0", .range(0..<1)),
            ("bytes=0-99999999999999999999", .range(0..<10)), ("bytes=0-9223372036854775807", .range(0..<10)),
            ("bytes=10-", .unsatisfiable), ("bytes=10-20", .unsatisfiable), ("bytes=-0", .unsatisfiable),
            ("bytes=99999999999999999999-", .unsatisfiable), ("bytes=0-1,3-4", .whole),
            ("bytes=0-1,", .whole),
            ("bytes=4-2", .whole), ("bytes=-", .whole), ("bytes=", .whole), ("bytes", .whole), ("", .whole),
            ("lines=0-4", .whole), ("bytes=a-b", .whole), ("bytes=0--1", .whole), ("bytes=+0-1", .whole),
            ("bytes 0-4", .whole),
        ] as [(String, HTTPRange)])
    func ranges(_ header: String, _ expected: HTTPRange) {
        #expect(HTTPRange.parse(header, length: 10) == expected)
    }

    @Test("nothing of an empty file can be had")
    func emptyRange() {
        #expect(HTTPRange.parse("bytes=0-", length: 0) == .unsatisfiable)
        #expect(HTTPRange.parse("bytes=-5", length: 0) == .unsatisfiable)
    }

    @Test(
        "compares entity tags weakly",
        arguments: [
            ("\"a\"", "\"a\"", true), ("W/\"a\"", "\"a\"", true), ("\"a\"", "W/\"a\"", true),
            ("*", "\"a\"", true),
            ("\"b\", W/\"a\"", "\"a\"", true), ("\"b\",\"a\"", "\"a\"", true), (",, \"a\"", "\"a\"", true),
            ("\"b,\\\", \"a\"", "\"a\"", true), ("\"b\"", "\"a\"", false), ("", "\"a\"", false),
            ("a", "\"a\"", false),
            ("\"a", "\"a\"", false), ("\"A\"", "\"a\"", false), ("\"b\" \"a\"", "\"a\"", false),
            ("w/\"a\"", "\"a\"", false), ("*, \"b\"", "\"a\"", false), ("\"x,\"a\"", "\"a\"", false),
        ])
    func entityTags(_ header: String, _ etag: String, _ expected: Bool) {
        #expect(ETagMatch.matches(ifNoneMatch: header, etag: etag) == expected)
    }

    @Test(
        "weighs content codings",
        arguments: [
            ("gzip", "gzip, br", 1), ("GZIP", "gzip;q=0.5", 0.5), ("gzip", "gzip ; q=0.123", 0.123),
            ("gzip", "gzip;Q=1.000", 1), ("gzip", "gzip;q=0", 0), ("gzip", "gzip;q=0.000, *", 0),
            ("br", "gzip;q=0, *;q=0.3", 0.3),
            ("br", "gzip", 0), ("br", "", 0), ("identity", "", 1), ("identity", "gzip", 1),
            ("identity", "*;q=0", 0),
            ("identity", "identity;q=0", 0), ("identity", "*;q=0, identity;q=0.1", 0.1),
            ("gzip", "gzip;q=1.1", 0),
            ("gzip", "gzip;q=2", 0), ("gzip", "gzip;q=0.1234", 0), ("gzip", "gzip;q=", 0),
            ("gzip", "gzip;q=a", 0),
            ("gzip", "gzip;q=0x5", 0), ("gzip", "gzip;level=9", 0), ("gzip", ";,gzip", 1), ("zip", "gzip", 0),
        ])
    func codings(_ coding: String, _ header: String, _ expected: Double) {
        #expect(AcceptEncoding.quality(of: coding, in: header) == expected)
    }

    @Test("without Accept-Encoding only identity is taken")
    func noAcceptEncoding() {
        #expect(AcceptEncoding.quality(of: "gzip", in: nil) == 0)
        #expect(AcceptEncoding.quality(of: "identity", in: nil) == 1)
    }

    @Test(
        "chooses the best coding, the server's favourite among equals",
        arguments: [
            ("gzip, deflate, br", "br"), ("gzip;q=1, br;q=0.9", "gzip"), ("zstd", "identity"), ("*", "br"),
            ("br;q=0, *", "gzip"), ("identity;q=0, zstd", nil), ("*;q=0", nil),
            ("br;q=0.5, identity;q=0.7", "identity"),
        ] as [(String, String?)])
    func bestCoding(_ header: String, _ expected: String?) {
        #expect(AcceptEncoding.best(of: ["br", "gzip", "identity"], in: header) == expected)
    }

    @Test(
        "chooses the language a person reads best",
        arguments: [
            ("de", "de"), ("de-AT", "de"), ("DE-at;q=0.8, fr;q=0.9", "fr"), ("pt-PT", "pt-BR"),
            ("pt", "pt-BR"),
            ("zh-Hant-TW, de;q=0.1", "zh-CN"), ("sv, de;q=0", nil), ("*", nil), ("", nil), ("-,--,de-", "de"),
            ("fr;q=2, de", "de"),
        ] as [(String, String?)])
    func acceptLanguage(_ header: String, _ expected: String?) {
        #expect(AcceptLanguage.best(of: ["en", "de", "fr", "pt-BR", "zh-CN"], in: header) == expected)
    }

    @Test(
        "reads cookies",
        arguments: [
            ("a=b", ["a=b"]), ("a=b; c=d", ["a=b", "c=d"]), ("a=b;c=", ["a=b", "c="]),
            ("a=\"b c\"", ["a=b c"]),
            ("a=b=c", ["a=b=c"]), ("a; =b; ; c=d", ["c=d"]), ("", []), ("a=\"", ["a=\""]),
            ("a=1; a=2", ["a=1", "a=2"]),
        ])
    func cookies(_ header: String, _ expected: [String]) {
        #expect(Cookies.parse(header).map { "\($0)=\($1)" } == expected)
    }

    @Test("writes cookies that no value can break out of")
    func setCookie() {
        #expect(
            SetCookie("parley_host", "token", maxAge: 60, sameSite: .strict).formatted
                == "parley_host=token; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Strict")
        #expect(
            SetCookie("a;b", "c; Domain=d\r\n", path: "/x;y", secure: false, httpOnly: false).formatted
                == "ab=cDomain=d; Path=/xy; SameSite=Lax")
    }

    @Test(
        "decodes escapes",
        arguments: [
            ("", ""), ("a+b", "a+b"), ("%41%62", "Ab"), ("%C3%A9", "é"), ("%00%2F", "\0/"), ("%", nil),
            ("%4", nil), ("%4g", nil),
            ("%FF", nil), ("%C3", nil), ("%25%34%31", "%41"),
        ] as [(String, String?)])
    func percent(_ text: String, _ expected: String?) {
        #expect(PercentCoding.decode(text) == expected)
    }

    @Test("reads queries, the last of equal names")
    func query() {
        let query = HTTPQuery("EIO=4&transport=polling&a=1&a=2+3&b&=c&&%C3%A9=%26%3D&bad=%zz&d=e=f")
        #expect(query["transport"] == "polling")
        #expect(query["a"] == "2 3")
        #expect(query["b"] == "")
        #expect(query[""] == "c")
        #expect(query["é"] == "&=")
        #expect(query["bad"] == nil)
        #expect(query["d"] == "e=f")
        #expect(query["none"] == nil)
        #expect(query.pairs.count == 8)
    }

    @Test("reads forwarded addresses in order, without ports and brackets")
    func forwarded() {
        let headers: HTTPHeaders = [
            "X-Forwarded-For": "192.0.2.1, 2001:db8::1,[::1]:80", "X-Forwarded-Proto": "http, HTTPS",
            "x-forwarded-for": "198.51.100.7:443",
        ]
        #expect(HTTPForwarded.addresses(headers) == ["192.0.2.1", "2001:db8::1", "::1", "198.51.100.7"])
        #expect(HTTPForwarded.isSecure(headers) == true)
        #expect(HTTPForwarded.isSecure([:]) == nil)
        #expect(HTTPForwarded.addresses([:]).isEmpty)
    }

    @Test(
        "knows the types of web files",
        arguments: [
            ("html", "text/html; charset=utf-8"), ("JS", "text/javascript; charset=utf-8"),
            ("svg", "image/svg+xml"),
            ("crt", "application/x-x509-ca-cert"), ("", "application/octet-stream"),
            ("exe", "application/octet-stream"),
        ])
    func mediaTypes(_ pathExtension: String, _ expected: String) {
        #expect(MediaType.of(pathExtension: pathExtension) == expected)
    }
}
