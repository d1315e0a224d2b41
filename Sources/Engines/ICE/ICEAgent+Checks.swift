// SPDX-License-Identifier: Apache-2.0
public import EngineKit
internal import STUN

extension ICEAgent {
    public var deadline: Instant? {
        guard remote != nil, state != .failed else { return consentDeadline }
        var earliest = consentDeadline
        func consider(_ instant: Instant?) {
            guard let instant else { return }
            earliest = min(earliest ?? instant, instant)
        }
        for pair in pairs { consider(pair.check?.next) }
        if !triggered.isEmpty || pairs.contains(where: { $0.state == .waiting }) { consider(nextCheck) }
        consider(decision)
        if state != .connected { consider(giveUp) }
        return earliest
    }

    private var consentDeadline: Instant? { consent.map { min($0.expiry, $0.nextCheck) } }

    /// Does everything that is due.
    mutating func proceed(at now: Instant) {
        keepConsent(at: now)
        guard let remote, state != .failed else { return }
        repeatChecks(at: now)
        if now >= nextCheck { beginCheck(remote, at: now) }
        nominateBest(remote, at: now)
        judge(at: now)
    }

    /// Sends the checks again that were not answered, and gives up those that never were.
    private mutating func repeatChecks(at now: Instant) {
        for index in pairs.indices {
            guard var check = pairs[index].check, check.next <= now else { continue }
            // On a connection nothing is lost. RFC 8489 §6.2.2.
            guard check.sends < ICEAgentLimits.sends, !pairs[index].isStream else {
                pairs[index].check = nil
                pairs[index].state = .failed
                continue
            }
            check.sends += 1
            check.wait = check.wait * 2
            check.next = now.advanced(by: check.wait)
            pairs[index].check = check
            emit(.transmit(check.bytes, on: pairs[index].path))
        }
    }

    /// Begins the next check, a triggered one first, one each 50 ms. RFC 8445 §6.1.4.2.
    private mutating func beginCheck(_ remote: ICECredentials, at now: Instant) {
        guard let index = nextPair() else { return }
        nextCheck = now.advanced(by: ICEAgentLimits.pace)
        let pair = pairs[index]
        if pair.isStream, !pair.path.isStream {
            pairs[index].state = .connecting
            return emit(.open(pair.path))
        }
        send(index, remote, nominating: false, at: now)
    }

    private mutating func nextPair() -> Int? {
        while !triggered.isEmpty {
            let path = triggered.removeFirst()
            if let index = pairs.firstIndex(where: { $0.path == path }), pairs[index].state == .waiting {
                return index
            }
        }
        var best: Int?
        for index in pairs.indices where pairs[index].state == .waiting {
            let priority = pairs[index].priority(isControlling: isControlling)
            if best.map({ priority > pairs[$0].priority(isControlling: isControlling) }) ?? true {
                best = index
            }
        }
        return best
    }

    mutating func send(_ index: Int, _ remote: ICECredentials, nominating: Bool, at now: Instant) {
        let id = nextID()
        let bytes = request(id, pairs[index], remote, nominating: nominating)
        let wait = pairs[index].isStream ? Duration.seconds(10) : ICEAgentLimits.firstWait
        pairs[index].check = ICEPair.Check(
            id: id, bytes: bytes, nominates: nominating, asControlling: isControlling,
            next: now.advanced(by: wait), wait: wait)
        if !nominating { pairs[index].state = .inProgress }
        emit(.transmit(bytes, on: pairs[index].path))
    }

    /// A Binding request as RFC 8445 §7.1 wants it.
    private func request(
        _ id: STUNTransactionID, _ pair: ICEPair, _ remote: ICECredentials, nominating: Bool
    ) -> [UInt8] {
        var writer = STUNWriter(.binding, .request, id: id)
        writer.append(.username, remote.ufrag + ":" + own.ufrag)
        // What a candidate would have that the peer learns from this check. RFC 8445 §7.1.1.
        let local = pair.localPriority & 0xFF_FFFF
        writer.append(.priority, number: ICECandidateKind.peerReflexive.typePreference << 24 | local)
        writer.append(isControlling ? .iceControlling : .iceControlled, longNumber: tieBreaker)
        if nominating {
            writer.append(.useCandidate)
            // The latest counts, even with a lower priority. draft-thatcher-ice-renomination-01 §4.
            writer.append(.nomination, number: nominations)
        }
        writer.append(.sha1, key: remote.passwordBytes, digests)
        writer.appendFingerprint()
        return writer.finish()
    }

