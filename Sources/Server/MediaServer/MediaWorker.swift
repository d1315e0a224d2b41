// SPDX-License-Identifier: Apache-2.0
internal import Datagrams
internal import EngineKit
public import EventLoops
internal import Forwarding
internal import ICE
public import NetworkAddresses
internal import PacketCiphers
public import RelayServer
internal import TLS
public import TURNRelay

/// The media of the meetings of one event loop: their forwarder, its sockets and streams, its handshakes.
///
/// Everything here is the loop's alone. Datagrams are read where the relay's batch has them; what leaves is written by
/// the forwarder into the memory that is sent, at the end of a turn, so that whatever came in it leaves together.
@safe public final class MediaWorker: RelayMediaLeg {
    public let loop: EventLoop
    /// Which loop this is; the first character of the names that checks are for.
    public let number: Int
    let relay: RelayWorker
    let service: MediaService
    let options: MediaOptions
    var forwarder: Forwarder<FastestCiphers, OpenSSLDigests>
    var outlet: MediaOutlet
    var routes: PathRoutes
    /// By ``ConnectionID/index``.
    var handshakes: [UInt32: MediaHandshake] = [:]
    /// The same.
    var data: [UInt32: MediaData] = [:]
    /// Connections whose handshake is under way.
    var shaking: Set<UInt32> = []
    /// Who hears of what happens in rooms.
    var owners: [RoomID: any MediaRoomOwner] = [:]
    var rooms: [ConnectionID: RoomID] = [:] { didSet { tide.note(open: rooms.count) } }
    var publishers: [PublicationID: ConnectionID] = [:]
    var publishes: Set<ConnectionID> = []
    /// What other loops were told.
    var paths: [ConnectionID: [MediaPath]] = [:]
    var streams: [UInt32: MediaStreamLeg] = [:]
    var lastStream: UInt32 = 0
    /// Those of ``streams`` that are allocations of the relay.
    var relayed: [RelayedPath: MediaPath] = [:]
    var hold = FrameHold()
    var gauge = LoadGauge()
    var policy: LoadPolicy
    var counts = MediaWorkerCounters()
    /// For a message of DTLS.
    let messageBuffer: UnsafeMutableRawBufferPointer
    private var endsTurn = false
    private(set) var isStopped = false
    private var timer: LoopTimer?
    private var holdTimer: LoopTimer?
    private var gaugeTimer: LoopTimer?
    private let tide: Tide

    /// Connections that leave a dozen megabytes behind when they go.
    private static let worthwhileTide = 100

    init(at relay: RelayWorker, of service: MediaService, _ options: MediaOptions) {
        self.relay = relay
        self.service = service
        self.options = options
        loop = relay.loop
        number = Int(relay.number)
        tide = Tide(on: loop, worthwhile: Self.worthwhileTide)
        var random = SystemRandomSource()
        forwarder = Forwarder(
            options.forwarding, seed: random.nextBytes(16), ciphers: options.ciphers,
            digests: OpenSSLDigests())
        let post = MediaPost(number: number, loops: service.loops.count)
        outlet = MediaOutlet(runs: DatagramRuns(), post: post)
        policy = LoadPolicy(limit: options.processorLimit)
        routes = PathRoutes(seed: HashSeed(random.nextBytes(16)))
        unsafe messageBuffer = .allocate(byteCount: 16_384, alignment: 16)
        super.init()
    }

    deinit { unsafe messageBuffer.deallocate() }

    // MARK: Beginning and end

    func start() {
        timer = LoopTimer(on: loop) { [weak self] in self?.tick() }
        holdTimer = LoopTimer(on: loop) { [weak self] in self?.endTurnLater() }
        gaugeTimer = LoopTimer(on: loop) { [weak self] in self?.measure() }
        relay.mediaLeg = self
        measure()
    }

    private static let gaugeInterval = Duration.seconds(1)

    private func measure() {
        gauge.measure(at: loop.now)
        if let level = policy.note(gauge.load) {
            forwarder.shed(level.shedding, at: loop.now)
            for owner in owners.values { owner.media(.load(level)) }
            endTurnLater()
        }
        gaugeTimer?.arm(after: Self.gaugeInterval)
    }

    /// Whether somebody new can be let in.
    public var hasCapacity: Bool { policy.admits }

    /// Whether a connection may be made; one that may not is counted.
    public func admits() -> Bool {
        if !hasCapacity { counts.refusedForLoad += 1 }
        return hasCapacity
    }

