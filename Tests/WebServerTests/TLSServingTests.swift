// SPDX-License-Identifier: Apache-2.0
import EngineKit
import EventLoops
import Glibc
import HTTP
import TLS
import Testing
import WebServer
import WebSocket

/// A certificate of our own making, shared by the tests of this file.
private let contexts: Result<(server: TLSContext, client: TLSContext), any Error> = Result {
    var template = Array("/tmp/parley-web-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw ClientError("no folder") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let files = try LocalAuthority.ensure(
        folder: folder, names: CertificateNames(hostName: "desk", addresses: []), now: .system())
    return (
        try TLSContext(certificateChainFile: files.certificateFile, privateKeyFile: files.keyFile),
        try TLSContext(clientTrusting: files.authorityFile)
    )
}

@Suite("Serving over TLS")
struct TLSServingTests {
    @Test("serves HTTP, pipelined and large, and WebSockets")
    func serves() throws {
        let contexts = try contexts.get()
        let server = try Server(tls: contexts.server)
        let client = try Client(port: server.port)
        try client.startTLS(contexts.client)
        try client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.readAnswer().text == "GET /a ")
        #expect(try client.readAnswer().body == bigFile.array)
        let text = "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n"
        try client.send(Array(text.utf8) + [UInt8](repeating: 0x61, count: 900_000))
        #expect(try client.readAnswer().body.count == 900_008)
        try client.openWebSocket()
        try client.sendFrame(.text, Array("hi".utf8))
        #expect(try client.readFrame() == Client.Frame(first: 0x81, payload: Array("hi".utf8)))
    }

    @Test("a connection moves between loops with its TLS session")
    func moves() throws {
        let contexts = try contexts.get()
        let server = try Server(loops: 2, tls: contexts.server)
        let client = try Client(port: server.port)
        try client.startTLS(contexts.client)
        for home in [1, 0, 1] {
            try client.send("GET /loop?home=\(home) HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.readAnswer().text == "test-\(home)")
        }
    }

    @Test("sends a browser that came without TLS to the same page with it")
    func redirects() throws {
        let server = try Server(tls: contexts.get().server)
        let client = try Client(port: server.port)
        try client.send("GET /abc-defg-hij?a=b HTTP/1.1\r\nHost: desk:8443\r\n\r\n")
        let answer = try client.readAnswer()
        #expect(answer.status == 308)
        #expect(answer.headers["Location"] == "https://desk:8443/abc-defg-hij?a=b")
        #expect(try client.isClosed())
    }

    @Test(
        "closes on garbage, early ends and silence",
        arguments: [
            [0x16, 0x03, 0x01, 0xFF, 0xFF, 0x00], [0x16, 0x00, 0x00, 0x00, 0x01, 0x00], [0x16], [],
        ] as [[UInt8]])
    func garbage(_ bytes: [UInt8]) throws {
        var settings = WebLoop.Settings()
        settings.handshakeTimeout = .milliseconds(50)
        let server = try Server(tls: contexts.get().server, settings: settings)
        let client = try Client(port: server.port)
        try client.send(bytes)
        // An alert may come first.
        _ = try client.readToEnd()
        #expect(server.counters.requests == 0)
        #expect(server.counters.open == 0)
    }
}
