// SPDX-License-Identifier: Apache-2.0
public import NetworkAddresses

// Each of these is `nil` when there is no such attribute, and when it is malformed.
extension STUNMessage {
    /// The value of the first attribute of a type.
    public func value(_ type: STUNAttributeType) -> [UInt8]? {
        first(type).map { unsafe Array(bytes.part($0.value)) }
    }

    /// Bytes of the message, e.g. the `value` of an attribute.
    public func bytes(in range: Range<Int>) -> [UInt8] {
        unsafe Array(bytes.part(range.clamped(to: 0..<count)))
    }

    /// The value of an attribute where it lies, as long as the message does.
    @unsafe public func lent(_ attribute: STUNAttribute) -> UnsafeRawBufferPointer {
        unsafe bytes.part(attribute.value.clamped(to: 0..<count))
    }

    /// A value as text: USERNAME, REALM, NONCE, SOFTWARE. `nil` as well when it is not UTF-8.
    public func text(_ type: STUNAttributeType) -> String? {
        first(type).flatMap { unsafe String(validating: bytes.part($0.value), as: UTF8.self) }
    }

    /// A value of four bytes: LIFETIME in seconds, PRIORITY, CONNECTION-ID.
    public func number(_ type: STUNAttributeType) -> UInt32? {
        guard let attribute = first(type), attribute.count == 4 else { return nil }
        return unsafe bytes.u32(at: attribute.offset)
    }

    /// A value of eight bytes: RESERVATION-TOKEN, ICE-CONTROLLED, ICE-CONTROLLING.
    public func longNumber(_ type: STUNAttributeType) -> UInt64? {
        guard let attribute = first(type), attribute.count == 8 else { return nil }
        return unsafe bytes.u64(at: attribute.offset)
    }

    /// The first byte of a value of four: REQUESTED-TRANSPORT (17 is UDP, 6 is TCP), REQUESTED-ADDRESS-FAMILY and
    /// ADDITIONAL-ADDRESS-FAMILY (1 is IPv4, 2 is IPv6).
    public func firstByte(_ type: STUNAttributeType) -> UInt8? {
        number(type).map { UInt8(truncatingIfNeeded: $0 >> 24) }
    }

    /// CHANNEL-NUMBER. RFC 8656 §18.1.
    public var channelNumber: UInt16? { number(.channelNumber).map { UInt16(truncatingIfNeeded: $0 >> 16) } }

    /// The R bit of EVEN-PORT: whether the next port is to be reserved. RFC 8656 §18.7.
    public var evenPort: Bool? {
        guard let attribute = first(.evenPort), attribute.count == 1 else { return nil }
        return unsafe bytes[attribute.offset] & 0x80 != 0
    }

    /// DATA, or another value, where it lies.
    public func range(_ type: STUNAttributeType) -> Range<Int>? { first(type)?.value }

    /// An address of the first attribute of a type.
    public func address(_ type: STUNAttributeType) -> SocketAddress? {
        first(type).flatMap { address(in: $0) }
    }

    /// The address in one of several attributes of a type, as CreatePermission has them. RFC 8489 §14.1, §14.2.
    public func address(in attribute: STUNAttribute) -> SocketAddress? {
        let isPlain = attribute.type == .mappedAddress || attribute.type == .alternateServer
        guard
            let address = unsafe STUNAddress.read(
                bytes.part(attribute.value.clamped(to: 0..<count)), isPlain ? nil : transactionID)
        else { return nil }
        return address
    }

    /// ERROR-CODE. RFC 8489 §14.8.
    public var errorCode: STUNErrorCode? {
        guard let attribute = first(.errorCode), attribute.count >= 4 else { return nil }
        let (hundreds, rest) = unsafe (bytes[attribute.offset + 2] & 7, bytes[attribute.offset + 3])
        guard (3...6).contains(hundreds), rest < 100 else { return nil }
        return STUNErrorCode(rawValue: UInt16(hundreds) * 100 + UInt16(rest))
    }

    /// Which address family could not be had, and why. RFC 8656 §18.12.
    public var addressError: (family: UInt8, code: STUNErrorCode)? {
        guard let attribute = first(.addressErrorCode), attribute.count >= 4 else { return nil }
        let family = unsafe bytes[attribute.offset]
        let (hundreds, rest) = unsafe (bytes[attribute.offset + 2] & 7, bytes[attribute.offset + 3])
        guard (3...6).contains(hundreds), rest < 100 else { return nil }
        return (family, STUNErrorCode(rawValue: UInt16(hundreds) * 100 + UInt16(rest)))
    }

    /// UNKNOWN-ATTRIBUTES. RFC 8489 §14.13.
    public var unknownAttributes: [STUNAttributeType] {
        guard let attribute = first(.unknownAttributes) else { return [] }
        return (0..<attribute.count / 2).map {
            unsafe STUNAttributeType(rawValue: bytes.u16(at: attribute.offset + 2 * $0))
        }
    }

