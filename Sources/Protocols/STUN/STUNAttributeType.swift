// SPDX-License-Identifier: Apache-2.0

/// Which attribute a value is. Those below 0x8000 must be understood by who reads them.
/// RFC 8489 §18.3, RFC 8656 §18, RFC 6062 §6.2, RFC 5780 §7, RFC 8445 §16.1.
public struct STUNAttributeType: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Whether a request with it is refused by who does not know it. RFC 8489 §14.
    public var isRequired: Bool { rawValue < 0x8000 }

    // RFC 8489
    public static let mappedAddress = STUNAttributeType(rawValue: 0x0001)
    public static let username = STUNAttributeType(rawValue: 0x0006)
    public static let messageIntegrity = STUNAttributeType(rawValue: 0x0008)
    public static let errorCode = STUNAttributeType(rawValue: 0x0009)
    public static let unknownAttributes = STUNAttributeType(rawValue: 0x000A)
    public static let realm = STUNAttributeType(rawValue: 0x0014)
    public static let nonce = STUNAttributeType(rawValue: 0x0015)
    public static let messageIntegritySHA256 = STUNAttributeType(rawValue: 0x001C)
    public static let passwordAlgorithm = STUNAttributeType(rawValue: 0x001D)
    public static let userhash = STUNAttributeType(rawValue: 0x001E)
    public static let xorMappedAddress = STUNAttributeType(rawValue: 0x0020)
    public static let passwordAlgorithms = STUNAttributeType(rawValue: 0x8002)
    public static let alternateDomain = STUNAttributeType(rawValue: 0x8003)
    public static let software = STUNAttributeType(rawValue: 0x8022)
    public static let alternateServer = STUNAttributeType(rawValue: 0x8023)
    public static let fingerprint = STUNAttributeType(rawValue: 0x8028)

    // RFC 8656
    public static let channelNumber = STUNAttributeType(rawValue: 0x000C)
    public static let lifetime = STUNAttributeType(rawValue: 0x000D)
    public static let xorPeerAddress = STUNAttributeType(rawValue: 0x0012)
    public static let data = STUNAttributeType(rawValue: 0x0013)
    public static let xorRelayedAddress = STUNAttributeType(rawValue: 0x0016)
    public static let requestedAddressFamily = STUNAttributeType(rawValue: 0x0017)
    public static let evenPort = STUNAttributeType(rawValue: 0x0018)
    public static let requestedTransport = STUNAttributeType(rawValue: 0x0019)
    public static let dontFragment = STUNAttributeType(rawValue: 0x001A)
    public static let reservationToken = STUNAttributeType(rawValue: 0x0022)
    public static let additionalAddressFamily = STUNAttributeType(rawValue: 0x8000)
    public static let addressErrorCode = STUNAttributeType(rawValue: 0x8001)
    public static let icmp = STUNAttributeType(rawValue: 0x8004)

    // RFC 6062
    public static let connectionID = STUNAttributeType(rawValue: 0x002A)

    // RFC 5780
    public static let changeRequest = STUNAttributeType(rawValue: 0x0003)
    public static let paddingAttribute = STUNAttributeType(rawValue: 0x0026)
    public static let responsePort = STUNAttributeType(rawValue: 0x0027)
    public static let responseOrigin = STUNAttributeType(rawValue: 0x802B)
    public static let otherAddress = STUNAttributeType(rawValue: 0x802C)

    // RFC 8445
    public static let priority = STUNAttributeType(rawValue: 0x0024)
    public static let useCandidate = STUNAttributeType(rawValue: 0x0025)
    public static let iceControlled = STUNAttributeType(rawValue: 0x8029)
    public static let iceControlling = STUNAttributeType(rawValue: 0x802A)

    // draft-thatcher-ice-renomination-01 §4, under the number that libwebrtc sends.
    public static let nomination = STUNAttributeType(rawValue: 0xC001)
}

/// The attributes a server or client understands, of those that must be understood.
public struct STUNAttributeSet: Hashable, Sendable, BitwiseCopyable, ExpressibleByArrayLiteral {
    /// Every one that was ever defined is below 64; the rest of them are unknown to everybody.
    private var bits: UInt64 = 0

    public init(arrayLiteral types: STUNAttributeType...) {
        for type in types where type.rawValue < 64 { bits |= 1 << UInt64(type.rawValue) }
    }

    public func contains(_ type: STUNAttributeType) -> Bool {
        type.rawValue < 64 && bits >> UInt64(type.rawValue) & 1 == 1
    }
}
