// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import NetworkAddresses

/// What browsers may call this machine: the names and addresses its certificate must have.
///
/// Two values are equal when the same certificate would do, so a server compares now and then to notice that
/// the machine has moved to another network.
public struct CertificateNames: Hashable, Sendable {
    /// The machine's name in lower case; empty when it has none that a certificate could carry.
    public let hostName: String
    /// Addresses of interfaces that are up, IPv4 and IPv6 as text without scope, sorted; no loopback.
    public let addresses: [String]

    public init(hostName: String, addresses: [String]) {
        let name = hostName.lowercased()
        self.hostName = Self.isUsable(name) ? name : ""
        self.addresses = Set(addresses).sorted()
    }

    /// The names that the system has now.
    public static func current() -> CertificateNames {
        var name = [CChar](repeating: 0, count: 256)
        let isKnown = unsafe gethostname(&name, name.count - 1) == 0
        return CertificateNames(
            hostName: isKnown ? text(of: name) : "", addresses: interfaceAddresses())
    }

    /// `localhost`, the host name, and the name that multicast DNS gives the machine. RFC 6762 §3.
    public var dnsNames: [String] {
        guard let label = hostName.split(separator: ".").first, hostName != "localhost" else {
            return ["localhost"]
        }
        let multicast = "\(label).local"
        return ["localhost", hostName] + (multicast == hostName ? [] : [multicast])
    }

    /// The loopback addresses, then the others.
    public var allAddresses: [String] { ["127.0.0.1", "::1"] + addresses }

    /// Host names of one label say nothing outside one network, and containers get a new one each time.
    var isHostNameLocal: Bool { !hostName.contains(".") }

    /// The same machine without its name.
    var withoutHostName: CertificateNames { CertificateNames(hostName: "", addresses: addresses) }

    /// Letters, digits and hyphens in labels, so that the name needs no quoting anywhere. RFC 1123 §2.1.
    private static func isUsable(_ name: String) -> Bool {
        name.utf8.count <= 253
            && name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy {
                        switch $0 {
                        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                            UInt8(ascii: "-"):
                            true
                        default: false
                        }
                    }
            }
    }

    private static func interfaceAddresses() -> [String] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&first) == 0 else { return [] }
        defer { unsafe freeifaddrs(first) }
        var found: [String] = []
        var next = unsafe first
        while let entry = unsafe next?.pointee {
            unsafe next = entry.ifa_next
            let isUsable =
                unsafe entry.ifa_flags & UInt32(IFF_UP) != 0
                && entry.ifa_flags & UInt32(IFF_LOOPBACK) == 0
            if isUsable, let address = unsafe entry.ifa_addr, let text = unsafe numericText(of: address) {
                found.append(text)
            }
        }
        return found
    }

    /// `nil` for addresses that are neither IPv4 nor IPv6.
    @unsafe private static func numericText(of address: UnsafeMutablePointer<sockaddr>) -> String? {
        let raw = UnsafeRawPointer(address)
        switch unsafe Int32(address.pointee.sa_family) {
        case AF_INET:
            let bytes = unsafe raw.loadUnaligned(as: sockaddr_in.self).sin_addr
            return IPAddress(v4: UInt32(bigEndian: bytes.s_addr)).description
        case AF_INET6:
            let bytes = unsafe raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            return unsafe withUnsafeBytes(of: bytes) { unsafe IPAddress(bytes: $0)?.description }
        default: return nil
        }
    }

    private static func text(of characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
