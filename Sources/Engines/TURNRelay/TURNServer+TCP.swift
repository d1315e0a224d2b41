// SPDX-License-Identifier: Apache-2.0
public import EngineKit
public import NetworkAddresses
internal import STUN

// Connections to peers: Connect, ConnectionBind, ConnectionAttempt. RFC 6062.

extension TURNServer {
    /// How long a peer may take to be reached, and a client to claim what was. RFC 6062 §5.2, §5.3.
    private static var patienceWithPeers: Duration { .seconds(30) }

    private static var knownOfConnect: STUNAttributeSet {
        [
            .username, .userhash, .realm, .nonce, .passwordAlgorithm, .messageIntegrity,
            .messageIntegritySHA256, .xorPeerAddress,
        ]
    }

    private static var knownOfConnectionBind: STUNAttributeSet {
        [
            .username, .userhash, .realm, .nonce, .passwordAlgorithm, .messageIntegrity,
            .messageIntegritySHA256, .connectionID,
        ]
    }

    /// RFC 6062 §5.2. The answer comes when the peer is reached, or is not.
    mutating func answerConnect(
        _ message: borrowing STUNMessage, from client: ClientAddress, at now: Instant
    ) {
        guard let (slot, caller) = owner(message, from: client, known: Self.knownOfConnect, at: now) else {
            return
        }
        let request = message.header
        guard slots[slot].isTCP else {
            return refuse(request, .allocationMismatch, .noAllocation, caller, client)
        }
        guard let peer = message.address(.xorPeerAddress), peer.port != 0 else {
            return refuse(request, .badRequest, .badRequest, caller, client)
        }
        guard slots[slot].has(isIPv4: peer.ip.isIPv4) else {
            return refuse(request, .peerAddressFamilyMismatch, .familyMismatch, caller, client)
        }
        guard peers.isListed(peer.ip) else {
            return refuse(request, .forbidden, .forbiddenPeer, caller, client)
        }
        let present = connections.ids(of: slot)
        guard !present.contains(where: { connections[$0]?.peer == peer }) else {
            return refuse(request, .connectionAlreadyExists, .connectionExists, caller, client)
        }
        guard present.count < settings.connectionsPerAllocation else {
            return refuse(request, .insufficientCapacity, .tooManyConnections, caller, client)
        }
        let connection = PeerConnection(
            slot: slot, peer: peer, state: .connecting, until: now.advanced(by: Self.patienceWithPeers),
            request: request, caller: caller)
        let id = connections.insert(connection, loop: loop, seed: seed)
        outputs.append(
            .connectPeer(
                id, RelayID(index: UInt32(slot), generation: slots[slot].generation), to: peer))
    }

    /// The driver has reached the peer.
    mutating func connected(_ id: PeerConnectionID, at now: Instant) {
        guard let entry = connections[id], entry.state == .connecting, let request = entry.request,
            let caller = entry.caller
        else { return outputs.append(.closePeer(id)) }
        connections.set(.waiting, until: now.advanced(by: Self.patienceWithPeers), of: id)
        var answer = STUNWriter(answering: request, .success)
        answer.append(.connectionID, number: id.number)
        send(answer, caller.style, key: caller.key, to: slots[entry.slot].client)
    }

    /// The peer could not be reached, or its connection has ended.
    mutating func peerClosed(_ id: PeerConnectionID) {
        guard let entry = connections[id] else { return }
        connections.remove(id)
        guard entry.state == .connecting, let request = entry.request, let caller = entry.caller else {
            return
        }
        refuse(request, .connectionTimeout, .peerNotReached, caller, slots[entry.slot].client)
    }

