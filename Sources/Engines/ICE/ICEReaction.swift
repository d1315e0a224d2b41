// SPDX-License-Identifier: Apache-2.0

/// What ``ICELite`` wants done after it was told something.
///
/// One thing can have several results: a first check may bring a path, push another one out, and select.
public struct ICEReaction: Hashable, Sendable, BitwiseCopyable {
    /// What there is to send back to where the message came from.
    public var answer = Answer.none
    /// A path that the peer has shown to be its own: what comes from there is this connection's from now on.
    public var added: MediaPath?
    /// A path that is nobody's any more.
    public var removed: MediaPath?
    /// Where media go from now on.
    public var selected: MediaPath?
    /// The key of credentials that are no longer valid: ``ICECredentials/key``.
    public var retiredKey: UInt64?
    /// Nothing may be sent any more, and the connection is over.
    public var loss: Loss?

    public init() {}

    public enum Answer: Hashable, Sendable, BitwiseCopyable {
        case none
        case success
        case error
        /// Nothing, because the message is not one that anybody should get an answer to.
        case dropped(Drop)
    }

    /// Why a message had no effect. Counted, never answered: an answer would tell a stranger something.
    public enum Drop: Hashable, Sendable, BitwiseCopyable, CaseIterable {
        /// Neither a Binding request nor a Binding indication.
        case otherMessage
        /// No name, or not one of this connection.
        case wrongName
        /// No FINGERPRINT, or a wrong one. RFC 8445 §7.1.1.
        case wrongFingerprint
        /// No MESSAGE-INTEGRITY, or a wrong one.
        case wrongIntegrity
    }

    /// Why a connection is over.
    public enum Loss: Hashable, Sendable, BitwiseCopyable, CaseIterable {
        /// No check has ever come.
        case neverConnected
        /// The last check is longer ago than the peer's consent lasts. RFC 7675 §5.1.
        case consentExpired
    }
}
