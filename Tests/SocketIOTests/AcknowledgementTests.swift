// SPDX-License-Identifier: Apache-2.0
import SocketIO
import Testing

@Suite("Acknowledgements", .timeLimit(.minutes(1)))
struct AcknowledgementTests {
    @Test("of the server come once, however often a handler sends one")
    func toClient() async throws {
        let server = try await TestServer { io in
            io.onConnect { socket in
                socket.on(raw: "twice") { event in
                    event.acknowledge([1, ["a": nil]])
                    event.acknowledge([2])
                }
                socket.on(raw: "none") { #expect($0.acknowledgement == nil) }
            }
        }
        let client = try await server.client()
        #expect(await client.ask("twice") == [1, ["a": nil]])
        client.emit("none")
        #expect(await client.ask("twice") == [1, ["a": nil]])
    }

    @Test("of the server may come from a task, after later events")
    func later() async throws {
        let gate = Gate()
        let server = try await TestServer { io in
            io.onConnect { socket in
                socket.on("slow") { () async -> String in
                    await gate.opened()
                    return "at last"
                }
                socket.on(raw: "quick") { $0.acknowledge() }
            }
        }
        let client = try await server.client()
        client.emit("slow", id: 1)
        await gate.reached()
        #expect(await client.ask("quick") == [])
        gate.open()
        #expect(await client.event() == #"ack "at last""#)
    }

    @Test("of a client answer the question they were asked, in any order")
    func ofClient() async throws {
        let server = try await TestServer()
        let client = try await server.client()
        let socket = try #require(await server.socket(of: client))
        async let first: Int = socket.emitWithAck("first")
        guard case .event("first", _, let firstID?)? = await client.next()?.kind else {
            Issue.record("no question")
            return
        }
        async let second: String = socket.emitWithAck("second", true)
        #expect(await client.answer(["two"]) == "second true")
        #expect(try await second == "two")
        client.acknowledge(firstID, [1])
        #expect(try await first == 1)
    }

    @Test("of a client that nobody waits for change nothing")
    func unknown() async throws {
        let server = try await TestServer { io in
            io.onConnect { $0.on(raw: "?") { $0.acknowledge() } }
        }
        let client = try await server.client()
        client.acknowledge(.init(rawValue: 999), [1])
        #expect(await client.ask("?") == [])
    }

    @Test("of a client are waited for no longer than was said")
    func timeout() async throws {
        let server = try await TestServer()
        let client = try await server.client()
        let socket = try #require(await server.socket(of: client))
        await #expect(throws: AckError.timedOut) {
            try await socket.timeout(.milliseconds(20)).emitWithAck("?", arguments: [])
        }
        // It comes too late, and does no harm.
        await client.answer([1])
        async let next = socket.timeout(.seconds(30)).emitWithAck("next", arguments: [])
        #expect(await client.answer([2]) == "next")
        #expect(try await next == [2])
    }

    @Test("of a client are not waited for when it has gone")
    func disconnected() async throws {
        let server = try await TestServer()
        let client = try await server.client()
        let socket = try #require(await server.socket(of: client))
        let asking = Task { try await socket.emitWithAck("?", arguments: []) }
        #expect(await client.event() == "?")
        client.send(.disconnect)
        await #expect(throws: AckError.disconnected(.client)) { try await asking.value }
        await #expect(throws: AckError.self) { try await socket.emitWithAck("?", arguments: []) }
    }

    @Test("of a client are not waited for by a task that is cancelled, before or after")
    func cancelled() async throws {
        let server = try await TestServer()
        let client = try await server.client()
        let socket = try #require(await server.socket(of: client))
        let after = Task { try await socket.emitWithAck("after", arguments: []) }
        #expect(await client.event() == "after")
        after.cancel()
        await #expect(throws: CancellationError.self) { try await after.value }
        let before = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await socket.emitWithAck("before", arguments: [])
        }
        before.cancel()
        await #expect(throws: CancellationError.self) { try await before.value }
    }

    @Test("of the wrong type are errors of the one who asked")
    func wrongType() async throws {
        let server = try await TestServer()
        let client = try await server.client()
        let socket = try #require(await server.socket(of: client))
        let asking = Task { () -> Int in try await socket.emitWithAck("?") }
        await client.answer(["no number"])
        await #expect(throws: JSONCodingError.self) { try await asking.value }
    }

    // MARK: Broadcasts

    @Test("of a broadcast come from everybody, on all loops")
    func broadcast() async throws {
        let server = try await TestServer()
        let clients = try await server.clientsOnAllLoops(atLeast: 3)
        async let answers = server.io.main.timeout(.seconds(30)).emitWithAck("?", arguments: ["all"])
        for (index, client) in clients.enumerated() {
            #expect(await client.answer([.number(JSONNumber(Int64(index)))]) == #"? "all""#)
        }
        #expect(
            try await Set(answers)
                == Set(clients.indices.map { [.number(JSONNumber(Int64($0)))] as SocketIOArguments }))
    }

    @Test("of a broadcast to nobody are there at once")
    func nobody() async throws {
        let server = try await TestServer()
        #expect(try await server.io.main.to("nobody").emitWithAck("?", arguments: []).isEmpty)
    }

    @Test("of a broadcast that some do not answer come with how many are missing")
    func someSilent() async throws {
        let server = try await TestServer()
        let clients = try await server.clientsOnAllLoops(atLeast: 3)
        let io = server.io
        let asking = Task {
            try await io.main.timeout(.milliseconds(500)).emitWithAck("?", arguments: [])
        }
        await clients[1].answer([1])
        do {
            _ = try await asking.value
            Issue.record("a timeout was expected")
        } catch let timeout as BroadcastTimeout {
            #expect(timeout.answers == [[1]])
            #expect(timeout.missing == clients.count - 1)
        }
    }

    @Test("of a broadcast are not waited for from those who have gone")
    func someGone() async throws {
        let server = try await TestServer()
        let clients = try await server.clientsOnAllLoops()
        async let answers = server.io.main.timeout(.seconds(60)).emitWithAck("?", arguments: [])
        for client in clients.dropFirst() { #expect(await client.event() == "?") }
        for client in clients.dropFirst() { client.drop() }
        await clients[0].answer([1])
        #expect(try await answers == [[1]])
    }

    @Test("of a broadcast are not waited for by a task that is cancelled")
    func broadcastCancelled() async throws {
        let server = try await TestServer()
        let client = try await server.client()
        let io = server.io
        let before = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await io.main.all.emitWithAck("before", arguments: [])
        }
        before.cancel()
        await #expect(throws: CancellationError.self) { try await before.value }
        #expect(await client.event() == "before")
        let after = Task { try await io.main.all.emitWithAck("after", arguments: []) }
        #expect(await client.event() == "after")
        after.cancel()
        await #expect(throws: CancellationError.self) { try await after.value }
    }
}
