// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import NetworkAddresses
internal import STUN

// Requests: who asks, and answers that do not depend on what is asked.

/// Who sent a request, as it was shown.
struct Caller {
    /// As it is on the wire.
    var name: [UInt8]
    var key: CredentialKey
    var style: AnswerStyle
}

extension TURNServer {
    /// Everything but payload.
    mutating func receiveMessage(
        _ bytes: UnsafeRawBufferPointer, from client: ClientAddress, at now: Instant
    ) {
        guard let message = unsafe try? STUNMessage(bytes), message.isFingerprintRight else {
            counters.count(.malformed)
            return
        }
        // Answers to answers would never end. RFC 8489 §6.3.
        guard message.messageClass == .request, settings.servesClients else {
            counters.count(.unsupportedMethod)
            return
        }
        expire(at: now)
        switch message.method {
        case .binding: answerBinding(message, from: client, at: now)
        case .allocate: answerAllocate(message, from: client, at: now)
        case .refresh: answerRefresh(message, from: client, at: now)
        case .createPermission: answerCreatePermission(message, from: client, at: now)
        case .channelBind: answerChannelBind(message, from: client, at: now)
        case .connect where settings.allowsTCPPeers: answerConnect(message, from: client, at: now)
        case .connectionBind where settings.allowsTCPPeers:
            answerConnectionBind(message, from: client, at: now)
        default: counters.count(.unsupportedMethod)
        }
    }

    /// Tells a client its address. RFC 8489 §12.
    private mutating func answerBinding(
        _ message: borrowing STUNMessage, from client: ClientAddress, at now: Instant
    ) {
        // The handshake of a connection has proved the address.
        if client.transport == .udp, clients[client] == nil, !bindingLimiter.take(client.remote.ip, at: now) {
            return counters.count(.rateLimited)
        }
        let style = AnswerStyle(hasFingerprint: message.hasFingerprint)
        let unknown = message.unknownRequired(besides: Self.knownOfAll)
        guard unknown.isEmpty else {
            counters.count(.unknownAttribute)
            var answer = STUNWriter(answering: message.header, .error)
            answer.append(.unknownAttribute)
            answer.append(unknown: unknown)
            return send(answer, style, key: nil, to: client)
        }
        counters.transports[Int(client.transport.rawValue)].bindings &+= 1
        var answer = STUNWriter(answering: message.header, .success)
        answer.append(.xorMappedAddress, client.remote)
        send(answer, style, key: nil, to: client)
    }

    /// Attributes that may be in any request.
    static var knownOfAll: STUNAttributeSet {
        [
            .username, .userhash, .realm, .nonce, .passwordAlgorithm, .messageIntegrity,
            .messageIntegritySHA256,
        ]
    }

    // MARK: Who asks

    /// Checks long-term credentials, and answers when they are not good. RFC 8489 §9.2.4.
    /// - Parameter slot: The client's allocation, whose key is at hand.
    mutating func authenticate(
        _ message: borrowing STUNMessage, from client: ClientAddress, slot: Int?, at now: Instant
    ) -> Caller? {
        let (usesSHA256, usesSHA1) = (message.hasIntegrity(.sha256), message.hasIntegrity(.sha1))
        guard usesSHA256 || usesSHA1 else {
            challenge(message, .unauthenticated, .unauthenticated, client, at: now)
            return nil
        }
        let (shown, hash) = (message.value(.username), message.value(.userhash))
        guard message.malformed == nil, shown != nil || hash != nil, let realm = message.value(.realm),
            let nonce = message.value(.nonce)
        else {
            refuseStranger(message, .badRequest, .badRequest, client, at: now)
            return nil
        }
        let isOffered: Bool
        switch nonces.check(nonce, from: client.remote, at: now) {
        case .fresh(let features): isOffered = features.contains(.passwordAlgorithms)
        case .stale:
            // Who shows a nonce of ours is where it says, so that this answer hits nobody else.
            challenge(message, .staleNonce, .staleNonce, client, isThere: true, at: now)
            return nil
        case .foreign:
            challenge(message, .staleNonce, .staleNonce, client, at: now)
            return nil
        }
        guard let algorithm = algorithm(of: message, isOffered: isOffered) else {
            refuseStranger(message, .badRequest, .badRequest, client, isThere: true, at: now)
            return nil
        }
        // Only who got the nonce can send it, so that nobody is locked out by another.
        guard passwordLimiter.allows(client.remote, at: now) else {
            counters.count(.rateLimited)
            return nil
        }
        let integrity = usesSHA256 ? STUNIntegrity.sha256 : .sha1
        let name = shown ?? hash.flatMap { gatekeeper.name(hash: $0) } ?? []
        guard let key = key(of: name, algorithm, slot: slot, fits: message, integrity),
            realm.elementsEqual(gatekeeper.realm.utf8), Self.isPlausible(name)
        else {
            _ = passwordLimiter.take(client.remote, at: now)
            challenge(message, .unauthenticated, .wrongCredentials, client, isThere: true, at: now)
            return nil
        }
        let style = AnswerStyle(integrity: integrity, hasFingerprint: message.hasFingerprint)
        let caller = Caller(name: name, key: key, style: style)
        return isWelcome(caller, message, client, at: now) ? caller : nil
    }

