// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing

@Suite("HTTP fields")
struct HTTPHeadersTests {
    @Test("finds fields whatever the case of their names")
    func lookup() {
        let headers: HTTPHeaders = ["Accept": "a", "X-B": "b", "accept": "c"]
        #expect(headers["ACCEPT"] == "a")
        #expect(headers.values(for: "Accept") == ["a", "c"])
        #expect(headers["Accep"] == nil)
        #expect(headers.contains("x-b"))
        #expect(headers.count == 3)
        #expect(headers.map(\.name) == ["Accept", "X-B", "accept"])
        #expect(headers.map(\.value) == ["a", "b", "c"])
    }

    @Test("folds the case of ASCII letters only")
    func caseFolding() {
        let headers: HTTPHeaders = ["X@[`{": "no letters", "k": "ASCII"]
        #expect(headers["X`[@{"] == nil)
        // The Kelvin sign is a k to Unicode.
        #expect(headers["\u{212A}"] == nil)
    }

    @Test("setting replaces every field of a name")
    func replacing() {
        var headers: HTTPHeaders = ["A": "1", "B": "2", "a": "3"]
        headers.set("A", "4")
        #expect(headers == ["B": "2", "A": "4"])
        headers["b"] = nil
        headers.remove("C")
        #expect(headers == ["a": "4"])
        #expect(headers.hashValue == (["A": "4"] as HTTPHeaders).hashValue)
        #expect(headers != ["A": "5"])
    }

    @Test("reads lists across fields")
    func lists() {
        let headers: HTTPHeaders = ["Connection": " a,,\tb ", "connection": "C"]
        #expect(headers.list("Connection") == ["a", "b", "C"])
        #expect(headers.contains("c", inList: "Connection"))
        #expect(!headers.contains("a,", inList: "Connection"))
        #expect(!headers.contains("", inList: "X"))
    }

    @Test(
        "a value cannot end its line or forge another",
        arguments: [
            ("a\r\nSet-Cookie: b", "X: a  Set-Cookie: b\r\n"), ("a\nb", "X: a b\r\n"),
            ("\0a\u{7F}", "X: a\r\n"),
            ("a\tb", "X: a\tb\r\n"), (" é ", "X: é\r\n"), ("", "X: \r\n"), ("\r\n", "X: \r\n"),
        ])
    func sanitises(_ value: String, _ line: String) {
        var headers = HTTPHeaders()
        headers.append("X", value)
        var bytes: [UInt8] = []
        headers.encode(into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == line)
    }

    @Test("a name loses what no name may hold, and a field without a name is not added")
    func sanitisesNames() {
        let headers: HTTPHeaders = ["X-A\r\n: b": "c", "\r\n": "d"]
        #expect(headers.description == "X-Ab: c")
    }

    @Test("a response is its status, its fields and an empty line")
    func response() {
        var bytes = Array("before".utf8)
        HTTPResponseHead(.notFound, headers: ["Content-Length": "0", "X-A": "b"]).encode(into: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "beforeHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nX-A: b\r\n\r\n")
        bytes = []
        HTTPResponseHead(HTTPStatus(299, "a\r\nb")).encode(into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "HTTP/1.1 299 a  b\r\n\r\n")
    }
}
