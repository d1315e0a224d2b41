// SPDX-License-Identifier: Apache-2.0
public import NetworkAddresses

/// Writes a message, attribute by attribute, into an array that can be used again.
///
/// Attributes come in the order of the calls: integrity after all that it protects, the fingerprint last. Whatever
/// would make the message longer than a message can be is left out.
public struct STUNWriter: Sendable {
    private var bytes: [UInt8]
    private let transactionID: STUNTransactionID

    /// Begins a message.
    /// - Parameter buffer: An array whose memory is used again; what it holds is forgotten.
    public init(
        _ method: STUNMethod, _ messageClass: STUNClass, id: STUNTransactionID,
        into buffer: consuming [UInt8] = []
    ) {
        bytes = buffer
        bytes.removeAll(keepingCapacity: true)
        transactionID = id
        bytes.appendBigEndian(STUNHeader(method, messageClass, id: id).type)
        bytes.appendBigEndian(0 as UInt16)
        bytes.appendBigEndian(STUNHeader.magicCookie)
        bytes.appendBigEndian(id.high)
        bytes.appendBigEndian(id.low)
    }

    /// Begins the answer to a request.
    public init(
        answering request: STUNHeader, _ messageClass: STUNClass, into buffer: consuming [UInt8] = []
    ) {
        self.init(request.method, messageClass, id: request.transactionID, into: buffer)
    }

    /// Bytes so far.
    public var count: Int { bytes.count }

    /// The message.
    public consuming func finish() -> [UInt8] { bytes }

    /// Writes an attribute's header and makes room in the message's length; false when there is none.
    private mutating func begin(_ type: STUNAttributeType, count: Int) -> Bool {
        let length = bytes.count - STUNHeader.size + 4 + count + zeros(after: count)
        guard length <= 0xFFFC else { return false }
        bytes[2] = UInt8(truncatingIfNeeded: length >> 8)
        bytes[3] = UInt8(truncatingIfNeeded: length)
        bytes.appendBigEndian(type.rawValue)
        bytes.appendBigEndian(UInt16(truncatingIfNeeded: count))
        return true
    }

    private mutating func pad() {
        for _ in 0..<zeros(after: bytes.count) { bytes.append(0) }
    }

    public mutating func append(_ type: STUNAttributeType, _ value: some Collection<UInt8>) {
        guard begin(type, count: value.count) else { return }
        bytes.append(contentsOf: value)
        pad()
    }

    public mutating func append(_ type: STUNAttributeType, _ text: String) { append(type, text.utf8) }

    /// DATA, or another value, from memory.
    @unsafe public mutating func append(_ type: STUNAttributeType, bytes value: UnsafeRawBufferPointer) {
        guard begin(type, count: value.count) else { return }
        unsafe bytes.append(contentsOf: value)
        pad()
    }

    /// An attribute without a value: DONT-FRAGMENT, USE-CANDIDATE.
    public mutating func append(_ type: STUNAttributeType) { append(type, EmptyCollection()) }

    /// A value of four bytes: LIFETIME, PRIORITY, CONNECTION-ID.
    public mutating func append(_ type: STUNAttributeType, number: UInt32) {
        guard begin(type, count: 4) else { return }
        bytes.appendBigEndian(number)
    }

    /// A value of eight bytes: RESERVATION-TOKEN, ICE-CONTROLLED, ICE-CONTROLLING.
    public mutating func append(_ type: STUNAttributeType, longNumber: UInt64) {
        guard begin(type, count: 8) else { return }
        bytes.appendBigEndian(longNumber)
    }

    /// A byte with three zeros behind it: REQUESTED-TRANSPORT, REQUESTED-ADDRESS-FAMILY.
    public mutating func append(_ type: STUNAttributeType, firstByte: UInt8) {
        append(type, number: UInt32(firstByte) << 24)
    }

