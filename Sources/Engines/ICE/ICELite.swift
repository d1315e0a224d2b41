// SPDX-License-Identifier: Apache-2.0
public import EngineKit
public import STUN

/// The server's half of ICE for one connection: it answers checks and does what the peer decides.
/// RFC 8445 §2.5, RFC 7675.
///
/// A peer becomes known by a Binding request with the right MESSAGE-INTEGRITY, and by nothing else; nothing is
/// ever sent that is longer than what it answers. Whoever holds the value finds it by ``ICECredentials/key`` and,
/// for media, by the paths that ``ICEReaction`` tells of.
///
/// No memory is allocated for a check on a path that is known.
public struct ICELite: Sendable {
    /// How long a check is the peer's consent to being sent to. RFC 7675 §5.1.
    public static let consentLifetime = Duration.seconds(30)
    /// Paths that one peer may have.
    public static let maxPaths = 8

    /// What checks have to be made with.
    public private(set) var own: ICECredentials
    /// What was valid before a restart, and is until the peer has chosen a new path. RFC 8445 §9.
    public private(set) var former: ICECredentials?
    private var paths = ICEPaths()
    /// When the connection is over unless a check comes.
    private var end: Instant
    private var wasHeard = false

    /// - Parameter patience: How long to wait for the first check.
    public init(own: ICECredentials, at now: Instant, patience: Duration = ICELite.consentLifetime) {
        self.own = own
        end = now.advanced(by: patience)
    }

    /// Where media go: the path that the peer nominated, or until it has the one that was checked first; `nil`
    /// before the first check and after consent has expired.
    public var selected: MediaPath? { paths.selectedPath }

    /// Whether ``selected`` is the peer's decision.
    public var isNominated: Bool { paths.isNominated }

    /// When ``tick(at:)`` is due.
    public var deadline: Instant { paths.earliestEnd ?? end }

    /// Makes new credentials the valid ones; media stay on their path until the peer has nominated another one.
    /// - Returns: The key of older credentials that a second restart has made invalid.
    public mutating func restart(_ credentials: ICECredentials) -> UInt64? {
        let retired = former?.key
        former = own
        own = credentials
        paths.beginGeneration()
        return retired
    }

    /// Answers a message and notes what it means.
    /// - Parameters:
    ///   - path: Where it came from.
    ///   - answer: Receives what is to be sent back there; its memory is used again.
    public mutating func receive(
        _ message: STUNMessage, from path: MediaPath, at now: Instant, _ digests: some STUNDigests,
        into answer: inout [UInt8]
    ) -> ICEReaction {
        var reaction = ICEReaction()
        guard message.method == .binding, message.messageClass == .request else {
            // An indication is a sign of life that asks for nothing. RFC 8445 §11.
            let isIndication = message.method == .binding && message.messageClass == .indication
            reaction.answer = isIndication ? .none : .dropped(.otherMessage)
            return reaction
        }
        guard message.hasFingerprint, message.isFingerprintRight else {
            reaction.answer = .dropped(.wrongFingerprint)
            return reaction
        }
        guard let key = ICECredentials.key(in: message), let credentials = credentials(key) else {
            reaction.answer = .dropped(.wrongName)
            return reaction
        }
        let signer = ICESigner(message, credentials.passwordBytes, digests)
        guard signer.isIntact(message) else {
            reaction.answer = .dropped(.wrongIntegrity)
            return reaction
        }
        if let code = Self.refusal(of: message) {
            signer.refuse(message, code, into: &answer)
            reaction.answer = .error
            return reaction
        }
        signer.accept(message, seenAt: path.remote, into: &answer)
        reaction.answer = .success
        note(ICECheck(message, isNew: key == own.key), on: path, at: now, &reaction)
        return reaction
    }

    private func credentials(_ key: UInt64) -> ICECredentials? {
        if key == own.key { return own }
        if let former, key == former.key { return former }
        return nil
    }

    /// Attributes of checks that must be understood.
    static let known: STUNAttributeSet = [
        .username, .messageIntegrity, .messageIntegritySHA256, .priority, .useCandidate,
    ]

    /// Why an intact request is refused; `nil` when it is not.
    private static func refusal(of message: STUNMessage) -> STUNErrorCode? {
        if message.malformed != nil { return .badRequest }
        if !message.unknownRequired(besides: known, limit: 1).isEmpty { return .unknownAttribute }
        // Two agents that want to be controlled: this one never gives way, the other can. RFC 8445 §7.3.1.1.
        return message.has(.iceControlled) ? .roleConflict : nil
    }

    private mutating func note(
        _ check: ICECheck, on path: MediaPath, at now: Instant, _ reaction: inout ICEReaction
    ) {
        let before = paths.selectedPath
        paths.note(check, on: path, at: now, &reaction)
        end = now.advanced(by: Self.consentLifetime)
        wasHeard = true
        if check.nominates, check.isNew, let old = former {
            // The peer has chosen a path of the new credentials: the restart is complete.
            reaction.retiredKey = old.key
            former = nil
        }
        if paths.selectedPath != before { reaction.selected = paths.selectedPath }
    }

    /// Media that were proven to be the peer's have come on a path that is not ``selected``. Worth a call for each
    /// such packet: it may settle where the peer is now.
    public mutating func heard(on path: MediaPath) -> ICEReaction {
        var reaction = ICEReaction()
        if paths.heard(on: path) { reaction.selected = paths.selectedPath }
        return reaction
    }

    /// Lets a path go that nothing has consented to for too long, one at a time, and in the end the connection.
    public mutating func tick(at now: Instant) -> ICEReaction {
        var reaction = ICEReaction()
        if let index = paths.expired(at: now) { drop(index, &reaction) }
        if paths.isEmpty, now >= end { reaction.loss = wasHeard ? .consentExpired : .neverConnected }
        return reaction
    }

    /// Forgets a path: its TCP connection has ended, or another connection has shown to have it now. The peer may
    /// come back on another one for as long as its consent lasts.
    public mutating func forget(_ path: MediaPath) -> ICEReaction {
        var reaction = ICEReaction()
        if let index = paths.index(of: path) { drop(index, &reaction) }
        return reaction
    }

    private mutating func drop(_ index: Int, _ reaction: inout ICEReaction) {
        let before = paths.selectedPath
        reaction.removed = paths.remove(index)
        if paths.selectedPath != before { reaction.selected = paths.selectedPath }
    }
}