    /// A peer has connected to the relayed address. RFC 6062 §5.3.
    /// - Returns: The connection's name, or `nil` when it is to be closed at once.
    public mutating func accept(_ peer: SocketAddress, on relay: RelayID, at now: Instant)
        -> PeerConnectionID?
    {
        guard let slot = slot(of: relay), slots[slot].isTCP else { return nil }
        guard access(of: slot, to: peer.ip, at: now) != nil, peers.isListed(peer.ip) else {
            counters.count(.peerWithoutPermission)
            return nil
        }
        let present = connections.ids(of: slot)
        guard present.count < settings.connectionsPerAllocation else {
            counters.count(.tooManyConnections)
            return nil
        }
        guard !present.contains(where: { connections[$0]?.peer == peer }) else {
            counters.count(.connectionExists)
            return nil
        }
        let connection = PeerConnection(
            slot: slot, peer: peer, state: .waiting, until: now.advanced(by: Self.patienceWithPeers))
        let id = connections.insert(connection, loop: loop, seed: seed)
        indication = STUNTransactionID(high: indication.high, low: indication.low &+ 1)
        var message = STUNWriter(.connectionAttempt, .indication, id: indication)
        message.append(.xorPeerAddress, peer)
        message.append(.connectionID, number: id.number)
        send(message, AnswerStyle(), key: nil, to: slots[slot].client)
        return id
    }

    // MARK: ConnectionBind

    /// RFC 6062 §5.4. What the peer's connection says to it is found out by ``grant(_:at:)``.
    mutating func answerConnectionBind(
        _ message: borrowing STUNMessage, from client: ClientAddress, at now: Instant
    ) {
        guard let caller = authenticate(message, from: client, slot: nil, at: now),
            !refuseUnknown(message, besides: Self.knownOfConnectionBind, caller, client)
        else { return }
        guard client.transport.isStream, clients[client] == nil, let id = message.number(.connectionID) else {
            return refuse(message.header, .badRequest, .badRequest, caller, client)
        }
        outputs.append(
            .claimPeer(
                ConnectionClaim(
                    connection: PeerConnectionID(number: id), client: client, name: caller.name,
                    key: caller.key, style: caller.style, request: message.header)))
    }

    /// Whether the connection is there, unclaimed, and of the user who asks; then it is theirs.
    public mutating func grant(_ claim: ConnectionClaim, at now: Instant) -> Bool {
        expire(at: now)
        guard let entry = connections[claim.connection], entry.state == .waiting else { return false }
        guard users[slots[entry.slot].user].name == claim.name else {
            counters.count(.otherUser)
            return false
        }
        connections.set(.joined, until: nil, of: claim.connection)
        return true
    }

    /// Answers the request: afterwards the client's connection is the peer's, or goes on as it was.
    public mutating func answer(_ claim: ConnectionClaim, isGranted: Bool) {
        guard isGranted else {
            let caller = Caller(name: claim.name, key: claim.key, style: claim.style)
            return refuse(claim.request, .badRequest, .unknownConnection, caller, claim.client)
        }
        let answer = STUNWriter(answering: claim.request, .success)
        send(answer, claim.style, key: claim.key, to: claim.client)
    }

    // MARK: End

    /// Ends what was not reached or claimed in time.
    mutating func expireConnections(at now: Instant) {
        while let id = connections.popDue(at: now) {
            if connections[id]?.state == .waiting { counters.count(.unclaimed) }
            peerClosed(id)
            outputs.append(.closePeer(id))
        }
    }

    /// Ends all connections of an allocation that ends.
    mutating func closeConnections(of slot: Int) {
        for id in connections.ids(of: slot) {
            connections.remove(id)
            outputs.append(.closePeer(id))
        }
    }

    /// Counts bytes that went through a joined connection, for the allocation if it still is there.
    public mutating func count(_ id: PeerConnectionID, toPeer: Int, toClient: Int) {
        guard let entry = connections[id] else { return }
        let transport = Int(slots[entry.slot].client.transport.rawValue)
        counters.transports[transport].bytesToPeers &+= UInt64(toPeer)
        counters.transports[transport].bytesToClients &+= UInt64(toClient)
        slots[entry.slot].bytesToPeers &+= UInt64(toPeer)
        slots[entry.slot].bytesToClient &+= UInt64(toClient)
    }
}
