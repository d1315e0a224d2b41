// SPDX-License-Identifier: Apache-2.0
internal import Datagrams
internal import EventLoops
internal import Glibc
internal import NetworkAddresses
internal import Synchronization
internal import SystemCalls
internal import TURNRelay

extension RelayWorker {
    func perform(_ output: TURNOutput) {
        switch output {
        case .send(let bytes, let client): send(bytes, to: client)
        case .openRelay(let request): open(request)
        case .closeRelay(let relay):
            let index = Int(relay.index)
            guard index < relays.count, relays[index]?.generation == relay.generation else { return }
            closeRelay(at: index)
        case .closeStream(let client): legs[client.stream]?.close()
        case .connectPeer(let connection, let relay, let peer): connect(connection, relay, to: peer)
        case .closePeer(let connection): close(connection)
        case .claimPeer(let claim): take(claim)
        case .drained: drained()
        }
    }

    private func send(_ bytes: [UInt8], to client: ClientAddress) {
        guard client.transport == .udp else {
            legs[client.stream]?.answer(bytes)
            return
        }
        guard let socket = clientSocket(client.local) else { return }
        unsafe bytes.withUnsafeBytes { unsafe batch.send(copying: $0, from: socket, to: client.remote) }
    }

    func clientSocket(_ number: UInt16) -> UDPSocket? {
        let index = Int(number)
        return index < clientSockets.count ? clientSockets[index]?.socket : nil
    }

    // MARK: Opening

    private func open(_ request: RelayRequest) {
        switch bound(request) {
        case .failure(let refusal):
            engine.handle(.relayRefused(request.relay, refusal), at: loop.now)
        case .success(let relay):
            let index = Int(request.relay.index)
            while relays.count <= index {
                relays.append(nil)
                handles.append(nil)
            }
            relays[index] = relay
            handles[index] = RelayHandles(
                generation: relay.generation, v4: relay.v4?.socket.handle, v6: relay.v6?.socket.handle)
            let route = RelayRoute(loop: number, relay: request.relay, group: request.group)
            tellRoute(of: relay.lease, route)
            engine.handle(.relayOpened(request.relay, relay.lease.grant), at: loop.now)
        }
    }

    /// Leases ports and binds them. A port that somebody else has is left to them.
    private func bound(_ request: RelayRequest) -> Result<Relay, RelayRefusal> {
        guard !isStopped else { return .failure(.system) }
        var lease: RelayLease
        switch service.ledger.withLock({ $0.open(request, at: loop.now) }) {
        case .failure(let refusal): return .failure(refusal)
        case .success(let opened): lease = opened
        }
        var relay = Relay(generation: request.relay.generation, lease: lease)
        guard service.options.ports != nil else { return .success(relay) }
        do {
            try set(bind(&lease, isAdditional: false, request.relay), in: &relay)
            if request.isTCP { relay.listener = try listen(at: lease.main.bound, request.relay) }
            if lease.additional != nil {
                if let second = try? bind(&lease, isAdditional: true, request.relay) {
                    set(second, in: &relay)
                } else {
                    lease = service.ledger.withLock { $0.withoutAdditional(lease, at: loop.now) }
                }
            }
        } catch {
            for peer in [relay.v4, relay.v6] {
                if let registration = peer?.registration { loop.forget(registration) }
                peer?.socket.close()
            }
            service.ledger.withLock { $0.close(lease, at: loop.now) }
            return .failure(error)
        }
        relay.lease = lease
        return .success(relay)
    }

    private func set(_ peer: PeerSocket, in relay: inout Relay) {
        if peer.socket.local.ip.isIPv4 { relay.v4 = peer } else { relay.v6 = peer }
    }

    /// Ports that others had, before it is taken for certain that the whole range is theirs.
    private static let attempts = 32
    /// What a burst of video from a peer may take up until the loop comes round.
    private static let peerBuffer = 1 << 20

    private func bind(
        _ lease: inout RelayLease, isAdditional: Bool, _ relay: RelayID
    ) throws(RelayRefusal) -> PeerSocket {
        for _ in 0..<Self.attempts {
            guard let port = isAdditional ? lease.additional : lease.main else { throw .noFamily }
            do {
                let socket = try UDPSocket(bind: port.bound, reportsErrors: true)
                socket.setBuffers(receive: Self.peerBuffer, send: 0)
                let peer = PeerSocket(socket, relay: relay, worker: self)
                peer.registration = try loop.register(socket.descriptor, for: .readable, peer)
                return peer
            } catch {
                guard error.code == EADDRINUSE || error.code == EACCES else {
                    throw error.code == EADDRNOTAVAIL ? .noFamily : .system
                }
                let old = lease
                guard
                    let next = service.ledger.withLock({
                        $0.replace(old, isAdditional: isAdditional, at: loop.now)
                    })
                else { throw .noPort }
                lease = next
            }
        }
        throw .noPort
    }

    // MARK: Closing

    func closeRelay(at index: Int) {
        guard let relay = relays[index] else { return }
        mediaLeg?.closed(RelayID(index: UInt32(truncatingIfNeeded: index), generation: relay.generation))
        relays[index] = nil
        handles[index] = nil
        relay.listener?.close(on: loop)
        for peer in [relay.v4, relay.v6] {
            guard let peer else { continue }
            if let registration = peer.registration { loop.forget(registration) }
            closing.append(peer)
        }
        endTurnLater()
        service.ledger.withLock { $0.close(relay.lease, at: loop.now) }
        tellRoute(of: relay.lease, nil)
    }

    /// Tells this loop's engine at once, and all others at the end of the turn.
    private func tellRoute(of lease: RelayLease, _ route: RelayRoute?) {
        for address in [lease.main.told, lease.additional?.told] {
            guard let address else { continue }
            engine.handle(route.map { .routeAppeared(address, $0) } ?? .routeVanished(address), at: loop.now)
            for index in parcels.indices where index != Int(number) {
                parcels[index].routes.append((address, route))
            }
        }
    }

    // MARK: Errors

    func takeErrors(of peer: PeerSocket) {
        // As many as a turn may take; the others are there the next time.
        for _ in 0..<DatagramBatch.largestReceive {
            guard let error = peer.socket.nextError() else { break }
            let icmp = ICMPError(type: error.type, code: error.code, data: error.mtu)
            engine.handle(.peerUnreachable(peer.relay, error.destination, icmp), at: loop.now)
        }
        pump()
    }
}
