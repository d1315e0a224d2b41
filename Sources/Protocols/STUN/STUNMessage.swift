// SPDX-License-Identifier: Apache-2.0
public import ByteCoding

/// A STUN or TURN message, looked at where it lies: nothing is copied until it is asked for.
///
/// A value that exists has a right header and attributes that fill the message exactly. Of attributes that occur
/// twice, the first counts. What follows an integrity attribute is not protected by it and so is not seen, but for
/// the other integrity attribute and the fingerprint. RFC 8489 §14, §14.5–14.7.
///
/// The value must not outlive the bytes that it was made from.
@safe public struct STUNMessage {
    public let header: STUNHeader
    /// An attribute whose value does not have the form of its type, the first of them. Who reads a request refuses
    /// it with 400, who reads anything else drops it.
    public let malformed: STUNAttributeType?

    let bytes: UnsafeRawBufferPointer
    /// Where the attributes end that count, apart from integrity and fingerprint.
    let visibleEnd: Int
    /// Where MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 and FINGERPRINT begin; 0 for none.
    let sha1Offset: Int
    let sha256Offset: Int
    let fingerprintOffset: Int

    /// Looks through the header and all attributes once.
    /// - Parameter bytes: One datagram, or one frame of a stream; all of it.
    @unsafe public init(_ bytes: UnsafeRawBufferPointer) throws(DecodeError) {
        guard bytes.count >= STUNHeader.size else {
            throw DecodeError(.truncated, "STUN header", at: bytes.count)
        }
        guard let header = unsafe STUNHeader(bytes) else { throw DecodeError(.invalid, "STUN header", at: 0) }
        guard header.length == bytes.count - STUNHeader.size else {
            let isShort = header.length > bytes.count - STUNHeader.size
            throw DecodeError(isShort ? .truncated : .invalid, "STUN length", at: 2)
        }
        var walk = Walk()
        var offset = STUNHeader.size
        while offset < bytes.count {
            // The length is a multiple of four, so that there is room for the four bytes of an attribute's header.
            let attribute = unsafe STUNAttribute(
                type: STUNAttributeType(rawValue: bytes.u16(at: offset)), offset: offset + 4,
                count: Int(bytes.u16(at: offset + 2)))
            let end = attribute.end
            guard end <= bytes.count else { throw DecodeError(.truncated, "STUN attribute", at: offset) }
            let isLast = end == bytes.count
            guard attribute.type != .fingerprint || isLast else {
                throw DecodeError(.invalid, "STUN FINGERPRINT, which comes last", at: offset)
            }
            if walk.sees(attribute, at: offset), walk.malformed == nil,
                unsafe !attribute.isWellFormed(in: bytes)
            {
                walk.malformed = attribute.type
            }
            offset = end
        }
        self.header = header
        unsafe self.bytes = bytes
        malformed = walk.malformed
        visibleEnd = walk.visibleEnd ?? bytes.count
        sha1Offset = walk.sha1
        sha256Offset = walk.sha256
        fingerprintOffset = walk.fingerprint
    }

    /// What a pass over the attributes has found.
    private struct Walk {
        var visibleEnd: Int?
        var sha1 = 0
        var sha256 = 0
        var fingerprint = 0
        var malformed: STUNAttributeType?

        /// Notes where the special attributes are.
        /// - Returns: Whether the attribute counts.
        mutating func sees(_ attribute: STUNAttribute, at offset: Int) -> Bool {
            switch attribute.type {
            case .messageIntegrity:
                guard sha1 == 0, sha256 == 0 else { return false }
                sha1 = offset
                visibleEnd = visibleEnd ?? offset
            case .messageIntegritySHA256:
                guard sha256 == 0 else { return false }
                sha256 = offset
                visibleEnd = visibleEnd ?? offset
            case .fingerprint:
                fingerprint = offset
                visibleEnd = visibleEnd ?? offset
            default: return visibleEnd == nil
            }
            return true
        }
    }

    /// Bytes of the message.
    public var count: Int { unsafe bytes.count }
    public var method: STUNMethod { header.method }
    public var messageClass: STUNClass { header.messageClass }
    public var transactionID: STUNTransactionID { header.transactionID }
}

/// Where an attribute's value lies in its message.
public struct STUNAttribute: Hashable, Sendable, BitwiseCopyable {
    public let type: STUNAttributeType
    /// Bytes from the start of the message to the value.
    let offset: Int
    /// Bytes of the value, without padding.
    let count: Int

    public var value: Range<Int> { offset..<offset + count }
    /// Where the next attribute begins.
    var end: Int { offset + count + zeros(after: count) }
}

extension STUNMessage {
    /// How far a walk over the attributes has come.
    public struct Cursor: Sendable, BitwiseCopyable {
        fileprivate var offset = STUNHeader.size

        public init() {}
    }

    /// The next attribute that counts, in their order; integrity and fingerprint are not among them.
    public func next(_ cursor: inout Cursor) -> STUNAttribute? {
        guard cursor.offset < visibleEnd else { return nil }
        let attribute = unsafe STUNAttribute(
            type: STUNAttributeType(rawValue: bytes.u16(at: cursor.offset)), offset: cursor.offset + 4,
            count: Int(bytes.u16(at: cursor.offset + 2)))
        cursor.offset = attribute.end
        return attribute
    }

    /// The first attribute of a type; `nil` when there is none.
    public func first(_ type: STUNAttributeType) -> STUNAttribute? {
        var cursor = Cursor()
        while let attribute = next(&cursor) {
            if attribute.type == type { return attribute }
        }
        return nil
    }

    public func has(_ type: STUNAttributeType) -> Bool { first(type) != nil }

    /// The first attributes, at most `limit` and each type once, that must be understood and are not in `known`.
    /// RFC 8489 §6.3.1.
    public func unknownRequired(besides known: STUNAttributeSet, limit: Int = 8) -> [STUNAttributeType] {
        var unknown: [STUNAttributeType] = []
        var cursor = Cursor()
        while let attribute = next(&cursor), unknown.count < limit {
            let type = attribute.type
            if type.isRequired, !known.contains(type), !unknown.contains(type) { unknown.append(type) }
        }
        return unknown
    }
}
