// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import NetworkAddresses
internal import STUN

// Allocate and Refresh. RFC 8656 §7, §8.

/// What an Allocate asks for, once its attributes fit together.
private struct AllocateTerms {
    var isIPv4 = true
    var wantsBoth = false
    /// The family that was asked for as an addition and cannot be had.
    var missing: UInt8?
    var evenPort: Bool?
    var reservation: UInt64?
    var lifetime = 0
    var isTCP = false
}

private struct AllocateRefusal: Error {
    var code: STUNErrorCode
    var reason: TURNRefusalReason

    init(_ code: STUNErrorCode, _ reason: TURNRefusalReason) {
        self.code = code
        self.reason = reason
    }
}

extension TURNServer {
    private static var knownOfAllocate: STUNAttributeSet {
        [
            .username, .userhash, .realm, .nonce, .passwordAlgorithm, .messageIntegrity,
            .messageIntegritySHA256, .lifetime, .requestedTransport, .dontFragment, .evenPort,
            .reservationToken,
            .requestedAddressFamily,
        ]
    }

    private static var knownOfRefresh: STUNAttributeSet {
        [
            .username, .userhash, .realm, .nonce, .passwordAlgorithm, .messageIntegrity,
            .messageIntegritySHA256, .lifetime, .requestedAddressFamily,
        ]
    }

    /// The checks come in the order of RFC 8656 §7.2: credentials, 437, 420, and then what the attributes say.
    mutating func answerAllocate(
        _ message: borrowing STUNMessage, from client: ClientAddress, at now: Instant
    ) {
        let slot = anySlot(of: client)
        guard let caller = authenticate(message, from: client, slot: slot, at: now) else { return }
        if let slot {
            let allocation = slots[slot]
            guard allocation.transaction == message.transactionID, users[allocation.user].name == caller.name
            else { return refuse(message.header, .allocationMismatch, .secondAllocation, caller, client) }
            // A retransmission: answered the same, or when the relay is open.
            if allocation.state == .live { answerAllocated(slot) }
            return
        }
        guard !refuseUnknown(message, besides: Self.knownOfAllocate, caller, client) else { return }
        let terms: AllocateTerms
        do {
            terms = try self.terms(of: message, caller, client, at: now)
        } catch {
            return refuse(message.header, error.code, error.reason, caller, client)
        }
        guard drainEnd == nil else { return sendElsewhere(message.header, caller, client) }
        openRelay(for: message.header, terms, caller, client, at: now)
    }

    /// 300, or 508 when there is no other server. RFC 8489 §10.
    private mutating func sendElsewhere(_ request: STUNHeader, _ caller: Caller, _ client: ClientAddress) {
        guard let alternate = settings.alternate, alternate.ip.isIPv4 == client.remote.ip.isIPv4 else {
            return refuse(request, .insufficientCapacity, .draining, caller, client)
        }
        counters.count(.draining)
        var answer = STUNWriter(answering: request, .error)
        answer.append(.tryAlternate)
        answer.append(.alternateServer, alternate)
        send(answer, caller.style, key: caller.key, to: client)
    }

    private func terms(
        of message: borrowing STUNMessage, _ caller: Caller, _ client: ClientAddress, at now: Instant
    ) throws(AllocateRefusal) -> AllocateTerms {
        guard let transport = message.firstByte(.requestedTransport) else {
            throw AllocateRefusal(.badRequest, .badRequest)
        }
        // 17 is UDP, 6 TCP. Browsers never ask for connections to peers, which turned relays of others into proxies.
        let allowsTCP = settings.allowsTCPPeers && settings.hasRelaySockets
        guard transport == 17 || (transport == 6 && allowsTCP) else {
            throw AllocateRefusal(.unsupportedTransport, .unsupportedTransport)
        }
        var terms = AllocateTerms()
        terms.isTCP = transport == 6
        // RFC 6062 §5.1.
        if terms.isTCP {
            guard client.transport.isStream, Self.fitsTCP(message) else {
                throw AllocateRefusal(.badRequest, .badRequest)
            }
        }
        terms.evenPort = message.evenPort
        terms.reservation = message.longNumber(.reservationToken)
        terms.lifetime = lifetime(message.number(.lifetime), caller, at: now)
        let family = message.firstByte(.requestedAddressFamily)
        let additional = message.firstByte(.additionalAddressFamily)
        let conflicts = [
            terms.reservation != nil && (terms.evenPort != nil || family != nil || additional != nil),
            family != nil && additional != nil,
            additional != nil && terms.evenPort == true,
            // IPv4 is what one gets anyway. RFC 8656 §18.11.
            additional == 1,
        ]
        guard !conflicts.contains(true) else { throw AllocateRefusal(.badRequest, .badRequest) }
        guard [nil, 1, 2].contains(family), [nil, 2].contains(additional) else {
            throw AllocateRefusal(.addressFamilyNotSupported, .unsupportedFamily)
        }
        guard terms.reservation == nil else { return terms }
        // Who names no family gets IPv4 (RFC 8656 §7.2). Browsers name none, so where there is no IPv4 they get what
        // there is: otherwise nobody in a network of IPv6 alone could be relayed.
        let hasChoice = family != nil || additional != nil || hasRelays(isIPv4: true)
        terms.isIPv4 = family != 2 && hasChoice
        let (hasFirst, hasSecond) = (hasRelays(isIPv4: terms.isIPv4), hasRelays(isIPv4: !terms.isIPv4))
        if additional != nil, hasFirst != hasSecond {
            terms.isIPv4 = hasFirst
            terms.missing = hasFirst ? 2 : 1
        } else {
            guard hasFirst else { throw AllocateRefusal(.addressFamilyNotSupported, .unsupportedFamily) }
            terms.wantsBoth = additional != nil
        }
        return terms
    }

