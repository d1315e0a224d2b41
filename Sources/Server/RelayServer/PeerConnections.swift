// SPDX-License-Identifier: Apache-2.0
internal import Datagrams
internal import EventLoops
internal import NetworkAddresses
internal import TURNRelay

// Connections to peers (RFC 6062), until a client's connection is joined to them.

/// Where peers connect to: the relayed address of an allocation.
final class PeerListener: EventHandler {
    let socket: TCPSocket
    let relay: RelayID
    var registration: EventLoop.Registration?
    private unowned let worker: RelayWorker

    /// Connections that wait to be accepted, and most that are before others get their turn.
    static let backlog = 16

    init(_ socket: TCPSocket, relay: RelayID, worker: RelayWorker) {
        self.socket = socket
        self.relay = relay
        self.worker = worker
    }

    func ready(_ events: Readiness) {
        for _ in 0..<Self.backlog {
            guard let (socket, remote) = socket.accept() else { break }
            worker.accepted(socket, from: remote, on: relay)
        }
        worker.pump()
    }

    func close(on loop: EventLoop) {
        if let registration { loop.forget(registration) }
        registration = nil
        socket.close()
    }
}

/// A connection to a peer that is being made, or waits to be claimed. What the peer sends waits in the kernel.
final class WaitingPeer: EventHandler {
    let socket: TCPSocket
    let id: PeerConnectionID
    private var isConnecting: Bool
    private var registration: EventLoop.Registration?
    private unowned let worker: RelayWorker

    init(_ socket: TCPSocket, _ id: PeerConnectionID, isConnecting: Bool, worker: RelayWorker) {
        self.socket = socket
        self.id = id
        self.isConnecting = isConnecting
        self.worker = worker
    }

    /// - Returns: whether that was possible.
    func watch() -> Bool {
        registration = try? worker.loop.register(
            socket.descriptor, for: isConnecting ? .writable : [], self)
        return registration != nil
    }

    func ready(_ events: Readiness) {
        guard isConnecting, socket.connectError == 0, events.contains(.writable) else {
            return worker.lost(id)
        }
        isConnecting = false
        if let registration { worker.loop.update(registration, for: []) }
        worker.handle(.peerConnected(id))
    }

    /// Leaves the socket to another owner.
    func stopWatching() {
        if let registration { worker.loop.remove(registration) }
        registration = nil
    }
}

/// Where a connection to a peer is, for the loop whose engine made it.
enum PeerPlace {
    case waiting(WaitingPeer)
    /// With the loop that has the client's connection.
    case joined(loop: Int)
}

extension RelayWorker {
    // MARK: Beginning

    /// Listens for peers at the relayed address. The socket for datagrams keeps the port from others meanwhile.
    func listen(at local: SocketAddress, _ relay: RelayID) throws(RelayRefusal) -> PeerListener {
        do {
            let socket = try TCPSocket(listenOn: local, backlog: PeerListener.backlog)
            let listener = PeerListener(socket, relay: relay, worker: self)
            listener.registration = try loop.register(socket.descriptor, for: .readable, listener)
            return listener
        } catch {
            throw .system
        }
    }

    func connect(_ id: PeerConnectionID, _ relay: RelayID, to peer: SocketAddress) {
        let index = Int(relay.index)
        guard index < relays.count, let entry = relays[index], entry.generation == relay.generation,
            let port = [entry.lease.main, entry.lease.additional].compactMap({ $0 })
                .first(where: { $0.bound.ip.isIPv4 == peer.ip.isIPv4 }),
            let socket = try? TCPSocket(connectFrom: port.bound, to: peer)
        else { return handle(.peerClosed(id)) }
        keep(WaitingPeer(socket, id, isConnecting: true, worker: self))
    }

    func accepted(_ socket: TCPSocket, from peer: SocketAddress, on relay: RelayID) {
        guard let id = engine.accept(peer, on: relay, at: loop.now) else { return socket.close() }
        keep(WaitingPeer(socket, id, isConnecting: false, worker: self))
    }

    private func keep(_ peer: WaitingPeer) {
        places[peer.id] = .waiting(peer)
        if !peer.watch() { lost(peer.id) }
    }

    // MARK: Claims

    /// Takes a claim to the loop that has the peer's connection.
    func take(_ claim: ConnectionClaim) {
        let home = Int(claim.connection.loop)
        if home == Int(number) {
            return finish(claim, surrender(claim, to: number).map { LoopBound($0, on: loop) })
        }
        guard let there = service.worker(at: home), let here = service.worker(at: Int(number)) else {
            return finish(claim, nil)
        }
        let number = number
        there.execute { worker in
            let socket = worker.surrender(claim, to: number).map { LoopBound($0, on: here.loop) }
            here.execute { $0.finish(claim, socket) }
        }
    }

    /// Gives the socket of a connection to the loop that claims it, if it may have it.
    private func surrender(_ claim: ConnectionClaim, to loop: UInt16) -> TCPSocket? {
        let id = claim.connection
        let isGranted = engine.grant(claim, at: self.loop.now)
        defer { pump() }
        guard isGranted, case .waiting(let peer) = places[id] else { return nil }
        peer.stopWatching()
        places[id] = .joined(loop: Int(loop))
        return peer.socket
    }

    /// Answers a claim, and joins the connections.
    private func finish(_ claim: ConnectionClaim, _ socket: LoopBound<TCPSocket>?) {
        engine.answer(claim, isGranted: socket != nil)
        pump()
        guard let socket = socket?.use({ $0 }) else { return }
        let pipe = PeerPipe(socket, claim.connection, worker: self)
        pipes[claim.connection] = pipe
        guard let leg = legs[claim.client.stream], pipe.start(leg) else {
            socket.close()
            return ended(claim.connection, toPeer: 0, toClient: 0)
        }
    }

    // MARK: End

    /// A connection that nobody claimed yet is no more.
    func lost(_ id: PeerConnectionID) {
        forget(id)
        handle(.peerClosed(id))
    }

    /// The engine gives a connection up.
    func close(_ id: PeerConnectionID) {
        guard let place = places[id] else { return }
        forget(id)
        guard case .joined(let loop) = place else { return }
        if loop == Int(number) {
            pipes[id]?.abort()
        } else {
            service.worker(at: loop)?.execute { $0.pipes[id]?.abort() }
        }
    }

    private func forget(_ id: PeerConnectionID) {
        guard let place = places.removeValue(forKey: id) else { return }
        guard case .waiting(let peer) = place else { return }
        peer.stopWatching()
        peer.socket.close()
    }

    /// A pipe of this loop has ended: the loop that made the connection is told.
    func ended(_ id: PeerConnectionID, toPeer: Int, toClient: Int) {
        pipes[id] = nil
        if id.loop == number { return settle(id, toPeer: toPeer, toClient: toClient) }
        service.worker(at: Int(id.loop))?.execute { $0.settle(id, toPeer: toPeer, toClient: toClient) }
    }

    private func settle(_ id: PeerConnectionID, toPeer: Int, toClient: Int) {
        engine.count(id, toPeer: toPeer, toClient: toClient)
        places[id] = nil
        handle(.peerClosed(id))
    }

    func closePeers() {
        for id in places.keys { forget(id) }
        for pipe in pipes.values { pipe.abort() }
    }
}
