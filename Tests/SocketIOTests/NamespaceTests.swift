// SPDX-License-Identifier: Apache-2.0
import SocketIO
import Testing

@Suite("Namespaces", .timeLimit(.minutes(1)))
struct NamespaceTests {
    @Test("answer each client under their own name, with an id of twenty characters")
    func fixed() async throws {
        let server = try await TestServer { _ = $0.of("/news") }
        let client = try await server.client("/news")
        #expect(client.id.count == 20)
        #expect(await server.socket(of: client)?.namespace.name == "/news")
    }

    @Test("refuse names that nobody made, and leave the connection as it is")
    func unknown() async throws {
        let server = try await TestServer { io in
            io.onConnect { $0.on(raw: "?") { $0.acknowledge() } }
        }
        let client = try await server.client()
        client.send(.connect(nil), in: "/random")
        #expect(await client.event() == #"connect_error /random {"message":"Invalid namespace"}"#)
        #expect(await client.ask("?") == [])
    }

    @Test("keep the events of one connection apart")
    func apart() async throws {
        let server = try await TestServer { io in
            for name in ["/", "/a"] {
                io.of(name).onConnect { socket in
                    socket.on(raw: "where") { $0.acknowledge([.string(socket.namespace.name)]) }
                }
            }
        }
        let client = try await server.client()
        client.send(.connect(nil), in: "/a")
        #expect(await client.event() == "connect /a")
        client.send(.event("where", [], id: .init(rawValue: 1)), in: "/a")
        client.send(.event("where", [], id: .init(rawValue: 1)), in: "/")
        #expect(await client.event() == #"ack "/a""#)
        #expect(await client.event() == #"ack "/""#)
        server.io.of("/a").emit("only a", arguments: [])
        #expect(await client.next()?.namespace == "/a")
    }

    @Test("are made by a pattern, whose gaps take no slash")
    func pattern() async throws {
        let made = Mailbox<String>()
        let server = try await TestServer { io in
            let family = io.of(pattern: "/room-*")
            family.onNamespace { made.put($0.name) }
            family.onConnect { $0.emit("welcome", $0.namespace.name) }
        }
        let client = try await server.client("/room-7")
        #expect(await client.event() == #"welcome "/room-7""#)
        #expect(await made.next() == "/room-7")
        for name in ["/room-", "/room-7/8", "/rooms"] {
            client.send(.connect(nil), in: name)
            #expect(await client.event() == #"connect_error \#(name) {"message":"Invalid namespace"}"#)
        }
    }

    @Test("are made by a function that sees what the client said")
    func function() async throws {
        let server = try await TestServer { io in
            io.of { name, auth in name.hasPrefix("/user/") && auth?["key"]?.string == "right" }
        }
        let client = try await server.client("/user/ana", auth: ["key": "right"])
        client.send(.connect(["key": "wrong"]), in: "/user/ben")
        #expect(await client.event() == #"connect_error /user/ben {"message":"Invalid namespace"}"#)
    }

    @Test("asked for by many at once are made once")
    func once() async throws {
        let made = Mailbox<String>()
        let server = try await TestServer { io in
            io.of { name, _ in
                await Task.yield()
                return name == "/many" || name == "/last"
            }.onNamespace { made.put($0.name) }
        }
        let clients = try await withThrowingTaskGroup(of: TestClient.self) { group in
            for _ in 0..<8 { group.addTask { try await server.client("/many") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        server.io.of("/many").emit("all", arguments: [])
        for client in clients { #expect(await client.event() == "all") }
        _ = try await server.client("/last")
        #expect(await made.next(2) == ["/many", "/last"])
    }

    @Test("of a family are forgotten when the last has left, if the family says so")
    func forgotten() async throws {
        let (made, left) = (Mailbox<String>(), Mailbox<String>())
        let server = try await TestServer { io in
            let family = io.of(pattern: "/room-*")
            family.forgetsEmptyNamespaces = true
            family.onNamespace { made.put($0.name) }
            family.onDisconnect { socket, _ in left.put(socket.namespace.name) }
        }
        let first = try await server.client("/room-1")
        let second = try await server.client("/room-1")
        first.send(.disconnect)
        _ = await left.next()
        second.drop()
        _ = await left.next()
        _ = try await server.client("/room-1")
        #expect(await made.next(2) == ["/room-1", "/room-1"])
    }

    @Test("of a family stay while somebody is still being asked about")
    func claimed() async throws {
        let left = Mailbox<String>()
        let gate = Gate()
        let server = try await TestServer { io in
            let family = io.of(pattern: "/room-*")
            family.forgetsEmptyNamespaces = true
            family.use { if $0.handshake.auth["slow"] != nil { await gate.opened() } }
            family.onDisconnect { _, reason in left.put(reason.rawValue) }
        }
        let quick = try await server.client("/room-1")
        async let late = server.client("/room-1", auth: ["slow": true])
        await gate.reached()
        quick.send(.disconnect)
        _ = await left.next()
        gate.open()
        let client = try await late
        server.io.of("/room-1").emit("to all", arguments: [])
        #expect(await client.event() == "to all")
    }

    @Test("of a family that let nobody in are forgotten, too")
    func refusedFamily() async throws {
        let made = Mailbox<String>()
        let server = try await TestServer { io in
            let family = io.of(pattern: "/room-*")
            family.forgetsEmptyNamespaces = true
            family.onNamespace { made.put($0.name) }
            family.use { _ in throw ConnectRefusal("no") }
        }
        let client = try await server.client()
        for _ in 0..<2 {
            client.send(.connect(nil), in: "/room-1")
            #expect(await client.event() == #"connect_error /room-1 {"message":"no"}"#)
        }
        #expect(await made.next(2) == ["/room-1", "/room-1"])
    }

    @Test("of a family are as many as it allows")
    func bounded() async throws {
        let server = try await TestServer { io in
            io.of(pattern: "/room-*").maxNamespaces = 2
        }
        let family = server.io.of(pattern: "/other-*")
        let first = try await server.client("/room-1")
        let second = try await server.client("/room-2")
        let client = try await server.client()
        client.send(.connect(nil), in: "/room-3")
        #expect(await client.event() == #"connect_error /room-3 {"message":"Invalid namespace"}"#)
        client.send(.connect(nil), in: "/room-2")
        #expect(await client.event() == "connect /room-2")
        let other = try await server.client("/other-1")
        #expect(family.namespaces.map(\.name) == [other.namespace])
        first.send(.disconnect)
        // There is room again as soon as the server has taken note of it.
        var answer: String?
        while answer != "connect /room-3" {
            client.send(.connect(nil), in: "/room-3")
            answer = await client.event()
            try #require(answer != nil)
        }
        _ = second
    }

    @Test("may be left and entered again, as somebody else")
    func again() async throws {
        let server = try await TestServer()
        let client = try await server.client()
        client.send(.disconnect)
        client.send(.connect(nil))
        guard case .connect(let data)? = await client.next()?.kind else {
            Issue.record("not let in again")
            return
        }
        #expect(data?["sid"]?.string != client.id)
    }
}
