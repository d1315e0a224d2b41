// SPDX-License-Identifier: Apache-2.0

import EngineKit
import FuzzKit
import NetworkAddresses
import STUN
import TURNRelay

/// Clients, peers and a driver around one server.
final class World {
    private static let relayAddress = IPAddress("198.51.100.7")!
    private static let mediaAddress = SocketAddress("198.51.100.7:3478")!
    private static let peers = [
        "8.8.8.8:1", "8.8.8.8:2", "8.8.4.4:1", "127.0.0.1:80", "198.51.100.7:50000", "[2001:4860::1]:1",
    ]
    .map { SocketAddress($0)! }
    private static let limits = RelayLimits(perUser: 3, perAddress: 4, total: 6)
    private static let bound = 3

    private var server: TURNServer<Checksum>
    private var ledger: RelayLedger<SeededRandomSource>
    private var now = Instant(nanoseconds: 1_000_000_000_000)
    private var leases: [RelayID: RelayLease] = [:]
    private var waiting: [RelayRequest] = []
    /// Connections to peers that are being made.
    private var dialled: [PeerConnectionID] = []
    private var clients: [Client]
    private var lastID: UInt64 = 0
    /// Bytes that the last input was answered with.
    private var answered = 0

    private struct Client {
        var address: ClientAddress
        var name: String
        var nonce: [UInt8] = []
    }

    init() {
        var settings = TURNSettings()
        settings.permissionsPerAllocation = Self.bound
        settings.channelsPerAllocation = Self.bound
        settings.unauthenticatedRate = nil
        settings.allocationBandwidth = 1_000_000
        let users = TURNUsers(passwords: ["alice": "secret", "bob": "secret"])
        let keys = TURNKeys(nonce: Array(repeating: 7, count: 32), seed: [1])
        server = TURNServer(settings, users: users, keys: keys, digests: Checksum())
        let address = RelayAddress(told: Self.relayAddress, bound: Self.relayAddress)
        ledger = RelayLedger(
            Self.limits, addresses: [address], ports: 50_000...50_005, random: SeededRandomSource(seed: 1))
        clients = (0..<8).map { index in
            let transport = ClientTransport.allCases[index % 4]
            let remote = SocketAddress("192.0.2.\(index % 3 + 1):\(1_000 + index)")!
            let stream = transport == .udp ? 0 : UInt32(index)
            let address = ClientAddress(transport, remote: remote, stream: stream)
            return Client(address: address, name: index % 2 == 0 ? "alice" : "bob")
        }
        server.handle(
            .addresses(
                OwnAddresses(
                    relays: [Self.relayAddress], all: [Self.relayAddress], media: [Self.mediaAddress])),
            at: now)
        server.handle(.clock(WallClock(milliseconds: 1_800_000_000_000)), at: now)
        for index in clients.indices { takeNonce(index) }
    }

    // MARK: Steps

    func perform(_ step: UInt8, _ script: inout Script) {
        switch step % 12 {
        case 0: pass(script.number(256) * [1, 1_000, 60_000, 600_000][script.number(4)])
        case 1: receiveFromStranger(script.bytes(script.number(256)), from: script.number(8))
        case 2, 3: receive(request(&script), from: script.number(8))
        case 4: receiveBent(request(&script), &script)
        case 5: receiveChannelData(&script)
        case 6: receiveSend(&script)
        case 7: receiveFromPeer(&script)
        case 8: handle(.streamClosed(clients[script.number(8)].address))
        case 9: answerRelay(isGranted: script.number(4) > 0)
        case 10: takeNonce(script.number(8))
        default: operate(&script)
        }
    }

    private func operate(_ script: inout Script) {
        let relays = leases.keys.sorted { $0.index < $1.index }
        switch script.number(5) {
        case 0:
            let all = [Self.relayAddress, Self.peers[script.number(Self.peers.count)].ip]
            handle(.addresses(OwnAddresses(relays: [Self.relayAddress], all: all)))
        case 1 where !relays.isEmpty:
            let relay = relays[script.number(relays.count)]
            let error = ICMPError(type: script.byte(), code: script.byte())
            handle(.peerUnreachable(relay, Self.peers[script.number(Self.peers.count)], error))
        case 2 where script.number(8) == 0: handle(.revoke("bob"))
        case 3 where script.number(8) == 0:
            handle(.drain(deadline: now.advanced(by: .seconds(script.number(255)))))
        case 4:
            let relay = RelayID(index: UInt32(script.byte()), generation: UInt32(script.number(4)))
            guard leases[relay] == nil, !waiting.contains(where: { $0.relay == relay }) else { return }
            handle(.relayRefused(relay, .system))
        default: break
        }
    }

