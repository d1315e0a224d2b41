// SPDX-License-Identifier: Apache-2.0

internal import ByteCoding

/// The host and port that a request was sent to: `uri-host [ ":" port ]`. RFC 9110 §7.2, RFC 3986 §3.2.
public struct HTTPAuthority: Hashable, Sendable, CustomStringConvertible {
    /// Lowercase; an IPv6 address keeps its brackets.
    public var host: String
    /// `nil` when absent, and also when only the colon is there.
    public var port: UInt16?

    /// `nil` unless `text` is a registered name, an IPv4 address or an IPv6 address in brackets, each
    /// with an optional port. Never accepts user information.
    public init?(parsing text: String) { self.init(parsing: Array(text.utf8)[...]) }

    init?(parsing text: ArraySlice<UInt8>) {
        guard let (host, rest) = Self.split(text) else { return nil }
        if rest.first == ASCII.colon {
            guard let port = Self.port(rest.dropFirst()) else { return nil }
            self.port = port
        } else if !rest.isEmpty {
            return nil
        }
        self.host = String(decoding: host.map(ASCII.lowercased), as: UTF8.self)
    }

    public var description: String { port.map { "\(host):\($0)" } ?? host }

    private static func split(_ text: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, ArraySlice<UInt8>)? {
        if text.first == UInt8(ascii: "[") {
            guard let end = text.firstIndex(of: UInt8(ascii: "]")),
                isIPv6(text[text.startIndex + 1..<end])
            else { return nil }
            return (text[...end], text[(end + 1)...])
        }
        let end = text.firstIndex(of: ASCII.colon) ?? text.endIndex
        let host = text[..<end]
        guard !host.isEmpty, host.count <= 255, isRegisteredName(host) else { return nil }
        return (host, text[end...])
    }

    private static func isRegisteredName(_ host: ArraySlice<UInt8>) -> Bool {
        var index = host.startIndex
        while index < host.endIndex {
            if host[index] == UInt8(ascii: "%") {
                guard index + 2 < host.endIndex, host[index + 1].hexDigitValue != nil,
                    host[index + 2].hexDigitValue != nil
                else { return false }
                index += 3
            } else {
                guard ASCII.isRegisteredName(host[index]) else { return false }
                index += 1
            }
        }
        return true
    }

    /// Outer `nil` for an invalid port, inner `nil` for an empty one.
    private static func port(_ digits: ArraySlice<UInt8>) -> UInt16?? {
        guard !digits.isEmpty else { return .some(nil) }
        guard digits.count <= 5, digits.allSatisfy(ASCII.isDigit) else { return nil }
        let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard let port = UInt16(exactly: value) else { return nil }
        return .some(port)
    }

    /// Eight groups, or fewer around one `::`, the last two perhaps an IPv4 address. RFC 3986 §3.2.2.
    private static func isIPv6(_ text: ArraySlice<UInt8>) -> Bool {
        var groups = 0
        var compressed = false
        var rest = text
        if rest.starts(with: [ASCII.colon, ASCII.colon]) {
            compressed = true
            rest = rest.dropFirst(2)
            if rest.isEmpty { return true }
        }
        while true {
            let end = rest.firstIndex(of: ASCII.colon) ?? rest.endIndex
            let group = rest[..<end]
            if end == rest.endIndex, group.contains(UInt8(ascii: ".")) {
                groups += 2
                return isIPv4(group) && (compressed ? groups <= 7 : groups == 8)
            }
            guard 1...4 ~= group.count, group.allSatisfy({ $0.hexDigitValue != nil }) else { return false }
            groups += 1
            guard end < rest.endIndex else { return compressed ? groups <= 7 : groups == 8 }
            rest = rest[(end + 1)...]
            if rest.first == ASCII.colon {
                guard !compressed else { return false }
                compressed = true
                rest = rest.dropFirst()
                if rest.isEmpty { return groups <= 7 }
            }
        }
    }

    private static func isIPv4(_ text: ArraySlice<UInt8>) -> Bool {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                1...3 ~= part.count && part.allSatisfy(ASCII.isDigit)
                    && (part.count == 1 || part.first != 0x30)
                    && part.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 255
            }
    }
}
