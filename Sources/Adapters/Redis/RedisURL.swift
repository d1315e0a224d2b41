// SPDX-License-Identifier: Apache-2.0

/// Where Redis is, and who we are to it.
///
/// `redis://[user[:password]@]host[:port][/database]`, or
/// `unix://[user[:password]@]/path/of/the/socket[?db=database]`. User and password are percent-coded;
/// `redis://:password@host` is the password of the user `default`.
///
/// Neither user nor password is ever part of a description.
public struct RedisURL: Hashable, Sendable {
    public enum Endpoint: Hashable, Sendable {
        case tcp(host: String, port: UInt16)
        case unix(path: String)
    }

    public var endpoint: Endpoint
    public var user: String?
    public var password: String?
    public var database: Int

    public init(
        _ endpoint: Endpoint, user: String? = nil, password: String? = nil, database: Int = 0
    ) {
        self.endpoint = endpoint
        self.user = user
        self.password = password
        self.database = database
    }

    public init(_ text: String) throws(RedisURLError) {
        if text.hasPrefix("unix://") {
            let (credentials, rest) = try Self.splitCredentials(text.dropFirst(7))
            let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
            // sun_path has 108 bytes, the last of them zero.
            guard let path = parts.first, path.hasPrefix("/"), path.utf8.count < 108, !path.contains("\0")
            else { throw .path }
            var database = 0
            if parts.count == 2 {
                guard parts[1].hasPrefix("db=") else { throw .database }
                database = try Self.database(parts[1].dropFirst(3))
            }
            self.init(
                .unix(path: String(path)), user: credentials?.user, password: credentials?.password,
                database: database)
        } else if text.hasPrefix("redis://") {
            let (credentials, rest) = try Self.splitCredentials(text.dropFirst(8))
            let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            let database = parts.count == 2 && !parts[1].isEmpty ? try Self.database(parts[1]) : 0
            self.init(
                try Self.endpoint(parts.first ?? ""), user: credentials?.user,
                password: credentials?.password, database: database)
        } else {
            throw .scheme
        }
    }

    private static func splitCredentials(
        _ text: Substring
    ) throws(RedisURLError) -> ((user: String?, password: String?)?, Substring) {
        guard let at = text.lastIndex(of: "@") else { return (nil, text) }
        let parts = text[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var decoded: [String] = []
        for part in parts {
            guard let text = percentDecoded(part) else { throw .credentials }
            decoded.append(text)
        }
        let user = decoded.first.flatMap { $0.isEmpty ? nil : $0 }
        let password = decoded.count == 2 ? decoded[1] : nil
        // Redis has no user without a password to prove it.
        guard user == nil || password != nil else { throw .credentials }
        return ((user, password), text[text.index(after: at)...])
    }

    private static func endpoint(_ text: Substring) throws(RedisURLError) -> Endpoint {
        var host = text
        var port: UInt16 = 6379
        if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
            guard let number = UInt16(text[text.index(after: colon)...]), number > 0 else { throw .port }
            host = text[..<colon]
            port = number
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw .host
        }
        guard !host.isEmpty, host.allSatisfy({ !$0.isWhitespace && $0 != "\0" && $0 != "/" && $0 != "?" })
        else { throw .host }
        return .tcp(host: String(host), port: port)
    }

    private static func database(_ text: Substring) throws(RedisURLError) -> Int {
        guard let number = Int(text), (0...65_535).contains(number) else { throw .database }
        return number
    }

    private static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }),
                let low = rest.popFirst().flatMap({ Character(Unicode.Scalar($0)).hexDigitValue })
            else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension RedisURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The URL without user and password.
    public var description: String {
        switch endpoint {
        case .tcp(let host, let port):
            "redis://\(host.contains(":") ? "[\(host)]" : host):\(port)/\(database)"
        case .unix(let path): "unix://\(path)?db=\(database)"
        }
    }

    public var debugDescription: String { description }

    public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}

/// The part of a Redis URL that cannot be understood. It quotes nothing: the text may hold a password.
public enum RedisURLError: Error, Hashable, Sendable, CustomStringConvertible {
    case scheme, credentials, host, port, path, database

    public var description: String {
        switch self {
        case .scheme: "a Redis URL begins with redis:// or unix://"
        case .credentials: "user and password of a Redis URL are user:password@, percent-coded"
        case .host: "the host of a Redis URL is a name, an IPv4 address or an IPv6 address in brackets"
        case .port: "the port of a Redis URL is a number from 1 to 65535"
        case .path: "the path of a unix:// URL is absolute and shorter than 108 bytes"
        case .database: "the database of a Redis URL is a number"
        }
    }
}
