// SPDX-License-Identifier: Apache-2.0

/// How a token is signed. RFC 7518 §3.1, RFC 8037 §3.1.
///
/// A key has one of these. What a token says of itself only has to agree with it: who could choose the
/// algorithm could choose `none`, or sign with a public key as if it were a secret.
public enum JWTAlgorithm: String, Hashable, Sendable, CaseIterable {
    /// HMAC with SHA-256; both sides know the secret.
    case hs256 = "HS256"
    /// ECDSA on P-256 with SHA-256.
    case es256 = "ES256"
    /// Ed25519.
    case edDSA = "EdDSA"
}