    /// Ends every connection. The worker is of no use afterwards.
    func stop() {
        isStopped = true
        timer?.cancel()
        holdTimer?.cancel()
        gaugeTimer?.cancel()
        for connection in rooms.keys { close(connection) }
        outlet.runs.flush()
        owners = [:]
        for stream in streams.values { stream.close() }
        streams = [:]
        relayed = [:]
        relay.mediaLeg = nil
    }

    /// What is due by time alone is done when the forwarder flushes.
    private func tick() {
        tickHandshakes()
        tickData()
        endTurnLater()
    }

    func endTurnLater() {
        guard !endsTurn, !isStopped else { return }
        endsTurn = true
        loop.atTurnEnd(self)
    }

    // MARK: Receiving

    public override func receive(
        _ bytes: UnsafeRawBufferPointer, from remote: SocketAddress, local: UInt16
    ) -> Bool {
        let path = MediaPath(local: local, remote: remote)
        endTurnLater()
        if unsafe take(bytes, path) { return true }
        // Of another loop's connection? A check says so itself.
        if let loop = unsafe CheckName.loop(of: bytes) {
            guard loop != number, loop < service.loops.count else { return unsafe !CheckName.isCheck(bytes) }
            routes.guess(path, loop: loop)
            unsafe outlet.post.add(bytes, .received, path, to: loop)
            return true
        }
        guard let loop = routes[path] else { return unsafe bytes[0] >= 128 }
        unsafe outlet.post.add(bytes, .received, path, to: loop)
        return true
    }

    /// Gives a datagram to the forwarder, or to the handshake of its connection.
    ///
    /// - Returns: Whether it was for a connection of this loop.
    func take(_ bytes: UnsafeRawBufferPointer, _ path: MediaPath) -> Bool {
        switch unsafe forwarder.receive(bytes, from: path, at: loop.now) {
        case .foreign: return false
        case .done:
            unsafe hold.note(bytes)
            return true
        case .handshake(let connection):
            unsafe shake(connection, bytes, path)
            return true
        }
    }

    /// Takes what another loop hands over.
    func take(_ parcel: MediaParcel) {
        guard !isStopped else { return outlet.post.recycle(parcel) }
        for news in parcel.news {
            if news.isMine {
                routes.learn(news.path, loop: parcel.sender)
            } else {
                routes.forget(news.path, loop: parcel.sender)
            }
        }
        for packet in parcel.packets {
            let content = unsafe parcel.content(packet)
            switch packet.way {
            case .received: if unsafe !take(content, packet.path) { counts.strays += 1 }
            case .toSend: unsafe streams[packet.path.stream]?.send(content)
            }
        }
        outlet.post.recycle(parcel)
        endTurnLater()
    }

    public override func receive(
        _ bytes: UnsafeRawBufferPointer, through relay: RelayID, from relayed: SocketAddress,
        to own: SocketAddress
    ) {
        guard !isStopped else { return }
        unsafe receive(bytes, from: path(through: relay, from: relayed, to: own))
    }

    public override func closed(_ relay: RelayID) { closePaths(through: relay) }

    // MARK: Sending

    public override func willClose(_ local: UInt16) { outlet.runs.flush() }

    private func refreshSockets() {
        var number: UInt16 = 0
        outlet.sockets.removeAll(keepingCapacity: true)
        while number < relay.socketCount {
            outlet.sockets.append(relay.socket(number))
            number += 1
        }
    }

    /// Sends what the forwarder has, and tells owners what has happened.
    func flush() {
        if outlet.sockets.count != Int(relay.socketCount) || outlet.homeless > 0 { refreshSockets() }
        outlet.homeless = 0
        let before = outlet.runs.counts.datagrams
        forwarder.flush(into: &outlet, at: loop.now)
        pump()
        // Before what is sent: whoever answers it at once comes by a path that is known.
        outlet.post.sendAll { parcel, loop in service.deliver(parcel, to: loop) }
        outlet.runs.flush()
        hold.flushed(outlet.runs.counts.datagrams &- before)
        timer?.arm(at: nextDeadline)
    }

    private var nextDeadline: Instant? {
        let deadlines = [handshakeDeadline, forwarder.deadline, data.isEmpty ? nil : dataDeadline]
        return deadlines.lazy.compactMap(\.self).min()
    }
}

extension MediaWorker: TurnEndHandler {
    public func turnEnded() {
        endsTurn = false
        if let end = hold.end(at: loop.now) {
            // The rest of a frame is under way.
            holdTimer?.arm(at: end)
            loop.wake(at: end)
            return
        }
        flush()
    }
}
