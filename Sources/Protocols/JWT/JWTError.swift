// SPDX-License-Identifier: Apache-2.0

/// Why a token is not accepted.
///
/// The reasons are for logs and for words to a person whose link is too old. Whoever presents a token
/// that is not ours learns no more than that.
public enum JWTError: Error, Hashable, Sendable {
    /// It breaks the format; where.
    case malformed(String)
    /// It names another algorithm than its key has.
    case wrongAlgorithm
    /// No key of ours has made the signature.
    case wrongSignature
    case expired
    case notYetValid
    /// It would be good for ever.
    case noExpiry
}
