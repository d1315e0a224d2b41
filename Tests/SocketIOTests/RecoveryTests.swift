// SPDX-License-Identifier: Apache-2.0
import SocketIO
import Testing

@Suite("Connection state recovery", .timeLimit(.minutes(1)))
struct RecoveryTests {
    /// Tells of every socket that has left.
    private let left = Mailbox<DisconnectReason>()

    private func server(
        _ change: (inout SocketServerOptions) -> Void = { _ in }, _ prepare: (SocketServer) -> Void = { _ in }
    ) async throws -> TestServer {
        var options = SocketServerOptions()
        options.recovery = RecoveryOptions()
        change(&options)
        return try await TestServer(options) { io in
            let left = left
            io.onConnect { socket in
                socket.on(raw: "join") { event in
                    socket.join(event.arguments.compactMap(\.string))
                    event.acknowledge()
                }
                socket.on("recovered") { socket.isRecovered }
            }
            prepare(io)
            io.main.onDisconnect { left.put($1) }
        }
    }

    private func emit(_ server: TestServer, _ numbers: Range<Int>) throws {
        for number in numbers { try server.io.emit("n", number) }
    }

    private func words(_ numbers: Range<Int>) -> [String] { numbers.map { "n \($0)" } }

    @Test("gives back what was missed, once and in order, before anything new")
    func missed() async throws {
        let server = try await server()
        let client = try await RecoveringClient(port: server.port)
        _ = await client.wire.ask("join", ["a"])
        try #require(await server.socket(of: client.wire)).data["user"] = "ana"
        try emit(server, 0..<2)
        for word in words(0..<2) { #expect(await client.event() == word) }
        client.wire.drop()
        #expect(await left.next() == .transportClose)
        try emit(server, 2..<5)
        server.io.to("b").emit("not for me", arguments: [])
        server.io.main.except("a").emit("not for me", arguments: [])
        server.io.to("a").emit("mine", arguments: [])
        server.io.to(client.id).emit("all mine", arguments: [])
        #expect(try await client.resume() == words(2..<5) + ["mine", "all mine"])
        #expect(client.isSame)
        #expect(await client.wire.ask("recovered") == [true])
        let socket = try #require(await server.socket(of: client.wire))
        #expect(socket.data == ["user": "ana"] && socket.rooms == ["a", client.id])
        server.io.to("a").emit("new", arguments: [])
        #expect(await client.event() == "new")
    }

    @Test("lets a client in as somebody new that missed more than it could be sent")
    func tooMuch() async throws {
        let server = try await server({ $0.maxQueued = 50_000 })
        let client = try await RecoveringClient(port: server.port)
        try emit(server, 0..<1)
        #expect(await client.event() == "n 0")
        client.wire.drop()
        #expect(await left.next() == .transportClose)
        for _ in 0..<6 { try server.io.emit("much", String(repeating: "a", count: 10_000)) }
        #expect(try await client.resume() == [])
        #expect(!client.isSame)
    }

    @Test("keeps what was sent to one client from those in a room of its id's name")
    func direct() async throws {
        let server = try await server()
        let victim = try await RecoveringClient(port: server.port)
        let client = try await RecoveringClient(port: server.port)
        _ = await client.wire.ask("join", [.string(victim.id)])
        client.wire.drop()
        #expect(await left.next() == .transportClose)
        let socket = try #require(await server.socket(of: victim.wire))
        socket.emit("secret", 1)
        #expect(await victim.event() == "secret 1")
        #expect(try await client.resume() == [])
        #expect(client.isSame)
    }

    @Test("gives back bytes, and no volatile events and no questions")
    func kinds() async throws {
        let server = try await server()
        let client = try await RecoveringClient(port: server.port)
        client.wire.drop()
        _ = await left.next()
        let data = SocketIOArguments([["_placeholder": true, "num": 0]], attachments: [[1, 2]])
        server.io.main.volatile.emit("volatile", arguments: ["text"])
        server.io.main.emit("data", arguments: data)
        #expect(try await server.io.main.all.emitWithAck("?", arguments: []).isEmpty)
        #expect(try await client.resume() == [#"data {"_placeholder":true,"num":0}"#])
        #expect(client.isSame)
    }

    @Test("does not take the text of a volatile event for an offset")
    func volatileText() async throws {
        let server = try await server()
        let client = try await RecoveringClient(port: server.port)
        try emit(server, 0..<1)
        server.io.main.volatile.emit("v", arguments: ["text"])
        #expect(await client.event() == "n 0")
        #expect(await client.event() == #"v "text" null"#)
        client.wire.drop()
        _ = await left.next()
        try emit(server, 1..<3)
        #expect(try await client.resume() == words(1..<3))
    }

    @Test("takes over a connection that still looks alive")
    func takeover() async throws {
        let server = try await server()
        let client = try await RecoveringClient(port: server.port)
        let old = client.wire
        try emit(server, 0..<3)
        #expect(await client.event() == "n 0")
        // The network has changed: the old connection takes no more, and the server does not know.
        #expect(try await client.resume() == words(1..<3))
        #expect(client.isSame)
        #expect(await left.next() == .transportClose)
        #expect(await old.ending().isClean)
        try emit(server, 3..<4)
        #expect(await client.event() == "n 3")
        #expect(server.io.main.connectedCount == 1)
    }

    @Test("works for a client that got no event yet")
    func noOffset() async throws {
        let server = try await server()
        let client = try await RecoveringClient(port: server.port)
        client.wire.drop()
        _ = await left.next()
        try emit(server, 0..<2)
        #expect(try await client.resume() == words(0..<2))
        #expect(client.isSame)
    }

    @Test("works for a quiet client when the log has turned over")
    func quiet() async throws {
        let server = try await server {
            $0.recovery?.maxPackets = 4
            $0.pingInterval = .milliseconds(20)
        }
        let client = try await RecoveringClient(port: server.port)
        try emit(server, 0..<1)
        #expect(await client.event() == "n 0")
        let busy = try await RecoveringClient(port: server.port)
        _ = await busy.wire.ask("join", ["busy"])
        for _ in 0..<100 { server.io.to("busy").emit("busy", arguments: []) }
        client.wire.drop()
        _ = await left.next()
        try emit(server, 1..<3)
        #expect(try await client.resume() == words(1..<3))
        #expect(client.isSame)
    }

    @Test("says so when something that was missed is no longer there: the client is new")
    func turnedOver() async throws {
        let server = try await server { $0.recovery?.maxPackets = 4 }
        let client = try await RecoveringClient(port: server.port)
        try emit(server, 0..<1)
        #expect(await client.event() == "n 0")
        client.wire.drop()
        _ = await left.next()
        try emit(server, 1..<9)
        #expect(try await client.resume().isEmpty)
        #expect(!client.isSame && client.wire.id != client.id)
        #expect(await client.wire.ask("recovered") == [false])
    }

    @Test("is over when the client stays away too long")
    func expired() async throws {
        let server = try await server { $0.recovery?.maxDisconnection = .zero }
        let client = try await RecoveringClient(port: server.port)
        client.wire.drop()
        _ = await left.next()
        #expect(try await client.resume().isEmpty)
        #expect(!client.isSame && client.wire.id != client.id)
    }

    @Test("is for nobody with a name that was never given")
    func unknown() async throws {
        let server = try await server()
        var options = TestClient.Options()
        for auth: JSONObject in [["pid": "made up"], ["pid": 7], ["pid": "", "offset": ""], ["offset": "x"]] {
            options.auth = auth
            let client = try await server.client(options)
            #expect(await client.ask("recovered") == [false])
        }
    }

    /// Ways to end a connection for good.
    enum Farewell: CaseIterable { case client, server, serverClosing, parseError }

    @Test("is not for those who left, or were thrown out", arguments: Farewell.allCases)
    func farewell(_ farewell: Farewell) async throws {
        let server = try await server()
        let client = try await RecoveringClient(port: server.port)
        switch farewell {
        case .client: client.wire.send(.disconnect)
        case .server: server.io.main.all.disconnectSockets()
        case .serverClosing: server.io.main.all.disconnectSockets(closing: true)
        case .parseError: client.wire.wire.send(raw: "42{}")
        }
        _ = await left.next()
        try emit(server, 0..<1)
        #expect(try await client.resume().isEmpty)
        #expect(!client.isSame && client.wire.id != client.id)
    }

    @Test("gives nothing twice, however often the client comes back")
    func again() async throws {
        let server = try await server()
        let client = try await RecoveringClient(port: server.port)
        try emit(server, 0..<1)
        #expect(await client.event() == "n 0")
        let first = client.offset
        client.wire.drop()
        _ = await left.next()
        try emit(server, 1..<3)
        #expect(try await client.resume() == words(1..<3))
        client.wire.drop()
        _ = await left.next()
        #expect(try await client.resume().isEmpty)
        // One that did not get the replay may ask for it again.
        client.wire.drop()
        _ = await left.next()
        #expect(try await client.resume(after: first) == words(1..<3))
        // But not when it has left.
        client.wire.send(.disconnect)
        _ = await left.next()
        #expect(try await client.resume(after: first).isEmpty)
        #expect(client.wire.id != client.id)
    }

    @Test("loses and doubles nothing while others broadcast from all loops")
    func concurrent() async throws {
        let count = 200
        let server = try await server()
        let client = try await RecoveringClient(port: server.port)
        let io = server.io
        let emitting = Task {
            for number in 0..<count {
                try io.emit("n", number)
                if number % 4 == 0 { await Task.yield() }
            }
        }
        var got: [String] = []
        while got.count < count {
            for _ in 0..<7 where got.count < count {
                if let word = await client.event() { got.append(word) }
            }
            if got.count.isMultiple(of: 2) { client.wire.drop() }
            if got.count < count { got += try await client.resume() }
            #expect(client.isSame)
        }
        #expect(got == words(0..<count))
        try await emitting.value
    }

    @Test("lets clients back in without middlewares, unless they are to be asked again")
    func middlewares() async throws {
        let asked = Mailbox<Bool>()
        let server = try await server { _ in
        } _: {
            $0.use { asked.put($0.isRecovered) }
        }
        let client = try await RecoveringClient(port: server.port)
        #expect(await asked.next() == false)
        client.wire.drop()
        try await client.resume()
        #expect(client.isSame)
        _ = try await server.client()
        #expect(await asked.next() == false)
    }

    @Test("that asks middlewares again gives back what was sent while they thought, too")
    func slowMiddleware() async throws {
        let gate = Gate()
        let server = try await server {
            $0.recovery?.skipsMiddlewares = false
        } _: { io in
            io.use { if $0.isRecovered { await gate.opened() } }
        }
        let client = try await RecoveringClient(port: server.port)
        try emit(server, 0..<1)
        #expect(await client.event() == "n 0")
        client.wire.drop()
        _ = await left.next()
        try emit(server, 1..<2)
        let emitting = Task {
            await gate.reached()
            try emit(server, 2..<4)
            gate.open()
        }
        #expect(try await client.resume() == words(1..<4))
        #expect(client.isSame)
        try await emitting.value
        try emit(server, 4..<5)
        #expect(await client.event() == "n 4")
    }

    @Test("that asks middlewares again gives nothing to a client they refuse, ever")
    func refusedAgain() async throws {
        let server = try await server {
            $0.recovery?.skipsMiddlewares = false
        } _: { io in
            _ = io.of("/other")
            io.use { if $0.isRecovered { throw ConnectRefusal("not again") } }
        }
        let client = try await RecoveringClient(port: server.port)
        client.wire.drop()
        _ = await left.next()
        try emit(server, 0..<1)
        let other = try await server.client("/other")
        let auth: JSONObject = ["pid": .string(client.recoveryID)]
        other.send(.connect(auth), in: "/")
        #expect(await other.event() == #"connect_error / {"message":"not again"}"#)
        // The session is gone: it is somebody new, whom they let in.
        other.send(.connect(auth), in: "/")
        guard case .connect(let answer)? = await other.next()?.kind else {
            Issue.record("not let in")
            return
        }
        #expect(answer?["sid"]?.string != client.id)
    }

    @Test("gives a polling client what it missed before the answer")
    func polling() async throws {
        let server = try await server()
        let first = try await RecoveringClient(port: server.port)
        first.wire.drop()
        _ = await left.next()
        try emit(server, 0..<1)
        let client = try PollingClient(port: server.port)
        #expect(try client.post(#"40{"pid":"\#(first.recoveryID)"}"#) == 200)
        let body = try client.poll()
        #expect(body.hasPrefix(#"42["n",0,""#))
        #expect(body.hasSuffix("\u{1e}40{\"sid\":\"\(first.id)\",\"pid\":\"\(first.recoveryID)\"}"))
    }
}
