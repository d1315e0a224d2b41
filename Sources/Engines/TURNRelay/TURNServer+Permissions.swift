// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import NetworkAddresses
internal import STUN

// CreatePermission and ChannelBind, and what ICMP says about peers. RFC 8656 §9, §10, §12, §11.6.

extension TURNServer {
    private static var permissionLifetime: Duration { .seconds(300) }
    private static var channelLifetime: Duration { .seconds(600) }

    private static var knownOfPermission: STUNAttributeSet {
        [
            .username, .userhash, .realm, .nonce, .passwordAlgorithm, .messageIntegrity,
            .messageIntegritySHA256, .xorPeerAddress,
        ]
    }

    private static var knownOfChannel: STUNAttributeSet {
        [
            .username, .userhash, .realm, .nonce, .passwordAlgorithm, .messageIntegrity,
            .messageIntegritySHA256, .xorPeerAddress, .channelNumber,
        ]
    }

    /// All peers of the request are permitted, or none.
    mutating func answerCreatePermission(
        _ message: borrowing STUNMessage, from client: ClientAddress, at now: Instant
    ) {
        guard let (slot, caller) = owner(message, from: client, known: Self.knownOfPermission, at: now) else {
            return
        }
        var wanted: [(ip: IPAddress, access: PeerAccess)] = []
        var cursor = STUNMessage.Cursor()
        while let attribute = message.next(&cursor) {
            guard attribute.type == .xorPeerAddress else { continue }
            guard let peer = message.address(in: attribute) else {
                return refuse(message.header, .badRequest, .badRequest, caller, client)
            }
            // A frame has room for 5,000 of the same.
            if wanted.contains(where: { $0.ip == peer.ip }) { continue }
            guard let access = access(to: peer.ip, from: slot, message.header, caller, client) else { return }
            wanted.append((peer.ip, access))
            guard wanted.count <= settings.permissionsPerAllocation else { break }
        }
        guard !wanted.isEmpty else {
            return refuse(message.header, .badRequest, .badRequest, caller, client)
        }
        sweep(slot, at: now)
        let fresh = wanted.count { permission(of: slot, for: $0.ip) == nil }
        guard Int(slots[slot].permissionCount) + fresh <= settings.permissionsPerAllocation else {
            return refuse(message.header, .insufficientCapacity, .tooManyPermissions, caller, client)
        }
        for (ip, access) in wanted { permit(ip, access, of: slot, at: now) }
        send(STUNWriter(answering: message.header, .success), caller.style, key: caller.key, to: client)
    }

    mutating func answerChannelBind(
        _ message: borrowing STUNMessage, from client: ClientAddress, at now: Instant
    ) {
        guard let (slot, caller) = owner(message, from: client, known: Self.knownOfChannel, at: now) else {
            return
        }
        guard !slots[slot].isTCP, let number = message.channelNumber, ChannelData.numbers.contains(number),
            let peer = message.address(.xorPeerAddress), peer.port != 0
        else { return refuse(message.header, .badRequest, .badRequest, caller, client) }
        guard let access = access(to: peer.ip, from: slot, message.header, caller, client) else { return }
        sweep(slot, at: now)
        // A number means one peer, and a peer has one number, until five minutes after the end. RFC 8656 §12.2.
        var existing = endOfList
        var index = slots[slot].channels
        while index != endOfList {
            let channel = channels[index]
            if channel.number == number || channel.peer == peer {
                guard channel.number == number, channel.peer == peer else {
                    return refuse(message.header, .badRequest, .badRequest, caller, client)
                }
                existing = index
            }
            index = channel.next
        }
        let isFresh = existing == endOfList
        guard !isFresh || Int(slots[slot].channelCount) < settings.channelsPerAllocation else {
            return refuse(message.header, .insufficientCapacity, .tooManyChannels, caller, client)
        }
        let isPermitted = permission(of: slot, for: peer.ip) != nil
        guard isPermitted || Int(slots[slot].permissionCount) < settings.permissionsPerAllocation else {
            return refuse(message.header, .insufficientCapacity, .tooManyPermissions, caller, client)
        }
        let end = now.advanced(by: Self.channelLifetime)
        if isFresh {
            let channel = Channel(
                peer: peer, number: number, access: access, endsAt: end, permittedUntil: now)
            channels.insert(channel, into: &slots[slot].channels)
            slots[slot].channelCount += 1
        } else {
            channels[existing].endsAt = end
        }
        permit(peer.ip, access, of: slot, at: now)
        send(STUNWriter(answering: message.header, .success), caller.style, key: caller.key, to: client)
    }

    // MARK: Steps

    /// What may be done with a peer; `nil` after an answer that says why nothing: 443, 403.
    private mutating func access(
        to ip: IPAddress, from slot: Int, _ request: STUNHeader, _ caller: Caller, _ client: ClientAddress
    ) -> PeerAccess? {
        guard slots[slot].has(isIPv4: ip.isIPv4) else {
            refuse(request, .peerAddressFamilyMismatch, .familyMismatch, caller, client)
            return nil
        }
        let access = peers.access(to: ip)
        // Connections reach what the operator listed and nothing else.
        guard access != .refused, !slots[slot].isTCP || peers.isListed(ip) else {
            refuse(request, .forbidden, .forbiddenPeer, caller, client)
            return nil
        }
        return access
    }

    /// The node of the allocation's permission for an address.
    private func permission(of slot: Int, for ip: IPAddress) -> UInt32? {
        var index = slots[slot].permissions
        while index != endOfList {
            if permissions[index].ip == ip { return index }
            index = permissions[index].next
        }
        return nil
    }

    /// Gives a permission, or prolongs it, also where channels keep it.
    private mutating func permit(_ ip: IPAddress, _ access: PeerAccess, of slot: Int, at now: Instant) {
        let end = now.advanced(by: Self.permissionLifetime)
        if let index = permission(of: slot, for: ip) {
            permissions[index].endsAt = end
            permissions[index].access = access
        } else {
            let permission = Permission(ip: ip, access: access, endsAt: end)
            permissions.insert(permission, into: &slots[slot].permissions)
            slots[slot].permissionCount += 1
        }
        var index = slots[slot].channels
        while index != endOfList {
            if channels[index].peer.ip == ip {
                channels[index].permittedUntil = end
                channels[index].access = access
            }
            index = channels[index].next
        }
    }

    // MARK: ICMP

    /// Tells the client that what it sends does not arrive, at most ten times a second. RFC 8656 §11.6.
    mutating func report(_ error: ICMPError, of peer: SocketAddress, on relay: RelayID, at now: Instant) {
        let isTold = peer.ip.isIPv4 ? error.type == 3 || error.type == 11 : (1...3).contains(error.type)
        guard isTold, let slot = slot(of: relay), let index = permission(of: slot, for: peer.ip),
            permissions[index].endsAt > now, slots[slot].nextReport <= now
        else { return }
        slots[slot].nextReport = now.advanced(by: .milliseconds(100))
        indication = STUNTransactionID(high: indication.high, low: indication.low &+ 1)
        var message = STUNWriter(.data, .indication, id: indication)
        message.append(.xorPeerAddress, peer)
        message.append(
            // 16 bits of nothing, 7 of type, 9 of code. RFC 8656 §18.13.
            .icmp, longNumber: UInt64(error.type) << 41 | UInt64(error.code) << 32 | UInt64(error.data))
        send(message, AnswerStyle(), key: nil, to: slots[slot].client)
    }
}