    private func pass(_ milliseconds: Int) {
        now = now.advanced(by: .milliseconds(milliseconds))
        if let deadline = server.deadline, deadline <= now { handle(.tick) }
    }

    /// A request with right credentials, and attributes as the script says.
    private func request(_ script: inout Script) -> (Int) -> [UInt8] {
        let methods = [STUNMethod.allocate, .allocate, .refresh, .createPermission, .channelBind, .connect]
        let method = methods[script.number(methods.count)]
        lastID += script.number(4) == 0 ? 0 : 1
        var writer = STUNWriter(method, .request, id: STUNTransactionID(high: 1, low: lastID))
        for _ in 0..<script.number(5) { append(&writer, &script) }
        switch method {
        case .allocate: writer.append(.requestedTransport, firstByte: 17)
        case .createPermission: writer.append(.xorPeerAddress, Self.peers[script.number(3)])
        case .channelBind:
            writer.append(channel: 0x4000 + UInt16(script.number(4)))
            writer.append(.xorPeerAddress, Self.peers[script.number(3)])
        default: break
        }
        return { [clients, writer] index in
            var writer = writer
            let client = clients[index]
            writer.append(.username, client.name)
            writer.append(.realm, "parley")
            writer.append(.nonce, client.nonce)
            let key = STUNCredentials.key(
                .md5, username: client.name.utf8, realm: "parley", password: "secret", Checksum())
            writer.append(.sha1, key: key, Checksum())
            return writer.finish()
        }
    }

    private func append(_ writer: inout STUNWriter, _ script: inout Script) {
        switch script.number(9) {
        case 0, 1, 2: writer.append(.xorPeerAddress, Self.peers[script.number(Self.peers.count)])
        case 3: writer.append(channel: 0x3FFE + UInt16(script.number(8)))
        case 4: writer.append(.lifetime, number: UInt32(script.number(4)) * 600)
        case 5: writer.append(evenPort: script.number(2) == 0)
        case 6: writer.append(.requestedAddressFamily, firstByte: UInt8(script.number(4)))
        case 7: writer.append(.reservationToken, longNumber: UInt64(script.byte()))
        default: writer.append(STUNAttributeType(rawValue: UInt16(script.byte()) << 8), script.bytes(4))
        }
    }

    private func receive(_ request: (Int) -> [UInt8], from index: Int) {
        receive(request(index), from: index)
    }

    /// A right request with one byte changed does nothing.
    private func receiveBent(_ request: (Int) -> [UInt8], _ script: inout Script) {
        let index = script.number(8)
        var bytes = request(index)
        let change = script.byte()
        guard change != 0 else { return }
        bytes[script.number(256) % bytes.count] ^= change
        receiveFromStranger(bytes, from: index)
    }

    private func receiveFromStranger(_ bytes: [UInt8], from index: Int) {
        let (before, wanted) = (server.allocationCount, waiting.count)
        receive(bytes, from: index)
        promise(server.allocationCount <= before, "nothing is stored without credentials")
        promise(waiting.count == wanted, "and nothing is opened")
        promise(answered <= 3 * bytes.count, "and no answer is three times as long")
    }

    private func receiveChannelData(_ script: inout Script) {
        let (number, length) = (0x4000 + script.number(4), script.number(20))
        let bytes =
            [UInt8(number >> 8), UInt8(number & 255), 0, UInt8(length)] + script.bytes(script.number(24))
        receive(bytes, from: script.number(8))
    }

    private func receiveSend(_ script: inout Script) {
        lastID += 1
        var writer = STUNWriter(.send, .indication, id: STUNTransactionID(high: 1, low: lastID))
        writer.append(.xorPeerAddress, Self.peers[script.number(Self.peers.count)])
        writer.append(.data, script.bytes(script.number(16)))
        if script.number(4) == 0 { append(&writer, &script) }
        receive(writer.finish(), from: script.number(8))
    }

    private func receiveFromPeer(_ script: inout Script) {
        let relay = RelayID(index: UInt32(script.number(8)), generation: UInt32(script.number(8)))
        let peer = Self.peers[script.number(Self.peers.count)]
        switch server.receive(count: script.number(256), fromPeer: peer, on: relay, at: now) {
        case .drop: break
        case .channel(let client, _), .indication(let client, _):
            promise(leases[relay] != nil, "only what lives receives")
            promise(server.hasAllocation(client), "and for its client")
            promise(!peer.ip.isLoopback, "and not from where it may not send to")
        }
    }

