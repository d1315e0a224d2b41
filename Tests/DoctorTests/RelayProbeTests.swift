// SPDX-License-Identifier: Apache-2.0
import EventLoops
import Foundation
import Glibc
import NetworkAddresses
import RelayServer
import STUN
import TLS
import TURNClient
import TURNRelay
import TestKit
import Testing

@testable import Doctor

@Suite("Asking a relay")
struct RelayProbeTests {
    @Test("the relay of this server is asked over UDP, hop by hop")
    func ownRelay() async throws {
        let loop = try EventLoop.start(name: "relay")
        let secret = Array("a secret of the test".utf8)
        var options = RelayOptions()
        options.users = TURNUsers(secrets: [secret])
        let service = RelayService(on: [loop], options)
        let loopback = IPAddress(v4: 0x7F00_0001)
        let address = try #require(service.start(on: [RelayListener(ip: loopback, port: 0)]).first)

        #expect(RelayProbe.discover(at: address) == nil)
        let expiry = Int64(Date().timeIntervalSince1970) + 60
        let credential = TURNCredential(expiry: expiry, name: "doctor/test", secret: secret, OpenSSLDigests())
        let names = (credential.username, credential.password)
        #expect(RelayProbe.roundTrip(.udp, at: address, names) == .complete)
        let wrong = RelayProbe.roundTrip(.udp, at: address, (credential.username, "wrong"))
        #expect(wrong == .allocate(.refused(.unauthenticated)))
        // No stream is waited for here.
        #expect(RelayProbe.roundTrip(.tcp, at: address, names) == .connect(ECONNREFUSED))
        await service.stop()
        loop.stop()
    }

    @Test("where nobody listens, the first hop fails at once")
    func nobody() {
        let address = SocketAddress(ip: IPAddress(v4: 0x7F00_0001), port: RedisServer.freePort())
        #expect(RelayProbe.discover(at: address) == .timedOut)
        let names = (username: "a", password: "b")
        #expect(RelayProbe.roundTrip(.udp, at: address, names) == .discover(.timedOut))
        #expect(RelayProbe.roundTrip(.tcp, at: address, names) == .connect(ECONNREFUSED))
        #expect(RelayProbe.roundTrip(.tls, at: address, names) == .connect(ECONNREFUSED))
    }

    @Test(
        "another server is asked over UDP and TCP",
        .enabled(if: Coturn.isInstalled, "coturn is not installed"))
    func coturn() throws {
        let server = try Coturn()
        let names = (username: "alice", password: "secret")
        for leg in [RelayFacts.Leg.udp, .tcp] {
            #expect(RelayProbe.roundTrip(leg, at: server.address, names) == .complete)
            let wrong = RelayProbe.roundTrip(leg, at: server.address, ("alice", "wrong"))
            #expect(wrong == .allocate(.refused(.unauthenticated)))
        }
    }
}

/// A turnserver of one test's own.
private final class Coturn {
    private static let program = "/usr/bin/turnserver"
    static var isInstalled: Bool { unsafe access(program, X_OK) == 0 }

    struct CannotStart: Error {}

    let address: SocketAddress
    private let process = Process()

    init() throws {
        let port = RedisServer.freePort()
        address = SocketAddress(ip: IPAddress(v4: 0x7F00_0001), port: port)
        process.executableURL = URL(filePath: Self.program)
        process.arguments = [
            "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--listening-port=\(port)",
            "--lt-cred-mech",
            "--user=alice:secret", "--realm=test", "--allow-loopback-peers", "--no-tls", "--no-dtls",
            "--no-cli",
            "--min-port=21100", "--max-port=21199", "--log-file=stdout", "--pidfile=/dev/null",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        for _ in 0..<100 where RelayProbe.discover(at: address) != nil { usleep(50_000) }
        guard RelayProbe.discover(at: address) == nil else { throw CannotStart() }
    }

    deinit {
        // It inherits what this thread has blocked, and nothing of its matters.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
