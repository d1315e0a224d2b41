// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing
import WebSocket

@Suite("WebSocket handshakes")
struct WebSocketHandshakeTests {
    /// RFC 6455 §1.3.
    static let request = HTTPRequestHead(
        .get, "/chat",
        headers: [
            "Host": "server.example.com", "Upgrade": "websocket", "Connection": "Upgrade",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": "http://example.com",
            "Sec-WebSocket-Protocol": "chat, superchat", "Sec-WebSocket-Version": "13",
        ])

    @Test("reads the example of RFC 6455 section 1.3")
    func example() throws {
        let handshake = try WebSocketHandshake.validate(Self.request)
        #expect(handshake.key == "dGhlIHNhbXBsZSBub25jZQ==")
        #expect(handshake.protocols == ["chat", "superchat"])
        #expect(handshake.extensions.isEmpty)
        #expect(
            String(decoding: WebSocketHandshake.acceptInput(handshake.key), as: UTF8.self)
                == "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
    }

    @Test("answers the example")
    func answer() {
        var bytes: [UInt8] = []
        WebSocketHandshake.response(
            accept: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", subprotocol: "chat",
            deflate: .negotiate(["permessage-deflate"])
        ).encode(into: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                HTTP/1.1 101 Switching Protocols\r
                Upgrade: websocket\r
                Connection: Upgrade\r
                Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r
                Sec-WebSocket-Protocol: chat\r
                Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; \
                client_no_context_takeover\r
                \r

                """)
    }

    @Test(
        "refuses a request whose field is missing or different",
        arguments: [
            ("Upgrade", nil, 426), ("Upgrade", "h2c", 426), ("Connection", "keep-alive", 426),
            ("Sec-WebSocket-Version", nil, 426), ("Sec-WebSocket-Version", "8", 426),
            ("Sec-WebSocket-Version", "13, 8", 426), ("Sec-WebSocket-Key", nil, 400),
            ("Sec-WebSocket-Key", "", 400),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ", 400),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=a", 400),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25j*Q==", 400),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQaa", 400),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZSEhISEh", 400), ("Content-Length", "5", 400),
            ("Transfer-Encoding", "chunked", 400),
        ] as [(String, String?, Int)])
    func refuses(_ name: String, _ value: String?, _ code: Int) {
        var head = Self.request
        head.headers[name] = value
        let refusal = #expect(throws: HTTPRefusal.self) { try WebSocketHandshake.validate(head) }
        #expect(refusal?.status.code == code)
        #expect(refusal?.headers["Sec-WebSocket-Version"] == (code == 426 ? "13" : nil))
    }

    @Test("refuses other methods, HTTP/1.0 and a repeated key")
    func refusesOthers() {
        var post = Self.request
        post.method = .post
        #expect(throws: HTTPRefusal.self) { try WebSocketHandshake.validate(post) }
        var old = Self.request
        old.version = .http10
        #expect(throws: HTTPRefusal.self) { try WebSocketHandshake.validate(old) }
        var twice = Self.request
        twice.headers.append("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
        #expect(throws: HTTPRefusal.self) { try WebSocketHandshake.validate(twice) }
    }

    @Test(
        "agrees on permessage-deflate",
        arguments: [
            (["permessage-deflate"], ""),
            (["permessage-deflate; client_max_window_bits"], ""),
            (["permessage-deflate; client_max_window_bits=10"], "; client_max_window_bits=10"),
            (["permessage-deflate; client_max_window_bits=\"8\""], "; client_max_window_bits=8"),
            (["permessage-deflate;server_max_window_bits=9"], "; server_max_window_bits=9"),
            (["permessage-deflate; server_max_window_bits=15"], ""),
            (["permessage-deflate ; server_no_context_takeover\t; client_no_context_takeover"], ""),
            (["x-webkit-deflate-frame", "permessage-deflate"], ""),
            (["x; a=b; c=\"d\", permessage-deflate"], ""),
            (["permessage-deflate; server_max_window_bits=8, permessage-deflate"], ""),
            (
                ["permessage-deflate; new=1", "permessage-deflate; client_max_window_bits=9"],
                "; client_max_window_bits=9"
            ),
            (["permessage-deflate; x=", "permessage-deflate"], ""),
        ])
    func agrees(_ offers: [String], _ answer: String) {
        #expect(
            PermessageDeflate.negotiate(offers)?.responseHeader
                == "permessage-deflate; server_no_context_takeover; client_no_context_takeover" + answer)
    }

    @Test(
        "declines offers that break RFC 7692",
        arguments: [
            "", "permessage-bzip2", "Permessage-Deflate", "permessage-deflate; unknown",
            "permessage-deflate;",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; client_no_context_takeover=\"\"",
            "permessage-deflate; server_max_window_bits", "permessage-deflate; server_max_window_bits=7",
            "permessage-deflate; server_max_window_bits=8", "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits=09", "permessage-deflate; client_max_window_bits=16",
            "permessage-deflate; client_max_window_bits=+9", "permessage-deflate; client_max_window_bits=\"9",
            "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
            "permessage-deflate, ", "permessage-deflate x", "permessage-deflate; server_max_window_bits = ",
        ])
    func declines(_ offer: String) {
        #expect(PermessageDeflate.negotiate([offer]) == nil)
    }
}
