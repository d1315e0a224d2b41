// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import NetworkAddresses
internal import STUN

extension TURNConversation {
    /// How often a permission is renewed: before its five minutes are over. RFC 8656 §9.
    private static var renewalInterval: Duration { .seconds(240) }
    /// How often one question is signed again before it is given up.
    private static var maxChallenges: Int { 3 }

    mutating func begin(_ request: TURNRequest, channel: UInt16 = 0, isRenewal: Bool = false, at now: Instant)
    {
        var transaction = ClientState.Transaction(
            id: nextID(), request: request, channel: channel, isRenewal: isRenewal, next: now)
        ask(&transaction, at: now)
        state.transactions.append(transaction)
    }

    /// Writes the question anew, with the challenge that is known now, and asks it.
    private mutating func ask(_ transaction: inout ClientState.Transaction, at now: Instant) {
        transaction.bytes = message(for: transaction)
        transaction.isSigned = state.challenge != nil && transaction.request != .discover
        transaction.sends = 0
        transmit(&transaction, at: now)
    }

    private mutating func transmit(_ transaction: inout ClientState.Transaction, at now: Instant) {
        emit(.transmit(transaction.bytes))
        transaction.sends += 1
        let wait: Duration
        if settings.isStream {
            wait = settings.streamTimeout
        } else if transaction.sends < settings.sends {
            wait = settings.firstTimeout * (1 << min(transaction.sends - 1, 16))
        } else {
            // The last one may be answered for sixteen times the first wait. RFC 8489 §6.2.1.
            wait = settings.firstTimeout * 16
        }
        transaction.next = now.advanced(by: wait)
    }

    private func message(for transaction: ClientState.Transaction) -> [UInt8] {
        let id = transaction.id
        var writer: STUNWriter
        switch transaction.request {
        case .discover: return STUNWriter(.binding, .request, id: id).finish()
        case .allocate(let family):
            writer = STUNWriter(.allocate, .request, id: id)
            // UDP is the only transport between server and peer. RFC 8656 §18.8.
            writer.append(.requestedTransport, firstByte: 17)
            if family == .v6 { writer.append(.requestedAddressFamily, firstByte: family.rawValue) }
            if let lifetime = settings.lifetime { writer.append(.lifetime, number: lifetime) }
        case .refresh:
            writer = STUNWriter(.refresh, .request, id: id)
            if let lifetime = settings.lifetime { writer.append(.lifetime, number: lifetime) }
        case .release:
            writer = STUNWriter(.refresh, .request, id: id)
            writer.append(.lifetime, number: 0)
        case .permit(let peers):
            writer = STUNWriter(.createPermission, .request, id: id)
            for peer in peers { writer.append(.xorPeerAddress, SocketAddress(ip: peer, port: 0)) }
        case .bindChannel(let peer):
            writer = STUNWriter(.channelBind, .request, id: id)
            writer.append(channel: transaction.channel)
            writer.append(.xorPeerAddress, peer)
        }
        sign(&writer)
        return writer.finish()
    }

    /// RFC 8489 §9.2.3. Nothing is signed before the server has asked for it.
    private func sign(_ writer: inout STUNWriter) {
        guard let challenge = state.challenge else { return }
        writer.append(.username, settings.username)
        writer.append(.realm, challenge.realm)
        writer.append(.nonce, challenge.nonce)
        if let algorithm = challenge.algorithm, let algorithms = challenge.algorithms {
            writer.append(.passwordAlgorithms, algorithms)
            writer.append(algorithm)
        }
        writer.append(challenge.integrity, key: challenge.key, digests)
    }

    /// Takes up the server's challenge and asks again.
    /// - Returns: False when that is of no use: the challenge is incomplete, or comes again and again.
    mutating func answerChallenge(
        _ message: STUNMessage, _ transaction: ClientState.Transaction, at now: Instant
    ) -> Bool {
        guard transaction.challenges < Self.maxChallenges, let challenge = challenge(in: message) else {
            return false
        }
        state.challenge = challenge
        var again = transaction
        again.id = nextID()
        again.challenges += 1
        ask(&again, at: now)
        state.transactions.append(again)
        return true
    }

    private func challenge(in message: STUNMessage) -> ClientState.Challenge? {
        guard let realm = message.text(.realm), let nonce = message.value(.nonce) else { return nil }
        let offers = STUNSecurityFeatures(nonce: nonce)?.contains(.passwordAlgorithms) == true
        let algorithms = message.value(.passwordAlgorithms)
        // Somebody on the way has taken the list out, so that weaker hashes are used. RFC 8489 §9.2.5.
        guard !offers || algorithms != nil else { return nil }
        let takesBetter = settings.usesSHA256 && offers && message.passwordAlgorithms.contains(.sha256)
        let algorithm: STUNPasswordAlgorithm = takesBetter ? .sha256 : .md5
        let key = STUNCredentials.key(
            algorithm, username: settings.username.utf8, realm: realm, password: settings.password, digests)
        return ClientState.Challenge(
            realm: realm, nonce: nonce, algorithms: algorithms, algorithm: takesBetter ? .sha256 : nil,
            key: key)
    }

    mutating func tick(at now: Instant) {
        var index = 0
        while index < state.transactions.count {
            guard state.transactions[index].next <= now else {
                index += 1
                continue
            }
            var transaction = state.transactions[index]
            if !settings.isStream, transaction.sends < settings.sends {
                transmit(&transaction, at: now)
                state.transactions[index] = transaction
                index += 1
            } else {
                state.transactions.remove(at: index)
                fail(transaction, .timedOut)
            }
        }
        if let refreshAt = state.refreshAt, refreshAt <= now {
            state.refreshAt = nil
            begin(.refresh, isRenewal: true, at: now)
        }
        if let renewAt = state.renewAt, renewAt <= now { renewPermissions(at: now) }
    }

    private mutating func renewPermissions(at now: Instant) {
        state.renewAt = now.advanced(by: Self.renewalInterval)
        if !state.permissions.isEmpty { begin(.permit(state.permissions), isRenewal: true, at: now) }
        for channel in state.channels {
            begin(.bindChannel(channel.peer), channel: channel.number, isRenewal: true, at: now)
        }
    }

    /// Starts to renew permissions and channels, unless that goes on already.
    mutating func keepPermissions(at now: Instant) {
        if state.renewAt == nil { state.renewAt = now.advanced(by: Self.renewalInterval) }
    }

    /// A minute before the end, or half-way when there is less than two. RFC 8656 §8.
    mutating func keepAllocation(lifetime: UInt32, at now: Instant) {
        let seconds = lifetime > 120 ? lifetime - 60 : lifetime / 2
        state.refreshAt = now.advanced(by: .seconds(Int64(seconds)))
    }

    mutating func fail(_ transaction: ClientState.Transaction, _ failure: TURNFailure) {
        switch transaction.request {
        case .refresh:
            state = ClientState()
            emit(.lost(failure))
        case .release:
            state = ClientState()
            emit(.failed(.release, failure))
        case .permit, .bindChannel:
            // What could not be renewed is reported like what could not be had.
            emit(.failed(transaction.request, failure))
        case .discover, .allocate: emit(.failed(transaction.request, failure))
        }
    }
}
