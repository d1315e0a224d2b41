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
import WebServer

@Suite("Relaying to peers over TCP")
struct TCPPeerJourneyTests {
    @Test("joins a client's connection to a peer's, on whichever loop it comes", arguments: [1, 2])
    func connects(_ loops: Int) async throws {
        let relay = try TestStreamRelay(loops: loops)
        let control = try StreamClient(relay.address)
        try control.allocate()
        // Many, so that they come to both loops; each to a peer of its own, because the kernel keeps ports that were
        // used with a peer from it for a minute.
        for number in 0..<(loops == 1 ? 2 : 8) {
            let listener = try TCPSocket(listenOn: anywhere(), backlog: 4)
            let id = try control.connect(to: try listener.local())
            let accepted = try listener.waitToAccept()
            #expect(accepted.remote == control.relayed)
            let far = StreamClient(accepted.socket)
            // Waits for the client.
            far.send([UInt8](repeating: 1, count: 10))
            let near = try StreamClient(relay.address)
            #expect(
                try near.request(.connectionBind, { $0.append(.connectionID, number: id) }, { $0.errorCode })
                    == nil)
            #expect(try near.receive(10) == [UInt8](repeating: 1, count: 10))
            near.send([2, 3, UInt8(number)])
            #expect(try far.receive(3) == [2, 3, UInt8(number)])
            // Half a connection goes on.
            near.socket.endOutput()
            #expect(try far.receive(1) == [])
            far.send([4])
            #expect(try near.receive(1) == [4])
            far.socket.endOutput()
            #expect(try near.receive(1) == [])
        }
        await relay.stop()
    }

    @Test("loses no byte when one side is slow, and keeps few of them")
    func pressure() async throws {
        let relay = try TestStreamRelay(loops: 1)
        let listener = try TCPSocket(listenOn: anywhere(), backlog: 4)
        let control = try StreamClient(relay.address)
        try control.allocate()
        let id = try control.connect(to: try listener.local())
        let far = StreamClient(try listener.waitToAccept().socket)
        let near = try StreamClient(relay.address)
        _ = try near.request(.connectionBind, { $0.append(.connectionID, number: id) }, { $0.errorCode })
        for (from, to) in [(near, far), (far, near)] {
            // More than all buffers on the way hold; then nothing is taken any more.
            let held = from.sendWhatGoes(limit: 64 << 20)
            #expect(held < 64 << 20)
            var sum = 0
            while sum < held {
                let bytes = try to.receiveSome()
                for (offset, byte) in bytes.enumerated() where byte != UInt8((sum + offset) % 251) {
                    Issue.record("wrong byte at \(sum + offset)")
                    break
                }
                sum += bytes.count
            }
            #expect(sum == held)
        }
        await relay.stop()
    }

    @Test("tells the client of peers that connect and closes others")
    func attempts() async throws {
        let relay = try TestStreamRelay(loops: 1)
        let control = try StreamClient(relay.address)
        try control.allocate()
        let stranger = StreamClient(try TCPSocket(connectFrom: anywhere(), to: control.relayed))
        #expect(try stranger.receive(1) == [])
        #expect(
            try control.request(
                .createPermission, { $0.append(.xorPeerAddress, anywhere()) }, { $0.errorCode }) == nil)
        let far = StreamClient(try TCPSocket(connectFrom: anywhere(), to: control.relayed))
        let id = try control.receiveAttempt()
        let near = try StreamClient(relay.address)
        #expect(
            try near.request(.connectionBind, { $0.append(.connectionID, number: id) }, { $0.errorCode })
                == nil)
        far.send([9])
        #expect(try near.receive(1) == [9])
        // With the allocation, everything ends.
        #expect(try control.request(.refresh, { $0.append(.lifetime, number: 0) }, { $0.errorCode }) == nil)
        #expect(try near.receive(1) == [])
        #expect(try far.receive(1) == [])
        await relay.stop()
    }

    @Test("says that a peer is not there")
    func refusal() async throws {
        let relay = try TestStreamRelay(loops: 1)
        let control = try StreamClient(relay.address)
        try control.allocate()
        let listener = try TCPSocket(listenOn: anywhere(), backlog: 1)
        let peer = try listener.local()
        listener.close()
        let code = try control.request(.connect, { $0.append(.xorPeerAddress, peer) }, { $0.errorCode })
        #expect(code == .connectionTimeout)
        await relay.stop()
    }
}

private func anywhere() -> SocketAddress { SocketAddress("127.0.0.1:0")! }

/// A service that takes streams, on loops of its own.
private final class TestStreamRelay {
    let relay: TestRelay
    let address: SocketAddress
    let webs: [LoopBound<WebLoop>]
    let sites: [LoopBound<RelaySite>]

