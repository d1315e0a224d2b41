// SPDX-License-Identifier: Apache-2.0
import Datagrams
import EngineKit
import EventLoops
import Glibc
import NetworkAddresses
import TLS
import Testing

@testable import RelayServer

@Suite("Associations of DTLS")
struct DTLSLegsTests {
    @Test("one address has so many that are of no use yet, and others still get in")
    func share() throws {
        let relay = try TestRelay()
        let webs = relay.loops.map { loop in LoopBound(RelaySite.makeWeb(on: loop), on: loop) }
        let site = try #require(relay.service.makeSites(webs).first)
        let identity = try Self.identity()
        site.wait { $0.use(identity) }
        var crowd: [Greeter] = []
        for _ in 0..<DTLSLegs.mostYoungOfNetwork {
            let greeter = try Greeter("127.0.0.1", relay.listener)
            #expect(try greeter.isHeard())
            crowd.append(greeter)
        }
        let other = try Greeter("127.0.0.2", relay.listener)
        let late = try Greeter("127.0.0.1", relay.listener)
        late.greet()
        #expect(try other.isHeard())
        // What came first was looked at first, and was not answered.
        #expect(!late.hasAnswer)
        #expect(site.wait { $0.counters.dtlsAssociations } == crowd.count + 1)
        site.wait { $0.closeAll() }
        relay.service.stopAndWait()
        for loop in relay.loops { loop.stop() }
    }

    private static func identity() throws -> TLSContext {
        var template = Array("/tmp/parley-relay-XXXXXX".utf8CString)
        try #require(unsafe mkdtemp(&template) != nil)
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let files = try LocalAuthority.ensure(
            folder: folder, names: CertificateNames(hostName: "desk", addresses: []), now: .system())
        return try TLSContext(certificateChainFile: files.certificateFile, privateKeyFile: files.keyFile)
    }
}

/// A client that begins handshakes and leaves them there.
private final class Greeter {
    private let socket: UDPSocket
    private let server: SocketAddress
    private let association: DTLSAssociation
    private let batch = DatagramBatch()

    init(_ address: String, _ server: SocketAddress) throws {
        let ip = try #require(IPAddress(address))
        socket = try UDPSocket(bind: SocketAddress(ip: ip, port: 0))
        self.server = server
        association = try DTLSAssociation(client: DTLSContext(clientOf: ()), at: .monotonic())
    }

    func greet() {
        unsafe association.drain { bytes in unsafe batch.send(copying: bytes, from: socket, to: server) }
        batch.flush()
    }

    var hasAnswer: Bool {
        var entry = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, 0) == 1
    }

    /// Shows that it is there; whether the server then shows its certificate.
    func isHeard() throws -> Bool {
        greet()
        guard try take() else { return false }
        greet()
        return try take()
    }

    private func take() throws -> Bool {
        var entry = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&entry, 1, 10_000) == 1 else { return false }
        var room = [UInt8](repeating: 0, count: 16_384)
        for slot in batch.receive(from: socket) {
            unsafe room.withUnsafeMutableBytes { room in
                unsafe association.receive(batch.bytes(slot), using: room, at: .monotonic()) { _ in }
            }
        }
        return true
    }
}
