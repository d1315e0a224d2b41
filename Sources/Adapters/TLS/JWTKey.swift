// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
public import EngineKit
public import JSON
public import JWT

/// A key that signs and checks tokens, and the one algorithm it does so with. RFC 7518, RFC 8037.
///
/// A key with a public half only checks.
public struct JWTKey: Sendable {
    /// What the issuer calls the key; tokens that name another one are not checked with it.
    public let id: String?
    public let algorithm: JWTAlgorithm
    let material: Material

    enum Material: Sendable {
        case secret([UInt8])
        case pair(SignatureKey)
    }

    /// HS256 with a shared secret of at least 32 bytes, as long as what it makes. RFC 7518 §3.2.
    public init(secret: [UInt8], id: String? = nil) {
        precondition(secret.count >= 32, "a secret for HS256 has at least 32 bytes")
        self.init(id: id, algorithm: .hs256, material: .secret(secret))
    }

    init(id: String?, algorithm: JWTAlgorithm, material: Material) {
        self.id = id
        self.algorithm = algorithm
        self.material = material
    }

    /// A key that derives from a secret of the server for one `purpose`, so that a token for one thing is
    /// no token for another.
    public static func derived(from secret: [UInt8], purpose: String) -> JWTKey {
        JWTKey(secret: Digest.hmacSHA256(key: secret, Array(purpose.utf8)))
    }

    public var canSign: Bool {
        switch material {
        case .secret: true
        case .pair(let key): key.isPrivate
        }
    }

    /// - Parameter claims: Whatever the reader wants; `exp` in seconds since 1970 unless it accepts
    ///   tokens without an end.
    /// - Returns: a compact token. The key must be one that can sign.
    public func sign(_ claims: JSONObject) -> String {
        var header: JSONObject = ["alg": .string(algorithm.rawValue), "typ": "JWT"]
        if let id { header["kid"] = .string(id) }
        var payload: [UInt8] = []
        claims.format(into: &payload)
        let signature = signature(over: CompactJWS.signingInput(header: header, payload: payload))
        return CompactJWS(header: header, payload: payload, signature: signature).formatted
    }

    /// Checks a token's signature and times.
    ///
    /// - Parameters:
    ///   - leeway: By how many milliseconds the issuer's clock may differ from ours.
    ///   - requiresExpiry: False where a contract has tokens without an end.
    /// - Returns: what it claims.
    public func verify(
        _ token: some StringProtocol, now: WallClock, leeway: Int64 = 0, requiresExpiry: Bool = true
    ) throws(JWTError) -> JSONObject {
        try JWTKeySet([self]).verify(token, now: now, leeway: leeway, requiresExpiry: requiresExpiry).object
    }

    func accepts(_ token: CompactJWS) -> Bool {
        switch material {
        case .secret(let secret):
            let expected = Digest.hmacSHA256(key: secret, token.signingInput)
            return Digest.constantTimeEqual(token.signature, expected)
        case .pair(let key): return key.accepts(token.signature, over: token.signingInput)
        }
    }

    private func signature(over input: [UInt8]) -> [UInt8] {
        switch material {
        case .secret(let secret): return Digest.hmacSHA256(key: secret, input)
        case .pair(let key):
            guard let signature = key.sign(input) else { preconditionFailure("this key cannot sign") }
            return signature
        }
    }
}

/// The keys of one issuer, of which any may have signed a token.
public struct JWTKeySet: Sendable {
    public let keys: [JWTKey]

    public init(_ keys: [JWTKey]) { self.keys = keys }

    /// Checks a token with the keys that it may be signed with, as ``JWTKey/verify(_:now:leeway:requiresExpiry:)``.
    public func verify(
        _ token: some StringProtocol, now: WallClock, leeway: Int64 = 0, requiresExpiry: Bool = true
    ) throws(JWTError) -> JWTClaims {
        let parsed: CompactJWS
        do { parsed = try CompactJWS(parsing: token) } catch { throw .malformed(error.field) }
        // The name narrows the search; which algorithm is tried is the key's own.
        let named = keys.filter { $0.id == nil || parsed.keyID == nil || $0.id == parsed.keyID }
        guard !named.isEmpty else { throw .wrongSignature }
        let candidates = named.filter { $0.algorithm.rawValue == parsed.algorithmName }
        guard !candidates.isEmpty else { throw .wrongAlgorithm }
        guard candidates.contains(where: { $0.accepts(parsed) }) else { throw .wrongSignature }
        let claims = try JWTClaims(of: parsed)
        try claims.check(now: now.milliseconds, leeway: leeway, requiresExpiry: requiresExpiry)
        return claims
    }
}
