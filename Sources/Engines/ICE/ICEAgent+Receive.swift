// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import STUN

extension ICEAgent {
    mutating func receive(_ bytes: [UInt8], from path: MediaPath, at now: Instant) {
        unsafe bytes.withUnsafeBytes { bytes in
            guard let message = try? unsafe STUNMessage(bytes), message.method == .binding,
                message.hasFingerprint, message.isFingerprintRight
            else { return }
            switch message.messageClass {
            case .request: answer(message, from: path, at: now)
            case .success, .error: takeAnswer(message, from: path, at: now)
            case .indication: break
            }
        }
    }

    // MARK: Requests of the peer

    private mutating func answer(_ message: STUNMessage, from path: MediaPath, at now: Instant) {
        guard let name = message.first(.username), let credentials = credentials(for: message, name) else {
            return
        }
        let signer = ICESigner(message, credentials.passwordBytes, digests)
        guard signer.isIntact(message) else { return }
        var bytes: [UInt8] = []
        if message.malformed != nil
            || !message.unknownRequired(besides: ICELite.known, limit: 1).isEmpty
        {
            signer.refuse(message, message.malformed == nil ? .unknownAttribute : .badRequest, into: &bytes)
            return emit(.transmit(bytes, on: path))
        }
        guard settleRoles(message) else {
            signer.refuse(message, .roleConflict, into: &bytes)
            return emit(.transmit(bytes, on: path))
        }
        signer.accept(message, seenAt: path.remote, into: &bytes)
        emit(.transmit(bytes, on: path))
        // An old name shows that the peer still lives, and opens nothing new.
        guard credentials == own,
            let index = pairIndex(of: path, priority: message.number(.priority) ?? 0)
        else { return }
        trigger(index, isWanted: !isControlling && message.has(.useCandidate), at: now)
    }

    /// Our credentials that the first half of a USERNAME names.
    private func credentials(for message: STUNMessage, _ name: STUNAttribute) -> ICECredentials? {
        let bytes = unsafe message.lent(name)
        func isNamed(_ credentials: ICECredentials) -> Bool {
            let ufrag = credentials.ufrag.utf8
            return bytes.count > ufrag.count && (unsafe bytes[ufrag.count] == 0x3A)
                && (unsafe bytes.prefix(ufrag.count).elementsEqual(ufrag))
        }
        if isNamed(own) { return own }
        if let formerOwn, isNamed(formerOwn) { return formerOwn }
        return nil
    }

    /// Repairs a conflict of roles. RFC 8445 §7.3.1.1.
    /// - Returns: Whether the request may be answered; else the other agent has to give way.
    private mutating func settleRoles(_ message: STUNMessage) -> Bool {
        if isControlling, let theirs = message.longNumber(.iceControlling) {
            guard tieBreaker < theirs else { return false }
            switchRole()
        } else if !isControlling, let theirs = message.longNumber(.iceControlled) {
            guard tieBreaker >= theirs else { return false }
            switchRole()
        }
        return true
    }

    private mutating func switchRole() { isControlling.toggle() }

    /// A check of the peer's makes one of ours due on the same path. RFC 8445 §7.3.1.4.
    private mutating func trigger(_ index: Int, isWanted: Bool, at now: Instant) {
        switch pairs[index].state {
        case .succeeded:
            if isWanted { select(index, at: now) }
        case .waiting, .failed, .inProgress:
            // A check that is under way may have been lost on a way that is open only now.
            pairs[index].isWanted = pairs[index].isWanted || isWanted
            pairs[index].state = .waiting
            pairs[index].check = nil
            let path = pairs[index].path
            if !triggered.contains(path) { triggered.append(path) }
        case .connecting: pairs[index].isWanted = pairs[index].isWanted || isWanted
        }
        if state == .failed { move(to: .checking) }
    }

    // MARK: Answers of the peer

    private mutating func takeAnswer(_ message: STUNMessage, from path: MediaPath, at now: Instant) {
        guard let remote, message.isIntact(.sha1, key: remote.passwordBytes, digests) else { return }
        let id = message.transactionID
        if consent?.path == path, let asked = consent?.asked.firstIndex(of: id) {
            guard message.messageClass == .success else { return }
            consent?.asked.removeSubrange(...asked)
            consent?.expiry = now.advanced(by: ICELite.consentLifetime)
            return
        }
        guard let index = pairs.firstIndex(where: { $0.check?.id == id }), let check = pairs[index].check
        else { return }
        pairs[index].check = nil
        // An answer from elsewhere is none. RFC 8445 §7.2.5.2.1.
        guard pairs[index].path == path else {
            pairs[index].state = .failed
            return
        }
        guard message.messageClass == .success, message.address(.xorMappedAddress) != nil else {
            return takeError(message, index, check)
        }
        pairs[index].state = .succeeded
        if check.nominates || (pairs[index].isWanted && !isControlling) { select(index, at: now) }
    }

    private mutating func takeError(_ message: STUNMessage, _ index: Int, _ check: ICEPair.Check) {
        guard message.errorCode == .roleConflict else {
            pairs[index].state = .failed
            return
        }
        // Only once for all the checks that were sent in the old role. RFC 8445 §7.2.5.1.
        if check.asControlling == isControlling { switchRole() }
        pairs[index].state = .waiting
        triggered.append(pairs[index].path)
    }
}
