// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineKit
internal import ICE
internal import NetworkAddresses
internal import STUN

/// The controlling end of ICE with one address of its own, towards a server that has ICE-lite: checks every address of
/// the server until one answers, stays with that, and goes on checking for consent. RFC 8445 §2.5, RFC 7675.
struct PathChecker {
    private static let pace = Duration.milliseconds(20)
    private static let repeatAfter = Duration.milliseconds(200)
    private static let consent = Duration.seconds(4)

    private let own: ICECredentials
    private let remote: ICECredentials
    private let addresses: [SocketAddress]
    private let password: [UInt8]
    private let tieBreaker: UInt64
    private var next = 0
    private var nextCheck: Instant
    private var lastID = STUNTransactionID(high: 0, low: 0)
    private var count: UInt64 = 0
    /// Where media go, once the server has answered.
    private(set) var selected: SocketAddress?

    init(
        own: ICECredentials, remote: ICECredentials, addresses: [SocketAddress], tieBreaker: UInt64,
        at now: Instant
    ) {
        self.own = own
        self.remote = remote
        self.addresses = addresses
        self.tieBreaker = tieBreaker
        password = Array(remote.password.utf8)
        nextCheck = now
    }

    var deadline: Instant { nextCheck }

    /// The check that is due, and where it goes.
    mutating func poll(at now: Instant, _ digests: some STUNDigests) -> (bytes: [UInt8], to: SocketAddress)? {
        guard nextCheck <= now, !addresses.isEmpty else { return nil }
        let target = selected ?? addresses[next % addresses.count]
        next += 1
        nextCheck = now.advanced(
            by: selected != nil ? Self.consent : next % addresses.count == 0 ? Self.repeatAfter : Self.pace)
        count += 1
        let id = STUNTransactionID(high: UInt32(truncatingIfNeeded: tieBreaker), low: tieBreaker &+ count)
        var writer = STUNWriter(.binding, .request, id: id)
        writer.append(.username, "\(remote.ufrag):\(own.ufrag)")
        writer.append(.priority, number: ICEPriority.candidate(.peerReflexive))
        writer.append(.iceControlling, longNumber: tieBreaker)
        writer.append(.useCandidate)
        writer.append(.sha1, key: password, digests)
        writer.appendFingerprint()
        return (writer.finish(), target)
    }

    /// Takes a message of the server.
    /// - Returns: What to send back, if it was a check: a server may have ICE in full.
    mutating func receive(
        _ message: STUNMessage, from address: SocketAddress, at now: Instant, _ digests: some STUNDigests
    ) -> [UInt8]? {
        guard message.method == .binding else { return nil }
        switch message.messageClass {
        case .success:
            let isOurs = message.transactionID.high == UInt32(truncatingIfNeeded: tieBreaker)
            guard selected == nil, isOurs, addresses.contains(address),
                message.isIntact(.sha1, key: password, digests)
            else { return nil }
            selected = address
            nextCheck = now.advanced(by: Self.consent)
            return nil
        case .request:
            guard message.isIntact(.sha1, key: Array(own.password.utf8), digests) else { return nil }
            var writer = STUNWriter(answering: message.header, .success)
            writer.append(.xorMappedAddress, address)
            writer.append(.sha1, key: Array(own.password.utf8), digests)
            writer.appendFingerprint()
            return writer.finish()
        default: return nil
        }
    }
}
