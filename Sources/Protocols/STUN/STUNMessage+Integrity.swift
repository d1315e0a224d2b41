// SPDX-License-Identifier: Apache-2.0

/// Which of the two codes protects a message.
public enum STUNIntegrity: Hashable, Sendable, BitwiseCopyable {
    case sha1
    case sha256
}

extension STUNMessage {
    /// Whether there is such a code, right or not.
    public func hasIntegrity(_ integrity: STUNIntegrity) -> Bool {
        switch integrity {
        case .sha1: sha1Offset > 0
        case .sha256: sha256Offset > 0
        }
    }

    /// Whether the message has a code of this kind, of full length, and it was made with `key`.
    ///
    /// The code covers what precedes it, in a message whose length ends with it. RFC 8489 §14.5, §14.6.
    public func isIntact(_ integrity: STUNIntegrity, key: [UInt8], _ digests: some STUNDigests) -> Bool {
        let offset = integrity == .sha1 ? sha1Offset : sha256Offset
        let size = integrity == .sha1 ? 20 : 32
        guard offset > 0, unsafe Int(bytes.u16(at: offset + 2)) == size else { return false }
        return unsafe withUnsafeTemporaryAllocation(byteCount: STUNHeader.size, alignment: 8) { header in
            unsafe header.copyMemory(from: bytes.part(0..<STUNHeader.size))
            let length = offset + 4 + size - STUNHeader.size
            unsafe header.store(UInt16(truncatingIfNeeded: length), at: 2)
            let rest = unsafe bytes.part(STUNHeader.size..<offset)
            let first = UnsafeRawBufferPointer(header)
            let code =
                switch integrity {
                case .sha1: unsafe digests.hmacSHA1(key: key, first, rest)
                case .sha256: unsafe digests.hmacSHA256(key: key, first, rest)
                }
            return unsafe code.equals(bytes.part(offset + 4..<offset + 4 + size))
        }
    }

    /// Whether there is a FINGERPRINT, right or not.
    public var hasFingerprint: Bool { fingerprintOffset > 0 }

    /// Whether the FINGERPRINT is right; `true` for a message without one. RFC 8489 §14.7.
    public var isFingerprintRight: Bool {
        guard fingerprintOffset > 0 else { return true }
        return unsafe Fingerprint.isRight(bytes, at: fingerprintOffset)
    }
}

enum Fingerprint {
    /// Shows that the checksum is STUN's: "STUN" in ASCII, where others would have zero.
    static let mask: UInt32 = 0x5354_554E

    /// Whether the attribute at `offset` has four bytes, and they are right for what precedes them.
    @unsafe static func isRight(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        guard offset + 8 == bytes.count, unsafe bytes.u16(at: offset + 2) == 4 else { return false }
        return unsafe bytes.u32(at: offset + 4) == CRC32.of(bytes.part(0..<offset)) ^ mask
    }
}
