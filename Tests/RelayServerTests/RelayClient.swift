// SPDX-License-Identifier: Apache-2.0
import Datagrams
import EventLoops
import Glibc
import NetworkAddresses
import RelayServer
import STUN
import SystemCalls
import TLS
import TURNRelay
import Testing

/// A client or a peer over UDP, on the loopback address. It waits for what must come, and fails if it does not.
final class RelayClient {
    let socket: UDPSocket
    let server: SocketAddress
    private let batch = DatagramBatch()
    private var waiting: [(bytes: [UInt8], from: SocketAddress)] = []
    private var random = SystemRandomSource()
    private var nonce = ""
    var user = "user"
    var password = "pass"
    private(set) var relayed = SocketAddress(ip: IPAddress(v4: 0), port: 0)

    init(_ server: SocketAddress) throws {
        socket = try UDPSocket(bind: SocketAddress(ip: server.ip, port: 0))
        self.server = server
    }

    var address: SocketAddress { socket.local }

    // MARK: Datagrams

    func send(_ bytes: [UInt8], to destination: SocketAddress? = nil, trafficClass: UInt8 = 0) {
        unsafe bytes.withUnsafeBytes {
            unsafe batch.send(
                copying: $0, from: socket, to: destination ?? server, trafficClass: trafficClass)
        }
        batch.flush()
    }

    /// The next datagram and where it came from.
    func receive() throws -> (bytes: [UInt8], from: SocketAddress) {
        if waiting.isEmpty {
            var entry = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
            // Long: only a failing test ever waits for it.
            try #require(unsafe poll(&entry, 1, 10_000) == 1, "nothing came")
            for slot in batch.receive(from: socket) {
                waiting.append((unsafe [UInt8](batch.bytes(slot)), batch.source(slot)))
                lastTrafficClass = batch.trafficClass(slot)
            }
        }
        return waiting.removeFirst()
    }

    private(set) var lastTrafficClass: UInt8 = 0

    /// What has come, without waiting.
    var hasMore: Bool {
        if waiting.isEmpty {
            for slot in batch.receive(from: socket) {
                waiting.append((unsafe [UInt8](batch.bytes(slot)), batch.source(slot)))
            }
        }
        return !waiting.isEmpty
    }

    /// Sends Binding requests, each a tenth of a second after the one before, until one is answered. Returns from
    /// which address.
    func ask(upTo attempts: Int) -> IPAddress? {
        for _ in 0..<attempts {
            guard let id = STUNTransactionID(bytes: random.nextBytes(12)) else { return nil }
            send(STUNWriter(.binding, .request, id: id).finish())
            var entry = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
            if unsafe poll(&entry, 1, 100) == 1, hasMore { return waiting.removeFirst().from.ip }
        }
        return nil
    }

    // MARK: Requests

    /// Sends a request, with credentials once the server has asked for them, and returns what is read from the answer.
    func request<Value>(
        _ method: STUNMethod, _ fill: (inout STUNWriter) -> Void, _ read: (STUNMessage) -> Value
    ) throws -> Value {
        for _ in 0..<2 {
            let id = try #require(STUNTransactionID(bytes: random.nextBytes(12)))
            var writer = STUNWriter(method, .request, id: id)
            fill(&writer)
            if !nonce.isEmpty { sign(&writer) }
            send(writer.finish())
            let answer = try receive().bytes
            let value: Value? = try unsafe answer.withUnsafeBytes { bytes in
                let message = try unsafe STUNMessage(bytes)
                try #require(message.transactionID == id)
                let isChallenge = message.errorCode == .unauthenticated || message.errorCode == .staleNonce
                if let nonce = message.text(.nonce), isChallenge, nonce != self.nonce {
                    self.nonce = nonce
                    return nil
                }
                return read(message)
            }
            if let value { return value }
        }
        throw STUNFailure(code: .unauthenticated)
    }

    private func sign(_ writer: inout STUNWriter) {
        writer.append(.username, user)
        writer.append(.realm, "parley")
        writer.append(.nonce, nonce)
        let digests = OpenSSLDigests()
        let key = STUNCredentials.key(
            .md5, username: user.utf8, realm: "parley", password: password, digests)
        writer.append(.sha1, key: key, digests)
    }

