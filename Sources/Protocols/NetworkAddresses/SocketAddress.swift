// SPDX-License-Identifier: Apache-2.0

/// An address and a port: one end of a UDP or TCP flow.
public struct SocketAddress: Hashable, Sendable, BitwiseCopyable {
    public var ip: IPAddress
    public var port: UInt16

    public init(ip: IPAddress, port: UInt16) {
        self.ip = ip
        self.port = port
    }
}

extension SocketAddress: LosslessStringConvertible {
    /// Reads `192.0.2.1:3478` or `[2001:db8::1]:3478`. RFC 3986 §3.2.2.
    public init?(_ text: String) { self.init(text: text.utf8) }

    /// ``init(_:)`` of characters that are not a string.
    public init?(text: some Collection<UInt8>) {
        // 45 characters of address, two brackets, a colon, five digits.
        guard text.count <= 53 else { return nil }
        var scanner = AddressScanner(Array(text))
        let ip: IPAddress
        if scanner.take("[") {
            guard let address = scanner.v6(), scanner.take("]") else { return nil }
            ip = address.unmapped
        } else {
            guard let number = scanner.v4() else { return nil }
            ip = IPAddress(v4: number)
        }
        guard scanner.take(":"), let port = scanner.number(upTo: 65_535), scanner.isAtEnd else { return nil }
        self.init(ip: ip, port: UInt16(truncatingIfNeeded: port))
    }

    public var description: String { ip.isIPv4 ? "\(ip):\(port)" : "[\(ip)]:\(port)" }
}
