// SPDX-License-Identifier: Apache-2.0

/// What two peers agreed on to protect media with, by its number in the use_srtp extension of DTLS.
/// RFC 5764 §4.1.2, RFC 7714 §14.2.
public enum SRTPProfile: UInt16, Sendable, CaseIterable {
    /// AES-128 in counter mode with HMAC-SHA-1 of 80 bits: what every peer can do. RFC 3711 §4.
    case aes128HMACSHA1 = 0x0001
    /// AES-128 in Galois/counter mode. RFC 7714.
    case aes128GCM = 0x0007
    /// AES-256 in Galois/counter mode. RFC 7714.
    case aes256GCM = 0x0008

    /// How the cipher and the authentication of a packet are made.
    public enum Transform: Sendable {
        /// AES-GCM: both in one. The tag covers the header too.
        case gcm
        /// AES counter mode, then HMAC-SHA-1 over header, ciphertext and a trailer.
        case counterHMACSHA1
    }

    public var transform: Transform { self == .aes128HMACSHA1 ? .counterHMACSHA1 : .gcm }
    /// Bytes of a master key, and of the keys that packets are encrypted with.
    public var keyCount: Int { self == .aes256GCM ? 32 : 16 }
    /// Bytes of a master salt.
    public var saltCount: Int { transform == .gcm ? 12 : 14 }
    /// Bytes of the key of HMAC-SHA-1; 0 where there is none.
    public var authenticationKeyCount: Int { transform == .gcm ? 0 : 20 }
    /// Bytes of the tag at the end of a packet.
    public var tagCount: Int { transform == .gcm ? 16 : 10 }
    /// Bytes by which a protected RTCP packet is longer: the tag and the index.
    public var controlOverhead: Int { tagCount + 4 }
    /// What to ask the DTLS exporter for. RFC 5764 §4.2.
    public var keyingMaterialCount: Int { 2 * (keyCount + saltCount) }

    /// Bytes by which a protected packet of the most wasteful profile is longer.
    public static let mostOverhead = 20
}

/// The secrets of one direction, from which the keys of its packets are derived. RFC 3711 §4.3.
public struct SRTPMasterKey: Sendable {
    public let profile: SRTPProfile
    let key: [UInt8]
    let salt: [UInt8]

    /// Nil unless both have the sizes of the profile.
    public init?(_ profile: SRTPProfile, key: [UInt8], salt: [UInt8]) {
        guard key.count == profile.keyCount, salt.count == profile.saltCount else { return nil }
        self.profile = profile
        self.key = key
        self.salt = salt
    }
}

/// The secrets of both directions of a connection.
public struct SRTPKeys: Sendable {
    /// For what we send.
    public let sending: SRTPMasterKey
    /// For what we receive.
    public let receiving: SRTPMasterKey

    public var profile: SRTPProfile { sending.profile }

    public init(sending: SRTPMasterKey, receiving: SRTPMasterKey) {
        self.sending = sending
        self.receiving = receiving
    }

    /// The keys that a DTLS handshake gave, from its exporter with the label `EXTRACTOR-dtls_srtp`. RFC 5764 §4.2.
    ///
    /// - Parameters:
    ///   - exported: ``SRTPProfile/keyingMaterialCount`` bytes: both keys, client's first, then both salts.
    ///   - isClient: Whether we were the client of the handshake.
    /// - Returns: Nil when the material has another size.
    public init?(_ profile: SRTPProfile, exported: [UInt8], isClient: Bool) {
        guard exported.count == profile.keyingMaterialCount else { return nil }
        let salts = 2 * profile.keyCount
        func master(_ index: Int) -> SRTPMasterKey? {
            let key = exported[index * profile.keyCount..<(index + 1) * profile.keyCount]
            let salt = exported[salts + index * profile.saltCount..<salts + (index + 1) * profile.saltCount]
            return SRTPMasterKey(profile, key: Array(key), salt: Array(salt))
        }
        guard let client = master(0), let server = master(1) else { return nil }
        self.init(sending: isClient ? client : server, receiving: isClient ? server : client)
    }
}