    /// What the key is made with; `nil` when somebody on the way may have changed what was offered. RFC 8489 §9.2.4.
    private func algorithm(
        of message: borrowing STUNMessage, isOffered: Bool
    ) -> STUNPasswordAlgorithm? {
        let echo = message.value(.passwordAlgorithms)
        let hasChosen = message.has(.passwordAlgorithm)
        guard hasChosen || echo != nil else { return .md5 }
        guard isOffered, echo == Self.offer else { return nil }
        return message.passwordAlgorithm
    }

    /// PASSWORD-ALGORITHMS as we send it: SHA-256, MD5.
    private static var offer: [UInt8] { [0, 2, 0, 0, 0, 1, 0, 0] }

    /// The key that protects the message, of those that the name may have.
    private func key(
        of name: [UInt8], _ algorithm: STUNPasswordAlgorithm, slot: Int?, fits message: borrowing STUNMessage,
        _ integrity: STUNIntegrity
    ) -> CredentialKey? {
        if let slot, users[slots[slot].user].name == name {
            let key = slots[slot].key
            let isOfAlgorithm = key.count == (algorithm == .md5 ? 16 : 32)
            if isOfAlgorithm, message.isIntact(integrity, key: key.bytes, digests) { return key }
        }
        let keys = gatekeeper.keys(of: name, algorithm)
        for key in keys {
            if message.isIntact(integrity, key: key.bytes, digests) { return key }
        }
        if keys.isEmpty {
            // How long it takes shall not tell which names there are.
            _ = message.isIntact(integrity, key: gatekeeper.decoy(algorithm).bytes, digests)
        }
        return nil
    }

    /// Whether names that are over may do what is asked: what lives may end at any time.
    private mutating func isWelcome(
        _ caller: Caller, _ message: borrowing STUNMessage, _ client: ClientAddress, at now: Instant
    ) -> Bool {
        let method = message.method
        let isAllocate = method == .allocate
        switch gatekeeper.objection(to: caller.name, at: now) {
        case nil: return true
        case .expired:
            let lifetime = message.number(.lifetime)
            guard isAllocate || (method == .refresh && lifetime != 0) else { return true }
            challenge(message, .unauthenticated, .expiredCredentials, client, isThere: true, at: now)
        case .revoked:
            challenge(message, .unauthenticated, .revokedCredentials, client, isThere: true, at: now)
        }
        return false
    }

    /// Names are text without control characters: no two of them look alike to a log or a list.
    private static func isPlausible(_ name: [UInt8]) -> Bool {
        !name.isEmpty && !name.contains { $0 < 0x20 || $0 == 0x7F }
            && String(validating: name, as: UTF8.self) != nil
    }

    // MARK: Answers

    /// Whether a source may have another answer that anybody gets. Who came by a handshake, or showed a nonce that
    /// was made for their address, is there, and nothing is reflected at others.
    private mutating func takeUnauthenticated(
        _ client: ClientAddress, isThere: Bool, at now: Instant
    ) -> Bool {
        guard isThere || client.transport != .udp || challengeLimiter.take(client.remote.ip, at: now) else {
            counters.count(.rateLimited)
            return false
        }
        return true
    }

