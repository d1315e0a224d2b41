// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding

/// What a server tells a SockJS client. SockJS protocol 0.3.3, "Framing accepted by the client".
public enum SockJSFrame: Hashable, Sendable {
    /// `o`: the session has begun.
    case open
    /// `h`: keeps proxies from closing a quiet connection.
    case heartbeat
    /// `a["…","…"]`: messages, each UTF-8 text. What is not UTF-8 arrives as U+FFFD.
    case messages([[UInt8]])
    /// `c[3000,"Go away!"]`: the session is over.
    case close(SockJSClose)

    /// Appends the frame; the transport decides what stands around it.
    public func encode(into bytes: inout [UInt8]) {
        switch self {
        case .open: bytes.append(UInt8(ascii: "o"))
        case .heartbeat: bytes.append(UInt8(ascii: "h"))
        case .messages(let messages):
            bytes.append(contentsOf: "a[".utf8)
            for (index, message) in messages.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                SockJSString.format(message, into: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .close(let close):
            bytes.append(contentsOf: "c[\(close.code),".utf8)
            SockJSString.format(Array(close.reason.utf8), into: &bytes)
            bytes.append(UInt8(ascii: "]"))
        }
    }

    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        encode(into: &bytes)
        return bytes
    }
}

/// Why a session is over, as the client is told.
public struct SockJSClose: Hashable, Sendable {
    /// 1000 or 3000…4999 for the application's own, as in WebSocket.
    public var code: Int
    public var reason: String

    public init(_ code: Int, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    public static let goAway = SockJSClose(3000, "Go away!")
    /// The client was not seen for too long, or a response broke off.
    public static let interrupted = SockJSClose(1002, "Connection interrupted")
    /// Only one response at a time carries the messages of a session.
    public static let anotherConnection = SockJSClose(2010, "Another connection still open")
}
