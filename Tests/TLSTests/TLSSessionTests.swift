// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Glibc
import TLS
import Testing

/// A server identity for `desk`, and what a client needs to trust it.
private func makeContexts(
    _ folder: DataFolder, names: CertificateNames = CertificateNames(hostName: "desk", addresses: [])
) throws -> (server: TLSContext, client: TLSContext) {
    let files = try LocalAuthority.ensure(folder: folder.path, names: names, now: .system)
    return (
        try TLSContext(certificateChainFile: files.certificateFile, privateKeyFile: files.keyFile),
        try TLSContext(clientTrusting: files.authorityFile)
    )
}

@Suite("TLS sessions")
struct TLSSessionTests {
    @Test(
        "a client that trusts the authority accepts the server under each of its names",
        arguments: ["localhost", "desk", "desk.local", "127.0.0.1", "::1", "203.0.113.9"])
    func handshakes(_ name: String) throws {
        let folder = try DataFolder()
        let names = CertificateNames(hostName: "desk", addresses: ["203.0.113.9"])
        let contexts = try makeContexts(folder, names: names)
        let sockets = SocketPair()
        var server = try TLSSession(contexts.server, descriptor: sockets.server)
        var client = try TLSSession(contexts.client, descriptor: sockets.client)
        try client.expect(name)
        #expect(handshake(&server, &client) == (.done(0), .done(0)))
    }

    @Test("a client refuses a name that is not in the certificate")
    func wrongName() throws {
        let folder = try DataFolder()
        let contexts = try makeContexts(folder)
        let sockets = SocketPair()
        var server = try TLSSession(contexts.server, descriptor: sockets.server)
        var client = try TLSSession(contexts.client, descriptor: sockets.client)
        try client.expect("example.org")
        #expect(handshake(&server, &client).client == .failed)
    }

    @Test("a client refuses a server of another authority")
    func wrongAuthority() throws {
        let folder = try DataFolder()
        let other = try DataFolder()
        let server = try makeContexts(folder).server
        let client = try makeContexts(other).client
        let sockets = SocketPair()
        var serverSession = try TLSSession(server, descriptor: sockets.server)
        var clientSession = try TLSSession(client, descriptor: sockets.client)
        #expect(handshake(&serverSession, &clientSession) == (.failed, .failed))
    }

    @Test("bytes arrive in order, in pieces as large as the reader likes")
    func transfers() throws {
        let folder = try DataFolder()
        let contexts = try makeContexts(folder)
        let sockets = SocketPair()
        var server = try TLSSession(contexts.server, descriptor: sockets.server)
        var client = try TLSSession(contexts.client, descriptor: sockets.client)
        _ = handshake(&server, &client)
        #expect(server.read(limit: 10).result == .wantsRead)
        #expect(client.write(Array("hello, server".utf8)) == .done(13))
        #expect(server.pending == 0)
        #expect(server.read(limit: 5).bytes == Array("hello".utf8))
        #expect(server.pending == 8)
        #expect(server.read(limit: 100).bytes == Array(", server".utf8))
        #expect(server.pending == 0)
        #expect(server.read(limit: 0).result == .done(0))
        #expect(server.write([]) == .done(0))
    }

