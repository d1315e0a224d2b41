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
        /// Most connections of one loop.
        public var maxConnections = 50_000
        public var handshakeTimeout = Duration.seconds(10)
        public var headTimeout = Duration.seconds(10)
        public var bodyTimeout = Duration.seconds(60)
        public var idleTimeout = Duration.seconds(75)
        /// How long a client may take none of the bytes that wait for it.
        public var stallTimeout = Duration.seconds(30)
        /// How long a closing handshake may take.
        public var closeTimeout = Duration.seconds(3)

        public init() {}
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
        public var open = 0
    }

    public let loop: EventLoop
    public let settings: Settings
    public internal(set) var counters = Counters()
    /// `nil` serves plain HTTP. A change counts for connections made later.
    public var tls: TLSContext?
    let handler: any HTTPHandler
    /// One per loop, lent for one read at a time: connections keep only what it left incomplete.
    let readBuffer: UnsafeMutableRawBufferPointer
    private var connections: [ObjectIdentifier: Connection] = [:]
    private var listeners: [Listener] = []
    public private(set) var isStopping = false

    public init(on loop: EventLoop, handler: any HTTPHandler, settings: Settings = Settings()) {
        self.loop = loop
        self.handler = handler
        self.settings = settings
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

    /// Stops accepting and answers what is under way with `Connection: close`.
    public func stopAccepting() {
        isStopping = true
        for listener in listeners { listener.close() }
        listeners = []
        for connection in connections.values { connection.closeIfIdle() }
    }

    /// Cuts every connection.
    public func closeAll() {
        for connection in connections.values { connection.abort() }
    }

    func opened(_ connection: Connection) {
        connections[ObjectIdentifier(connection)] = connection
        counters.open = connections.count
    }

    func closed(_ connection: Connection) {
        connections[ObjectIdentifier(connection)] = nil
        counters.open = connections.count
    }
}
