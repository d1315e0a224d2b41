// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import JSON
import SockJS
import TestKit
import Testing

@Suite("SockJS frames")
struct SockJSFrameTests {
    private func text(_ frame: SockJSFrame) -> String { String(decoding: frame.encoded, as: UTF8.self) }

    @Test("look as the protocol says")
    func frames() {
        #expect(text(.open) == "o")
        #expect(text(.heartbeat) == "h")
        #expect(text(.messages([Array("x".utf8)])) == #"a["x"]"#)
        #expect(text(.messages([Array("a".utf8), [], Array("é😀".utf8)])) == #"a["a","","é😀"]"#)
        #expect(text(.messages([])) == "a[]")
        #expect(text(.close(.goAway)) == #"c[3000,"Go away!"]"#)
        #expect(text(.close(.anotherConnection)) == #"c[2010,"Another connection still open"]"#)
        #expect(text(.close(SockJSClose(3001, "\"\n"))) == #"c[3001,"\"\n"]"#)
    }

    @Test("escape what browsers and proxies would mangle, and nothing more")
    func escapes() {
        #expect(text(.messages([Array("  \0\n\r ".utf8)])) == #"a["  \u0000\n\r "]"#)
        for value in 0x20...0x2FFFF {
            guard let scalar = Unicode.Scalar(UInt32(value)), scalar != "\"", scalar != "\\" else { continue }
            let mustEscape =
                switch value {
                case 0x200C...0x200F, 0x2028...0x202F, 0x2060...0x206F, 0xFFF0...0xFFFF: true
                default: false
                }
            let digits = String(value, radix: 16)
            let expected =
                mustEscape
                ? #"\u"# + String(repeating: "0", count: 4 - digits.count) + digits
                : String(Character(scalar))
            let encoded = SockJSFrame.messages([Array(String(Character(scalar)).utf8)]).encoded
            guard encoded == Array("a[\"\(expected)\"]".utf8) else {
                Issue.record("U+\(digits) became \(String(decoding: encoded, as: UTF8.self))")
                return
            }
        }
    }

    @Test("hold text that reads back as it was")
    func readsBack() throws {
        let message = String(String.UnicodeScalarView((0...0x3000).compactMap { Unicode.Scalar($0) }))
        let frame = SockJSFrame.messages([Array(message.utf8)]).encoded
        #expect(try JSONValue(parsing: Array(frame.dropFirst())) == .array([.string(message)]))
    }

    @Test("show bytes that are no text as replacement characters")
    func notUTF8() {
        #expect(text(.messages([[0x61, 0xFF]])) == "a[\"a\\ufffd\"]")
        #expect(text(.messages([[0xE2, 0x80]])) == "a[\"\\ufffd\"]")
    }
}

@Suite("SockJS messages of clients")
struct SockJSMessagesTests {
    private func texts(_ messages: [[UInt8]]) -> [String] {
        messages.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(
        "are the strings of an array",
        arguments: [
            (#"["a"]"#, ["a"]), ("[]", []), (#" ["a" , "b\u0000\n"] "#, ["a", "b\0\n"]),
            (#"["\ud83d\ude00"]"#, ["😀"]), (#"["\ud800"]"#, ["\u{FFFD}"]),
        ])
    func bodies(_ body: String, _ messages: [String]) throws {
        #expect(texts(try SockJSMessages.decode(body: Array(body.utf8))) == messages)
        #expect(texts(try SockJSMessages.decode(webSocketText: Array(body.utf8))) == messages)
    }

    @Test("may be one string, or none, on a WebSocket")
    func webSocket() throws {
        #expect(texts(try SockJSMessages.decode(webSocketText: Array(#""x""#.utf8))) == ["x"])
        #expect(try SockJSMessages.decode(webSocketText: []) == [])
    }

    @Test(
        "are refused when they are anything else",
        arguments: [
            (#"["x"#, DecodeError(.truncated, "JSON string", at: 3)),
            ("", DecodeError(.truncated, "SockJS payload", at: 0)),
            (#"{"a":"b"}"#, DecodeError(.invalid, "SockJS payload", at: 0)),
            (#"["a",1]"#, DecodeError(.invalid, "SockJS message", at: 0)),
            (#"[["a"]]"#, DecodeError(.invalid, "SockJS message", at: 0)),
            ("[[[]]]", DecodeError(.tooLarge, "JSON depth", at: 2)),
            (#"["a"]x"#, DecodeError(.invalid, "JSON after the value", at: 5)),
        ])
    func refusals(_ body: String, _ error: DecodeError) {
        #expect(throws: error) { try SockJSMessages.decode(body: Array(body.utf8)) }
    }

    @Test("every prefix is refused, not misread")
    func truncated() {
        for prefix in Array(#"["a","b\n"]"#.utf8).prefixes {
            #expect(throws: DecodeError.self) { try SockJSMessages.decode(body: prefix) }
        }
    }
}

@Suite("SockJS paths")
struct SockJSPathTests {
    @Test("name a session by their second part only")
    func sessions() {
        #expect(SockJSPath("/000/abc/xhr") == .session("abc", .xhr))
        #expect(SockJSPath("/999/abc/xhr_send") == .session("abc", .xhrSend))
        #expect(SockJSPath("/abcdefgh_i-j%20/abcdefg_i-j%20/websocket") != nil)
        #expect(SockJSPath("/_/_/xhr_streaming") == .session("_", .xhrStreaming))
        #expect(SockJSPath("/1/2/eventsource") == .session("2", .eventSource))
    }

    @Test("greet, inform and offer a bare WebSocket")
    func others() {
        #expect(SockJSPath("") == .greeting)
        #expect(SockJSPath("/") == .greeting)
        #expect(SockJSPath("/info") == .info)
        #expect(SockJSPath("/websocket") == .rawWebSocket)
    }

    @Test(
        "are nothing when anything else stands there",
        arguments: [
            "/a", "/a.html", "//", "///", "/a/a", "/a/a/", "/a/", "///xhr", "/a./a/xhr", "/a/a./xhr",
            "/././/xhr", "//xhr", "////xhr", "/a/a/jsonp", "/a/a/htmlfile", "/a/a/xhr/", "/a/b/c/xhr",
            "a/a/xhr",
            "/info/", "/iframe.html", "x/a/b/xhr",
        ])
    func unknown(_ path: String) {
        #expect(SockJSPath(path) == nil)
    }

    @Test("do not take names without end")
    func long() {
        #expect(SockJSPath("/a/\(String(repeating: "b", count: 128))/xhr") != nil)
        #expect(SockJSPath("/a/\(String(repeating: "b", count: 129))/xhr") == nil)
    }
}
