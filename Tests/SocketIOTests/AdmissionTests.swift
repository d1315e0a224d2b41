// SPDX-License-Identifier: Apache-2.0
import SocketIO
import Testing

@Suite("Admission to a namespace", .timeLimit(.minutes(1)))
struct AdmissionTests {
    @Test("shows middlewares what the client said, and handlers what they made of it")
    func auth() async throws {
        let server = try await TestServer { io in
            io.use { socket in socket.data["user"] = socket.handshake.auth["token"] }
            io.onConnect { socket in socket.emit("hello", socket.data["user"]?.string) }
        }
        let client = try await server.client(auth: ["token": "ana"])
        #expect(await client.event() == #"hello "ana""#)
    }

    @Test("asks middlewares in the order given, and stops at the first that refuses")
    func order() async throws {
        let asked = Mailbox<Int>()
        let server = try await TestServer { io in
            io.use { _ in asked.put(1) }
            io.use { socket in
                asked.put(2)
                if socket.handshake.auth["pass"] == nil { throw ConnectRefusal("no pass") }
            }
            io.use { _ in asked.put(3) }
            _ = io.of("/open")
        }
        let client = try await server.client("/open")
        client.send(.connect(nil), in: "/")
        #expect(await client.event() == #"connect_error / {"message":"no pass"}"#)
        client.send(.connect(["pass": 1]), in: "/")
        #expect(await client.event() == "connect /")
        #expect(await asked.next(5) == [1, 2, 1, 2, 3])
    }

    @Test("tells the client the data of a refusal")
    func data() async throws {
        let server = try await TestServer { io in
            _ = io.of("/open")
            io.use { _ in throw ConnectRefusal("later", data: ["after": 5]) }
        }
        let client = try await server.client("/open")
        client.send(.connect(nil), in: "/")
        #expect(await client.event() == #"connect_error / {"message":"later","data":{"after":5}}"#)
    }

    @Test("does not show the client what else a middleware throws")
    func otherErrors() async throws {
        struct Secret: Error { let text = "password" }
        let server = try await TestServer { io in
            _ = io.of("/open")
            io.use { _ in throw Secret() }
        }
        let client = try await server.client("/open")
        client.send(.connect(nil), in: "/")
        #expect(
            await client.event() == #"connect_error / {"message":"The server could not let you in."}"#)
    }

    @Test("counts the rooms joined by middlewares from the moment it is given")
    func rooms() async throws {
        let gate = Gate()
        let server = try await TestServer { io in
            io.use { socket in
                socket.join("early")
                await gate.opened()
            }
        }
        async let connecting = server.client()
        await gate.reached()
        server.io.to("early").emit("too soon", arguments: [])
        #expect(await server.io.main.all.localSockets().isEmpty)
        gate.open()
        let client = try await connecting
        server.io.to("early").emit("now", arguments: [])
        #expect(await client.event() == "now")
        #expect(await server.io.main.all.localSockets().map(\.id) == [client.id])
    }

    @Test("is not given to a client that has gone meanwhile")
    func gone() async throws {
        let (gate, end) = (Gate(), Mailbox<String>())
        let server = try await TestServer { io in
            io.use { socket in
                if socket.handshake.auth["slow"] == nil { return }
                await withTaskCancellationHandler {
                    await gate.opened()
                } onCancel: {
                    end.put("cancelled")
                }
            }
            io.onConnect { socket in end.put(socket.handshake.auth["slow"] == nil ? "next" : "slow") }
        }
        let wire = try TestWire(port: server.port, TestClient.Options())
        wire.send(SocketIOPacket(.connect(["slow": true])), in: .json)
        await gate.reached()
        wire.drop()
        #expect(await end.next() == "cancelled")
        gate.open()
        let client = try await server.client()
        #expect(await end.next() == "next")
        #expect(server.io.main.connectedCount == 1)
        #expect(await server.io.main.all.localSockets().map(\.id) == [client.id])
    }

    @Test("waits for handlers: no event is handled before the client is connected")
    func handlersFirst() async throws {
        let server = try await TestServer { io in
            io.onConnect { socket in socket.on(raw: "first") { $0.acknowledge([1]) } }
        }
        let client = try await server.client()
        #expect(await client.ask("first") == [1])
    }
}

/// Stops a task of the server until the test has done its part.
final class Gate: Sendable {
    private let arrivals = Mailbox<Void>()
    private let openings = Mailbox<Void>()

    /// For the task: waits, even if it is cancelled.
    func opened() async {
        arrivals.put(())
        await Task { await openings.next() }.value
    }

    /// For the test: the task waits now.
    func reached() async { await arrivals.next() }
    func open() { openings.put(()) }
}
