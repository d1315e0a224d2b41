// SPDX-License-Identifier: Apache-2.0
import SocketIO
import Testing
import WebSocket

/// How a connection ends: what a client or the server does, and what either side is told.
struct Ending: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var reason: DisconnectReason
    /// What the client gets last.
    var lastWord: String?
    /// `nil` where it does not hear of the end.
    var ending: TestWire.Ending?
    var act: @Sendable (TestServer, TestClient, Socket) async -> Void

    static let all: [Ending] = [
        Ending(
            testDescription: "the client leaves the namespace", reason: .client,
            act: { _, client, _ in client.send(.disconnect) }),
        Ending(
            testDescription: "the server makes it leave", reason: .server, lastWord: "disconnect /",
            act: { _, _, socket in socket.disconnect() }),
        Ending(
            testDescription: "the server closes the connection", reason: .server,
            lastWord: "disconnect /", ending: .init(isClean: true),
            act: { _, _, socket in socket.disconnect(closing: true) }),
        Ending(
            testDescription: "the network breaks", reason: .transportClose,
            act: { _, client, _ in client.drop() }),
        Ending(
            testDescription: "the client closes its WebSocket", reason: .transportClose,
            ending: .init(code: 1000, isClean: true),
            act: { _, client, _ in client.wire.frame(.close, [0x03, 0xE8]) }),
        Ending(
            testDescription: "the client closes its session", reason: .transportClose,
            ending: .init(isClean: true), act: { _, client, _ in client.wire.send(raw: "1") }),
        Ending(
            testDescription: "the client sends a bad frame", reason: .transportError,
            ending: .init(code: 1002, reason: "continuation without a message", isClean: true),
            act: { _, client, _ in client.wire.frame(.continuation, [1]) }),
        Ending(
            testDescription: "the client sends a bad packet of Engine.IO", reason: .parseError,
            ending: .init(isClean: true), act: { _, client, _ in client.wire.send(raw: "abc") }),
        Ending(
            testDescription: "the client sends a bad packet of Socket.IO", reason: .parseError,
            ending: .init(isClean: true), act: { _, client, _ in client.wire.send(raw: "42{}") }),
        Ending(
            testDescription: "the client sends a ping, which is the server's part", reason: .transportError,
            ending: .init(isClean: true), act: { _, client, _ in client.wire.send(raw: "2") }),
        Ending(
            testDescription: "the server stops", reason: .shuttingDown,
            ending: .init(code: 1001, reason: "the server is stopping", isClean: true),
            act: { server, _, _ in server.io.disconnectAll() }),
    ]
}

@Suite("Disconnect reasons", .timeLimit(.minutes(1)))
struct DisconnectReasonTests {
    @Test("say on both sides who ended the connection, and how", arguments: Ending.all)
    func reasons(_ ending: Ending) async throws {
        let heard = Mailbox<DisconnectReason>()
        let server = try await TestServer { io in
            io.onConnect { socket in
                socket.onDisconnecting { heard.put($0) }
                socket.onDisconnect { heard.put($0) }
            }
            io.main.onDisconnect { heard.put($1) }
        }
        let client = try await server.client()
        let socket = try #require(await server.socket(of: client))
        await ending.act(server, client, socket)
        if let word = ending.lastWord { #expect(await client.event() == word) }
        if let end = ending.ending { #expect(await client.ending() == end) }
        #expect(await heard.next(3) == .init(repeating: ending.reason, count: 3))
        #expect(server.io.main.connectedCount == 0)
    }

    @Test("say that a client did not answer pings")
    func pingTimeout() async throws {
        var options = SocketServerOptions()
        options.pingInterval = .milliseconds(50)
        options.pingTimeout = .milliseconds(50)
        let heard = Mailbox<DisconnectReason>()
        let server = try await TestServer(options) { $0.main.onDisconnect { heard.put($1) } }
        var silent = TestClient.Options()
        silent.answersPings = false
        let client = try await server.client(silent)
        #expect(await client.ending() == TestWire.Ending(isClean: true))
        #expect(await heard.next() == .pingTimeout)
    }

    @Test("are the same for every namespace of a connection, each of which is told once")
    func namespaces() async throws {
        let heard = Mailbox<String>()
        let server = try await TestServer { io in
            for name in ["/", "/a", "/b"] {
                io.of(name).onDisconnect { heard.put("\($0.namespace.name) \($1.rawValue)") }
            }
        }
        let client = try await server.client()
        for name in ["/a", "/b"] {
            client.send(.connect(nil), in: name)
            #expect(await client.event() == "connect \(name)")
        }
        client.send(.disconnect, in: "/a")
        #expect(await heard.next() == "/a client namespace disconnect")
        client.drop()
        #expect(await Set(heard.next(2)) == ["/ transport close", "/b transport close"])
    }

    @Test("tell all namespaces of a client that is thrown out altogether")
    func closing() async throws {
        let server = try await TestServer { _ = $0.of("/a") }
        let client = try await server.client()
        client.send(.connect(nil), in: "/a")
        #expect(await client.event() == "connect /a")
        await server.socket(of: client)?.disconnect(closing: true)
        for word in ["disconnect /", "disconnect /a"] { #expect(await client.event() == word) }
        #expect(await client.ending().isClean)
    }
}
