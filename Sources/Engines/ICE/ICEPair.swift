// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import NetworkAddresses
internal import STUN

/// A candidate of ours with one of the peer's. RFC 8445 §6.1.2.
struct ICEPair: Sendable {
    enum State: Hashable, Sendable {
        /// Has not been checked yet.
        case waiting
        /// Waits for its TCP connection. RFC 6544 §7.1.
        case connecting
        case inProgress
        case succeeded
        case failed
    }

    /// For TCP without a number of the connection until there is one.
    var path: MediaPath
    let isStream: Bool
    let localPriority: UInt32
    let remotePriority: UInt32
    var state = State.waiting
    /// The check that is under way.
    var check: Check?
    /// The peer has nominated it, and it counts once a check of ours succeeds. RFC 8445 §7.3.1.5.
    var isWanted = false
    /// The peer has agreed to it as the path of media.
    var isNominated = false

    struct Check: Sendable {
        let id: STUNTransactionID
        let bytes: [UInt8]
        let nominates: Bool
        let asControlling: Bool
        var sends = 1
        var next: Instant
        var wait: Duration
    }

    func priority(isControlling: Bool) -> UInt64 {
        isControlling
            ? ICEPriority.pair(controlling: localPriority, controlled: remotePriority)
            : ICEPriority.pair(controlling: remotePriority, controlled: localPriority)
    }

    /// Whether nothing has come of it yet.
    var isOpen: Bool {
        switch state {
        case .waiting, .connecting, .inProgress: true
        case .succeeded, .failed: false
        }
    }
}

/// A socket or an address of ours that checks can be sent from.
struct ICELocal: Sendable {
    let socket: UInt16
    let candidate: ICECandidate
}

/// The path of media, and the peer's consent to being sent to on it. RFC 7675.
struct ICEConsent: Sendable {
    let path: MediaPath
    var expiry: Instant
    var nextCheck: Instant
    /// The checks that an answer may still come to, oldest first.
    var asked: [STUNTransactionID] = []
}