    /// 401 and 438: what to show credentials with. RFC 8489 §9.2.4.
    private mutating func challenge(
        _ message: borrowing STUNMessage, _ code: STUNErrorCode, _ reason: TURNRefusalReason,
        _ client: ClientAddress, isThere: Bool = false, at now: Instant
    ) {
        let count = message.count
        guard client.transport != .udp || count >= Self.shortestAllocate else {
            // Nobody asks for so little but those who want much sent to somebody else.
            return refuseStranger(message, .badRequest, reason, client, isThere: isThere, at: now)
        }
        counters.count(reason)
        guard takeUnauthenticated(client, isThere: isThere, at: now) else { return }
        var features: STUNSecurityFeatures = []
        if client.transport != .udp || offerFits(count) {
            if settings.offersSHA256 { features.insert(.passwordAlgorithms) }
            if gatekeeper.takesHashes { features.insert(.usernameAnonymity) }
        }
        var answer = STUNWriter(answering: message.header, .error)
        answer.append(code)
        answer.append(.realm, gatekeeper.realm)
        answer.append(.nonce, nonces.nonce(for: client.remote, features, at: now))
        if features.contains(.passwordAlgorithms) { answer.append(.passwordAlgorithms, Self.offer) }
        send(answer, AnswerStyle(hasFingerprint: message.hasFingerprint), key: nil, to: client)
    }

    /// Header and REQUESTED-TRANSPORT.
    private static var shortestAllocate: Int { 28 }

    /// Whether an answer that offers SHA-256 is at most 2.3 times as long as the request: who forges the sender's
    /// address of datagrams shall not gain by us.
    private func offerFits(_ request: Int) -> Bool {
        let realm = (gatekeeper.realm.utf8.count + 3) & ~3
        // Header, ERROR-CODE, REALM, NONCE of 33 bytes, PASSWORD-ALGORITHMS, FINGERPRINT.
        return (20 + 8 + 4 + realm + 4 + 36 + 12 + 8) * 10 <= request * 23
    }

    /// Refuses somebody whose credentials could not even be looked at.
    private mutating func refuseStranger(
        _ message: borrowing STUNMessage, _ code: STUNErrorCode, _ reason: TURNRefusalReason,
        _ client: ClientAddress, isThere: Bool = false, at now: Instant
    ) {
        counters.count(reason)
        guard takeUnauthenticated(client, isThere: isThere, at: now) else { return }
        var answer = STUNWriter(answering: message.header, .error)
        answer.append(code)
        send(answer, AnswerStyle(hasFingerprint: message.hasFingerprint), key: nil, to: client)
    }

    /// Refuses what a known caller asks for.
    mutating func refuse(
        _ request: STUNHeader, _ code: STUNErrorCode, _ reason: TURNRefusalReason, _ caller: Caller,
        _ client: ClientAddress
    ) {
        counters.count(reason)
        var answer = STUNWriter(answering: request, .error)
        answer.append(code)
        send(answer, caller.style, key: caller.key, to: client)
    }

    /// 420 for a known caller; false when there is no reason for it. RFC 8489 §6.3.1.
    mutating func refuseUnknown(
        _ message: borrowing STUNMessage, besides known: STUNAttributeSet, _ caller: Caller,
        _ client: ClientAddress
    ) -> Bool {
        let unknown = message.unknownRequired(besides: known)
        guard !unknown.isEmpty else { return false }
        counters.count(.unknownAttribute)
        var answer = STUNWriter(answering: message.header, .error)
        answer.append(.unknownAttribute)
        answer.append(unknown: unknown)
        send(answer, caller.style, key: caller.key, to: client)
        return true
    }

    /// Finishes an answer and sends it, protected with `key` if there is one.
    mutating func send(
        _ answer: consuming STUNWriter, _ style: AnswerStyle, key: CredentialKey?, to client: ClientAddress
    ) {
        if let key { answer.append(style.integrity, key: key.bytes, digests) }
        if style.hasFingerprint { answer.appendFingerprint() }
        outputs.append(.send(answer.finish(), to: client))
    }
}
