// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
public import JSON
internal import JWT

extension JWTKeySet {
    private static let fix =
        "It must be the PEM text, JWK or JWK set of a P-256 or Ed25519 key: only those are used here."

    /// The keys of an issuer that a file names: PEM, a JWK, or a JWK set. RFC 7517.
    public init(file: String) throws(TLSError) {
        let bytes = try PrivateFile.read(file, fix: "Give a file that Parley's user may read.")
        if let json = (try? JSONValue(parsing: bytes))?.object {
            // Sets name keys for other uses too, for example for encryption: those are left alone.
            let keys = json["keys"]?.array.map { $0.compactMap(\.object) } ?? [json]
            self.init(keys.compactMap { JWTKey(jwk: $0) })
        } else {
            self.init(SignatureKey(pem: bytes).map { [JWTKey(id: nil, $0)] } ?? [])
        }
        guard !keys.isEmpty else {
            throw TLSError(file, "there is no key in this file that signs tokens", fix: Self.fix)
        }
    }
}

extension JWTKey {
    init(id: String?, _ key: SignatureKey) {
        self.init(id: id, algorithm: key.algorithm, material: .pair(key))
    }

    /// A private or public key as PEM text, P-256 or Ed25519; `nil` when it is none.
    public init?(pem: String, id: String? = nil) {
        guard let key = SignatureKey(pem: Array(pem.utf8)) else { return nil }
        self.init(id: id, key)
    }

    /// The public half of a JSON Web Key; `nil` when its kind, curve, use or algorithm is none of ours.
    /// RFC 7517 §4, RFC 7518 §6.2.1, RFC 8037 §2.
    public init?(jwk: JSONObject) {
        guard jwk["use"].map({ $0 == "sig" }) ?? true else { return nil }
        let key: SignatureKey?
        switch (jwk["kty"]?.string, jwk["crv"]?.string) {
        case ("EC", "P-256"):
            guard let x = Self.bytes(jwk["x"]), let y = Self.bytes(jwk["y"]), x.count == 32 else {
                return nil
            }
            key = SignatureKey(p256: x + y)
        case ("OKP", "Ed25519"):
            guard let x = Self.bytes(jwk["x"]) else { return nil }
            key = SignatureKey(ed25519: x)
        default: return nil
        }
        guard let key, jwk["alg"].map({ $0 == .string(key.algorithm.rawValue) }) ?? true else { return nil }
        self.init(id: jwk["kid"]?.string, key)
    }

    private static func bytes(_ value: JSONValue?) -> [UInt8]? {
        guard let text = value?.string else { return nil }
        return Base64.decodeURL(text.utf8)
    }
}
