// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Foundation
import Synchronization
import TLS
import Testing

@Suite("TLS session tickets")
struct ResumptionTests {
    /// A clock that a test moves.
    private final class Clock: Sendable {
        private let now = Mutex(Instant.origin)
        var reading: @Sendable () -> Instant { { [self] in now.withLock { $0 } } }
        func advance(hours: Int) { now.withLock { $0 = $0.advanced(by: .seconds(3600 * hours)) } }
    }

    /// Connects twice, the second time with the ticket of the first, `between` having been done.
    /// - Returns: whether the second connection was resumed, at both ends.
    private func comesBack(
        to first: TLSContext, then second: TLSContext, _ client: TLSContext, between: () -> Void = {}
    ) throws -> (server: Bool, client: Bool) {
        let sockets = SocketPair()
        var server = try TLSSession(first, descriptor: sockets.server)
        var visitor = try TLSSession(client, descriptor: sockets.client)
        #expect(handshake(&server, &visitor) == (.done(0), .done(0)))
        let isFirstResumed = server.isResumed
        #expect(!isFirstResumed)
        // The ticket comes with the first bytes.
        #expect(server.write([1]) == .done(1))
        #expect(visitor.read(limit: 1).bytes == [1])
        between()
        let others = SocketPair()
        var otherServer = try TLSSession(second, descriptor: others.server)
        var returning = try TLSSession(client, descriptor: others.client)
        returning.resume(visitor)
        #expect(handshake(&otherServer, &returning) == (.done(0), .done(0)))
        return (otherServer.isResumed, returning.isResumed)
    }

    private struct Identity {
        let folder = try? DataFolder()
        let files: LocalCertificate
        let client: TLSContext

        init() throws {
            let names = CertificateNames(hostName: "desk", addresses: [])
            files = try LocalAuthority.ensure(folder: #require(folder).path, names: names, now: .system)
            client = try TLSContext(clientTrusting: files.authorityFile)
        }

        func server(_ keys: TicketKeys) throws -> TLSContext {
            try TLSContext(
                certificateChainFile: files.certificateFile, privateKeyFile: files.keyFile, tickets: keys)
        }
    }

    @Test("a client that comes back resumes")
    func resumes() throws {
        let identity = try Identity()
        let server = try identity.server(TicketKeys())
        #expect(try comesBack(to: server, then: server, identity.client) == (true, true))
    }

    @Test("each connection brings a ticket for the next")
    func chain() throws {
        let identity = try Identity()
        let server = try identity.server(TicketKeys())
        var earlier: TLSSession?
        for round in 0..<3 {
            let sockets = SocketPair()
            var served = try TLSSession(server, descriptor: sockets.server)
            var visitor = try TLSSession(identity.client, descriptor: sockets.client)
            if let session = earlier.take() { visitor.resume(session) }
            #expect(handshake(&served, &visitor) == (.done(0), .done(0)))
            let isResumed = visitor.isResumed
            #expect(isResumed == (round > 0))
            #expect(served.write([1]) == .done(1))
            #expect(visitor.read(limit: 1).bytes == [1])
            // A session that ends without a farewell may not be resumed.
            visitor.shutdown()
            earlier = consume visitor
        }
    }

    @Test("a ticket outlives the context it was made by, as when a certificate is renewed")
    func renewedCertificate() throws {
        let identity = try Identity()
        let keys = TicketKeys()
        let (old, new) = (try identity.server(keys), try identity.server(keys))
        #expect(try comesBack(to: old, then: new, identity.client) == (true, true))
    }

    @Test("a ticket of another process costs a full handshake and no more")
    func foreignTicket() throws {
        let identity = try Identity()
        let (one, other) = (try identity.server(TicketKeys()), try identity.server(TicketKeys()))
        #expect(try comesBack(to: one, then: other, identity.client) == (false, false))
    }

    @Test(
        "keys are replaced after twelve hours and forgotten twelve hours later",
        arguments: [(11, true), (13, true), (23, true), (25, false)])
    func rotation(_ hours: Int, _ resumes: Bool) throws {
        let identity = try Identity()
        let clock = Clock()
        let server = try identity.server(TicketKeys(clock: clock.reading))
        let result = try comesBack(to: server, then: server, identity.client) { clock.advance(hours: hours) }
        #expect(result == (resumes, resumes))
    }
}

@Suite("Certificate files")
struct CertificateFilesTests {
    private let names = CertificateNames(hostName: "desk", addresses: [])

    @Test("are read again when they have changed, and not before")
    func changes() throws {
        let folder = try DataFolder()
        let first = try LocalAuthority.ensure(folder: folder.path, names: names, now: newYear)
        var files = CertificateFiles(
            certificateChainFile: first.certificateFile, privateKeyFile: first.keyFile)
        #expect(try files.changed() == nil)
        _ = try LocalAuthority.ensure(folder: folder.path, names: names, now: newYear + 800 * day)
        #expect(try files.changed() != nil)
        #expect(try files.changed() == nil)
    }

    @Test("that do not belong together are an error until they do")
    func halfWritten() throws {
        let folder = try DataFolder()
        let other = try DataFolder()
        let mine = try LocalAuthority.ensure(folder: folder.path, names: names, now: newYear)
        let theirs = try LocalAuthority.ensure(folder: other.path, names: names, now: newYear)
        try folder.write(mine.read(\.certificateFile), to: "chain.pem")
        try folder.write(mine.read(\.keyFile), to: "key.pem")
        var files = CertificateFiles(
            certificateChainFile: folder.file("chain.pem"), privateKeyFile: folder.file("key.pem"))
        try folder.write(theirs.read(\.certificateFile), to: "chain.pem")
        #expect(throws: TLSError.self) { try files.changed() }
        #expect(throws: TLSError.self) { try files.changed() }
        try folder.write(theirs.read(\.keyFile), to: "key.pem")
        #expect(try files.changed() != nil)
        #expect(try files.changed() == nil)
    }
}

extension LocalCertificate {
    fileprivate func read(_ file: KeyPath<LocalCertificate, String>) throws -> String {
        try String(contentsOfFile: self[keyPath: file], encoding: .utf8)
    }
}