    /// CHANNEL-NUMBER. RFC 8656 §18.1.
    public mutating func append(channel number: UInt16) {
        append(.channelNumber, number: UInt32(number) << 16)
    }

    /// EVEN-PORT. RFC 8656 §18.7.
    public mutating func append(evenPort reservesNext: Bool) {
        append(.evenPort, CollectionOfOne(reservesNext ? 0x80 : 0))
    }

    /// An address, behind the mask of this message unless its type is one of the two plain ones.
    public mutating func append(_ type: STUNAttributeType, _ address: SocketAddress) {
        let size = STUNAddress.size(address.ip)
        guard begin(type, count: size) else { return }
        let start = bytes.count
        let mask = type == .mappedAddress || type == .alternateServer ? nil : transactionID
        for _ in 0..<size { bytes.append(0) }
        unsafe bytes.withUnsafeMutableBytes {
            unsafe STUNAddress.write(
                address, mask, to: UnsafeMutableRawBufferPointer(rebasing: $0[start...]))
        }
    }

    /// ERROR-CODE, without a phrase unless one is given: answers to strangers are short. RFC 8489 §14.8.
    public mutating func append(_ code: STUNErrorCode, reason: String = "") {
        append(.errorCode, [0, 0, UInt8(code.rawValue / 100), UInt8(code.rawValue % 100)] + reason.utf8)
    }

    /// ADDRESS-ERROR-CODE. RFC 8656 §18.12.
    public mutating func append(addressError code: STUNErrorCode, family: UInt8, reason: String = "") {
        append(
            .addressErrorCode,
            [family, 0, UInt8(code.rawValue / 100), UInt8(code.rawValue % 100)] + reason.utf8)
    }

    /// UNKNOWN-ATTRIBUTES. RFC 8489 §14.13.
    public mutating func append(unknown types: [STUNAttributeType]) {
        append(
            .unknownAttributes,
            types.flatMap { [UInt8($0.rawValue >> 8), UInt8(truncatingIfNeeded: $0.rawValue)] })
    }

    /// PASSWORD-ALGORITHM. RFC 8489 §14.12.
    public mutating func append(_ algorithm: STUNPasswordAlgorithm) {
        append(.passwordAlgorithm, number: UInt32(algorithm.rawValue) << 16)
    }

    /// PASSWORD-ALGORITHMS. RFC 8489 §14.11.
    public mutating func append(_ algorithms: [STUNPasswordAlgorithm]) {
        append(.passwordAlgorithms, algorithms.flatMap { [0, UInt8($0.rawValue), 0, 0] })
    }

    /// MESSAGE-INTEGRITY or MESSAGE-INTEGRITY-SHA256 over everything so far. RFC 8489 §14.5, §14.6.
    public mutating func append(_ integrity: STUNIntegrity, key: [UInt8], _ digests: some STUNDigests) {
        let end = bytes.count
        switch integrity {
        case .sha1:
            guard begin(.messageIntegrity, count: 20) else { return }
            let code = unsafe bytes.withUnsafeBytes {
                unsafe digests.hmacSHA1(key: key, $0.part(0..<end), $0.part(0..<0))
            }
            append(code)
        case .sha256:
            guard begin(.messageIntegritySHA256, count: 32) else { return }
            let code = unsafe bytes.withUnsafeBytes {
                unsafe digests.hmacSHA256(key: key, $0.part(0..<end), $0.part(0..<0))
            }
            append(code)
        }
    }

    private mutating func append(_ code: STUNDigest) {
        unsafe code.withBytes { unsafe bytes.append(contentsOf: $0) }
    }

    /// FINGERPRINT over everything so far. RFC 8489 §14.7.
    public mutating func appendFingerprint() {
        let end = bytes.count
        guard begin(.fingerprint, count: 4) else { return }
        bytes.appendBigEndian(
            unsafe bytes.withUnsafeBytes { unsafe CRC32.of($0.part(0..<end)) } ^ Fingerprint.mask)
    }
}
