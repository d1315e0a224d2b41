// SPDX-License-Identifier: Apache-2.0

/// An IPv4 or IPv6 address: a number and its family, without memory of its own.
public struct IPAddress: Hashable, Sendable, BitwiseCopyable {
    /// The first half of an IPv6 address; 0 for IPv4.
    public let high: UInt64
    /// The second half of an IPv6 address; the 32 bits of an IPv4 address.
    public let low: UInt64
    public let isIPv4: Bool

    /// An IPv4 address from its number: 0x7F000001 is 127.0.0.1.
    public init(v4 number: UInt32) {
        high = 0
        low = UInt64(number)
        isIPv4 = true
    }

    /// An IPv6 address from its halves, even one that stands for an IPv4 address: see ``unmapped``.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
        isIPv4 = false
    }

    /// An address from 4 or 16 bytes in network order; `nil` for any other number of them. 16 bytes are an
    /// IPv6 address, whatever they stand for.
    public init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self.init(v4: bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            self.init(
                high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
                low: bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) })
        default: return nil
        }
    }

    /// The number of an IPv4 address; `nil` for IPv6.
    public var v4: UInt32? { isIPv4 ? UInt32(truncatingIfNeeded: low) : nil }

    /// 4 or 16 bytes in network order.
    public var bytes: [UInt8] {
        let width = bitWidth
        return (0..<width / 8).map { index in
            let shift = width - 8 - index * 8
            return UInt8(truncatingIfNeeded: shift >= 64 ? high >> UInt64(shift - 64) : low >> UInt64(shift))
        }
    }

    /// 32 or 128.
    public var bitWidth: Int { isIPv4 ? 32 : 128 }

    /// 127.0.0.0/8 or ::1.
    public var isLoopback: Bool { purpose == .loopback }
}

extension IPAddress: Comparable {
    /// IPv4 before IPv6, then by number.
    public static func < (left: IPAddress, right: IPAddress) -> Bool {
        (left.isIPv4 ? 0 : 1, left.high, left.low) < (right.isIPv4 ? 0 : 1, right.high, right.low)
    }
}
