// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing

@Suite("HTTP request heads")
struct HTTPRequestHeadTests {
    @Test(
        "splits the target into path and query",
        arguments: [
            ("/", "/", ""), ("/a/b?c=d?e", "/a/b", "c=d?e"), ("/?", "/", ""), ("/%2e%2E", "/%2e%2E", ""),
            ("*", "*", ""), ("http://a", "/", ""), ("http://a/b?c", "/b", "c"), ("HTTPS://a?c", "/", "c"),
            ("/http://a?b", "/http://a", "b"),
        ])
    func target(_ target: String, path: String, query: String) {
        let head = HTTPRequestHead(.get, target)
        #expect(head.path == path)
        #expect(head.query.text == query)
    }

    @Test(
        "takes the authority from an absolute target before Host",
        arguments: [
            ("/", "Example.org:80", "example.org:80"), ("http://a:1/b", "c", "a:1"), ("/", "a:", "a"),
            ("https://[::1]?x", "c", "[::1]"),
        ])
    func authority(_ target: String, host: String, expected: String) {
        let head = HTTPRequestHead(.get, target, headers: ["Host": host])
        #expect(head.authority?.description == expected)
    }

    @Test(
        "keeps the connection as its version and Connection say",
        arguments: [
            (HTTPVersion.http11, "", true), (.http11, "keep-alive", true), (.http11, "Close", false),
            (.http11, "upgrade, close", false), (.http11, "closed", true), (.http10, "", false),
            (.http10, "Keep-Alive", true), (.http10, "keep-alive, close", false),
        ])
    func keepsAlive(_ version: HTTPVersion, _ connection: String, _ expected: Bool) {
        let head = HTTPRequestHead(.get, "/", version: version, headers: ["Connection": connection])
        #expect(head.keepsAlive == expected)
    }

    @Test("notices upgrades only in HTTP/1.1 and only with both fields")
    func upgrade() {
        var head = HTTPRequestHead(
            .get, "/", headers: ["Connection": "keep-alive, Upgrade", "Upgrade": "h2c, WebSocket"])
        #expect(head.isUpgrade(to: "websocket"))
        #expect(!head.isUpgrade(to: "h2"))
        head.version = .http10
        #expect(!head.isUpgrade(to: "websocket"))
        head.version = .http11
        head.headers["Connection"] = "keep-alive"
        #expect(!head.isUpgrade(to: "websocket"))
    }

    @Test("knows how the content ends")
    func framing() {
        #expect(HTTPRequestHead(.post, "/").framing == .none)
        #expect(HTTPRequestHead(.post, "/", headers: ["Content-Length": "7"]).framing == .length(7))
        #expect(HTTPRequestHead(.post, "/", headers: ["Transfer-Encoding": "chunked"]).framing == .chunked)
        #expect(HTTPRequestHead(.post, "/", headers: ["Content-Length": "7, 7"]).framing == .none)
    }

    @Test("expects 100 only in HTTP/1.1")
    func expectation() {
        let headers: HTTPHeaders = ["Expect": "100-Continue"]
        #expect(HTTPRequestHead(.post, "/", headers: headers).expectsContinue)
        #expect(!HTTPRequestHead(.post, "/", version: .http10, headers: headers).expectsContinue)
        #expect(!HTTPRequestHead(.post, "/").expectsContinue)
    }

    @Test(
        "accepts hosts with and without ports",
        arguments: [
            ("example.org", "example.org", nil), ("LOCALHOST:8443", "localhost", 8443),
            ("a_b~c!", "a_b~c!", nil),
            ("192.0.2.1:0", "192.0.2.1", 0), ("[::]", "[::]", nil), ("[::1]:65535", "[::1]", 65_535),
            ("[2001:DB8::1:2]", "[2001:db8::1:2]", nil), ("[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7:8]", nil),
            ("[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]", nil),
            ("[1:2:3:4:5:6:192.0.2.1]", "[1:2:3:4:5:6:192.0.2.1]", nil),
            ("[1::]", "[1::]", nil), ("[1:2:3:4:5:6:7::]", "[1:2:3:4:5:6:7::]", nil), ("a%20b", "a%20b", nil),
            ("a:", "a", nil),
        ] as [(String, String, UInt16?)])
    func validAuthority(_ text: String, host: String, port: UInt16?) {
        let authority = HTTPAuthority(parsing: text)
        #expect(authority?.host == host)
        #expect(authority?.port == port)
    }

    @Test(
        "refuses other hosts",
        arguments: [
            "", ":80", "a:b", "a:65536", "a:000080", "a:80:80", "a b", "a/b", "a?b", "a#b", "u@a", "a\\b",
            "a%2", "a%zz", "é",
            "::1", "[", "[]", "[::1", "[::1]x", "[::1]:x", "[:1]", "[1:]", "[:::]", "[1::2::3]",
            "[1:2:3:4:5:6:7]",
            "[1:2:3:4:5:6:7:8:9]", "[1:2:3:4:5:6:7:8::]", "[::1:2:3:4:5:6:7:8]", "[12345::]", "[g::]",
            "[::192.0.2]", "[::192.0.2.256]", "[::192.0.2.01]",
            "[192.0.2.1::]", "[fe80::1%25eth0]", "[v1.a]", "[1:2:3:4:5:6:7:192.0.2.1]",
        ])
    func invalidAuthority(_ text: String) {
        #expect(HTTPAuthority(parsing: text) == nil)
    }
}
