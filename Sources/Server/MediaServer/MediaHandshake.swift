// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import Forwarding
internal import ICE
internal import MediaPlans
internal import TLS

/// The DTLS association of one connection.
final class MediaHandshake {
    let connection: ConnectionID
    let role: HandshakeRole
    let fingerprints: [CertificateFingerprint]
    /// Data channels, if the last offer has any.
    var data: DataPlan?
    /// Made when it is wanted: most of its memory is the library's.
    var association: DTLSAssociation?
    var isSecured = false
    /// Associations that came to nothing before.
    var failures = 0
    static let mostFailures = 8

    init(_ connection: ConnectionID, _ plan: ConnectionPlan) {
        self.connection = connection
        role = plan.role
        fingerprints = plan.fingerprints
        data = plan.data
    }

    func close() { association?.close() }
}

extension MediaWorker {
    /// The handshake that goes on, begun if need be; `nil` when the library has no memory.
    private func association(of handshake: MediaHandshake) -> DTLSAssociation? {
        if let association = handshake.association { return association }
        handshake.association = try? DTLSAssociation(
            media: options.context, handshake.role, expecting: handshake.fingerprints, at: loop.now)
        shaking.insert(handshake.connection.index)
        return handshake.association
    }

    /// Begins a handshake in which we speak first, now that there is a path.
    func beginHandshake(_ connection: ConnectionID) {
        guard let handshake = handshakes[connection.index], handshake.connection == connection,
            handshake.role == .active, handshake.association == nil,
            let association = association(of: handshake)
        else { return }
        send(association, of: connection)
    }

    /// Gives a datagram of DTLS to the association of its connection.
    func shake(_ connection: ConnectionID, _ bytes: UnsafeRawBufferPointer, _ path: MediaPath) {
        guard let handshake = handshakes[connection.index], handshake.connection == connection,
            let association = association(of: handshake)
        else { return }
        var messages: [[UInt8]] = []
        let takesData = handshake.data != nil
        unsafe association.receive(bytes, using: messageBuffer, at: loop.now) { message in
            if takesData { unsafe messages.append(Array(message)) }
        }
        send(association, of: connection)
        note(handshake, association)
        takeData(messages, of: connection)
    }

    /// Looks at what has become of an association.
    private func note(_ handshake: MediaHandshake, _ association: DTLSAssociation) {
        let connection = handshake.connection
        switch association.state {
        case .handshaking: break
        case .open:
            guard !handshake.isSecured else { return }
            shaking.remove(connection.index)
            guard let keys = association.makeKeys(),
                (try? forwarder.secured(connection, keys, at: loop.now)) != nil
            else { return end(connection, .handshakeFailed) }
            handshake.isSecured = true
            counts.handshakes += 1
            tell(.secured(connection), of: connection)
        case .closed:
            if handshake.isSecured { return end(connection, .closedByPeer) }
            counts.failedHandshakes += 1
            guard association.failure == .handshake, handshake.failures < MediaHandshake.mostFailures else {
                return end(connection, .handshakeFailed)
            }
            // Whoever knows two addresses can send a hello that leads nowhere: the peer's own comes again, and finds
            // another association.
            handshake.failures += 1
            handshake.association = nil
            shaking.remove(connection.index)
            beginHandshake(connection)
        }
    }

    private func send(_ association: DTLSAssociation, of connection: ConnectionID) {
        guard let path = forwarder.path(of: connection) else { return }
        unsafe association.drain { unsafe send($0, to: path) }
    }

    /// Repeats flights that were lost, and gives up what takes too long.
    func tickHandshakes() {
        let now = loop.now
        for index in Array(shaking) {
            guard let handshake = handshakes[index], let association = handshake.association,
                let deadline = association.deadline, deadline <= now
            else { continue }
            association.tick(at: now)
            send(association, of: handshake.connection)
            note(handshake, association)
        }
    }

    /// When ``tickHandshakes()`` is due.
    var handshakeDeadline: Instant? {
        var earliest: Instant?
        for index in shaking {
            guard let deadline = handshakes[index]?.association?.deadline else { continue }
            earliest = earliest.map { min($0, deadline) } ?? deadline
        }
        return earliest
    }
}