    mutating func nextID() -> STUNTransactionID {
        STUNTransactionID(bytes: random.nextBytes(12)) ?? STUNTransactionID(high: 0, low: 0)
    }

    // MARK: Nomination

    /// Nominates the best pair that works, once no better one may follow or it has been waited for.
    /// RFC 8445 §8.1.1.
    private mutating func nominateBest(_ remote: ICECredentials, at now: Instant) {
        guard isControlling, consent == nil || isRestarting else {
            decision = nil
            return
        }
        var best: Int?
        var bestOpen: UInt64 = 0
        for index in pairs.indices {
            let priority = pairs[index].priority(isControlling: true)
            if pairs[index].isOpen { bestOpen = max(bestOpen, priority) }
            guard pairs[index].state == .succeeded else { continue }
            if best.map({ priority > pairs[$0].priority(isControlling: true) }) ?? true { best = index }
        }
        guard let best else {
            decision = nil
            return
        }
        // One is on its way.
        guard !pairs.contains(where: { $0.check?.nominates == true }) else { return }
        if pairs[best].priority(isControlling: true) < bestOpen {
            let end = decision ?? now.advanced(by: ICEAgentLimits.decision)
            decision = end
            guard now >= end else { return }
        }
        decision = nil
        nominations &+= 1
        send(best, remote, nominating: true, at: now)
    }

    /// Media go over this pair from now on.
    mutating func select(_ index: Int, at now: Instant) {
        pairs[index].isNominated = true
        let path = pairs[index].path
        let isNew = consent?.path != path
        if isNew, let old = consent?.path, old.isStream, !pairs.contains(where: { $0.path == old }) {
            emit(.close(old))
        }
        consent = ICEConsent(
            path: path, expiry: now.advanced(by: ICELite.consentLifetime), nextCheck: now.advanced(by: pace())
        )
        isRestarting = false
        formerOwn = nil
        giveUp = nil
        move(to: .connected)
        if isNew { emit(.selected(path)) }
        settle(index)
    }

    /// Nothing of lower priority is checked any more. RFC 8445 §8.1.2.
    private mutating func settle(_ chosen: Int) {
        let least = pairs[chosen].priority(isControlling: isControlling)
        for index in pairs.indices where index != chosen {
            guard pairs[index].isOpen, pairs[index].priority(isControlling: isControlling) < least else {
                continue
            }
            pairs[index].state = .failed
            pairs[index].check = nil
        }
    }

    // MARK: Consent

    /// Four to six seconds, so that agents that began together do not stay together. RFC 7675 §5.1.
    private mutating func pace() -> Duration {
        let share = Int64(random.nextBytes(1)[0])
        return ICEAgentLimits.consentPace * 4 / 5 + .milliseconds(2_000 * share / 256)
    }

    private mutating func keepConsent(at now: Instant) {
        guard var consent else { return }
        guard now < consent.expiry else { return lose(isGone: false, at: now) }
        guard now >= consent.nextCheck else { return }
        consent.nextCheck = now.advanced(by: pace())
        let index = pairs.firstIndex { $0.path == consent.path }
        // While a restart is under way the peer has no password of ours for the old path; it runs out by itself.
        if let remote, let index, !isRestarting {
            let id = nextID()
            if consent.asked.count >= 8 { consent.asked.removeFirst() }
            consent.asked.append(id)
            emit(.transmit(request(id, pairs[index], remote, nominating: isControlling), on: consent.path))
        }
        self.consent = consent
    }

    private mutating func judge(at now: Instant) {
        guard state != .connected else { return }
        let isOver = giveUp.map { now >= $0 } ?? false
        // Where the peer controls, its checks may still open a way.
        let isHopeless =
            isControlling && hasAllCandidates && !pairs.isEmpty && pairs.allSatisfy { $0.state == .failed }
        if isOver || isHopeless { move(to: .failed) }
    }
}
