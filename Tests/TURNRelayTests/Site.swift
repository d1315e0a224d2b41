// SPDX-License-Identifier: Apache-2.0
import EngineKit
import NetworkAddresses
import STUN
import TLS
import TURNRelay

/// The hashes of the system.
let digests = OpenSSLDigests()

/// A server with everything that a driver does for it, and no network: what it would send is kept.
final class Site {
    static let relayAddress = IPAddress("198.51.100.7")!
    static let relayAddress6 = IPAddress("2001:470::7")!
    static let secret = Array("north".utf8)
    static let users = TURNUsers(secrets: [secret], passwords: ["alice": "secret", "bob": "secret"])
    static let wall: Int64 = 1_800_000_000

    var server: TURNServer<OpenSSLDigests>
    var ledger: RelayLedger<SeededRandomSource>
    var now = Instant(nanoseconds: 5_000_000_000_000)
    /// What was sent since somebody looked.
    var sent: [(bytes: [UInt8], to: ClientAddress)] = []
    var leases: [RelayID: RelayLease] = [:]
    var opened: [RelayRequest] = []
    var closed: [RelayID] = []
    var closedStreams: [ClientAddress] = []
    var isDrained = false
    /// Connections to peers that the server wants made, and gave up.
    var connecting: [(id: PeerConnectionID, to: SocketAddress)] = []
    var closedPeers: [PeerConnectionID] = []
    /// What became of the last claim.
    var granted: ConnectionClaim?
    /// Whether requests for relays wait until ``answerRelays()``.
    var holdsRelays = false

    init(
        _ change: (inout TURNSettings) -> Void = { _ in }, limits: RelayLimits = RelayLimits(),
        ports: ClosedRange<UInt16>? = 49_152...65_535, both: Bool = false, families: [IPAddress]? = nil,
        users: TURNUsers = Site.users
    ) {
        var settings = TURNSettings()
        settings.unauthenticatedRate = nil
        change(&settings)
        let keys = TURNKeys(nonce: Array(repeating: 7, count: 32), seed: [1, 2, 3])
        server = TURNServer(settings, users: users, keys: keys, digests: digests)
        let families = families ?? [Self.relayAddress] + (both ? [Self.relayAddress6] : [])
        let addresses = families.map { RelayAddress(told: $0, bound: $0) }
        ledger = RelayLedger(limits, addresses: addresses, ports: ports, random: SeededRandomSource(seed: 9))
        let own = addresses.map(\.told)
        handle(.addresses(OwnAddresses(relays: own, all: own + [IPAddress("192.168.1.2")!])))
        handle(.clock(WallClock(milliseconds: Self.wall * 1_000)))
    }

    func handle(_ input: TURNInput) {
        server.handle(input, at: now)
        drain()
    }

    /// Lets time pass, with all ticks that the server wants.
    func pass(_ duration: Duration) {
        let end = now.advanced(by: duration)
        while let deadline = server.deadline, deadline <= end {
            now = max(deadline, now)
            handle(.tick)
        }
        now = end
    }

    @discardableResult
    func receive(_ bytes: [UInt8], from client: ClientAddress) -> ClientVerdict {
        let verdict = unsafe bytes.withUnsafeBytes { unsafe server.receive($0, from: client, at: now) }
        drain()
        return verdict
    }

    func receive(_ count: Int, fromPeer peer: String, on relay: RelayID) -> PeerVerdict {
        server.receive(count: count, fromPeer: SocketAddress(peer)!, on: relay, at: now)
    }

    func hasAllocation(_ client: Client) -> Bool { server.hasAllocation(client.address) }

    func answerRelays() {
        holdsRelays = false
        let waiting = opened.filter { leases[$0.relay] == nil && !closed.contains($0.relay) }
        for request in waiting { open(request) }
        drain()
    }

    private func drain() {
        while let output = server.poll() {
            switch output {
            case .send(let bytes, let client): sent.append((bytes, client))
            case .openRelay(let request):
                opened.append(request)
                if !holdsRelays { open(request) }
            case .closeRelay(let relay): close(relay)
            case .closeStream(let client): closedStreams.append(client)
            case .connectPeer(let id, _, let peer): connecting.append((id, peer))
            case .closePeer(let id): closedPeers.append(id)
            case .claimPeer(let claim):
                let isGranted = server.grant(claim, at: now)
                server.answer(claim, isGranted: isGranted)
                granted = isGranted ? claim : nil
            case .drained: isDrained = true
            }
        }
    }

    private func open(_ request: RelayRequest) {
        switch ledger.open(request, at: now) {
        case .failure(let refusal): server.handle(.relayRefused(request.relay, refusal), at: now)
        case .success(let lease):
            leases[request.relay] = lease
            let route = RelayRoute(loop: 0, relay: request.relay, group: request.group)
            server.handle(.relayOpened(request.relay, lease.grant), at: now)
            server.handle(.routeAppeared(lease.main.told, route), at: now)
            if let additional = lease.additional {
                server.handle(.routeAppeared(additional.told, route), at: now)
            }
        }
    }

    private func close(_ relay: RelayID) {
        closed.append(relay)
        guard let lease = leases.removeValue(forKey: relay) else { return }
        ledger.close(lease, at: now)
        server.handle(.routeVanished(lease.main.told), at: now)
        if let additional = lease.additional { server.handle(.routeVanished(additional.told), at: now) }
    }
}

/// An answer or indication, taken apart.
struct Reply {
    var bytes: [UInt8]
    var method: STUNMethod
    var messageClass: STUNClass
    var id: STUNTransactionID
    var error: Int?
    var lifetime: UInt32?
    var relayed: [SocketAddress] = []
    var mapped: SocketAddress?
    var peer: SocketAddress?
    var token: UInt64?
    var nonce: [UInt8]?
    var realm: String?
    var algorithms: [STUNPasswordAlgorithm]
    var unknown: [STUNAttributeType]
    var addressError: Int?
    var alternate: SocketAddress?
    var icmp: UInt64?
    var isProtected: Bool
    var connection: UInt32?

    init?(_ bytes: [UInt8]) {
        let parsed: Reply? = unsafe bytes.withUnsafeBytes { raw in
            guard let message = unsafe try? STUNMessage(raw) else { return nil }
            return Reply(message, bytes)
        }
        guard let parsed else { return nil }
        self = parsed
    }

    private init(_ message: borrowing STUNMessage, _ bytes: [UInt8]) {
        self.bytes = bytes
        method = message.method
        messageClass = message.messageClass
        id = message.transactionID
        error = message.errorCode.map { Int($0.rawValue) }
        lifetime = message.number(.lifetime)
        mapped = message.address(.xorMappedAddress)
        peer = message.address(.xorPeerAddress)
        token = message.longNumber(.reservationToken)
        nonce = message.value(.nonce)
        realm = message.text(.realm)
        algorithms = message.passwordAlgorithms
        unknown = message.unknownAttributes
        addressError = message.addressError.map { Int($0.code.rawValue) }
        alternate = message.address(.alternateServer)
        icmp = message.longNumber(.icmp)
        connection = message.number(.connectionID)
        let codes = [message.hasIntegrity(.sha1), message.hasIntegrity(.sha256)]
        isProtected = codes.contains(true)
        var cursor = STUNMessage.Cursor()
        while let attribute = message.next(&cursor) {
            if attribute.type == .xorRelayedAddress, let address = message.address(in: attribute) {
                relayed.append(address)
            }
        }
    }
}
