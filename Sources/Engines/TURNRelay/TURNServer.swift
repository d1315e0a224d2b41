// SPDX-License-Identifier: Apache-2.0
public import EngineKit
internal import NetworkAddresses
public import STUN

/// What a STUN and TURN server decides, for the clients of one event loop. RFC 8489, RFC 8656.
///
/// The driver gives it bytes from clients and peers and forwards what the verdicts say; it does what `poll()` says,
/// and ticks at `deadline`. Sockets are the driver's. Invariant: nothing is stored for a client that has not shown
/// valid credentials, and whatever is stored is given back exactly once.
public struct TURNServer<Digests: STUNDigests>: ~Copyable {
    let settings: TURNSettings
    let digests: Digests
    let nonces: NonceSigner<Digests>
    var gatekeeper: Gatekeeper<Digests>
    var peers: PeerGate
    // What strangers may have over UDP: answers to Binding, and all others.
    var bindingLimiter: SourceLimiter
    var challengeLimiter: SourceLimiter
    /// Wrong passwords of one address and port, over whatever transport: each costs several hashes.
    var passwordLimiter: SourceLimiter
    public internal(set) var counters = TURNCounters()

    // Allocations: slots by number, their clients, what they hold.
    var slots: ContiguousArray<Allocation> = []
    var freeSlots: ContiguousArray<UInt32> = []
    var clients: FlatTable<ClientAddress, UInt32>
    var permissions = NodePool<Permission>()
    var channels = NodePool<Channel>()
    var users = UserTable()
    var connections = PeerConnections()
    /// ``TURNKeys/loop``.
    let loop: UInt16
    var wheel = ExpiryWheel()
    /// How many slots are in use.
    var live = 0

    /// The relayed addresses of all loops.
    var routes: FlatTable<SocketAddress, RelayRoute>
    /// While the server drains: when the last allocations end.
    var drainEnd: Instant?
    var outputs = Queue<TURNOutput>()
    let seed: HashSeed
    /// The transaction of the last indication.
    var indication: STUNTransactionID

    public init(_ settings: TURNSettings, users: TURNUsers, keys: TURNKeys, digests: Digests) {
        self.settings = settings
        self.digests = digests
        let seed = HashSeed(keys.seed)
        self.seed = seed
        loop = keys.loop
        nonces = NonceSigner(key: keys.nonce, lifetime: settings.nonceLifetime, digests: digests)
        gatekeeper = Gatekeeper(settings, users: users, digests: digests)
        peers = PeerGate(policy: settings.peers, hasSockets: settings.hasRelaySockets)
        let rate = settings.unauthenticatedRate.map { max($0, 1) }
            .map { TokenRate(burst: $0 * 6, perSecond: $0) }
        bindingLimiter = SourceLimiter(rate, seed: seed)
        challengeLimiter = SourceLimiter(rate, seed: seed)
        passwordLimiter = SourceLimiter(rate == nil ? nil : TokenRate(burst: 10, perSecond: 1), seed: seed)
        let nobody = SocketAddress(ip: IPAddress(v4: 0), port: 0)
        clients = FlatTable(seed: seed, key: ClientAddress(.udp, remote: nobody), value: 0)
        let nowhere = RelayRoute(loop: 0, relay: RelayID(index: 0, generation: 0), group: 0)
        routes = FlatTable(seed: seed, key: nobody, value: nowhere)
        // Clients see these: nothing of what spreads the tables may follow from them.
        let ids = digests.sha256(Array("indications".utf8) + keys.seed).bytes
        let low = ids.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let high = ids.dropFirst(8).prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        indication = STUNTransactionID(high: high, low: low)
    }

    /// Takes one datagram, or one frame of a stream.
    @unsafe public mutating func receive(
        _ bytes: UnsafeRawBufferPointer, from client: ClientAddress, at now: Instant
    ) -> ClientVerdict {
        guard bytes.count >= 4 else { return refuse(.malformed) }
        let first = unsafe bytes[0]
        if first & 0xF0 == 0x40 { return unsafe receiveChannelData(bytes, from: client, at: now) }
        // The type of a Send indication: see ``STUNHeader/type``.
        if first == 0, unsafe bytes[1] == 0x16 { return unsafe receiveSend(bytes, from: client, at: now) }
        unsafe receiveMessage(bytes, from: client, at: now)
        return .done
    }

    public mutating func handle(_ input: TURNInput, at now: Instant) {
        expire(at: now)
        switch input {
        case .relayOpened(let relay, let grant): opened(relay, grant, at: now)
        case .relayRefused(let relay, let refusal): refused(relay, refusal)
        case .routeAppeared(let address, let route): routes.insert(route, for: address)
        case .routeVanished(let address): routes.remove(address)
        case .streamClosed(let client):
            if let slot = anySlot(of: client) { end(slot, closesStream: false) }
        case .peerConnected(let connection): connected(connection, at: now)
        case .peerClosed(let connection): peerClosed(connection)
        case .peerUnreachable(let relay, let peer, let error): report(error, of: peer, on: relay, at: now)
        case .revoke(let name): revoke(name, at: now)
        case .drain(let deadline): drain(until: deadline, at: now)
        case .addresses(let addresses): take(addresses, at: now)
        case .users(let users): gatekeeper.take(users)
        case .clock(let clock): gatekeeper.set(clock, at: now)
        case .tick: break
        }
    }

    public mutating func poll() -> TURNOutput? { outputs.popFirst() }

    /// When the engine next wants a tick.
    public var deadline: Instant? {
        var deadline = wheel.deadline
        if let other = connections.deadline { deadline = min(other, deadline ?? other) }
        guard let drainEnd, live > 0 else { return deadline }
        return min(drainEnd, deadline ?? drainEnd)
    }

    /// Whether an allocation belongs to the client, so that its connection is kept.
    public func hasAllocation(_ client: ClientAddress) -> Bool { clients[client] != nil }

    /// How many allocations there are, those that wait for their relay included.
    public var allocationCount: Int { live }
}
