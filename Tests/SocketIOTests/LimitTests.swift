// SPDX-License-Identifier: Apache-2.0
import SocketIO
import Testing

@Suite("Limits", .timeLimit(.minutes(1)))
struct LimitTests {
    private func server(
        _ heard: Mailbox<String> = .init(), _ change: (inout SocketServerOptions) -> Void = { _ in }
    ) async throws -> TestServer {
        var options = SocketServerOptions()
        change(&options)
        return try await TestServer(loops: 1, options) { io in
            io.of { name, _ in name.hasPrefix("/n") }
            io.onConnect { socket in
                socket.on("join") { (room: String) in
                    socket.join(room)
                    return socket.rooms.count
                }
                socket.on("size") { (text: String) in text.utf8.count }
                socket.on("flood") { (count: Int) in
                    let text = String(repeating: "x", count: 100_000)
                    for _ in 0..<count { socket.emit("x", text) }
                }
                socket.onError { heard.put("\($0)") }
                socket.onDisconnect { heard.put($0.rawValue) }
            }
        }
    }

    @Test("of rooms keep a socket out of more, and say so to the program")
    func rooms() async throws {
        let heard = Mailbox<String>()
        let server = try await server(heard) { $0.maxRooms = 3 }
        let client = try await server.client()
        for (room, count) in [("a", 2), ("b", 3), ("c", 4), ("d", 4), ("a", 4)] {
            #expect(await client.ask("join", [.string(room)]) == [.number(JSONNumber(Int64(count)))])
        }
        #expect(await heard.next() == "tooManyRooms")
        server.io.to("d").emit("d", arguments: [])
        server.io.to("c").emit("c", arguments: [])
        #expect(await client.event() == "c")
    }

    @Test("of namespaces cut off the client that asks for more")
    func namespaces() async throws {
        let server = try await server { $0.maxNamespaces = 3 }
        let (client, other) = (try await server.client(), try await server.client())
        for name in ["/n1", "/n2"] {
            client.send(.connect(nil), in: name)
            #expect(await client.event() == "connect \(name)")
        }
        client.send(.disconnect, in: "/n1")
        client.send(.connect(nil), in: "/n3")
        #expect(await client.event() == "connect /n3")
        client.send(.connect(nil), in: "/n4")
        #expect(await client.ending().isClean)
        #expect(await other.ask("size", ["abc"]) == [3])
    }

