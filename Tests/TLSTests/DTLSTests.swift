// SPDX-License-Identifier: Apache-2.0
import EngineKit
import TLS
import Testing

/// A server of DTLS and a client, with the network between them in the test's hands.
private final class Bench {
    /// Owns the certificate's files.
    private let folder: DataFolder
    let listener: DTLSListener
    let client: DTLSAssociation
    var server: DTLSAssociation?
    var now = Instant(nanoseconds: 1_000_000_000_000)
    let address: [UInt8] = [192, 0, 2, 1, 0x80, 0]
    private(set) var longest = 0

    init(offering protocols: [ApplicationProtocol] = []) throws {
        folder = try DataFolder()
        let files = try LocalAuthority.ensure(
            folder: folder.path, names: CertificateNames(hostName: "desk", addresses: []), now: .system)
        let streams = try TLSContext(
            certificateChainFile: files.certificateFile, privateKeyFile: files.keyFile)
        listener = try DTLSListener(
            DTLSContext(identityOf: streams), cookieKey: [UInt8](repeating: 7, count: 32))
        client = try DTLSAssociation(client: DTLSContext(clientOf: ()), offering: protocols, at: now)
    }

    /// What the client sends now.
    func fromClient() -> [[UInt8]] {
        var datagrams: [[UInt8]] = []
        unsafe client.drain { unsafe datagrams.append(Array($0)) }
        note(datagrams)
        return datagrams
    }

    /// What the server sends now.
    func fromServer() -> [[UInt8]] {
        var datagrams: [[UInt8]] = []
        unsafe listener.drain { unsafe datagrams.append(Array($0)) }
        unsafe server?.drain { unsafe datagrams.append(Array($0)) }
        note(datagrams)
        return datagrams
    }

    private func note(_ datagrams: [[UInt8]]) { longest = max(longest, datagrams.map(\.count).max() ?? 0) }

    /// Gives a datagram to the server.
    /// - Returns: The messages in it.
    @discardableResult
    func giveServer(_ datagram: [UInt8], from other: [UInt8]? = nil) -> [[UInt8]] {
        if let server, other == nil { return Self.give(datagram, to: server, at: now) }
        let outcome = unsafe datagram.withUnsafeBytes {
            unsafe listener.receive($0, from: other ?? address, at: now)
        }
        if case .accepted(let association) = outcome { server = association }
        return []
    }

    @discardableResult
    func giveClient(_ datagram: [UInt8]) -> [[UInt8]] { Self.give(datagram, to: client, at: now) }

    private static func give(_ datagram: [UInt8], to end: DTLSAssociation, at now: Instant) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        var room = [UInt8](repeating: 0, count: 16_384)
        unsafe room.withUnsafeMutableBytes { room in
            unsafe datagram.withUnsafeBytes { datagram in
                unsafe end.receive(datagram, using: room, at: now) { unsafe messages.append(Array($0)) }
            }
        }
        return messages
    }

    /// Carries datagrams until both sides are silent.
    func settle() {
        for _ in 0..<20 {
            let up = fromClient()
            for datagram in up { giveServer(datagram) }
            let down = fromServer()
            for datagram in down { giveClient(datagram) }
            if up.isEmpty, down.isEmpty { return }
        }
    }
}

private func send(_ text: String, _ end: DTLSAssociation) -> Bool {
    unsafe Array(text.utf8).withUnsafeBytes { unsafe end.send($0) }
}

@Suite("DTLS")
struct DTLSTests {
    @Test("a client that repeats its cookie gets an association, and messages go both ways")
    func handshake() throws {
        let bench = try Bench(offering: [.turn])
        bench.settle()
        let server = try #require(bench.server)
        #expect(bench.client.state == .open)
        #expect(server.state == .open)
        #expect(server.deadline == nil)
        #expect(server.applicationProtocol == .turn)
        #expect(bench.longest <= DTLSContext.mtu)
        #expect(send("up", bench.client))
        #expect(bench.fromClient().flatMap { bench.giveServer($0) } == [Array("up".utf8)])
        #expect(send("down", server))
        #expect(bench.fromServer().flatMap { bench.giveClient($0) } == [Array("down".utf8)])
    }

    @Test("a client needs no application protocol")
    func noProtocol() throws {
        let bench = try Bench()
        bench.settle()
        #expect(bench.server?.state == .open)
        #expect(bench.server?.applicationProtocol == nil)
    }

    @Test("nothing is kept of hellos without a cookie, and the answer is shorter")
    func spoofedHellos() throws {
        let bench = try Bench()
        let hello = try #require(bench.fromClient().first)
        for source in 0..<1000 {
            bench.giveServer(hello, from: [10, 0, UInt8(source >> 8), UInt8(source & 255), 1, 1])
            let answers = bench.fromServer()
            #expect(answers.count == 1)
            #expect(answers.allSatisfy { $0.count < hello.count && $0.count <= 60 })
        }
        #expect(bench.server == nil)
        // The next real client is none the worse.
        bench.giveServer(hello)
        for answer in bench.fromServer() { bench.giveClient(answer) }
        bench.settle()
        #expect(bench.server?.state == .open)
    }

