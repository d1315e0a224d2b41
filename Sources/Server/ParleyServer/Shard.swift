// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import MediaServer
internal import MeetingProtocol
internal import NetworkAddresses
internal import RelayServer
internal import Rooms
internal import ServerConfig
internal import SocketIO
internal import TLS
internal import WebServer

/// What one event loop holds: its connections' sessions, and the rooms whose codes fall to it.
///
/// Confined to its loop. Shards talk in values, through ``ShardSet``.
final class Shard {
    let index: Int
    let loop: EventLoop
    let services: Services
    let web: WebLoop
    /// The shard and its siblings; empty until ``join(_:)``.
    private(set) var shards = ShardSet([])
    private(set) lazy var rooms = RoomDirectory(self)
    private(set) lazy var dialects = DialectShard(self)
    private(set) lazy var practices = PracticeDirectory(self)
    /// The loop's part of the Socket.IO server.
    let hub: Hub
    /// Meeting clients by session number.
    private var clients: [UInt64: MeetingClient] = [:]
    private var nextClient: UInt64 = 0
    /// Looking for meetings that do not exist, per client address.
    var guesses = AddressLimiter(burst: 60, perSecond: 1)
    var creations = AddressLimiter(burst: 60, perSecond: 1)
    /// Credentials for tests of the relay: a school that opens the page at once, and then one now and then.
    var relayTests = AddressLimiter(TokenRate(burst: 60, every: 5))
    /// The relay, and what this loop has of it; `nil` without one.
    private(set) var relay: (host: RelayHost, site: RelaySite)?
    /// Rooms of media; `nil` where the server carries none.
    private(set) var media: MediaDirectory?
    /// The sessions of WHIP and WHEP; `nil` where the server carries no media.
    private(set) var streams: StreamDesk?
    /// Streams begin one by one; a hall full of screens that come back at once is not refused.
    var streamStarts = AddressLimiter(burst: 200, perSecond: 10)
    /// Parley's own certificate, whose authority people may want to trust; `nil` when there is none.
    private(set) var certificate: LocalCertificate?

    init(index: Int, loop: EventLoop, services: Services) {
        self.index = index
        self.loop = loop
        self.services = services
        hub = Hub(index: index, loop: loop, server: services.sockets) { request in
            ClientRequest(request, services).socketClient(for: request, services)
        }
        let router = Router()
        web = WebLoop(on: loop, handler: router, settings: Self.webSettings(services))
        router.shard = self
    }

    /// One address may be a whole school, but not a whole server's worth of connections; a proxy of ours
    /// speaks for everybody.
    static func webSettings(_ services: Services) -> WebLoop.Settings {
        let proxies = services.config.http.trustedProxies
        var settings = WebLoop.Settings()
        settings.perAddress = .init(maxConnections: 2000, rate: .init(burst: 1000, perSecond: 100)) { host in
            IPAddress(host).map { address in proxies.contains { $0.contains(address) } } ?? false
        }
        return settings
    }

    func join(_ shards: ShardSet) { self.shards = shards }

    /// Serves new connections with `context`, which was made from `certificate` where that is Parley's own.
    func use(_ context: TLSContext?, _ certificate: LocalCertificate?) {
        web.tls = context
        dialects.use(context)
        relay?.site.use(context)
        self.certificate = certificate
    }

    /// Takes STUN and TURN at the main address from now on.
    func use(_ relay: RelayHost, _ site: RelaySite) {
        self.relay = (relay, site)
        site.takeStreams(of: web)
    }

    /// Carries media from now on.
    func use(_ media: MediaHost) {
        guard let worker = media.service.worker(on: loop) else { return }
        self.media = worker.use { MediaDirectory(media, $0) }
        // Media come over TCP at the same addresses.
        let packets = worker.use { MediaStreams($0) }
        web.packets = packets
        relay?.site.web.packets = packets
        streams = self.media.map(StreamDesk.init)
    }

    // MARK: Meeting clients

    func register(_ client: (SessionID) -> MeetingClient) -> MeetingClient {
        nextClient += 1
        let client = client(SessionID(UInt64(index) << 48 | nextClient))
        clients[client.id.number] = client
        return client
    }

    func unregister(_ client: MeetingClient) { clients[client.id.number] = nil }

    func client(_ id: SessionID) -> MeetingClient? { clients[id.number] }

    /// Sends everybody out of a meeting that is over or has another code, wherever they are.
    func empty(_ code: MeetingCode) {
        shards.execute(on: shards.home(of: code)) { $0.rooms.handle(.end(.endedByHost), in: code) }
        dialects.end(code)
    }

    /// Tells every client that the server is about to go.
    func announceStop() {
        let packet = MeetingClient.prepare(.stopping)
        for client in clients.values { client.deliver(packet) }
    }
}

/// All shards of the server, reachable from any thread.
struct ShardSet: Sendable {
    struct Member: Sendable {
        let shard: LoopBound<Shard>
        let web: LoopBound<WebLoop>
        /// In the order of ``Services/dialects``.
        let sites: [LoopBound<WebLoop>]
    }

    /// Session ids name their shard with one character of 64.
    static let maxCount = 64

    private let members: [Member]

    init(_ members: [Member]) { self.members = members }

    var count: Int { members.count }

    /// Runs `body` with a shard on its loop, after everything queued there before. Even for the
    /// caller's own shard: nothing in a shard is ever entered from inside itself.
    func execute(on index: Int, _ body: @escaping @Sendable (Shard) -> Void) {
        guard members.indices.contains(index) else { return }
        members[index].shard.execute(body)
    }

    func executeOnAll(_ body: @escaping @Sendable (Shard) -> Void) {
        for member in members { member.shard.execute(body) }
    }

    /// Serves new connections of all shards with `context`.
    func serve(_ context: TLSContext?, _ certificate: LocalCertificate?) {
        executeOnAll { $0.use(context, certificate) }
    }

    /// The shard that lives on `loop`. Called on that loop.
    func use(on loop: EventLoop, _ body: (Shard) -> Void) {
        members.first { $0.shard.loop === loop }?.shard.use(body)
    }

    /// The web server of a shard, to move a connection there.
    func web(of index: Int) -> LoopBound<WebLoop>? {
        members.indices.contains(index) ? members[index].web : nil
    }

    /// The web server of a shard for one of the addresses of dialects: a port's own, or the main one.
    func web(of index: Int, site: Int) -> LoopBound<WebLoop>? {
        members.indices.contains(index) ? members[index].sites[site] : nil
    }

    /// The shard that holds the room of `code`. FNV-1a: the same in every run.
    func home(of code: MeetingCode) -> Int { home(of: code.text) }

    /// The shard that holds the room of a name, which may be a meeting's code.
    func home(of room: String) -> Int {
        let hash = room.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01B3
        }
        return Int(hash % UInt64(max(1, members.count)))
    }

    static func home(of session: SessionID) -> Int { Int(session.number >> 48) }
}
