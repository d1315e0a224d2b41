// SPDX-License-Identifier: Apache-2.0
public import Datagrams
internal import EngineKit
public import EventLoops
internal import Glibc
public import NetworkAddresses
internal import SystemCalls
internal import TLS
public import TURNRelay

/// The relay of one event loop: its sockets, and the engine that decides.
///
/// Everything here is the loop's alone. Packets pass through without memory of their own: they are received into the
/// batch's slab, and leave from there when the loop's turn ends.
public final class RelayWorker {
    /// What one allocation holds.
    struct Relay {
        var generation: UInt32
        var lease: RelayLease
        /// One for each family; none without relay ports.
        var v4: PeerSocket?
        var v6: PeerSocket?
        /// Where peers connect to; for allocations of TCP. RFC 6062.
        var listener: PeerListener?
    }

    /// What a packet needs of an allocation: copied without counting references.
    struct RelayHandles: BitwiseCopyable {
        var generation: UInt32
        var v4: UDPSocket.Handle?
        var v6: UDPSocket.Handle?
    }

    public let loop: EventLoop
    /// Which loop this is, for ``RelayRoute/loop``.
    public let number: UInt16
    let batch = DatagramBatch()
    let service: RelayService
    var engine: TURNServer<OpenSSLDigests>
    /// By number.
    var clientSockets: ContiguousArray<ClientSocket?> = []
    /// By ``RelayID/index``.
    var relays: ContiguousArray<Relay?> = []
    /// The same, for packets.
    var handles: ContiguousArray<RelayHandles?> = []
    /// Closed at the end of the turn, when nothing waits to be sent from them.
    var closing: [PeerSocket] = []
    var legs: [UInt32: RelayLeg] = [:]
    /// Connections to peers that this loop's engine made, and those that this loop's clients are joined to.
    var places: [PeerConnectionID: PeerPlace] = [:]
    var pipes: [PeerConnectionID: PeerPipe] = [:]
    private var lastStream: UInt32 = 0
    /// Takes datagrams of DTLS; without it they are dropped.
    public var datagramLeg: RelayDatagramLeg?
    /// Sees datagrams before the relay does.
    public var mediaLeg: RelayMediaLeg?
    /// What other loops are given at the end of the turn.
    var parcels: [LoopParcel]
    /// The ways there.
    let lanes: [HandOverLane]
    /// Packets for other loops that were dropped, because those were behind.
    var handOverDrops: UInt64 = 0
    /// What other loops gave, to be filled again.
    var spareParcels: [LoopParcel] = []
    private var endsTurn = false
    /// Nothing is opened any more: nobody would close it.
    private(set) var isStopped = false
    private var timer: LoopTimer?
    private var clockTimer: LoopTimer?
    /// Called when the last allocation has ended, by those who drain.
    var whenDrained: [() -> Void] = []

    init(on loop: EventLoop, number: Int, service: RelayService, keys: TURNKeys) {
        self.loop = loop
        self.number = UInt16(truncatingIfNeeded: number)
        self.service = service
        engine = TURNServer(
            service.options.settings, users: service.options.users, keys: keys, digests: OpenSSLDigests())
        parcels = service.loops.map { _ in LoopParcel() }
        lanes = service.loops.map { _ in HandOverLane() }
    }

    // MARK: Beginning and end

    func start() {
        timer = LoopTimer(on: loop) { [weak self] in self?.handle(.tick) }
        clockTimer = LoopTimer(on: loop) { [weak self] in self?.tellTime() }
        tellTime()
    }

    /// How often the engine is told the time of day.
    private static let clockInterval = Duration.seconds(10)

    private func tellTime() {
        handle(.clock(.system()))
        clockTimer?.arm(after: Self.clockInterval)
    }

    /// Waits for clients at a socket that is bound already.
    ///
    /// - Returns: Why that is not possible. Then the socket is closed: the kernel would go on giving it its share of the
    ///   clients.
    func listen(on socket: UDPSocket, as number: UInt16) -> SystemCallError? {
        let client = ClientSocket(socket, number: number, worker: self)
        guard !isStopped else {
            socket.close()
            return nil
        }
        do {
            client.registration = try loop.register(socket.descriptor, for: .readable, client)
        } catch {
            socket.close()
            return error
        }
        // Nothing may be sent from a socket that is closed.
        stopListening(on: number)
        while clientSockets.count <= Int(number) { clientSockets.append(nil) }
        clientSockets[Int(number)] = client
        return nil
    }

