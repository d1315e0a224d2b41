// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Glibc
import HTTP
import TLS
import Testing
import WebSocket

@testable import WebServer

@Suite("Admission")
struct AdmissionTests {
    private var counters = WebLoop.Counters()

    private func admission(_ change: (inout WebLoop.Settings) -> Void) -> Admission {
        var settings = WebLoop.Settings()
        change(&settings)
        return Admission(settings)
    }

    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    @Test("an address has so many connections open, and others have their own")
    mutating func perAddress() {
        var admission = admission {
            $0.perAddress = .init(maxConnections: 2, rate: .init(burst: 100, perSecond: 100))
        }
        let (one, other) = (AdmissionPeer(network: 1), AdmissionPeer(network: 2))
        for _ in 0..<2 {
            #expect(admission.admit(one, open: 0, &counters, at: at(0)))
            admission.opened(1)
        }
        #expect(!admission.admit(one, open: 0, &counters, at: at(0)))
        #expect(admission.admit(other, open: 0, &counters, at: at(0)))
        #expect(counters.refusedAddress == 1)
        admission.closed(1, at: at(0))
        #expect(admission.admit(one, open: 0, &counters, at: at(0)))
    }

    @Test("an address makes connections only so fast, and what it wastes is its own")
    mutating func addressRate() {
        var admission = admission {
            $0.perAddress = .init(maxConnections: 100, rate: .init(burst: 2, perSecond: 10))
            $0.admission = .init(burst: 3, perSecond: 1)
        }
        let (one, other) = (AdmissionPeer(network: 1), AdmissionPeer(network: 2))
        let tries = (0..<5).map { _ in admission.admit(one, open: 0, &counters, at: at(0)) }
        #expect(tries == [true, true, false, false, false])
        #expect(admission.admit(other, open: 0, &counters, at: at(0)))
        #expect(!admission.admit(other, open: 0, &counters, at: at(0)))
        #expect(counters.refusedAddress == 3)
        #expect(counters.refusedRate == 1)
        #expect(admission.admit(one, open: 0, &counters, at: at(1000)))
    }

    @Test("this machine and exempt addresses are not counted")
    mutating func exempt() {
        var admission = admission {
            $0.perAddress = .init(
                maxConnections: 1, rate: .init(burst: 1, perSecond: 1), isExempt: { $0 == "10.0.0.1" })
        }
        let proxy = admission.peer(network: 1, host: "10.0.0.1", isLoopback: false)
        let local = admission.peer(network: 2, host: "127.0.0.1", isLoopback: true)
        let guest = admission.peer(network: 3, host: "10.0.0.2", isLoopback: false)
        #expect([proxy, local, guest].map(\.network) == [nil, nil, 3])
        for peer in [proxy, local] {
            for _ in 0..<10 {
                #expect(admission.admit(peer, open: 0, &counters, at: at(0)))
                admission.opened(peer.network)
            }
        }
    }

    @Test("addresses are forgotten once they are as good as new")
    mutating func forgets() {
        var admission = admission {
            $0.perAddress = .init(maxConnections: 1, rate: .init(burst: 1, perSecond: 1000))
        }
        for network in 0..<300_000 as Range<UInt64> {
            let now = at(Int64(network))
            #expect(admission.admit(AdmissionPeer(network: network), open: 0, &counters, at: now))
        }
        #expect(counters.refusedAddress == 0)
    }
}

@Suite("Serving: storms and leave-taking")
struct StormTests {
    private func settings(_ change: (inout WebLoop.Settings) -> Void) -> WebLoop.Settings {
        var settings = WebLoop.Settings()
        change(&settings)
        return settings
    }

    @Test(
        "one connection too many is told when to come again, and the others go on", arguments: [true, false])
    func full(_ asks: Bool) throws {
        let server = try Server(
            settings: settings {
                $0.maxConnections = 1
                $0.retryAfter = .seconds(7)
            })
        let client = try Client(port: server.port)
        try client.openWebSocket()
        let late = try Client(port: server.port)
        if asks { try late.send(Client.webSocketHandshake("/socket")) }
        let answer = try late.readAnswer()
        #expect(answer.status == 503)
        #expect(answer.headers["Retry-After"] == "7")
        #expect(answer.headers["Connection"] == "close")
        #expect(try late.isClosed())
        try client.sendFrame(.text, [0x61])
        #expect(try client.readFrame() == Client.Frame(first: 0x81, payload: [0x61]))
        #expect(server.counters.refusedFull == 1)
        #expect(server.counters.accepted == 1)
        client.abort()
        #expect(server.waits { $0.open == 0 })
        try Client(port: server.port).openWebSocket()
    }

