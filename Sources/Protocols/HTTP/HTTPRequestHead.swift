// SPDX-License-Identifier: Apache-2.0

/// How the end of a request's content is found. RFC 9112 §6.
public enum HTTPBodyFraming: Hashable, Sendable {
    case none
    /// That many bytes, as `Content-Length` says.
    case length(Int)
    case chunked
}

/// Request line and fields. RFC 9112 §3.
public struct HTTPRequestHead: Hashable, Sendable {
    public var method: HTTPMethod
    /// As sent: `/path?query`, `http://host/path?query`, or `*`.
    public var target: String
    public var version: HTTPVersion
    public var headers: HTTPHeaders

    public init(
        _ method: HTTPMethod, _ target: String, version: HTTPVersion = .http11,
        headers: HTTPHeaders = HTTPHeaders()
    ) {
        self.method = method
        self.target = target
        self.version = version
        self.headers = headers
    }

    /// The path as sent, escapes and all; `/` when the target names none.
    public var path: String {
        let path = afterAuthority.prefix { $0 != UInt8(ascii: "?") }
        return path.isEmpty ? "/" : String(Substring(path))
    }

    /// The pairs after the first `?`.
    public var query: HTTPQuery {
        let target = afterAuthority
        guard let mark = target.firstIndex(of: UInt8(ascii: "?")) else { return HTTPQuery("") }
        return HTTPQuery(String(Substring(target[mark...].dropFirst())))
    }

    /// Where the request was sent. An absolute target wins over `Host`. RFC 9112 §3.2.2.
    public var authority: HTTPAuthority? {
        if let start = Self.authorityStart(target.utf8) {
            return HTTPAuthority(parsing: String(Substring(target.utf8[start..<authorityEnd(from: start)])))
        }
        return headers["Host"].flatMap(HTTPAuthority.init(parsing:))
    }

    /// Whether the client means to send another request on this connection. RFC 9112 §9.3.
    public var keepsAlive: Bool {
        if headers.contains("close", inList: "Connection") { return false }
        return version == .http11 || headers.contains("keep-alive", inList: "Connection")
    }

    /// How the content ends; `.none` also for fields that a decoder would have refused.
    public var framing: HTTPBodyFraming { (try? checkedFraming()) ?? .none }

    /// Whether the client offers to go on with `protocol` on this connection. RFC 9110 §7.8.
    public func isUpgrade(to protocol: String) -> Bool {
        version == .http11 && headers.contains("upgrade", inList: "Connection")
            && headers.contains(`protocol`, inList: "Upgrade")
    }

    /// Whether the client waits for 100 before it sends the content. RFC 9110 §10.1.1.
    public var expectsContinue: Bool {
        version == .http11 && headers.contains("100-continue", inList: "Expect")
    }

    // MARK: Absolute targets

    /// Where the authority of an absolute `http` or `https` target starts; `nil` for other targets.
    static func authorityStart<Text: Collection<UInt8>>(_ target: Text) -> Text.Index? {
        for scheme in ["http://", "https://"]
        where ASCII.equal(Array(target.prefix(scheme.utf8.count)), ignoringCaseOf: scheme.utf8) {
            return target.index(target.startIndex, offsetBy: scheme.utf8.count)
        }
        return nil
    }

    private func authorityEnd(from start: String.Index) -> String.Index {
        target.utf8[start...].firstIndex { $0 == ASCII.slash || $0 == UInt8(ascii: "?") } ?? target.endIndex
    }

    private var afterAuthority: Substring.UTF8View {
        // Nearly every target starts with a slash: those need no look at the scheme.
        guard target.utf8.first != ASCII.slash, let start = Self.authorityStart(target.utf8) else {
            return Substring(target).utf8
        }
        return target.utf8[authorityEnd(from: start)...]
    }
}
