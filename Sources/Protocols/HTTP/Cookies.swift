// SPDX-License-Identifier: Apache-2.0

/// Reads the `Cookie` field. RFC 6265 §5.4.
public enum Cookies {
    /// The pairs in order; values as sent, without the quotes some clients put around them. Pieces
    /// without a name and an equals sign are left out.
    public static func parse(_ header: String) -> [(String, String)] {
        header.utf8.split(separator: UInt8(ascii: ";")).compactMap { pair in
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let name = pair[..<equals].trimmed
            var value = pair[equals...].dropFirst().trimmed
            guard !name.isEmpty else { return nil }
            if value.count >= 2, value.first == UInt8(ascii: "\""), value.last == UInt8(ascii: "\"") {
                value = value.dropFirst().dropLast()
            }
            return (String(Substring(name)), String(Substring(value)))
        }
    }
}

/// A cookie for the client to keep. RFC 6265 §4.1.
public struct SetCookie: Hashable, Sendable {
    /// When the browser sends the cookie along with requests that another site caused.
    public enum SameSite: String, Hashable, Sendable {
        case strict = "Strict"
        case lax = "Lax"
        case none = "None"
    }

    public var name: String
    public var value: String
    public var path: String
    /// Seconds until the cookie is forgotten; `nil` for the end of the browser's session.
    public var maxAge: Int?
    public var secure: Bool
    public var httpOnly: Bool
    public var sameSite: SameSite

    public init(
        _ name: String, _ value: String, path: String = "/", maxAge: Int? = nil, secure: Bool = true,
        httpOnly: Bool = true, sameSite: SameSite = .lax
    ) {
        self.name = name
        self.value = value
        self.path = path
        self.maxAge = maxAge
        self.secure = secure
        self.httpOnly = httpOnly
        self.sameSite = sameSite
    }

    /// The value of `Set-Cookie`. Characters that would end the name, the value or the path are left out.
    public var formatted: String {
        let name = name.utf8.filter(ASCII.isToken)
        let value = value.utf8.filter(Self.isCookieOctet)
        let path = path.utf8.filter { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: ";") }
        var text = String(decoding: name, as: UTF8.self) + "=" + String(decoding: value, as: UTF8.self)
        text += "; Path=" + String(decoding: path, as: UTF8.self)
        if let maxAge { text += "; Max-Age=\(maxAge)" }
        if secure { text += "; Secure" }
        if httpOnly { text += "; HttpOnly" }
        return text + "; SameSite=" + sameSite.rawValue
    }

    /// `cookie-octet`: visible ASCII but quote, comma, semicolon and backslash.
    private static func isCookieOctet(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\\"): false
        default: 0x21...0x7E ~= byte
        }
    }
}
