// SPDX-License-Identifier: Apache-2.0

public import HTTP

/// A valid request to speak WebSocket. RFC 6455 §4.2.1.
public struct WebSocketHandshake: Hashable, Sendable {
    /// `Sec-WebSocket-Key`: 16 bytes in base64.
    public var key: String
    /// Subprotocols the client offers, most wanted first.
    public var protocols: [String]
    /// `Sec-WebSocket-Extensions`, one string per field, for ``PermessageDeflate/negotiate(_:)``.
    public var extensions: [String]

    /// Checks a head that a decoder has accepted. The origin is the caller's to check.
    public static func validate(_ head: HTTPRequestHead) throws(HTTPRefusal) -> WebSocketHandshake {
        guard head.method == .get, head.version == .http11, head.framing == .none else {
            throw HTTPRefusal(.badRequest, "a WebSocket handshake is a GET without content")
        }
        guard head.isUpgrade(to: "websocket") else { throw .upgradeRequired("not a WebSocket handshake") }
        guard head.headers.values(for: "Sec-WebSocket-Version") == ["13"] else {
            throw .upgradeRequired("only WebSocket version 13 is spoken here")
        }
        let keys = head.headers.values(for: "Sec-WebSocket-Key")
        guard keys.count == 1, isKey(keys[0]) else {
            throw HTTPRefusal(.badRequest, "invalid Sec-WebSocket-Key")
        }
        return WebSocketHandshake(
            key: keys[0], protocols: head.headers.list("Sec-WebSocket-Protocol"),
            extensions: head.headers.values(for: "Sec-WebSocket-Extensions"))
    }

    /// Whether `text` is 16 bytes in base64: of the 22nd character the lowest four bits stand for nothing.
    private static func isKey(_ text: String) -> Bool {
        var count = 0
        var last: UInt8 = 0
        for character in text.utf8 {
            count += 1
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                guard count <= 22 else { return false }
                last = character
            case UInt8(ascii: "="): guard count == 23 || count == 24 else { return false }
            default: return false
            }
        }
        return count == 24 && "AQgw".utf8.contains(last)
    }

    /// What the server hashes with SHA-1 to show that it understood: the key and a constant. §1.3.
    public static func acceptInput(_ key: String) -> [UInt8] {
        Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
    }

    /// The answer that ends HTTP on the connection. RFC 6455 §4.2.2.
    /// - Parameters:
    ///   - accept: Base64 of the SHA-1 of ``acceptInput(_:)``.
    ///   - subprotocol: One of ``protocols``.
    public static func response(
        accept: String, subprotocol: String? = nil, deflate: PermessageDeflate? = nil
    ) -> HTTPResponseHead {
        var headers: HTTPHeaders = [
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept,
        ]
        if let subprotocol { headers.append("Sec-WebSocket-Protocol", subprotocol) }
        if let deflate { headers.append("Sec-WebSocket-Extensions", deflate.responseHeader) }
        return HTTPResponseHead(.switchingProtocols, headers: headers)
    }
}

extension HTTPRefusal {
    /// 426 says what to upgrade to. RFC 9110 §15.5.22, RFC 6455 §4.4.
    fileprivate static func upgradeRequired(_ reason: String) -> HTTPRefusal {
        HTTPRefusal(
            .upgradeRequired, reason,
            headers: ["Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"])
    }
}
