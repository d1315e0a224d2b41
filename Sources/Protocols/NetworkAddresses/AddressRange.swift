// SPDX-License-Identifier: Apache-2.0

/// One address, or all that begin with the same bits: `10.0.0.0/8`. RFC 4632 §3.1.
public struct AddressRange: Hashable, Sendable, BitwiseCopyable {
    /// The first address: all bits behind the prefix are zero.
    public let address: IPAddress
    /// How many leading bits count.
    public let prefix: Int

    /// The range around `address`; a prefix that is longer than the address, or negative, is brought to its limit.
    public init(_ address: IPAddress, prefix: Int = 128) {
        self.prefix = min(max(prefix, 0), address.bitWidth)
        self.address = address.keeping(self.prefix)
    }

    public func contains(_ other: IPAddress) -> Bool {
        other.isIPv4 == address.isIPv4 && other.keeping(prefix) == address
    }

    /// The address whose first ``prefix`` bits are set: 255.0.0.0 for 10.0.0.0/8.
    public var mask: IPAddress {
        (address.isIPv4 ? IPAddress(v4: .max) : IPAddress(high: .max, low: .max)).keeping(prefix)
    }
}

extension AddressRange: LosslessStringConvertible {
    /// Reads an address, or one with a prefix length, and clears the bits behind it. The length in
    /// `::ffff:10.0.0.0/104` counts from the start of the IPv6 address, and the range is that of IPv4.
    public init?(_ text: String) {
        let parts = text.utf8.split(
            separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(text: first) else { return nil }
        guard parts.count == 2 else {
            self.init(address)
            return
        }
        var scanner = AddressScanner(Array(parts[1]))
        guard let length = scanner.number(upTo: 128), scanner.isAtEnd else { return nil }
        let isMapped = address.isIPv4 && first.contains(UInt8(ascii: ":"))
        let prefix = isMapped ? length - 96 : length
        guard (0...address.bitWidth).contains(prefix) else { return nil }
        self.init(address, prefix: prefix)
    }

    public var description: String { prefix == address.bitWidth ? "\(address)" : "\(address)/\(prefix)" }
}

extension IPAddress {
    /// The same address with all bits behind the first `count` cleared.
    func keeping(_ count: Int) -> IPAddress {
        // Shifts by the whole width or more leave nothing.
        if isIPv4 { return IPAddress(v4: UInt32(truncatingIfNeeded: low) & UInt32.max << (32 - count)) }
        return IPAddress(
            high: high & UInt64.max << max(64 - count, 0), low: low & UInt64.max << min(128 - count, 64))
    }
}
