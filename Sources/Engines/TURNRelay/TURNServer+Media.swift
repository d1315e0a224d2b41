// SPDX-License-Identifier: Apache-2.0
public import EngineKit
public import NetworkAddresses
internal import STUN

// What is done for each packet of media: no allocation, no reference counted, no closure kept.

extension TURNServer {
    /// ChannelData from a client. RFC 8656 §12.6.
    mutating func receiveChannelData(
        _ bytes: UnsafeRawBufferPointer, from client: ClientAddress, at now: Instant
    ) -> ClientVerdict {
        guard let data = unsafe ChannelData(bytes) else { return refuse(.malformed) }
        guard let slot = slot(of: client) else { return refuse(.noAllocation) }
        guard let index = channels.find(&slots[slot].channels, where: { $0.number == data.number }) else {
            return refuse(.noChannel)
        }
        let channel = channels[index]
        guard channel.endsAt > now else { return refuse(.noChannel) }
        guard channel.permittedUntil > now else { return refuse(.noPermission) }
        return forward(
            data.payload, from: slot, to: channel.peer, access: channel.access, dontFragment: false, at: now)
    }

    /// A Send indication. RFC 8656 §11.2.
    mutating func receiveSend(
        _ bytes: UnsafeRawBufferPointer, from client: ClientAddress, at now: Instant
    ) -> ClientVerdict {
        guard let send = unsafe RelayIndication(bytes), send.peer.port != 0 else { return refuse(.malformed) }
        guard let slot = slot(of: client), !slots[slot].isTCP else { return refuse(.noAllocation) }
        guard let access = access(of: slot, to: send.peer.ip, at: now) else { return refuse(.noPermission) }
        return forward(
            send.payload, from: slot, to: send.peer, access: access, dontFragment: send.dontFragment, at: now)
    }

    /// Takes `count` bytes of payload from a peer: from a socket of the relay, or handed over. RFC 8656 §11.3, §12.7.
    public mutating func receive(
        count: Int, fromPeer peer: SocketAddress, on relay: RelayID, at now: Instant
    ) -> PeerVerdict {
        guard let slot = slot(of: relay), !slots[slot].isTCP else { return .drop }
        let index = channels.find(&slots[slot].channels, where: { $0.peer == peer && $0.endsAt > now })
        if let index, channels[index].permittedUntil > now {
            guard deliver(count, to: slot, at: now) else { return .drop }
            return .channel(slots[slot].client, number: channels[index].number)
        }
        guard access(of: slot, to: peer.ip, at: now) != nil else {
            counters.count(.peerWithoutPermission)
            return .drop
        }
        // IPv6 carries more than an indication does, and a length that wraps would let the peer write into a stream.
        guard RelayIndication.fits(count, peer: peer.ip) else {
            counters.count(.oversized)
            return .drop
        }
        guard deliver(count, to: slot, at: now) else { return .drop }
        return .indication(
            slots[slot].client, headerBytes: RelayIndication.headerSize(peer.ip))
    }

    /// Writes what goes in front of `count` bytes of payload in a Data indication: as many bytes as the verdict said.
    @unsafe public mutating func writeIndicationHeader(
        into header: UnsafeMutableRawBufferPointer, peer: SocketAddress, count: Int
    ) {
        indication = STUNTransactionID(high: indication.high, low: indication.low &+ 1)
        unsafe RelayIndication.writeHeader(peer: peer, count: count, id: indication, into: header)
    }

    // MARK: Steps

    /// Counts a refusal of something that gets no answer.
    mutating func refuse(_ reason: TURNRefusalReason) -> ClientVerdict {
        counters.count(reason)
        return .done
    }

    /// What the client's permissions say of a peer; `nil` without one.
    mutating func access(of slot: Int, to ip: IPAddress, at now: Instant) -> PeerAccess? {
        guard let index = permissions.find(&slots[slot].permissions, where: { $0.ip == ip }) else {
            return nil
        }
        return permissions[index].endsAt > now ? permissions[index].access : nil
    }

    private mutating func forward(
        _ payload: Range<Int>, from slot: Int, to peer: SocketAddress, access: PeerAccess, dontFragment: Bool,
        at now: Instant
    ) -> ClientVerdict {
        var route: RelayRoute?
        var isMedia = false
        switch access {
        case .refused: return refuse(.forbiddenPeer)
        case .open: break
        case .relaysOnly, .relaysFirst:
            route = routes[peer]
            if let route {
                guard route.group == slots[slot].group else { return refuse(.notReachable) }
            } else {
                isMedia = peers.own.media.contains(peer)
                guard isMedia || access == .relaysFirst else { return refuse(.notReachable) }
            }
        }
        guard takeBandwidth(payload.count, of: slot, isToPeer: true, at: now) else {
            return refuse(.bandwidth)
        }
        slots[slot].packetsToPeers &+= 1
        slots[slot].bytesToPeers &+= UInt64(payload.count)
        counters.countToPeer(payload.count, slots[slot].client.transport)
        if let route {
            guard let from = slots[slot].relayed(for: peer.ip) else { return refuse(.familyMismatch) }
            return .handOver(to: route, from: from, payload: payload)
        }
        let relay = RelayID(index: UInt32(slot), generation: slots[slot].generation)
        if isMedia {
            guard let from = slots[slot].relayed(for: peer.ip) else { return refuse(.familyMismatch) }
            return .media(relay, to: peer, from: from, payload: payload)
        }
        return .relay(relay, to: peer, payload: payload, dontFragment: dontFragment)
    }

    private mutating func deliver(_ count: Int, to slot: Int, at now: Instant) -> Bool {
        guard takeBandwidth(count, of: slot, isToPeer: false, at: now) else {
            counters.count(.peerBandwidth)
            return false
        }
        slots[slot].packetsToClient &+= 1
        slots[slot].bytesToClient &+= UInt64(count)
        counters.countToClient(count, slots[slot].client.transport)
        return true
    }

    /// What a packet costs besides its payload: headers, and our work. An empty one is not free.
    private static var packetCost: Int { 64 }

    /// Takes a packet from the allocation's budget and from its user's.
    private mutating func takeBandwidth(_ size: Int, of slot: Int, isToPeer: Bool, at now: Instant) -> Bool {
        let count = size + Self.packetCost
        let account = slots[slot].account.account
        switch (settings.allocationBandwidth, settings.userBandwidth) {
        case (nil, nil): return true
        case (let rate?, nil):
            return isToPeer
                ? slots[slot].toPeers.take(count, rate: rate, at: now)
                : slots[slot].toClient.take(count, rate: rate, at: now)
        case (nil, let rate?):
            return isToPeer
                ? users[account: account].toPeers.take(count, rate: rate, at: now)
                : users[account: account].toClient.take(count, rate: rate, at: now)
        case (let rate?, let userRate?):
            return isToPeer
                ? ByteBudget.take(
                    count, of: &slots[slot].toPeers, rate: rate, and: &users[account: account].toPeers,
                    rate: userRate, at: now)
                : ByteBudget.take(
                    count, of: &slots[slot].toClient, rate: rate, and: &users[account: account].toClient,
                    rate: userRate, at: now)
        }
    }
}
