// SPDX-License-Identifier: Apache-2.0
import SocketIO
import Testing

@Suite("Selected sockets", .timeLimit(.minutes(1)))
struct SocketSelectionTests {
    private func server() async throws -> TestServer {
        try await TestServer { io in
            io.onConnect { socket in
                socket.on(raw: "join") { event in
                    socket.join(event.arguments.compactMap(\.string))
                    event.acknowledge()
                }
            }
        }
    }

    @Test("are described with what servers may know of each other")
    func fetch() async throws {
        let server = try await server()
        let clients = try await server.clientsOnAllLoops()
        for client in clients { _ = await client.ask("join", ["a"]) }
        let socket = try #require(await server.socket(of: clients[0]))
        socket.data = ["user": "ana"]
        let listing = await server.io.to("a").fetchSockets()
        #expect(listing.isComplete && listing.silentServers == 0)
        #expect(Set(listing.map(\.id)) == Set(clients.map(\.id)))
        let found = try #require(listing.first { $0.id == clients[0].id })
        #expect(found.rooms == ["a", clients[0].id].sorted())
        #expect(found.data.value["user"] == "ana")
        #expect(found.handshake.value["address"] == "127.0.0.1")
        #expect(await server.io.to("nobody").fetchSockets().isEmpty)
        #expect(await server.io.main.except("a").fetchSockets().isEmpty)
    }

    @Test("join and leave rooms together, from any thread")
    func joinAndLeave() async throws {
        let server = try await server()
        let clients = try await server.clientsOnAllLoops(atLeast: 3)
        _ = await clients[0].ask("join", ["out"])
        server.io.main.except("out").socketsJoin("in")
        server.io.to("in").emit("in", arguments: [])
        server.io.to(clients[1].id).socketsLeave("in")
        server.io.to("in").emit("still in", arguments: [])
        server.io.main.emit("end", arguments: [])
        #expect(await clients[0].event() == "end")
        for name in ["in", "end"] { #expect(await clients[1].event() == name) }
        for name in ["in", "still in", "end"] { #expect(await clients[2].event() == name) }
    }

    @Test("disconnect together, from the namespace alone or altogether")
    func disconnect() async throws {
        let server = try await server()
        let clients = try await server.clientsOnAllLoops(atLeast: 3)
        _ = await clients[1].ask("join", ["a"])
        _ = await clients[2].ask("join", ["b"])
        server.io.to("a").disconnectSockets()
        #expect(await clients[1].event() == "disconnect /")
        clients[1].send(.connect(nil))
        #expect(await clients[1].event() == "connect /")
        server.io.to("b").disconnectSockets(closing: true)
        #expect(await clients[2].event() == "disconnect /")
        #expect(await clients[2].ending() == TestWire.Ending(isClean: true))
        server.io.main.emit("end", arguments: [])
        #expect(await clients[0].event() == "end")
    }

    @Test("are those of this server, when there is no other to ask")
    func alone() async throws {
        let server = try await server()
        server.io.main.onServerEvent("?") { _ in
            Issue.record("servers do not talk to themselves")
            return []
        }
        server.io.main.serverSideEmit("?", arguments: [1])
        let answers = await server.io.main.serverSideEmitWithAck("?", arguments: [1])
        #expect(answers.isComplete && answers.isEmpty)
    }
}