    /// Sends a request that must succeed.
    func succeed(_ method: STUNMethod, _ fill: (inout STUNWriter) -> Void) throws {
        let code = try request(method, fill) { $0.errorCode }
        if let code { throw STUNFailure(code: code) }
    }

    func allocate(_ fill: (inout STUNWriter) -> Void = { _ in }) throws {
        let (relayed, code) = try request(.allocate) { writer in
            writer.append(.requestedTransport, firstByte: 17)
            fill(&writer)
        } _: {
            ($0.address(.xorRelayedAddress), $0.errorCode)
        }
        if let code { throw STUNFailure(code: code) }
        self.relayed = try #require(relayed)
    }

    func permit(_ peer: SocketAddress) throws {
        try succeed(.createPermission) { $0.append(.xorPeerAddress, peer) }
    }

    func bind(_ channel: UInt16, to peer: SocketAddress) throws {
        try succeed(.channelBind) { writer in
            writer.append(channel: channel)
            writer.append(.xorPeerAddress, peer)
        }
    }

    func release() throws { try succeed(.refresh) { $0.append(.lifetime, number: 0) } }

    // MARK: Data

    func sendOnChannel(_ channel: UInt16, _ payload: [UInt8], trafficClass: UInt8 = 0) {
        let count = payload.count
        send(
            [UInt8(channel >> 8), UInt8(channel & 255), UInt8(count >> 8), UInt8(count & 255)] + payload,
            trafficClass: trafficClass)
    }

    func sendIndication(_ payload: [UInt8], to peer: SocketAddress, dontFragment: Bool = false) throws {
        let id = try #require(STUNTransactionID(bytes: random.nextBytes(12)))
        var writer = STUNWriter(.send, .indication, id: id)
        writer.append(.xorPeerAddress, peer)
        if dontFragment { writer.append(.dontFragment) }
        writer.append(.data, payload)
        send(writer.finish())
    }

    /// The payload of the next ChannelData, which must be on `channel`.
    func receiveOnChannel(_ channel: UInt16) throws -> [UInt8] {
        let bytes = try receive().bytes
        let header = try #require(unsafe bytes.withUnsafeBytes { unsafe ChannelData($0) })
        try #require(header.number == channel)
        return Array(bytes[header.payload])
    }

    /// The peer and the payload of the next Data indication.
    func receiveIndication() throws -> (peer: SocketAddress?, payload: [UInt8]?, icmp: [UInt8]?) {
        let bytes = try receive().bytes
        return try unsafe bytes.withUnsafeBytes { bytes in
            let message = try unsafe STUNMessage(bytes)
            try #require(message.method == .data && message.messageClass == .indication)
            return (message.address(.xorPeerAddress), message.value(.data), message.value(.icmp))
        }
    }
}

/// The server said no.
struct STUNFailure: Error, Equatable {
    var code: STUNErrorCode
}

/// A service on loops of its own, on a loopback address.
final class TestRelay {
    let service: RelayService
    let listener: SocketAddress
    let loops: [EventLoop]

    init(
        _ address: String = "127.0.0.1", loops count: Int = 1, ports: ClosedRange<UInt16>? = 49_152...65_535,
        limits: RelayLimits = RelayLimits(), listeners: [RelayListener]? = nil,
        _ change: (inout RelayOptions) -> Void = { _ in }
    ) throws {
        let ip = try #require(IPAddress(address))
        loops = try (0..<count).map { try EventLoop.start(name: "relay-\($0)") }
        var settings = TURNSettings()
        settings.peers.allowed = [AddressRange(ip)]
        settings.unauthenticatedRate = nil
        let users = TURNUsers(passwords: [
            "user": "pass", "red/ann": "pass", "red/bob": "pass", "blue/eve": "pass",
        ])
        var options = RelayOptions(settings: settings, users: users, limits: limits, ports: ports)
        change(&options)
        service = RelayService(on: loops, options)
        listener = try #require(service.start(on: listeners ?? [RelayListener(ip: ip, port: 0)]).first)
    }

    func client(_ user: String = "user") throws -> RelayClient {
        let client = try RelayClient(listener)
        client.user = user
        return client
    }

    func stop() async {
        await service.stop()
        for loop in loops { loop.stop() }
    }
}
