// SPDX-License-Identifier: Apache-2.0
internal import Datagrams
public import EngineKit
public import EventLoops
internal import HTTP
internal import Synchronization
public import TLS
public import TURNRelay
public import WebServer

/// What one loop has of the relay besides its worker: TCP, TLS and DTLS.
///
/// Confined to its loop.
public final class RelaySite {
    /// Takes connections at the addresses that are for STUN and TURN alone.
    public let web: WebLoop
    private let worker: RelayWorker
    private let streams: StreamLegs
    private var datagrams: DTLSLegs?
    private let cookieKey: [UInt8]

    /// - Parameters:
    ///   - web: Made by ``makeWeb(on:_:)``; it may listen already.
    ///   - cookieKey: The same on all loops.
    init(_ worker: RelayWorker, _ web: WebLoop, cookieKey: [UInt8]) {
        self.worker = worker
        self.web = web
        self.cookieKey = cookieKey
        streams = StreamLegs(worker)
        web.frames = streams
    }

    /// A web server that takes nothing but STUN and TURN, once it is a site's.
    public static func makeWeb(on loop: EventLoop, _ settings: WebLoop.Settings = .init()) -> WebLoop {
        WebLoop(on: loop, handler: NoPages(), settings: settings)
    }

    /// Takes the STUN and TURN streams among the connections of another web server of the same loop.
    public func takeStreams(of other: WebLoop) { other.frames = streams }

    /// Serves new connections and associations with the certificate of `context`; without one there is neither TLS nor
    /// DTLS.
    public func use(_ context: TLSContext?) {
        web.tls = context
        guard let context, let identity = try? DTLSContext(identityOf: context) else {
            datagrams?.closeAll()
            datagrams = nil
            worker.datagramLeg = nil
            return
        }
        if let datagrams { return datagrams.use(identity) }
        datagrams = try? DTLSLegs(worker, identity, cookieKey: cookieKey)
        worker.datagramLeg = datagrams
    }

    /// Takes no more connections; those in use go on.
    public func stopAccepting() { web.stopAccepting() }

    /// Ends everything.
    public func closeAll() {
        datagrams?.closeAll()
        datagrams = nil
        worker.datagramLeg = nil
        web.closeAll()
    }

    /// What the loop's worker has counted; relayed addresses in use are not among it.
    public var figures: RelayFigures { worker.figures }

    /// The allocations of this loop's clients.
    public var allocations: [AllocationReport] { worker.allocations }

    public var counters: RelaySiteCounters {
        RelaySiteCounters(
            dtlsHandshakes: datagrams?.handshakes ?? 0, dtlsFailures: datagrams?.failures ?? 0,
            dtlsAssociations: datagrams?.count ?? 0)
    }
}

/// What happened to DTLS on one loop.
public struct RelaySiteCounters: Hashable, Sendable {
    /// Handshakes that were completed, and that were begun with a right cookie and were not.
    public var dtlsHandshakes: UInt64 = 0
    public var dtlsFailures: UInt64 = 0
    /// Associations there are now.
    public var dtlsAssociations = 0

    public init(dtlsHandshakes: UInt64 = 0, dtlsFailures: UInt64 = 0, dtlsAssociations: Int = 0) {
        self.dtlsHandshakes = dtlsHandshakes
        self.dtlsFailures = dtlsFailures
        self.dtlsAssociations = dtlsAssociations
    }
}

extension RelayService {
    /// Relayed addresses in use, of all loops.
    public var leaseCount: Int { ledger.withLock { $0.count } }

    /// Takes no new allocations; those that live end at `deadline` at the latest.
    public func beginDrain(until deadline: Instant) { tell(.drain(deadline: deadline)) }

    /// Closes everything, and returns when that is done. Never on a loop.
    public func stopAndWait() {
        let (workers, keeper) = takeApart()
        keeper?.wait { $0.stop() }
        for worker in workers { worker.wait { $0.stop() } }
    }

    /// Makes a ``RelaySite`` for each loop. After ``start(on:)``, once.
    /// - Parameter webs: One of ``RelaySite/makeWeb(on:_:)`` for each loop.
    public func makeSites(_ webs: [LoopBound<WebLoop>]) -> [LoopBound<RelaySite>] {
        let key = Self.random(32)
        return zip(workers, webs).map { worker, web in
            worker.wait { worker in
                web.use { LoopBound(RelaySite(worker, $0, cookieKey: key), on: worker.loop) }
            }
        }
    }
}

/// For browsers that were given the address of the relay.
private final class NoPages: HTTPHandler {
    func home(of request: HTTPRequest) -> LoopBound<WebLoop>? { nil }
    func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        exchange.respond(HTTPResponse(.notFound, text: "This address is for STUN and TURN.\n"))
    }
}
