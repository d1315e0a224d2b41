// SPDX-License-Identifier: Apache-2.0
import EventLoops
import Glibc
import HTTP
import TLS
import Testing
import WebServer
import WebSocket

/// Clients that hold a connection by giving a little now and then.
@Suite("Serving slow clients")
struct SlowClientTests {
    private func settings(_ change: (inout WebLoop.Settings) -> Void) -> WebLoop.Settings {
        var settings = WebLoop.Settings()
        change(&settings)
        return settings
    }

    /// Sends `piece` every few milliseconds until the server has had enough.
    /// - Returns: false when it never has.
    private func trickle(_ piece: String, _ client: Client) -> Bool {
        for _ in 0..<2000 {
            guard (try? client.send(piece)) != nil else { return true }
            usleep(5000)
        }
        return false
    }

    @Test(
        "bytes that trickle in do not put off the end of a head or of its content",
        arguments: [
            ("GET / HTTP/1.1\r\nHost: x\r\n", "A: b\r\n"),
            ("GET /", "a"),
            ("GET / HTTP/1.1\r\nHost: x\r\nA: ", "b"),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", "c"),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nd\r\n"),
        ])
    func trickles(_ start: String, _ piece: String) throws {
        let server = try Server(
            settings: settings {
                $0.headTimeout = .milliseconds(60)
                $0.bodyTimeout = .milliseconds(60)
                $0.closeTimeout = .milliseconds(20)
            })
        let client = try Client(port: server.port)
        try client.send(start)
        #expect(trickle(piece, client))
        #expect(server.counters.open == 0)
        #expect(server.counters.requests == 0)
        #expect(server.counters.malformed == 1)
    }

    @Test("empty lines between requests are not activity")
    func emptyLines() throws {
        let server = try Server(settings: settings { $0.closeTimeout = .milliseconds(20) })
        let client = try Client(port: server.port)
        try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.readAnswer().status == 200)
        #expect(trickle("\r\n", client))
    }

    @Test("a handshake of TLS that goes on for ever is ended", arguments: ["", "\u{16}\u{3}\u{1}"])
    func slowHandshake(_ start: String) throws {
        var template = Array("/tmp/parley-web-XXXXXX".utf8CString)
        try #require(unsafe mkdtemp(&template) != nil)
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let files = try LocalAuthority.ensure(
            folder: folder, names: CertificateNames(hostName: "desk", addresses: []), now: .system())
        let server = try Server(
            tls: TLSContext(certificateChainFile: files.certificateFile, privateKeyFile: files.keyFile),
            settings: settings { $0.handshakeTimeout = .milliseconds(50) })
        let client = try Client(port: server.port)
        try client.send(start)
        #expect(try client.isClosed())
        #expect(server.waits { $0.open == 0 })
    }

    @Test("a client that reads a byte now and then is served for as long as it reads")
    func sips() throws {
        let server = try Server(settings: settings { $0.stallTimeout = .milliseconds(400) })
        let client = try Client(port: server.port, receiveBuffer: 65_536)
        try client.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        _ = try client.readHead()
        var count = 0
        while count < 8_000_000 {
            let piece = try client.read(400_000)
            guard !piece.isEmpty else { break }
            count += piece.count
            usleep(20_000)
        }
        #expect(count == 8_000_000)
        #expect(server.counters.slowClients == 0)
    }

    @Test("a client that asks and asks without reading is not read from any more")
    func asksOnly() throws {
        let server = try Server(settings: settings { $0.stallTimeout = .milliseconds(300) })
        let client = try Client(port: server.port, receiveBuffer: 4096)
        let requests = Array(
            String(repeating: "GET /heap HTTP/1.1\r\nHost: x\r\n\r\n", count: 1000).utf8)
        var sent = 0
        #expect(
            server.waits { counters in
                sent += client.sendSome(Array(requests[sent...]))
                return counters.slowClients == 1
            })
        // Each answer is three megabytes: those of a few requests are more than any buffer takes.
        #expect(server.counters.requests < 10)
        #expect(server.waits { $0.open == 0 })
    }
}
