// SPDX-License-Identifier: Apache-2.0

import EngineKit
import NetworkAddresses
import STUN
import TLS
import TURNRelay

/// A server with allocations that have two permissions and one channel each.
final class Load {
    static let peer = SocketAddress("203.0.114.1:7")!
    static let otherPeer = SocketAddress("203.0.114.2:7")!
    private static let relayAddress = IPAddress("198.51.100.7")!
    private static let digests = OpenSSLDigests()

    private var server: TURNServer<OpenSSLDigests>
    private var ledger: RelayLedger<SeededRandomSource>
    private var leases: [RelayID: RelayLease] = [:]
    private var answer: [UInt8] = []
    private let now = Instant(nanoseconds: 1_000_000_000_000)
    private var lastID: UInt64 = 0
    private(set) var clients: [ClientAddress] = []
    private var nonces: [[UInt8]] = []
    private var relays: [RelayID] = []

    init(allocations: Int) {
        var settings = TURNSettings()
        settings.unauthenticatedRate = nil
        let users = TURNUsers(secrets: [Array("north".utf8)])
        let keys = TURNKeys(nonce: Array(repeating: 7, count: 32), seed: [1, 2, 3])
        server = TURNServer(settings, users: users, keys: keys, digests: Self.digests)
        let address = RelayAddress(told: Self.relayAddress, bound: Self.relayAddress)
        let limits = RelayLimits(perUser: .max, perAddress: .max, total: .max)
        ledger = RelayLedger(limits, addresses: [address], ports: nil, random: SeededRandomSource(seed: 9))
        server.handle(
            .addresses(OwnAddresses(relays: [Self.relayAddress], all: [Self.relayAddress])), at: now)
        server.handle(.clock(WallClock(milliseconds: 1_800_000_000_000)), at: now)
        for index in 0..<allocations {
            let remote = SocketAddress(
                ip: IPAddress(v4: 0xC000_0200 + UInt32(index >> 8)), port: UInt16(1_000 + index & 255))
            let client = ClientAddress(.udp, remote: remote)
            clients.append(client)
            nonces.append([])
            takeNonce(index)
            relays.append(self.allocate(index))
            receive(
                signed(.createPermission, index) {
                    $0.append(.xorPeerAddress, Self.peer)
                    $0.append(.xorPeerAddress, Self.otherPeer)
                }, from: client)
            receive(
                signed(.channelBind, index) {
                    $0.append(channel: 0x4000)
                    $0.append(.xorPeerAddress, Self.peer)
                }, from: client)
        }
    }

    // MARK: Measuring

    /// The same bytes from one client after another.
    func measureEach(_ name: String, _ bytes: [UInt8]) {
        var index = 0
        measure(name) {
            index = index + 1 < clients.count ? index + 1 : 0
            let verdict = unsafe bytes.withUnsafeBytes {
                unsafe server.receive($0, from: clients[index], at: now)
            }
            // As drivers do: what the engine wants besides comes up when a batch is through.
            guard case .done = verdict else { return 2 }
            while server.poll() != nil {}
            return 1
        }
    }

    func measurePeer(_ name: String, from peer: SocketAddress) {
        var index = 0
        var header = [UInt8](repeating: 0, count: 48)
        measure(name) {
            index = index + 1 < relays.count ? index + 1 : 0
            switch server.receive(count: 1_000, fromPeer: peer, on: relays[index], at: now) {
            case .drop: return 0
            case .channel(_, let number): return Int(number)
            case .indication(_, let count):
                unsafe header.withUnsafeMutableBytes {
                    unsafe server.writeIndicationHeader(into: $0, peer: peer, count: 1_000)
                }
                return count
            }
        }
    }

    func measureRefresh(_ name: String) {
        measureEach(name, signed(.refresh, 1) { _ in })
    }

    func measureCycle(_ name: String) {
        clients.append(ClientAddress(.udp, remote: SocketAddress("192.0.2.250:9")!))
        nonces.append([])
        let index = clients.count - 1
        takeNonce(index)
        measure(name) {
            let relay = allocate(index)
            receive(signed(.refresh, index) { $0.append(.lifetime, number: 0) }, from: clients[index])
            return Int(relay.generation)
        }
    }

    // MARK: Steps

    private func takeNonce(_ index: Int) {
        lastID += 1
        var writer = STUNWriter(.allocate, .request, id: STUNTransactionID(high: 0, low: lastID))
        writer.append(.requestedTransport, firstByte: 17)
        receive(writer.finish(), from: clients[index])
        unsafe answer.withUnsafeBytes { bytes in
            if let message = unsafe try? STUNMessage(bytes) { nonces[index] = message.value(.nonce) ?? [] }
        }
    }

    private func allocate(_ index: Int) -> RelayID {
        receive(
            signed(.allocate, index) { $0.append(.requestedTransport, firstByte: 17) }, from: clients[index])
        return lastRelay
    }

    private var lastRelay = RelayID(index: 0, generation: 0)

    private func signed(_ method: STUNMethod, _ index: Int, _ build: (inout STUNWriter) -> Void) -> [UInt8] {
        lastID += 1
        var writer = STUNWriter(method, .request, id: STUNTransactionID(high: 0, low: lastID))
        build(&writer)
        let credential = TURNCredential(
            expiry: 1_800_010_000, name: "m/\(index)", secret: Array("north".utf8), Self.digests)
        writer.append(.username, credential.username)
        writer.append(.realm, "parley")
        writer.append(.nonce, nonces[index])
        let key = STUNCredentials.key(
            .md5, username: credential.username.utf8, realm: "parley", password: credential.password,
            Self.digests)
        writer.append(.sha1, key: key, Self.digests)
        return writer.finish()
    }

    private func receive(_ bytes: [UInt8], from client: ClientAddress) {
        _ = unsafe bytes.withUnsafeBytes { unsafe server.receive($0, from: client, at: now) }
        while let output = server.poll() {
            switch output {
            case .send(let bytes, _): answer = bytes
            case .openRelay(let request):
                guard case .success(let lease) = ledger.open(request, at: now) else { fatalError("no relay") }
                leases[request.relay] = lease
                lastRelay = request.relay
                server.handle(.relayOpened(request.relay, lease.grant), at: now)
            case .closeRelay(let relay):
                if let lease = leases.removeValue(forKey: relay) { ledger.close(lease, at: now) }
            case .closeStream, .drained: break
            }
        }
    }
}
