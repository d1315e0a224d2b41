// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Addresses that begin with the same bits, as a name constraint writes them: address and mask.
struct NetworkRange: Hashable {
    /// 4 or 16 bytes; those behind the prefix are zero.
    let address: [UInt8]
    let prefix: Int

    /// The range around an address in text; `nil` when it is not one.
    init?(_ text: String, prefix: Int? = nil) {
        guard let bytes = Self.bytes(of: text) else { return nil }
        let length = min(prefix ?? .max, bytes.count * 8)
        self.prefix = length
        address = zip(bytes, Self.mask(length, count: bytes.count)).map { $0 & $1 }
    }

    /// Loopback, private, carrier and link-local networks. RFC 1918, 3927, 4193, 4291, 6598.
    static let local = [
        ("127.0.0.0", 8), ("10.0.0.0", 8), ("172.16.0.0", 12), ("192.168.0.0", 16), ("169.254.0.0", 16),
        ("100.64.0.0", 10), ("::1", 128), ("fc00::", 7), ("fe80::", 10),
    ].compactMap { NetworkRange($0, prefix: $1) }

    /// The local ranges and, for each public address of this machine, that IPv4 address or that IPv6 network:
    /// machines change the second half of their public IPv6 addresses every day. RFC 8981.
    static func permitted(for addresses: [String]) -> [NetworkRange] {
        var ranges = local
        for address in addresses where !ranges.contains(where: { $0.contains(address) }) {
            guard let range = NetworkRange(address, prefix: address.contains(":") ? 64 : 32) else { continue }
            ranges.append(range)
        }
        return ranges
    }

    func contains(_ text: String) -> Bool {
        guard let other = NetworkRange(text, prefix: prefix) else { return false }
        return other == self
    }

    /// `10.0.0.0/255.0.0.0`, as in x509v3_config(5).
    var notation: String {
        Self.text(of: address) + "/" + Self.text(of: Self.mask(prefix, count: address.count))
    }

    private static func mask(_ prefix: Int, count: Int) -> [UInt8] {
        (0..<count).map { index in
            let bits = min(max(prefix - index * 8, 0), 8)
            return UInt8(truncatingIfNeeded: 0xFF00 >> bits)
        }
    }

    static func bytes(of text: String) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 16)
        if unsafe inet_pton(AF_INET, text, &buffer) == 1 { return Array(buffer[..<4]) }
        return unsafe inet_pton(AF_INET6, text, &buffer) == 1 ? buffer : nil
    }

    static func text(of bytes: [UInt8]) -> String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        unsafe inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, UInt32(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