    func stopListening(on number: UInt16) {
        guard Int(number) < clientSockets.count, let client = clientSockets[Int(number)] else { return }
        clientSockets[Int(number)] = nil
        mediaLeg?.willClose(number)
        batch.sendWaiting()
        if let registration = client.registration { loop.forget(registration) }
        client.socket.close()
    }

    func drain(until deadline: Instant, _ finished: @escaping () -> Void) {
        whenDrained.append(finished)
        handle(.drain(deadline: deadline))
    }

    /// Closes everything. The worker is of no use afterwards.
    func stop() {
        isStopped = true
        timer?.cancel()
        clockTimer?.cancel()
        batch.flush()
        for client in clientSockets { if let client { stopListening(on: client.number) } }
        for index in relays.indices { closeRelay(at: index) }
        closePeers()
        closeSockets()
        for leg in legs.values { leg.close() }
        legs = [:]
        datagramLeg = nil
        mediaLeg = nil
        drained()
    }

    func drained() {
        for finished in whenDrained { finished() }
        whenDrained = []
    }

    // MARK: The engine

    /// Gives the engine what is no packet.
    func handle(_ input: TURNInput) {
        engine.handle(input, at: loop.now)
        pump()
    }

    /// Does what the engine wants, and is called again when it next wants something.
    func pump() {
        while let output = engine.poll() { perform(output) }
        timer?.arm(at: engine.deadline)
        endTurnLater()
    }

    func endTurnLater() {
        guard !endsTurn else { return }
        endsTurn = true
        loop.atTurnEnd(self)
    }

    /// One more than the greatest number of a listening socket there has been.
    public var socketCount: UInt16 { UInt16(truncatingIfNeeded: clientSockets.count) }

    /// To send from a listening socket; `nil` when there is none of this number.
    public func socket(_ number: UInt16) -> UDPSocket.Handle? { clientSocket(number)?.handle }

    // MARK: Legs

    /// Takes a connection or an association, and names it.
    ///
    /// - Parameter local: A number for the address it came to, as the leg likes.
    public func attach(
        _ leg: RelayLeg, _ transport: ClientTransport, remote: SocketAddress, local: UInt16 = 0
    ) -> ClientAddress {
        repeat { lastStream &+= 1 } while lastStream == 0 || legs[lastStream] != nil
        legs[lastStream] = leg
        return ClientAddress(transport, local: local, remote: remote, stream: lastStream)
    }

    /// The leg is gone, and with it what it had allocated.
    public func detach(_ client: ClientAddress) {
        guard legs.removeValue(forKey: client.stream) != nil else { return }
        handle(.streamClosed(client))
    }

    /// Whether the client has an allocation, so that a silent connection is kept.
    public func hasAllocation(_ client: ClientAddress) -> Bool { engine.hasAllocation(client) }

    /// Sends a datagram from a listening socket: DTLS.
    public func send(_ bytes: UnsafeRawBufferPointer, to remote: SocketAddress, local: UInt16) {
        guard let socket = clientSocket(local) else { return }
        unsafe batch.send(copying: bytes, from: socket, to: remote)
        endTurnLater()
    }
}

extension RelayWorker: TurnEndHandler {
    public func turnEnded() {
        endsTurn = false
        batch.flush()
        closeSockets()
        for index in parcels.indices where !parcels[index].isEmpty {
            lanes[index].send(parcels[index])
            service.deliver(parcels[index], to: index)
            parcels[index] = spareParcels.popLast() ?? LoopParcel()
        }
    }

    private func closeSockets() {
        guard !closing.isEmpty else { return }
        // What waits names descriptors, and those of closed sockets are given out again.
        batch.sendWaiting()
        for peer in closing { peer.socket.close() }
        closing.removeAll(keepingCapacity: true)
    }
}
