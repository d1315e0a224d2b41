// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding

/// How the key of a long-term credential is made from its password. RFC 8489 §18.5.
public enum STUNPasswordAlgorithm: UInt16, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    case md5 = 1
    case sha256 = 2
}

/// Keys and names of long-term credentials. RFC 8489 §9.2, §14.4.
///
/// Names and passwords are taken as they are. Whoever lets people choose them prepares them first. RFC 8265.
public enum STUNCredentials {
    /// What messages are protected with: a hash of `username:realm:password`. RFC 8489 §18.5.1.
    public static func key(
        _ algorithm: STUNPasswordAlgorithm, username: some Collection<UInt8>, realm: String, password: String,
        _ digests: some STUNDigests
    ) -> [UInt8] {
        let text = Array(username) + ":\(realm):\(password)".utf8
        return switch algorithm {
        case .md5: digests.md5(text).bytes
        case .sha256: digests.sha256(text).bytes
        }
    }

    /// USERHASH: 32 bytes that stand for a name. RFC 8489 §14.4.
    public static func userhash(username: String, realm: String, _ digests: some STUNDigests) -> [UInt8] {
        digests.sha256(Array("\(username):\(realm)".utf8)).bytes
    }
}

/// What a server announces at the front of its nonces, where nobody on the way can take it off. RFC 8489 §9.2.
public struct STUNSecurityFeatures: OptionSet, Hashable, Sendable, BitwiseCopyable {
    /// 24 bits.
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue & 0xFF_FFFF }

    // The bits are counted from the right: erratum 6290 to RFC 8489 §18.1, and so does appendix B.1.
    public static let passwordAlgorithms = STUNSecurityFeatures(rawValue: 1)
    public static let usernameAnonymity = STUNSecurityFeatures(rawValue: 2)

    private static let mark = "obMatJos2"
    /// Characters of ``cookie``.
    public static let cookieSize = 13

    /// The beginning of a nonce: a mark and four characters of base 64.
    public var cookie: String {
        let bytes = [UInt8(rawValue >> 16), UInt8(rawValue >> 8 & 255), UInt8(rawValue & 255)]
        return Self.mark + Base64.text(bytes)
    }

    /// What a nonce announces; `nil` for one without cookie.
    public init?(nonce: some Collection<UInt8>) {
        guard nonce.starts(with: Self.mark.utf8),
            let bytes = Base64.decode(nonce.dropFirst(Self.mark.utf8.count).prefix(4)), bytes.count == 3
        else { return nil }
        self.init(rawValue: UInt32(bytes[0]) << 16 | UInt32(bytes[1]) << 8 | UInt32(bytes[2]))
    }
}