    @Test("a storm is let in at the rate that was set")
    func storm() throws {
        let server = try Server(
            settings: settings { $0.admission = .init(burst: 3, perSecond: 1) })
        let clients = try (0..<5).map { _ in try Client(port: server.port) }
        let statuses = try clients.map { client in
            try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            return try client.readAnswer().status
        }
        #expect(statuses == [200, 200, 200, 503, 503])
        #expect(server.counters.refusedRate == 2)
    }

    @Test("a connection whose peer has vanished is given up after a while, not after a quarter of an hour")
    func userTimeout() throws {
        let server = try Server(settings: settings { $0.peerTimeout = .seconds(17) })
        let client = try Client(port: server.port)
        try client.openWebSocket()
        #expect(server.userTimeouts == [17_000])
    }

    @Test("connections are closed a few at a time")
    func drains() throws {
        let server = try Server()
        let clients = try (0..<2).map { _ in
            let client = try Client(port: server.port)
            try client.openWebSocket()
            return client
        }
        server.drain(over: .seconds(1))
        #expect(throws: ClientError.self) { try Client(port: server.port) }
        // The one that came last goes first; the other still has its half second.
        #expect(try clients[1].readClose() == 1001)
        try clients[0].sendFrame(.text, [0x61])
        #expect(try clients[0].readFrame() == Client.Frame(first: 0x81, payload: [0x61]))
        #expect(try clients[0].readClose() == 1001)
        for client in clients { try client.sendFrame(.close, [0x03, 0xE9]) }
        #expect(server.waits { $0.open == 0 })
    }
}

@Suite("Serving WebSockets: many and slow")
struct WebSocketFanOutTests {
    @Test(
        "a message encoded once reaches everybody, compressed where that was agreed", arguments: [40, 5000])
    func everybody(_ count: Int) throws {
        let server = try Server()
        let plain = try Client(port: server.port)
        try plain.openWebSocket()
        let deflating = try (0..<2).map { _ in
            let client = try Client(port: server.port)
            try client.openWebSocket("/deflate", extensions: "permessage-deflate")
            return client
        }
        let text = [UInt8](repeating: 0x61, count: count)
        for round in 0..<2 {
            try plain.sendFrame(.text, Array("everybody ".utf8) + text)
            #expect(try plain.readFrame() == Client.Frame(first: 0x81, payload: text))
            for client in deflating {
                let frame = try client.readFrame()
                #expect(frame.first == (count < 1024 ? 0x81 : 0xC1))
                #expect((frame.payload == text) == (count < 1024))
                guard count >= 1024, round == 0 else { continue }
                // Sent back as it came, it is the text again.
                try client.sendFrame(.text, frame.payload, rsv1: true)
                #expect(try client.readFrame() == frame)
            }
        }
    }

    @Test("says whether a client keeps up, and when it has caught up")
    func drained() throws {
        var settings = WebLoop.Settings()
        settings.maxBacklog = 32_000_000
        let server = try Server(settings: settings)
        let client = try Client(port: server.port, receiveBuffer: 4096)
        try client.openWebSocket()
        try client.sendFrame(.text, Array("writable?".utf8))
        #expect(server.journal.waits(for: "true false"))
        try client.sendFrame(.text, Array("deluge".utf8))
        for _ in 0..<16 {
            let frame = try client.readFrame()
            #expect(frame.first == 0x82)
            #expect(frame.payload.count == 1_000_000)
        }
        #expect(server.journal.waits(for: "drained true 0"))
        try client.sendFrame(.text, Array("writable?".utf8))
        try client.sendFrame(.ping, [])
        #expect(try client.readFrame() == Client.Frame(first: 0x8A, payload: []))
        #expect(server.journal.all.filter { $0 == "true false" }.count == 2)
        #expect(server.counters.slowClients == 0)
    }
}