    @Test("a full socket makes the writer wait, and the repeated write may come from elsewhere")
    func backpressure() throws {
        let folder = try DataFolder()
        let contexts = try makeContexts(folder)
        let sockets = SocketPair()
        var server = try TLSSession(contexts.server, descriptor: sockets.server)
        var client = try TLSSession(contexts.client, descriptor: sockets.client)
        _ = handshake(&server, &client)
        let message = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 % 251) }
        var sent = 0
        var received: [UInt8] = []
        var waits = 0
        while received.count < message.count {
            // A fresh array each time: a new address, the same bytes.
            switch sent < message.count ? server.write(Array(message[sent...])) : .wantsRead {
            case .done(let count): sent += count
            case .wantsWrite: waits += 1
            default: break
            }
            if waits % 2 == 1 || sent == message.count { received += client.read(limit: 65_536).bytes }
            guard waits < 10_000 else { break }
        }
        #expect(received == message)
        #expect(waits > 0)
    }

    @Test("a farewell reaches the other end as closed")
    func closes() throws {
        let folder = try DataFolder()
        let contexts = try makeContexts(folder)
        let sockets = SocketPair()
        var server = try TLSSession(contexts.server, descriptor: sockets.server)
        var client = try TLSSession(contexts.client, descriptor: sockets.client)
        _ = handshake(&server, &client)
        client.shutdown()
        #expect(server.read(limit: 10).result == .closed)
        server.shutdown()
        #expect(client.read(limit: 10).result == .closed)
    }

    @Test("a peer that hangs up without a farewell has closed as well")
    func hangsUp() throws {
        let folder = try DataFolder()
        let contexts = try makeContexts(folder)
        let sockets = SocketPair()
        var server = try TLSSession(contexts.server, descriptor: sockets.server)
        var client = try TLSSession(contexts.client, descriptor: sockets.client)
        _ = handshake(&server, &client)
        Glibc.shutdown(sockets.client, Int32(SHUT_RDWR))
        #expect(server.read(limit: 10).result == .closed)
        // Writing into the broken pipe must not end the process.
        #expect(server.write([1]) == .failed)
        #expect(server.write([1]) == .failed)
        server.shutdown()
    }

    @Test(
        "plain text instead of a handshake fails at once, and stays failed",
        arguments: [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}",
        ])
    func garbage(_ text: String) throws {
        let folder = try DataFolder()
        let contexts = try makeContexts(folder)
        let sockets = SocketPair()
        var server = try TLSSession(contexts.server, descriptor: sockets.server)
        #expect(server.handshake() == .wantsRead)
        let bytes = Array(text.utf8)
        #expect(unsafe send(sockets.client, bytes, bytes.count, 0) == bytes.count)
        #expect(server.handshake() == .failed)
        #expect(server.read(limit: 10).result == .failed)
        server.shutdown()
    }

    @Test("a session outlives the last mention of its context")
    func contextLifetime() throws {
        let folder = try DataFolder()
        var contexts: (server: TLSContext, client: TLSContext)? = try makeContexts(folder)
        let sockets = SocketPair()
        var server = try TLSSession(#require(contexts).server, descriptor: sockets.server)
        var client = try TLSSession(#require(contexts).client, descriptor: sockets.client)
        contexts = nil
        #expect(handshake(&server, &client) == (.done(0), .done(0)))
    }
}

@Suite("TLS contexts")
struct TLSContextTests {
    @Test("a key that belongs to another certificate is refused")
    func mismatch() throws {
        let folder = try DataFolder()
        let other = try DataFolder()
        let names = CertificateNames(hostName: "desk", addresses: [])
        let mine = try LocalAuthority.ensure(folder: folder.path, names: names, now: newYear)
        let theirs = try LocalAuthority.ensure(folder: other.path, names: names, now: newYear)
        let error = #expect(throws: TLSError.self) {
            try TLSContext(certificateChainFile: mine.certificateFile, privateKeyFile: theirs.keyFile)
        }
        #expect(error?.file == theirs.keyFile)
        #expect(error?.problem == "this key does not belong to the certificate in \(mine.certificateFile)")
    }

    @Test("missing files, empty files and files of the wrong kind are named")
    func wrongFiles() throws {
        let folder = try DataFolder()
        let names = CertificateNames(hostName: "desk", addresses: [])
        let files = try LocalAuthority.ensure(folder: folder.path, names: names, now: newYear)
        try folder.write("", to: "empty.pem")
        let cases = [
            (
                "/no/such.pem", files.keyFile, "/no/such.pem",
                "cannot open this file: No such file or directory"
            ),
            (
                folder.file("empty.pem"), files.keyFile, folder.file("empty.pem"),
                "there is no certificate in this file"
            ),
            (files.keyFile, files.keyFile, files.keyFile, "there is no certificate in this file"),
            (
                files.certificateFile, files.certificateFile, files.certificateFile,
                "there is no private key without a passphrase in this file"
            ),
            (folder.path, files.keyFile, folder.path, "cannot read this file: Is a directory"),
            ("/dev/zero", files.keyFile, "/dev/zero", "this file is larger than 1 MiB"),
        ]
        for (certificate, key, file, problem) in cases {
            let error = #expect(throws: TLSError.self) {
                try TLSContext(certificateChainFile: certificate, privateKeyFile: key)
            }
            #expect(error?.file == file)
            #expect(error?.problem == problem)
        }
    }

    @Test("a key with a passphrase is refused without asking for it")
    func passphrase() throws {
        let folder = try DataFolder()
        let names = CertificateNames(hostName: "desk", addresses: [])
        let files = try LocalAuthority.ensure(folder: folder.path, names: names, now: newYear)
        try folder.write(encryptedKey, to: "locked.pem")
        let error = #expect(throws: TLSError.self) {
            try TLSContext(
                certificateChainFile: files.certificateFile, privateKeyFile: folder.file("locked.pem"))
        }
        #expect(error?.fix.contains("openssl pkey -in \(folder.file("locked.pem"))") == true)
    }
}

/// A throw-away P-256 key, passphrase `secret`: openssl genpkey -algorithm EC -pkeyopt
/// ec_paramgen_curve:P-256 -aes256 -pass pass:secret
private let encryptedKey = """
    -----BEGIN ENCRYPTED PRIVATE KEY-----
    MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgduW1ObuWfxAICCAAw
    DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEN2M5q8jiJzSg1s1zr5IGmwEgZB3
    9bNcC8zkYOP3lEi3xt9kian9GcKnQbuBHVZfmCmCwB/DeHmRuGDOLAfQu882trf9
    yFRpyfMQ+smp4NjgofOzH4vddkv2Hl6OUtWCW1U2MA+/Ddr+McC3FaA2IZB1bWFI
    qqmWps0vvzgsf8W4IVYLimbCCX6KjHwjfhWgKjMpsAmmjDJuncFe/EfUlgClkyQ=
    -----END ENCRYPTED PRIVATE KEY-----

    """
