// SPDX-License-Identifier: Apache-2.0
import SocketIO
import Testing

@Suite("Broadcasts", .timeLimit(.minutes(1)))
struct BroadcastTests {
    private func server() async throws -> TestServer {
        try await TestServer { io in
            io.onConnect { socket in
                socket.on(raw: "join") { event in
                    for room in event.arguments { socket.join(room.string ?? "") }
                    event.acknowledge()
                }
                socket.on(raw: "leave") { event in
                    for room in event.arguments { socket.leave(room.string ?? "") }
                    event.acknowledge()
                }
                socket.on(raw: "say") { event in
                    socket.to("a").emit("said", arguments: event.arguments)
                    socket.broadcast.emit("told", arguments: event.arguments)
                    event.acknowledge()
                }
            }
        }
    }

    @Test("reach everybody on every loop, in the order they were sent")
    func everybody() async throws {
        let server = try await server()
        let clients = try await server.clientsOnAllLoops(atLeast: 4)
        for number in 0..<20 { try server.io.emit("n", number) }
        for client in clients {
            for number in 0..<20 { #expect(await client.event() == "n \(number)") }
        }
    }

    @Test("reach a socket by its id, whoever else is in a room of that name")
    func impostor() async throws {
        let server = try await server()
        for client in try await server.clientsOnAllLoops(atLeast: 4) {
            let victim = try await server.client()
            _ = await client.ask("join", [.string(victim.id)])
            try server.io.to(victim.id).emit("private", 1)
            #expect(await victim.event() == "private 1")
            let socket = try #require(await server.socket(of: victim))
            socket.emit("direct", 2)
            #expect(await victim.event() == "direct 2")
        }
    }

    @Test("reach the rooms named, once each, and none of those excepted")
    func rooms() async throws {
        let server = try await server()
        let clients = try await server.clientsOnAllLoops(atLeast: 4)
        let rooms = [["a"], ["a", "b"], ["b", "c"], []]
        for (client, rooms) in zip(clients, rooms) {
            _ = await client.ask("join", SocketIOArguments(rooms.map(JSONValue.string)))
        }
        let main = server.io.main
        main.to("a").emit("1", arguments: [])
        main.to(["a", "b"]).emit("2", arguments: [])
        main.to("a").to("b").except("c").emit("3", arguments: [])
        main.all.except(["a", "c"]).emit("4", arguments: [])
        main.to("nobody").emit("5", arguments: [])
        main.to("a").except(clients[0].id).emit("6", arguments: [])
        main.to(clients[3].id).emit("7", arguments: [])
        main.emit("end", arguments: [])
        let expected = [["1", "2", "3"], ["1", "2", "3", "6"], ["2"], ["4", "7"]]
        for (client, expected) in zip(clients, expected) {
            for name in expected + ["end"] { #expect(await client.event() == name) }
        }
    }

    @Test("of a client leave itself out")
    func sender() async throws {
        let server = try await server()
        let clients = try await server.clientsOnAllLoops(atLeast: 3)
        for client in clients.prefix(2) { _ = await client.ask("join", ["a"]) }
        #expect(await clients[0].ask("say", [1]) == [])
        for name in ["said 1", "told 1"] { #expect(await clients[1].event() == name) }
        #expect(await clients[2].event() == "told 1")
        server.io.main.emit("end", arguments: [])
        #expect(await clients[0].event() == "end")
    }

    @Test("reach nobody who has left the room, or was thrown out")
    func left() async throws {
        let server = try await server()
        let clients = try await server.clientsOnAllLoops(atLeast: 3)
        for client in clients { _ = await client.ask("join", ["a", "b"]) }
        _ = await clients[0].ask("leave", ["a", "never joined"])
        server.io.to("a").emit("a", arguments: [])
        server.io.to("b").emit("b", arguments: [])
        #expect(await clients[0].event() == "b")
        for client in clients.dropFirst() {
            for name in ["a", "b"] { #expect(await client.event() == name) }
        }
    }

    @Test("on this server only reach its clients alike")
    func local() async throws {
        let server = try await server()
        let clients = try await server.clientsOnAllLoops()
        server.io.main.local.compress(false).emit("here", arguments: [1])
        for client in clients { #expect(await client.event() == "here 1") }
    }

    @Test("that may be dropped reach who keeps up, and not who has to be waited for")
    func volatile() async throws {
        let server = try await server()
        let quick = try await server.client()
        // A polling client that does not ask has to be waited for.
        let slow = try PollingClient(port: server.port)
        try slow.enter()
        server.io.main.volatile.emit("maybe", arguments: [])
        server.io.main.emit("sure", arguments: [])
        for name in ["maybe", "sure"] { #expect(await quick.event() == name) }
        // Answered by all loops: what they had to do before is done.
        #expect(await server.io.statistics().dropped == 1)
        #expect(try slow.poll() == #"42["sure"]"#)
    }

    @Test("are sent to polling clients in one body, in order")
    func polling() async throws {
        let server = try await server()
        let client = try PollingClient(port: server.port)
        try client.enter()
        for number in 0..<3 { try server.io.emit("n", number) }
        _ = await server.io.statistics()
        #expect(try client.poll() == #"42["n",0]\#u{1e}42["n",1]\#u{1e}42["n",2]"#)
    }

    @Test("are compressed where that pays, unless they are not to be")
    func compression() async throws {
        let server = try await server()
        let client = try PollingClient(port: server.port)
        try client.enter()
        let text: SocketIOArguments = [.string(String(repeating: "x", count: 2000))]
        for (isWanted, isLong) in [(true, true), (false, true), (true, false)] {
            server.io.main.compress(isWanted).emit("text", arguments: isLong ? text : [])
            _ = await server.io.statistics()
            #expect(try client.isCompressedPoll() == (isWanted && isLong))
        }
    }

    @Test("join, and leave, and mark where a client stands meanwhile")
    func membership() async throws {
        let server = try await server()
        let client = try await server.client()
        let socket = try #require(await server.socket(of: client))
        #expect(socket.rooms == [client.id])
        _ = await client.ask("join", ["a", "b", "a"])
        #expect(socket.rooms == ["a", "b", client.id])
        _ = await client.ask("leave", ["a"])
        #expect(socket.rooms == ["b", client.id])
        #expect(await server.io.main.allRooms().elementsEqual(["b", client.id].sorted()))
    }

    @Test("find a room of many in order when its members leave in any order")
    func manyMembers() async throws {
        let server = try await server()
        let clients = try await server.clientsOnAllLoops(atLeast: 6)
        for client in clients { _ = await client.ask("join", ["a"]) }
        for index in [0, 3, 5] { _ = await clients[index].ask("leave", ["a"]) }
        _ = await clients[3].ask("join", ["a"])
        server.io.to("a").emit("a", arguments: [])
        server.io.main.emit("end", arguments: [])
        for (index, client) in clients.enumerated() {
            if ![0, 5].contains(index) { #expect(await client.event() == "a") }
            #expect(await client.event() == "end")
        }
    }
}
