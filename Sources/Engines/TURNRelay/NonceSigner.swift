// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineKit
internal import NetworkAddresses
internal import STUN

/// Makes nonces that nobody has to remember: a time and a signature over it and the client's address.
///
/// 20 characters: base 64 of 4 bytes of seconds and 11 of HMAC-SHA1; with security features there are 13 characters
/// in front, which are signed too. RFC 8489 §9.2.
struct NonceSigner<Digests: STUNDigests> {
    enum Verdict: Hashable {
        /// The client got it here, for this address, not long ago.
        case fresh(STUNSecurityFeatures)
        /// The same, but too long ago. The client is where it says all the same.
        case stale
        /// Not ours, or another client's, or so old that the address may have passed to somebody else.
        case foreign
    }

    /// How long after its time a nonce shows where a client is, in seconds.
    private static var oldest: Int64 { 86_400 }

    private let key: [UInt8]
    private let lifetime: Int64
    private let digests: Digests

    init(key: [UInt8], lifetime: Int, digests: Digests) {
        self.key = key
        self.lifetime = Int64(lifetime)
        self.digests = digests
    }

    /// - Parameter features: What stands in front; nothing for none.
    func nonce(for client: SocketAddress, _ features: STUNSecurityFeatures, at now: Instant) -> [UInt8] {
        let time = Self.second(now)
        let body = Base64.encode(Self.bytes(time) + signature(time, client, features))
        return features.isEmpty ? body : features.cookie.utf8 + body
    }

    func check(_ nonce: [UInt8], from client: SocketAddress, at now: Instant) -> Verdict {
        var features: STUNSecurityFeatures = []
        if nonce.count == STUNSecurityFeatures.cookieSize + 20,
            let announced = STUNSecurityFeatures(nonce: nonce)
        {
            features = announced
        } else if nonce.count != 20 {
            return .foreign
        }
        // One byte of them is signed, and no other has a meaning.
        guard features.rawValue <= 255 else { return .foreign }
        guard let body = Base64.decode(nonce.suffix(20)), body.count == 15 else {
            return .foreign
        }
        let time = body.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        var difference: UInt8 = 0
        for (own, other) in zip(signature(time, client, features), body.dropFirst(4)) {
            difference |= own ^ other
        }
        guard difference == 0 else { return .foreign }
        // Loops read the clock at different moments: a nonce may come from a second ahead.
        let age = Int64(Self.second(now)) - Int64(time)
        guard age <= lifetime else { return age <= lifetime + Self.oldest ? .stale : .foreign }
        return .fresh(features)
    }

    /// 11 bytes.
    private func signature(_ time: UInt32, _ client: SocketAddress, _ features: STUNSecurityFeatures)
        -> ArraySlice<
            UInt8
        >
    {
        let port = [
            UInt8(client.port >> 8), UInt8(client.port & 255), UInt8(truncatingIfNeeded: features.rawValue),
        ]
        return digests.hmacSHA1(key: key, Self.bytes(time) + port + client.ip.bytes).bytes.prefix(11)
    }

    private static func second(_ now: Instant) -> UInt32 {
        UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000_000)
    }

    private static func bytes(_ time: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: time >> UInt32(24 - $0 * 8)) }
    }
}
