// SPDX-License-Identifier: Apache-2.0

extension IPAddress {
    /// What an address is set aside for. IANA special-purpose address registries, RFC 6890.
    public enum Purpose: String, Hashable, Sendable, BitwiseCopyable, CaseIterable {
        /// `0.0.0.0` and `::`; many systems take them for themselves.
        case unspecified
        /// The rest of 0.0.0.0/8. RFC 791 §3.2.
        case thisNetwork
        /// 127.0.0.0/8, ::1. RFC 1122 §3.2.1.3, RFC 4291 §2.5.3.
        case loopback
        /// 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16. RFC 1918.
        case `private`
        /// Behind the address translation of a carrier: 100.64.0.0/10. RFC 6598.
        case carrier
        /// 169.254.0.0/16, where clouds keep their machines' secrets, and fe80::/10. RFC 3927, RFC 4291 §2.5.6.
        case linkLocal
        /// fc00::/7 and its forerunner fec0::/10. RFC 4193, RFC 3879.
        case uniqueLocal
        /// 192.0.0.0/24 and 2001::/23. RFC 6890, RFC 2928.
        case protocolAssignments
        /// RFC 5737, RFC 3849, RFC 9637.
        case documentation
        /// 198.18.0.0/15. RFC 2544.
        case benchmarking
        /// 224.0.0.0/4, ff00::/8.
        case multicast
        /// 255.255.255.255.
        case broadcast
        /// Stands for an IPv4 address, or for a gateway to one: mapped and compatible addresses, 6to4 with its
        /// relays 192.88.99.0/24, Teredo, NAT64. RFC 4291 §2.5.5, RFC 3056, RFC 4380, RFC 6052, RFC 8215.
        case translated
        /// Not given to anybody: 240.0.0.0/4, the discard prefix, and IPv6 outside 2000::/3.
        case reserved
    }

    /// What the address is set aside for; `nil` for one of the ordinary, global ones.
    ///
    /// The answer is about the address as it is written. Ask for the purpose of the ``canonical`` one as well.
    public var purpose: Purpose? {
        isIPv4 ? Self.purpose(v4: UInt32(truncatingIfNeeded: low)) : Self.purpose(high: high, low: low)
    }

    private static func purpose(v4 number: UInt32) -> Purpose? {
        switch (number >> 24, number >> 16 & 255, number >> 8 & 255) {
        case (0, _, _): number == 0 ? .unspecified : .thisNetwork
        case (10, _, _), (172, 16...31, _), (192, 168, _): .private
        case (100, 64...127, _): .carrier
        case (127, _, _): .loopback
        case (169, 254, _): .linkLocal
        case (192, 0, 0): .protocolAssignments
        case (192, 0, 2), (198, 51, 100), (203, 0, 113): .documentation
        case (192, 88, 99): .translated
        case (198, 18...19, _): .benchmarking
        case (224...239, _, _): .multicast
        case (240..., _, _): number == .max ? .broadcast : .reserved
        default: nil
        }
    }

    private static func purpose(high: UInt64, low: UInt64) -> Purpose? {
        if high == 0 {
            if low == 0 { return .unspecified }
            if low == 1 { return .loopback }
            return low >> 32 == 0 || low >> 32 == 0xFFFF ? .translated : .reserved
        }
        let group = high >> 48
        switch group {
        case 0x2001 where high >> 32 == 0x2001_0000: return .translated
        case 0x2001 where high >> 41 == 0x2001_0000 >> 9: return .protocolAssignments
        case 0x2001 where high >> 32 == 0x2001_0DB8: return .documentation
        case 0x2002: return .translated
        case 0x3FFF where high >> 44 == 0x3FFF0: return .documentation
        case 0x2000...0x3FFF: return nil
        case 0x0064 where high == 0x0064_FF9B_0000_0000 && low >> 32 == 0: return .translated
        case 0x0064 where high >> 16 == 0x0064_FF9B_0001: return .translated
        case 0xFC00...0xFDFF, 0xFEC0...0xFEFF: return .uniqueLocal
        case 0xFE80...0xFEBF: return .linkLocal
        case 0xFF00...0xFFFF: return .multicast
        default: return .reserved
        }
    }

    /// Whether it is an IPv4 address in IPv6 notation, as sockets for both families report it.
    public var isMapped: Bool { !isIPv4 && high == 0 && low >> 32 == 0xFFFF }

    /// The IPv4 address when this one is mapped to IPv6; otherwise the same. RFC 4291 §2.5.5.2.
    public var unmapped: IPAddress { isMapped ? Self.v4(low) : self }

    /// The IPv4 address inside an IPv6 address that some machine on the way translates to it; otherwise the same.
    ///
    /// Rules about who may be reached are applied to this one too, so that `2002:7f00:1::` is not a way around
    /// the rule for 127.0.0.1. `::` and `::1` are themselves.
    public var canonical: IPAddress {
        guard !isIPv4 else { return self }
        if high == 0 {
            let isCompatible = low >> 32 == 0 && low > 1
            return isMapped || isCompatible ? Self.v4(low) : self
        }
        if high >> 48 == 0x2002 { return Self.v4(high >> 16) }
        // Teredo writes the client's address with all bits turned. RFC 4380 §4.
        if high >> 32 == 0x2001_0000 { return Self.v4(~low) }
        if high == 0x0064_FF9B_0000_0000, low >> 32 == 0 { return Self.v4(low) }
        if high >> 16 == 0x0064_FF9B_0001 {
            // The local-use prefix has 48 bits, and then the address lies around bits 64 to 71 with nothing
            // behind; sites may also use a prefix of 96 bits inside. RFC 6052 §2.2, RFC 8215.
            let isShort = low & 0xFF_FFFF_FFFF == 0
            return Self.v4(isShort ? (high & 0xFFFF) << 16 | low >> 40 & 0xFFFF : low)
        }
        return self
    }

    private static func v4(_ bits: UInt64) -> IPAddress { IPAddress(v4: UInt32(truncatingIfNeeded: bits)) }
}