    @Test("of sessions turn away who comes later, until somebody leaves")
    func sessions() async throws {
        let heard = Mailbox<String>()
        let server = try await server(heard) { $0.limits.maxSessions = 2 }
        let clients = [try await server.client(), try await server.client()]
        #expect(throws: TestClient.Failure.self) {
            try TestWire(port: server.port, TestClient.Options())
        }
        let visitor = try RouteClient(port: server.port)
        let answer = try visitor.ask("GET", "/socket.io/?EIO=4&transport=polling")
        #expect(answer.status == 503 && answer.headers["Retry-After"] == "5")
        let figures = await server.io.statistics()
        #expect(figures.sessions == 2 && figures.refusals[.full] == 2)
        clients[0].drop()
        #expect(await heard.next() == "transport close")
        _ = await server.io.statistics()
        let third = try await server.client()
        #expect(await third.ask("size", ["a"]) == [1])
        #expect(await clients[1].ask("size", ["ab"]) == [2])
    }

    @Test("of a message let the largest through, and cut off who sends a larger one")
    func payload() async throws {
        let heard = Mailbox<String>()
        let server = try await server(heard) { $0.maxPayload = 1000 }
        let (client, other) = (try await server.client(), try await server.client())
        let fits = String(repeating: "x", count: 985)
        #expect(await client.ask("size", [.string(fits)]) == [985])
        client.emit("size", [.string(fits + "xx")], id: 7)
        #expect(await client.ending().code == 1009)
        #expect(await heard.next() == "transport error")
        #expect(await other.ask("size", ["abc"]) == [3])
    }

    @Test("of a polling body refuse a larger one, and the session goes on")
    func pollingBody() async throws {
        let server = try await server { $0.maxPayload = 1000 }
        let client = try PollingClient(port: server.port)
        try client.enter()
        let body = #"427["size",""# + String(repeating: "x", count: 1000) + #""]"#
        #expect(try client.post(body) == 413)
        #expect(try client.post(#"427["size","abc"]"#) == 200)
        #expect(try client.poll() == "437[3]")
    }

    @Test("of what waits cut off a client that does not read, and say why")
    func slowReader() async throws {
        let heard = Mailbox<String>()
        let server = try await server(heard) { $0.maxQueued = 100_000 }
        let (slow, other) = (try await server.client(), try await server.client())
        slow.wire.pause()
        slow.emit("flood", [400])
        #expect(await heard.next() == "transport error")
        #expect(await other.ask("size", ["abc"]) == [3])
        slow.wire.resume()
        #expect(await slow.ending() == TestWire.Ending(code: 1013, reason: "slow consumer", isClean: true))
    }

    @Test("of what waits cut off a client that does not poll")
    func slowPoller() async throws {
        let heard = Mailbox<String>()
        let server = try await server(heard) { $0.maxQueued = 100_000 }
        let slow = try PollingClient(port: server.port)
        try slow.enter()
        #expect(try slow.post(#"42["flood",1]"#) == 200)
        #expect(try slow.poll().count > 100_000)
        #expect(try slow.post(#"42["flood",3]"#) == 200)
        #expect(await heard.next() == "transport error")
        #expect(try slow.pollStatus() == 400)
    }

    @Test("of messages close the session that sends too many, and no other")
    func messages() async throws {
        let heard = Mailbox<String>()
        let server = try await server(heard) {
            $0.limits.exemptsLoopback = false
            $0.limits.messagesOfSession = .init(burst: 20, perSecond: 1)
        }
        let (busy, other) = (try await server.client(), try await server.client())
        for _ in 0..<40 { busy.emit("size", ["a"]) }
        #expect(
            await busy.ending() == TestWire.Ending(code: 1008, reason: "too many messages", isClean: true))
        #expect(await heard.next() == "too many messages")
        #expect(await other.ask("size", ["abc"]) == [3])
        #expect(await server.io.statistics().refusals[.sessionMessages] == 1)
    }

    @Test("of clients that are still asked about turn away new ones, until some are let in")
    func waiting() async throws {
        let gate = Gate()
        var options = SocketServerOptions()
        options.limits.maxWaiting = 1
        let server = try await TestServer(loops: 1, options) { io in
            io.use { if $0.handshake.auth["slow"] != nil { await gate.opened() } }
        }
        async let slow = server.client(auth: ["slow": true])
        await gate.reached()
        #expect(throws: TestClient.Failure.self) {
            try TestWire(port: server.port, TestClient.Options())
        }
        #expect(await server.io.statistics().waiting == 1)
        gate.open()
        let client = try await slow
        #expect(await server.io.statistics().waiting == 0)
        let next = try await server.client()
        #expect(next.id != client.id)
    }

    @Test("of clients of one address that are still asked about leave room for those of others")
    func waitingOfAddress() async throws {
        let gate = Gate()
        var options = SocketServerOptions()
        options.limits.exemptsLoopback = false
        options.limits.maxWaitingOfAddress = 1
        let server = try await TestServer(loops: 1, options) { io in
            _ = io.of("/open")
            io.use { if $0.handshake.auth["slow"] != nil { await gate.opened() } }
        }
        let (first, second) = (try await server.client("/open"), try await server.client("/open"))
        first.send(.connect(["slow": true]), in: "/")
        await gate.reached()
        second.send(.connect(nil), in: "/")
        #expect(await second.event() == #"connect_error / {"message":"The server is busy."}"#)
        #expect(await server.io.statistics().refusals[.storm] == 1)
        gate.open()
        #expect(await first.event() == "connect /")
        second.send(.connect(nil), in: "/")
        #expect(await second.event() == "connect /")
    }

    @Test("of patience close connections that enter no namespace")
    func connectTimeout() async throws {
        let server = try await server { $0.connectTimeout = .milliseconds(50) }
        let wire = try TestWire(port: server.port, TestClient.Options())
        while await wire.next() != nil {}
        #expect(wire.ending.isClean)
        let client = try await server.client()
        client.send(.disconnect)
        client.send(.connect(nil))
        #expect(await client.event() == "connect /")
    }

    static let badPackets = [
        "", "a", "4", "49", "42{}", "42[]", "42[null]", "42[{}]", #"42"x""#, #"42abc["x"]"#, #"42-1["x"]"#,
        #"421.5["x"]"#, "43{}", "43[]", "40[]", #"40"x""#, "40null", "40{bad", #"44{"message":"x"}"#,
        #"42["connect"]"#, #"42["disconnect"]"#, #"42["connect_error"]"#, #"42/nowhere,["x"]"#,
        #"43/nowhere,1["x"]"#, "41/nowhere,", "40", #"45["x"]"#, #"4511-["x"]"#,
        #"451-["x",{"_placeholder":true,"num":1}]"#, #"42["x""#, "42[\"\u{1}\"]", "3", "6",
    ]

    @Test("of sense: a bad packet closes exactly the connection it came on", arguments: badPackets)
    func badPacket(_ packet: String) async throws {
        let heard = Mailbox<String>()
        let server = try await server(heard)
        let (bad, good) = (try await server.client(), try await server.client())
        bad.wire.send(raw: packet)
        switch packet {
        // Without sense here, but harmless.
        case "3", "6": #expect(await bad.ask("size", ["ab"]) == [2])
        default:
            // One that would be complete only with its attachment.
            if packet.hasPrefix("451-") { bad.wire.send(.binary([1])) }
            #expect(await bad.ending() == TestWire.Ending(isClean: true))
        }
        #expect(await good.ask("size", ["abc"]) == [3])
        #expect(await server.io.statistics().sessions == (["3", "6"].contains(packet) ? 2 : 1))
    }
}