    /// One relayed address of one port, and no datagrams. RFC 6062 §5.1.
    private static func fitsTCP(_ message: borrowing STUNMessage) -> Bool {
        let others = [
            message.has(.dontFragment), message.has(.evenPort), message.has(.reservationToken),
            message.has(.additionalAddressFamily),
        ]
        return !others.contains(true)
    }

    private func hasRelays(isIPv4: Bool) -> Bool { peers.own.relays.contains { $0.isIPv4 == isIPv4 } }

    /// Seconds: what was asked for within our limits, and not much longer than the credentials are good.
    private func lifetime(_ requested: UInt32?, _ caller: Caller, at now: Instant) -> Int {
        let shortest = settings.defaultLifetime
        var lifetime = min(max(Int(requested ?? 0), shortest), max(settings.longestLifetime, shortest))
        if let expires = gatekeeper.expiry(of: caller.name), let time = gatekeeper.time(at: now) {
            lifetime = min(lifetime, max(Int(clamping: expires - time), shortest))
        }
        return lifetime
    }

    private mutating func openRelay(
        for request: STUNHeader, _ terms: AllocateTerms, _ caller: Caller, _ client: ClientAddress,
        at now: Instant
    ) {
        let nobody = SocketAddress(ip: IPAddress(v4: 0), port: 0)
        let group = gatekeeper.group(of: caller.name)
        let account = Gatekeeper<Digests>.account(of: caller.name)
        let user = users.enter(caller.name, account: account)
        let allocation = Allocation(
            client: client, wantsBoth: terms.wantsBoth, isTCP: terms.isTCP, missing: terms.missing ?? 0,
            style: caller.style,
            generation: 1, user: user, group: group, relayed: nobody, additional: nobody, made: now,
            endsAt: now,
            transaction: request.transactionID, lifetime: UInt32(clamping: terms.lifetime), key: caller.key)
        let relay = enter(allocation, at: now)
        outputs.append(
            .openRelay(
                RelayRequest(
                    relay: relay, client: client, user: account,
                    group: group, isIPv4: terms.isIPv4, wantsBoth: terms.wantsBoth,
                    evenPort: terms.evenPort != nil, reservesNext: terms.evenPort == true,
                    reservation: terms.reservation, isTCP: terms.isTCP)))
    }

    // MARK: The driver's answer

    mutating func opened(_ relay: RelayID, _ grant: RelayGrant, at now: Instant) {
        let slot = Int(relay.index)
        guard slot < slots.count, slots[slot].generation == relay.generation, slots[slot].state == .opening
        else {
            // Given up meanwhile: whoever asked has gone.
            outputs.append(.closeRelay(relay))
            return
        }
        slots[slot].state = .live
        slots[slot].relayed = grant.relayed
        if let additional = grant.additional {
            slots[slot].additional = additional
            slots[slot].hasAdditional = true
        } else if slots[slot].wantsBoth {
            slots[slot].missing = grant.relayed.ip.isIPv4 ? 2 : 1
        }
        if let reservation = grant.reservation {
            slots[slot].reservation = reservation
            slots[slot].hasReservation = true
        }
        slots[slot].made = now
        slots[slot].endsAt = now.advanced(by: .seconds(Int(slots[slot].lifetime)))
        wheel.remove(UInt32(slot), slots: &slots)
        wheel.insert(
            UInt32(slot), at: slots[slot].endsAt.advanced(by: Self.grace), now: now, slots: &slots)
        let transport = Int(slots[slot].client.transport.rawValue)
        counters.transports[transport].live += 1
        counters.transports[transport].allocations &+= 1
        answerAllocated(slot)
    }