    @Test("a cookie is good for its own address and for a minute or two")
    func cookies() throws {
        let bench = try Bench()
        bench.giveServer(try #require(bench.fromClient().first))
        for answer in bench.fromServer() { bench.giveClient(answer) }
        let second = try #require(bench.fromClient().first)
        bench.giveServer(second, from: [192, 0, 2, 2, 0x80, 0])
        #expect(bench.server == nil)
        bench.now = bench.now.advanced(by: .seconds(120))
        bench.giveServer(second, from: bench.address)
        #expect(bench.server == nil)
        _ = bench.fromServer()
        bench.now = bench.now.advanced(by: .seconds(-60))
        bench.giveServer(second, from: bench.address)
        #expect(bench.server != nil)
    }

    @Test("a hello that is cut off or changed anywhere makes no association and does no harm")
    func brokenHellos() throws {
        let bench = try Bench()
        let hello = try #require(bench.fromClient().first)
        for count in 0..<hello.count { bench.giveServer(Array(hello[..<count])) }
        for index in hello.indices {
            for bits in [0x01, 0x80, 0xFF] as [UInt8] {
                var changed = hello
                changed[index] ^= bits
                bench.giveServer(changed)
            }
        }
        #expect(bench.server == nil)
        _ = bench.fromServer()
        bench.giveServer(hello)
        for answer in bench.fromServer() { bench.giveClient(answer) }
        bench.settle()
        #expect(bench.server?.state == .open)
    }

    @Test("a hello with the right cookie that is cut off or changed makes no association that opens")
    func brokenSecondHellos() throws {
        let bench = try Bench()
        bench.giveServer(try #require(bench.fromClient().first))
        for answer in bench.fromServer() { bench.giveClient(answer) }
        let second = try #require(bench.fromClient().first)
        for index in second.indices {
            bench.giveServer(Array(second[..<index]), from: bench.address)
            var changed = second
            changed[index] ^= 0xFF
            bench.giveServer(changed, from: bench.address)
            #expect(bench.server?.state != .open)
            bench.server = nil
            _ = bench.fromServer()
        }
        bench.giveServer(second)
        bench.settle()
        #expect(bench.server?.state == .open)
    }

    @Test("records that are cut off, changed or made up are passed over")
    func brokenRecords() throws {
        let bench = try Bench()
        bench.settle()
        let server = try #require(bench.server)
        #expect(send("hello", bench.client))
        let record = try #require(bench.fromClient().first)
        for index in record.indices {
            #expect(bench.giveServer(Array(record[..<index])) == [])
            #expect(server.state == .open, "cut at \(index)")
            var changed = record
            changed[index] ^= 0x40
            #expect(bench.giveServer(changed) == [])
            #expect(server.state == .open, "changed at \(index)")
        }
        // An alert in the clear, as anybody could send one.
        #expect(bench.giveServer([21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40]) == [])
        #expect(server.state == .open)
        #expect(bench.giveServer(record) == [Array("hello".utf8)])
        // And once is enough.
        #expect(bench.giveServer(record) == [])
    }

    @Test("a flight that is lost is sent again")
    func lostFlight() throws {
        let bench = try Bench()
        bench.giveServer(try #require(bench.fromClient().first))
        for answer in bench.fromServer() { bench.giveClient(answer) }
        for datagram in bench.fromClient() { bench.giveServer(datagram) }
        let server = try #require(bench.server)
        let lost = bench.fromServer()
        #expect(!lost.isEmpty)
        #expect(server.deadline != nil)
        // OpenSSL looks at the clock of the machine.
        var again: [[UInt8]] = []
        while again.isEmpty, server.state == .handshaking {
            server.tick(at: bench.now)
            again = bench.fromServer()
        }
        #expect(!again.isEmpty)
        for datagram in again { bench.giveClient(datagram) }
        bench.settle()
        #expect(server.state == .open)
    }

    @Test("a handshake that is not complete after ten seconds is given up")
    func handshakeLimit() throws {
        let bench = try Bench()
        bench.giveServer(try #require(bench.fromClient().first))
        for answer in bench.fromServer() { bench.giveClient(answer) }
        for datagram in bench.fromClient() { bench.giveServer(datagram) }
        let server = try #require(bench.server)
        server.tick(at: bench.now.advanced(by: .seconds(9)))
        #expect(server.state == .handshaking)
        server.tick(at: bench.now.advanced(by: .seconds(10)))
        #expect(server.state == .closed)
        #expect(server.deadline == nil)
    }

    @Test("a side that says goodbye is heard, and then nothing more is taken")
    func goodbye() throws {
        let bench = try Bench()
        bench.settle()
        bench.client.close()
        #expect(!send("late", bench.client))
        for datagram in bench.fromClient() { bench.giveServer(datagram) }
        #expect(bench.server?.state == .closed)
    }

    @Test("a message of 16 KiB passes, a longer one is refused")
    func longMessages() throws {
        let bench = try Bench()
        bench.settle()
        #expect(send(String(repeating: "x", count: 16_384), bench.client))
        #expect(bench.fromClient().flatMap { bench.giveServer($0) }.map(\.count) == [16_384])
        #expect(!send(String(repeating: "x", count: 16_385), bench.client))
        #expect(bench.client.state == .open)
    }
}