    init(loops: Int) throws {
        // Shared among loops, so not one that the system chooses.
        let datagramPort: UInt16 = loops > 1 ? 29_471 : 0
        let listener = RelayListener(ip: IPAddress("127.0.0.1"), port: datagramPort)
        relay = try TestRelay(loops: loops, listeners: [listener]) {
            $0.settings.allowsTCPPeers = true
        }
        webs = relay.loops.map { loop in
            let made = LoopBound((), on: loop).wait { _ in LoopBound(RelaySite.makeWeb(on: loop), on: loop) }
            return made
        }
        sites = relay.service.makeSites(webs)
        var port: UInt16 = 0
        for web in webs {
            let wanted = port
            port = web.wait { (try? $0.listen(host: "127.0.0.1", port: wanted)) ?? 0 }
        }
        address = SocketAddress(ip: IPAddress("127.0.0.1")!, port: port)
    }

    func stop() async {
        for site in sites { site.wait { $0.closeAll() } }
        await relay.stop()
    }
}

extension TCPSocket {
    fileprivate func local() throws -> SocketAddress {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &length)
            }
        }
        try #require(status == 0)
        return SocketAddress(ip: IPAddress("127.0.0.1")!, port: UInt16(bigEndian: address.sin_port))
    }

    fileprivate func wait(_ events: Int32 = POLLIN, milliseconds: Int32 = 10_000) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        return unsafe poll(&entry, 1, milliseconds) == 1
    }

    fileprivate func waitToAccept() throws -> (socket: TCPSocket, remote: SocketAddress) {
        try #require(wait())
        return try #require(accept())
    }
}

/// One end of a connection. It waits for what must come, and fails if it does not.
private final class StreamClient {
    let socket: TCPSocket
    private var nonce = ""
    private var random = SystemRandomSource()
    private(set) var relayed = SocketAddress(ip: IPAddress(v4: 0), port: 0)

    init(_ socket: TCPSocket) { self.socket = socket }

    init(_ server: SocketAddress) throws {
        socket = try TCPSocket(connectFrom: anywhere(), to: server)
        try #require(socket.wait(POLLOUT))
    }

    func send(_ bytes: [UInt8]) {
        _ = socket.wait(POLLOUT)
        let result = unsafe bytes.withUnsafeBytes { unsafe socket.send($0) }
        #expect(result == .done(bytes.count))
    }

    /// Sends until nothing has been taken for half a second, or `limit` bytes have: 0, 1 … 250, 0 … Returns how many.
    func sendWhatGoes(limit: Int) -> Int {
        let pattern = (0..<251 * 256).map { UInt8($0 % 251) }
        var sum = 0
        while sum < limit, socket.wait(POLLOUT, milliseconds: 500) {
            let result = unsafe pattern[(sum % 251)...].withUnsafeBytes { unsafe socket.send($0) }
            guard case .done(let count) = result else { continue }
            sum += count
        }
        return sum
    }

    func receiveSome(most: Int = 65_536) throws -> [UInt8] {
        try #require(socket.wait(), "nothing came")
        var buffer = [UInt8](repeating: 0, count: most)
        switch unsafe buffer.withUnsafeMutableBytes({ unsafe socket.receive(into: $0) }) {
        case .done(let count): return Array(buffer[..<count])
        default: return []
        }
    }

    /// So many bytes, or fewer when the end comes.
    func receive(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let some = try receiveSome(most: count - bytes.count)
            guard !some.isEmpty else { break }
            bytes += some
        }
        return bytes
    }

    private func message() throws -> [UInt8] {
        let header = try receive(20)
        try #require(header.count == 20)
        return try header + receive(Int(header[2]) << 8 | Int(header[3]))
    }

    func request<Value>(
        _ method: STUNMethod, _ fill: (inout STUNWriter) -> Void, _ read: (borrowing STUNMessage) -> Value
    ) throws -> Value {
        for _ in 0..<2 {
            let id = try #require(STUNTransactionID(bytes: random.nextBytes(12)))
            var writer = STUNWriter(method, .request, id: id)
            fill(&writer)
            if !nonce.isEmpty {
                writer.append(.username, "user")
                writer.append(.realm, "parley")
                writer.append(.nonce, nonce)
                let key = STUNCredentials.key(
                    .md5, username: "user".utf8, realm: "parley", password: "pass", OpenSSLDigests())
                writer.append(.sha1, key: key, OpenSSLDigests())
            }
            send(writer.finish())
            let answer = try message()
            let value: Value? = try unsafe answer.withUnsafeBytes { bytes in
                let message = try unsafe STUNMessage(bytes)
                if let nonce = message.text(.nonce), message.errorCode == .unauthenticated,
                    nonce != self.nonce
                {
                    self.nonce = nonce
                    return nil
                }
                return read(message)
            }
            if let value { return value }
        }
        throw STUNFailure(code: .unauthenticated)
    }

    func allocate() throws {
        let address = try request(
            .allocate, { $0.append(.requestedTransport, firstByte: 6) }, { $0.address(.xorRelayedAddress) })
        relayed = try #require(address)
    }

    func connect(to peer: SocketAddress) throws -> UInt32 {
        try #require(
            try request(.connect, { $0.append(.xorPeerAddress, peer) }, { $0.number(.connectionID) }))
    }

    func receiveAttempt() throws -> UInt32 {
        let bytes = try message()
        return try unsafe bytes.withUnsafeBytes { bytes in
            let message = try unsafe STUNMessage(bytes)
            try #require(message.method == .connectionAttempt)
            return try #require(message.number(.connectionID))
        }
    }
}
