// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
public import EventLoops
public import HTTP
public import SystemCalls
public import TLS

/// What the connections of one loop share: the handler of their requests, TLS, limits, counters.
///
/// Confined to its loop. One server has one of these per loop, all listening on the same port.
@safe public final class WebLoop {
    public struct Settings: Sendable {
        public var limits = HTTPLimits()
        /// Most bytes of one WebSocket message.
        public var maxMessage = 1_000_000
        /// Most bytes waiting for a client that reads too slowly; then it is cut off.
        public var maxBacklog = 4_000_000
        /// Most connections of one loop; more are answered with 503.
        public var maxConnections = 50_000
        /// How fast connections are taken once `burst` came at once; `nil` as fast as they come.
        public var admission: AdmissionRate?
        /// Limits for each address apart; `nil` for none. An IPv6 network of 64 bits is one address.
        public var perAddress: AddressLimits?
        /// What a client that was not admitted is asked to wait.
        public var retryAfter = Duration.seconds(5)
        /// Connections the kernel keeps for us until we take them.
        public var backlog = 4096
        /// After so long without a sign of life a peer that owes one is taken for lost.
        public var peerTimeout = Duration.seconds(30)
        public var handshakeTimeout = Duration.seconds(10)
        public var headTimeout = Duration.seconds(10)
        public var bodyTimeout = Duration.seconds(60)
        public var idleTimeout = Duration.seconds(75)
        /// How long a client may take none of the bytes that wait for it.
        public var stallTimeout = Duration.seconds(30)
        /// How long a closing handshake may take.
        public var closeTimeout = Duration.seconds(3)
        /// Whether peers that speak plain HTTP where TLS is offered are served as well. Otherwise they are sent
        /// to `https`.
        public var servesPlainHTTP = false

        public init() {}
    }

    public struct AdmissionRate: Hashable, Sendable {
        public var burst: Int
        public var perSecond: Int

        public init(burst: Int, perSecond: Int) {
            self.burst = burst
            self.perSecond = perSecond
        }
    }

    public struct AddressLimits: Sendable {
        /// Most connections open at a time.
        public var maxConnections: Int
        /// How fast new ones may come.
        public var rate: AdmissionRate
        /// Addresses without limits, such as a proxy's, besides this machine's own.
        public var isExempt: @Sendable (String) -> Bool

        public init(
            maxConnections: Int, rate: AdmissionRate,
            isExempt: @escaping @Sendable (String) -> Bool = { _ in false }
        ) {
            self.maxConnections = maxConnections
            self.rate = rate
            self.isExempt = isExempt
        }
    }

    public struct Counters: Hashable, Sendable {
        public var accepted: UInt64 = 0
        public var requests: UInt64 = 0
        /// Requests that broke HTTP or WebSocket.
        public var malformed: UInt64 = 0
        public var webSockets: UInt64 = 0
        public var bytesReceived: UInt64 = 0
        public var bytesSent: UInt64 = 0
        /// Connections cut off because they read too slowly.
        public var slowClients: UInt64 = 0
        /// Connections refused because there were too many already,
        public var refusedFull: UInt64 = 0
        /// because they came too fast,
        public var refusedRate: UInt64 = 0
        /// or because their address had too many or made them too fast.
        public var refusedAddress: UInt64 = 0
        public var tlsHandshakes: UInt64 = 0
        /// Of those, the ones that went on with an earlier session's keys.
        public var tlsResumptions: UInt64 = 0
        public var tlsFailures: UInt64 = 0
        /// Connections that turned out to carry STUN and TURN,
        public var streams: UInt64 = 0
        /// those of them that were of no use for too long,
        public var idleStreams: UInt64 = 0
        /// frames of media that were dropped because their client did not keep up,
        public var droppedFrames: UInt64 = 0
        /// connections that carry media and ICE over TCP,
        public var packetStreams: UInt64 = 0
        /// those that would and came where nobody takes them,
        public var iceTCP: UInt64 = 0
        /// and connections that carry nothing known.
        public var garbage: UInt64 = 0
        public var open = 0

        /// Adds what another server of the loop has counted of STUN and TURN.
        public mutating func addStreams(of other: Counters) {
            streams += other.streams
            idleStreams += other.idleStreams
            droppedFrames += other.droppedFrames
            iceTCP += other.iceTCP
            packetStreams += other.packetStreams
            garbage += other.garbage
            tlsHandshakes += other.tlsHandshakes
            tlsResumptions += other.tlsResumptions
            tlsFailures += other.tlsFailures
            slowClients += other.slowClients
            bytesReceived += other.bytesReceived
            bytesSent += other.bytesSent
        }
    }

    public let loop: EventLoop
    public let settings: Settings
    public internal(set) var counters = Counters()
    /// `nil` serves plain HTTP. A change counts for connections made later.
    public var tls: TLSContext?
    /// Who takes STUN and TURN; without anybody, all connections are taken for HTTP.
    public var frames: (any FrameReceiver)?
    /// Who takes ICE over TCP; see ``frames``.
    public var packets: (any PacketReceiver)?
    let handler: any HTTPHandler
    /// One per loop, lent for one read at a time: connections keep only what it left incomplete.
    let readBuffer: UnsafeMutableRawBufferPointer
    /// In no order; each knows its place.
    private(set) var connections: [Connection] = []
    private var listeners: [Listener] = []
    private var spareOutput: [OutputQueue] = []
    private(set) var admission: Admission
    private let tide: Tide
    public private(set) var isStopping = false

    private static let maxSpareOutput = 256

    public init(on loop: EventLoop, handler: any HTTPHandler, settings: Settings = Settings()) {
        self.loop = loop
        self.handler = handler
        self.settings = settings
        admission = Admission(settings)
        tide = Tide(on: loop)
        unsafe readBuffer = .allocate(byteCount: 65_536, alignment: 64)
    }

    deinit { unsafe readBuffer.deallocate() }

    /// Accepts connections on a numeric address. Port 0 picks a free one.
    /// - Returns: the port.
    public func listen(host: String, port: UInt16) throws(SystemCallError) -> UInt16 {
        let listener = try Listener(host: host, port: port, web: self)
        listeners.append(listener)
        return listener.port
    }

    /// Stops accepting and answers what is under way with `Connection: close`. WebSockets are for their
    /// owners to close.
    public func stopAccepting() {
        isStopping = true
        for listener in listeners { listener.close() }
        listeners = []
        for connection in connections { connection.closeIfIdle() }
    }

    /// Cuts every connection.
    public func closeAll() {
        for connection in connections { connection.abort() }
    }

    // MARK: For connections

    func admit(_ peer: AdmissionPeer) -> Bool {
        admission.admit(peer, open: counters.open, &counters, at: loop.now)
    }

    func opened(_ connection: Connection) {
        connection.index = connections.count
        connections.append(connection)
        admission.opened(connection.network)
        counters.open = connections.count
        tide.note(open: connections.count)
    }

    func closed(_ connection: Connection) {
        guard let last = connections.popLast() else { return }
        if last !== connection {
            last.index = connection.index
            connections[connection.index] = last
        }
        admission.closed(connection.network, at: loop.now)
        counters.open = connections.count
        tide.note(open: connections.count)
    }

    func lendOutput() -> OutputQueue { spareOutput.popLast() ?? OutputQueue() }

    func takeBack(_ output: OutputQueue) {
        guard spareOutput.count < Self.maxSpareOutput else { return }
        output.reset()
        spareOutput.append(output)
    }
}