    /// PASSWORD-ALGORITHM. RFC 8489 §14.12.
    public var passwordAlgorithm: STUNPasswordAlgorithm? {
        guard let attribute = first(.passwordAlgorithm), attribute.count >= 4 else { return nil }
        return unsafe STUNPasswordAlgorithm(rawValue: bytes.u16(at: attribute.offset))
    }

    /// PASSWORD-ALGORITHMS, those that are known, in their order. RFC 8489 §14.11.
    public var passwordAlgorithms: [STUNPasswordAlgorithm] {
        guard let attribute = first(.passwordAlgorithms) else { return [] }
        var algorithms: [STUNPasswordAlgorithm] = []
        var offset = 0
        while offset + 4 <= attribute.count {
            let start = attribute.offset + offset
            if let algorithm = unsafe STUNPasswordAlgorithm(rawValue: bytes.u16(at: start)) {
                algorithms.append(algorithm)
            }
            let parameters = unsafe Int(bytes.u16(at: start + 2))
            offset += 4 + parameters + zeros(after: parameters)
        }
        return algorithms
    }
}

extension STUNAttribute {
    /// Whether the value has the form that its type prescribes; what is unknown has any.
    @unsafe func isWellFormed(in bytes: UnsafeRawBufferPointer) -> Bool {
        switch type {
        case .channelNumber, .lifetime, .requestedTransport, .requestedAddressFamily,
            .additionalAddressFamily, .connectionID, .priority, .fingerprint, .changeRequest, .responsePort:
            count == 4
        case .reservationToken, .iceControlled, .iceControlling, .icmp: count == 8
        case .evenPort: count == 1
        case .dontFragment, .useCandidate: count == 0
        case .messageIntegrity: count == 20
        case .messageIntegritySHA256: (16...32).contains(count) && count & 3 == 0
        case .userhash: count == 32
        case .username: count <= 508
        case .realm, .nonce, .software: count <= 763
        case .errorCode, .addressErrorCode, .passwordAlgorithm: count >= 4
        case .unknownAttributes: count & 1 == 0
        case .mappedAddress, .alternateServer, .xorMappedAddress, .xorPeerAddress, .xorRelayedAddress:
            unsafe (count == 8 && bytes[offset + 1] == 1) || (count == 20 && bytes[offset + 1] == 2)
        default: true
        }
    }
}

/// Addresses as attributes have them. RFC 8489 §14.1, §14.2.
///
/// ```
/// |0 0 0 0 0 0 0 0|    Family     |         X-Port                |
/// |                X-Address (32 or 128 bits)                     |
/// ```
enum STUNAddress {
    /// - Parameter mask: The transaction whose number lies over the address; `nil` for a plain one.
    @unsafe static func read(_ value: UnsafeRawBufferPointer, _ mask: STUNTransactionID?) -> SocketAddress? {
        guard value.count >= 8 else { return nil }
        let cookie = mask == nil ? 0 : STUNHeader.magicCookie
        let port = unsafe value.u16(at: 2) ^ UInt16(truncatingIfNeeded: cookie >> 16)
        switch unsafe (value[1], value.count) {
        case (1, 8): return unsafe SocketAddress(ip: IPAddress(v4: value.u32(at: 4) ^ cookie), port: port)
        case (2, 20):
            let high = UInt64(cookie) << 32 | UInt64(mask?.high ?? 0)
            return unsafe SocketAddress(
                ip: IPAddress(high: value.u64(at: 4) ^ high, low: value.u64(at: 12) ^ (mask?.low ?? 0)),
                port: port)
        default: return nil
        }
    }

    /// Bytes of the value.
    static func size(_ address: IPAddress) -> Int { address.isIPv4 ? 8 : 20 }

    /// Writes ``size(_:)`` bytes to the front of `value`.
    @unsafe static func write(
        _ address: SocketAddress, _ mask: STUNTransactionID?, to value: UnsafeMutableRawBufferPointer
    ) {
        let cookie = mask == nil ? 0 : STUNHeader.magicCookie
        let family: UInt16 = address.ip.isIPv4 ? 1 : 2
        unsafe value.store(family, at: 0)
        unsafe value.store(address.port ^ UInt16(truncatingIfNeeded: cookie >> 16), at: 2)
        if let number = address.ip.v4 {
            unsafe value.store(number ^ cookie, at: 4)
        } else {
            unsafe value.store(address.ip.high ^ (UInt64(cookie) << 32 | UInt64(mask?.high ?? 0)), at: 4)
            unsafe value.store(address.ip.low ^ (mask?.low ?? 0), at: 12)
        }
    }
}