    private func takeNonce(_ index: Int) {
        lastID += 1
        let id = STUNTransactionID(high: 2, low: lastID)
        var writer = STUNWriter(.allocate, .request, id: id)
        writer.append(.requestedTransport, firstByte: 17)
        receive(writer.finish(), from: index)
    }

    // MARK: The driver

    private func receive(_ bytes: [UInt8], from index: Int) {
        answered = 0
        let client = clients[index].address
        switch unsafe bytes.withUnsafeBytes({ unsafe server.receive($0, from: client, at: now) }) {
        case .done: break
        case .relay(let relay, let peer, let payload, _):
            promise(payload.upperBound <= bytes.count, "payload lies in its datagram")
            promise(leases[relay] != nil, "only what lives sends")
            promise(peer.ip.purpose == nil, "and only to ordinary addresses")
        case .handOver(let route, let from, let payload):
            promise(payload.upperBound <= bytes.count, "payload lies in its datagram")
            promise(leases[route.relay] != nil, "hand-over is to what lives")
            promise(from.ip == Self.relayAddress, "from a relayed address")
        case .media(let relay, let to, let from, let payload):
            promise(payload.upperBound <= bytes.count, "payload lies in its datagram")
            promise(leases[relay] != nil, "only what lives sends")
            promise(to == Self.mediaAddress, "and to media where they are")
            promise(from.ip == Self.relayAddress, "from a relayed address")
        }
        drain()
    }

    private func handle(_ input: TURNInput) {
        server.handle(input, at: now)
        drain()
    }

    private func drain() {
        while let output = server.poll() {
            switch output {
            case .send(let bytes, let client):
                answered += bytes.count
                take(bytes, client)
            case .openRelay(let request): waiting.append(request)
            case .closeRelay(let relay):
                waiting.removeAll { $0.relay == relay }
                close(relay)
            case .connectPeer(let peer, _, to: _): dialled.append(peer)
            case .closePeer(let peer): dialled.removeAll { $0 == peer }
            case .claimPeer, .closeStream, .drained: break
            }
        }
    }

    private func take(_ bytes: [UInt8], _ address: ClientAddress) {
        unsafe bytes.withUnsafeBytes { bytes in
            guard let message = accepted({ try unsafe STUNMessage(bytes) }) else {
                return promise(false, "what is sent can be read")
            }
            guard let index = clients.firstIndex(where: { $0.address == address }) else { return }
            if let nonce = message.value(.nonce) { clients[index].nonce = nonce }
        }
    }

    private func answerRelay(isGranted: Bool) {
        if let peer = dialled.popLast() { handle(isGranted ? .peerConnected(peer) : .peerClosed(peer)) }
        guard !waiting.isEmpty else { return }
        let request = waiting.removeFirst()
        switch isGranted ? ledger.open(request, at: now) : .failure(.system) {
        case .failure(let refusal): handle(.relayRefused(request.relay, refusal))
        case .success(let lease):
            leases[request.relay] = lease
            let route = RelayRoute(loop: 0, relay: request.relay, group: request.group)
            handle(.routeAppeared(lease.main.told, route))
            handle(.relayOpened(request.relay, lease.grant))
        }
    }

    private func close(_ relay: RelayID) {
        guard let lease = leases.removeValue(forKey: relay) else { return }
        ledger.close(lease, at: now)
        server.handle(.routeVanished(lease.main.told), at: now)
    }

    // MARK: Promises

    func examine() {
        let list = server.allocations(at: now)
        let live = ClientTransport.allCases.reduce(0) { $0 + server.counters[$1].live }
        promise(list.count == Int(live), "counters and list agree")
        promise(list.count == ledger.count, "the ledger and the list agree")
        promise(list.count + waiting.count >= server.allocationCount, "nothing lives that nobody knows of")
        promise(list.count <= server.allocationCount, "and nothing is listed that does not live")
        promise(list.count <= Self.limits.total, "limits hold")
        promise(Set(list.map(\.grant.relayed)).count == list.count, "no relayed address is given twice")
        for allocation in list {
            promise(allocation.permissions <= Self.bound, "permissions are bounded")
            promise(allocation.channels <= Self.bound, "channels are bounded")
            promise(server.hasAllocation(allocation.client), "an allocation is found by its client")
        }
    }

    /// Nothing is left when all lifetimes are over.
    func finish() {
        pass(4_000_000)
        examine()
        promise(server.allocationCount == 0, "everything ends")
        promise(ledger.count == 0, "and is given back")
        promise(server.deadline == nil, "and nobody waits")
    }
}
