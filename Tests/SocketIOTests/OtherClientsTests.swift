// SPDX-License-Identifier: Apache-2.0
import SocketIO
import Testing

@Suite("Clients of other kinds", .timeLimit(.minutes(1)))
struct OtherClientsTests {
    private func server(_ options: SocketServerOptions) async throws -> TestServer {
        try await TestServer(options) { io in
            io.onConnect { socket in
                socket.on(raw: "echo") { event in
                    event.acknowledge(event.arguments)
                    socket.emit("echoed", arguments: event.arguments)
                }
                socket.on("sum") { (a: Int, bytes: Bytes) in a + bytes.array.reduce(0) { $0 + Int($1) } }
            }
            io.of("/closed").use { _ in throw ConnectRefusal("no", data: [1]) }
        }
    }

    private static let binary = SocketIOArguments(
        [7, ["_placeholder": true, "num": 0]], attachments: [[1, 2, 255]])

    // MARK: The msgpack parser

    private func messagePack() async throws -> (TestServer, TestClient) {
        var options = SocketServerOptions()
        options.parser = .messagePack
        let server = try await server(options)
        var asked = TestClient.Options()
        asked.parser = .messagePack
        return (server, try await server.client(asked))
    }

    @Test("that use MessagePack have events, bytes and acknowledgements both ways")
    func messagePackEvents() async throws {
        let (server, client) = try await messagePack()
        #expect(
            await client.ask("echo", [1, "two", [3, nil], ["four": 5.5]]) == [
                1, "two", [3, nil], ["four": 5.5],
            ])
        #expect(await client.event() == #"echoed 1 "two" [3,null] {"four":5.5}"#)
        #expect(await client.ask("sum", Self.binary) == [265])
        let socket = try #require(await server.socket(of: client))
        async let answer = socket.emitWithAck("?", arguments: Self.binary)
        guard case .event("?", Self.binary, let id?)? = await client.next()?.kind else {
            Issue.record("not the question")
            return
        }
        client.acknowledge(id, Self.binary)
        #expect(try await answer == Self.binary)
    }

    @Test("that use MessagePack are refused and thrown out with packets of it, too")
    func messagePackPackets() async throws {
        let (server, client) = try await messagePack()
        client.send(.connect(nil), in: "/closed")
        #expect(await client.event() == #"connect_error /closed {"message":"no","data":[1]}"#)
        server.io.main.all.disconnectSockets()
        #expect(await client.event() == "disconnect /")
    }

    @Test("that use another parser than the server are cut off")
    func wrongParser() async throws {
        let (server, client) = try await messagePack()
        client.wire.send(raw: #"42["echo"]"#)
        #expect(await client.ending().isClean)
        _ = server
    }

    // MARK: Engine.IO 3

    private func revision3(_ namespace: String = "/") async throws -> (TestServer, TestClient) {
        var options = SocketServerOptions()
        options.allowsEngineIO3 = true
        let server = try await server(options)
        var asked = TestClient.Options()
        asked.revision = .three
        asked.namespace = namespace
        return (server, try await server.client(asked))
    }

    @Test("of Engine.IO 3 are in the main namespace without asking")
    func revision3Events() async throws {
        let (server, client) = try await revision3()
        #expect(await client.ask("echo", [1]) == [1])
        #expect(await client.event() == "echoed 1")
        #expect(await client.ask("sum", Self.binary) == [265])
        #expect(await client.ask("echo", Self.binary) == Self.binary)
        #expect(await client.next()?.kind == .event("echoed", Self.binary, id: nil))
        server.io.main.emit("to all", arguments: Self.binary)
        #expect(await client.next()?.kind == .event("to all", Self.binary, id: nil))
    }

    @Test("of Engine.IO 3 share broadcasts with others")
    func together() async throws {
        let (server, old) = try await revision3()
        let new = try await server.client()
        server.io.main.emit("data", arguments: Self.binary)
        for client in [old, new] {
            #expect(await client.next()?.kind == .event("data", Self.binary, id: nil))
        }
    }

    @Test("of Engine.IO 3 are told of refusals in their own way")
    func revision3Refusal() async throws {
        let (server, client) = try await revision3()
        client.send(.connect(nil), in: "/closed")
        #expect(await client.event() == "connect_error /closed [1]")
        client.send(.connect(nil), in: "/nowhere")
        #expect(await client.event() == #"connect_error /nowhere "Invalid namespace""#)
        _ = server
    }

    @Test("of Engine.IO 3 are not let in unless the server says so")
    func revision3Refused() async throws {
        let server = try await server(SocketServerOptions())
        var asked = TestClient.Options()
        asked.revision = .three
        await #expect(throws: TestClient.Failure.self) { try await server.client(asked) }
        #expect(await server.io.statistics().refusals[.malformed] == 1)
    }

    // MARK: Polling

    @Test("that poll have events, bytes and acknowledgements both ways")
    func polling() async throws {
        let server = try await server(SocketServerOptions())
        let client = try PollingClient(port: server.port)
        try client.enter()
        #expect(try client.post(#"421["echo",1]"#) == 200)
        #expect(try client.poll() == "431[1]\u{1e}42[\"echoed\",1]")
        #expect(try client.post(#"451-2["sum",7,{"_placeholder":true,"num":0}]\#u{1e}bAQL/"#) == 200)
        #expect(try client.poll() == "432[265]")
        server.io.main.emit("data", arguments: Self.binary)
        #expect(try client.poll() == #"451-["data",7,{"_placeholder":true,"num":0}]\#u{1e}bAQL/"#)
    }
}