    /// Success for the Allocate that made the allocation. RFC 8656 §7.2.
    private mutating func answerAllocated(_ slot: Int) {
        let allocation = slots[slot]
        var answer = STUNWriter(.allocate, .success, id: allocation.transaction)
        answer.append(.xorRelayedAddress, allocation.relayed)
        if allocation.hasAdditional { answer.append(.xorRelayedAddress, allocation.additional) }
        answer.append(.lifetime, number: allocation.lifetime)
        if allocation.hasReservation { answer.append(.reservationToken, longNumber: allocation.reservation) }
        answer.append(.xorMappedAddress, allocation.client.remote)
        if allocation.missing != 0 {
            let isWanted = allocation.wantsBoth
            answer.append(
                addressError: isWanted ? .insufficientCapacity : .addressFamilyNotSupported,
                family: allocation.missing)
        }
        send(answer, allocation.style, key: allocation.key, to: allocation.client)
    }

    mutating func refused(_ relay: RelayID, _ refusal: RelayRefusal) {
        let slot = Int(relay.index)
        guard slot < slots.count, slots[slot].generation == relay.generation, slots[slot].state == .opening
        else { return }
        let allocation = slots[slot]
        let (code, reason): (STUNErrorCode, TURNRefusalReason) =
            switch refusal {
            case .userQuota: (.allocationQuotaReached, .userQuota)
            case .addressQuota: (.allocationQuotaReached, .addressQuota)
            case .totalQuota: (.insufficientCapacity, .totalQuota)
            case .noPort: (.insufficientCapacity, .noPort)
            case .badReservation: (.insufficientCapacity, .badReservation)
            case .noFamily: (.addressFamilyNotSupported, .unsupportedFamily)
            case .system: (.insufficientCapacity, .system)
            }
        leave(slot)
        let caller = Caller(name: [], key: allocation.key, style: allocation.style)
        let request = STUNHeader(.allocate, .request, id: allocation.transaction)
        refuse(request, code, reason, caller, allocation.client)
    }

    // MARK: Refresh

    mutating func answerRefresh(
        _ message: borrowing STUNMessage, from client: ClientAddress, at now: Instant
    ) {
        guard let (slot, caller) = owner(message, from: client, known: Self.knownOfRefresh, at: now) else {
            return
        }
        let family = message.firstByte(.requestedAddressFamily)
        let isEnd = message.number(.lifetime) == 0
        // A family that was given up before: the client did not get the answer.
        let isRepeated = isEnd && family != nil && family == slots[slot].dropped
        if let family, !isRepeated {
            guard family == 1 || family == 2, slots[slot].has(isIPv4: family == 1) else {
                return refuse(message.header, .peerAddressFamilyMismatch, .familyMismatch, caller, client)
            }
        }
        var lifetime = 0
        if isEnd {
            if isRepeated {
                // Nothing is left of it.
            } else if slots[slot].hasAdditional, let family {
                drop(isIPv4: family == 1, of: slot)
            } else {
                end(slot, closesStream: false)
            }
        } else {
            lifetime = self.lifetime(message.number(.lifetime), caller, at: now)
            slots[slot].endsAt = now.advanced(by: .seconds(lifetime))
        }
        var answer = STUNWriter(answering: message.header, .success)
        answer.append(.lifetime, number: UInt32(clamping: lifetime))
        send(answer, caller.style, key: caller.key, to: client)
    }

    /// Gives up one of two relayed addresses, and what was permitted on it. RFC 8656 §8.2.
    private mutating func drop(isIPv4: Bool, of slot: Int) {
        if slots[slot].relayed.ip.isIPv4 == isIPv4 { slots[slot].relayed = slots[slot].additional }
        slots[slot].hasAdditional = false
        slots[slot].dropped = isIPv4 ? 1 : 2
        let permissionsGone = permissions.removeAll(&slots[slot].permissions) { $0.ip.isIPv4 == isIPv4 }
        slots[slot].permissionCount -= UInt16(permissionsGone)
        let channelsGone = channels.removeAll(&slots[slot].channels) { $0.peer.ip.isIPv4 == isIPv4 }
        slots[slot].channelCount -= UInt16(channelsGone)
    }

    /// The client's live allocation and its owner, or an answer that says why not: 401, 437, 441, 420.
    mutating func owner(
        _ message: borrowing STUNMessage, from client: ClientAddress, known: STUNAttributeSet, at now: Instant
    ) -> (slot: Int, caller: Caller)? {
        let slot = slot(of: client)
        guard let caller = authenticate(message, from: client, slot: slot, at: now) else { return nil }
        guard let slot else {
            refuse(message.header, .allocationMismatch, .noAllocation, caller, client)
            return nil
        }
        guard users[slots[slot].user].name == caller.name else {
            refuse(message.header, .wrongCredentials, .otherUser, caller, client)
            return nil
        }
        guard !refuseUnknown(message, besides: known, caller, client) else { return nil }
        return (slot, caller)
    }
}
