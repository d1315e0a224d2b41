// SPDX-License-Identifier: Apache-2.0
import EngineKit
import EventLoops
import Synchronization
import Testing
import WebSocket

@testable import SocketIO

@Suite("Leave-taking")
struct DrainTests {
    @Test("sessions end a few at a time, with a reason, and new ones are asked to come later")
    func drain() throws {
        let server = try HubServer()
        let journal = MessageJournal()
        server.io.onConnect { socket in socket.onDisconnect { journal.note($0.rawValue) } }
        let clients = try (0..<40).map { _ in try server.connect() }
        let poller = try RouteClient(port: server.port)
        let path = try server.openPolling(poller)
        server.drain(over: .seconds(1))
        #expect((20...40).contains(server.statistics.sessions))
        let late = try RouteClient(port: server.port)
        let answer = try late.ask("GET", HubServer.polling)
        #expect(answer.status == 503)
        #expect(answer.headers["Retry-After"] == "5")
        for client in clients { #expect(try client.message() == "close 1001") }
        // Who polls may come and fetch the end of its session.
        #expect(server.waits { $0.sessions <= 1 })
        #expect(try poller.ask("GET", path).body == "1")
        for client in clients { try client.sendFrame(.close, [0x03, 0xE9]) }
        #expect(server.waits { $0.sessions == 0 })
        #expect(journal.all == [String](repeating: "server shutting down", count: 40))
        #expect(server.statistics.refusals == [.stopping: 1])
    }

    @Test(
        "many take the time they are given, and a few no time at all",
        arguments: [(1, 1), (10, 10), (200, 10)])
    func pace(_ count: Int, _ atOnce: Int) throws {
        let loop = try EventLoop.start(name: "stagger")
        defer { loop.stop() }
        let done = Mutex([Int]())
        let stagger = HubServer.on(loop) {
            LoopBound(
                Stagger(Array(0..<count), over: .seconds(1), on: loop) { item in
                    done.withLock { $0.append(item) }
                }, on: loop)
        }
        #expect(done.withLock(\.count) == atOnce)
        let began = Instant.monotonic()
        while done.withLock(\.count) < count, Instant.monotonic() < began.advanced(by: .seconds(10)) {}
        #expect(done.withLock { $0.sorted() } == Array(0..<count))
        #expect(count < 200 || began.advanced(by: .milliseconds(700)) < Instant.monotonic())
        HubServer.on(loop) { _ = stagger }
    }

    @Test("stopping disconnects everybody of a server and of those beside it")
    func stop() async throws {
        let io = SocketServer()
        var options = SocketServerOptions()
        options.path = "/beside/"
        let beside = SocketServer(options)
        let journal = MessageJournal()
        io.onConnect { socket in socket.onDisconnect { journal.note($0.rawValue) } }
        var listening = SocketServer.Listening(port: 0)
        listening.loops = 2
        listening.others = [beside]
        let port = try await io.start(listening)
        let client = try await TestClient(port: port)
        let neighbour = try RouteClient(port: port)
        #expect(try neighbour.openWebSocket("/beside/?EIO=4&transport=websocket").status == 101)
        _ = try neighbour.message()
        let began = Instant.monotonic()
        await io.stop()
        #expect(began.duration(to: .monotonic()) < .seconds(8))
        #expect(await client.next() == nil)
        #expect(try neighbour.message() == "close 1001")
        #expect(journal.all == ["server shutting down"])
        #expect(throws: RouteClient.Failure.self) { try RouteClient(port: port) }
    }
}
