// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import NetworkAddresses

extension AddressRange: SettingValue {
    public init?(setting text: String) { self.init(text) }
    public var settingText: String { description }
    public static var settingFormat: String { "an address or range, e.g. 192.0.2.7 or 10.0.0.0/8" }
}

/// Where the web server listens.
public struct ListenAddress: Hashable, SettingValue {
    /// An address without brackets, or a host name.
    public var host: String
    /// 0 lets the system choose.
    public var port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    public init?(setting text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard let port = decimal(digits).flatMap(UInt16.init(exactly:)) else { return nil }
        self.port = port
        let name = text[..<colon]
        if name.isEmpty {
            host = "0.0.0.0"
        } else if name.first == "[" {
            guard name.last == "]", let address = IPAddress(String(name.dropFirst().dropLast())) else {
                return nil
            }
            host = address.description
        } else {
            guard HostName.isValid(name) else { return nil }
            host = String(name)
        }
    }

    /// The address that ``host`` stands for, IPv4 if it has both; `nil` when the name is not known.
    public func resolved() -> IPAddress? {
        if let address = IPAddress(host) { return address }
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, nil, &hints, &first) == 0 else { return nil }
        defer { unsafe freeaddrinfo(first) }
        var found: [IPAddress] = []
        var next = unsafe first
        while let entry = unsafe next?.pointee {
            unsafe next = entry.ai_next
            var text = [CChar](repeating: 0, count: 128)
            let status = unsafe getnameinfo(
                entry.ai_addr, entry.ai_addrlen, &text, UInt32(text.count), nil, 0, NI_NUMERICHOST)
            let end = text.firstIndex(of: 0) ?? text.endIndex
            let characters = String(decoding: text[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self)
            if status == 0, let address = IPAddress(characters) { found.append(address) }
        }
        return found.first(where: \.isIPv4) ?? found.first
    }

    /// Whether only programs on this machine can connect.
    public var isLoopback: Bool { host == "localhost" || IPAddress(host)?.isLoopback == true }

    public var settingText: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    public static var settingFormat: String { "an address and port, e.g. 0.0.0.0:8443, [::]:8443 or :8443" }
}

/// A site as browsers name it in the `Origin` header: `https://example.org`, no path. RFC 6454 §6.2.
public struct Origin: Hashable, SettingValue {
    /// Lower case, without the scheme's own port.
    public let text: String

    public init?(setting text: String) {
        let lowered = text.lowercased()
        guard let scheme = ["https://", "http://"].first(where: { lowered.hasPrefix($0) }) else { return nil }
        let authority = lowered.dropFirst(scheme.count)
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        let isAddress = authority.first == "[" && authority.contains("]")
        let host = isAddress ? authority.prefix { $0 != "]" } + "]" : parts[0]
        guard isAddress ? IPAddress(String(host.dropFirst().dropLast())) != nil : HostName.isValid(host)
        else {
            return nil
        }
        let rest = authority.dropFirst(host.count)
        guard !rest.isEmpty else {
            self.text = scheme + host
            return
        }
        guard rest.first == ":", let port = decimal(rest.dropFirst()), (1...65_535).contains(port) else {
            return nil
        }
        let isUsual = port == (scheme == "https://" ? 443 : 80)
        self.text = scheme + host + (isUsual ? "" : ":\(port)")
    }

    public var settingText: String { text }
    public static var settingFormat: String { "an origin, e.g. https://example.org" }
}

/// Digits only: `Int` would take a sign as well.
func decimal(_ text: Substring) -> Int? {
    text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
}

enum HostName {
    /// Letters, digits, hyphens and dots; no empty label. RFC 1123 §2.1.
    static func isValid(_ name: Substring) -> Bool {
        name.utf8.count <= 253
            && name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy(isLabelByte)
            }
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
