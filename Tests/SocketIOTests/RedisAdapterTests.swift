// SPDX-License-Identifier: Apache-2.0
import JSON
import Redis
import SocketIO
import Synchronization
import TestKit
import Testing

/// A server of two loops that has joined others through Redis.
final class ClusteredServer: Sendable {
    let io = SocketServer()
    let adapter: RedisAdapter
    let port: UInt16
    private let states: AsyncStream<RedisLinkState>

    init(_ redis: RedisServer, _ format: RedisAdapter.Format, admin: AdminOptions? = nil) async throws {
        let (states, continuation) = AsyncStream<RedisLinkState>.makeStream()
        self.states = states
        var options = RedisAdapter.Options()
        options.format = format
        options.link.timeout = .milliseconds(800)
        options.link.slowAfter = .milliseconds(100)
        options.link.pingInterval = .milliseconds(50)
        options.link.longestPause = .milliseconds(200)
        options.node.requestTimeout = .seconds(2)
        options.onStateChange = { continuation.yield($0) }
        adapter = try RedisAdapter(RedisURL(redis.url), options: options)
        io.join(adapter)
        if let admin { try io.admin(admin) }
        io.onConnect { socket in
            socket.on(raw: "join") { event in
                socket.join(event.arguments.first?.string ?? "")
                event.acknowledge()
            }
        }
        var listening = SocketServer.Listening(port: 0)
        listening.loops = 2
        port = try await io.start(listening)
        await reaches { $0 == .up }
    }

    deinit {
        let io = io
        Task { await io.stop() }
    }

    /// Waits for the next change of the state that fits.
    func reaches(_ fits: (RedisLinkState) -> Bool) async {
        var iterator = states.makeAsyncIterator()
        while let state = await iterator.next(), !fits(state) {}
    }

    func isDown() async { await reaches { if case .down = $0 { true } else { false } } }

    func client(in rooms: String...) async throws -> TestClient {
        let client = try await TestClient(port: port)
        for room in rooms { _ = await client.ask("join", [.string(room)]) }
        return client
    }
}

@Suite(
    "Servers that share Redis",
    .enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.whySkipped)),
    .timeLimit(.minutes(1)))
struct RedisAdapterTests {
    static let formats: [RedisAdapter.Format] = [.classic, .sharded(.none)]

    /// Two servers and their Redis.
    private func pair(
        _ format: RedisAdapter.Format
    ) async throws -> (redis: RedisServer, ClusteredServer, ClusteredServer) {
        let redis = try RedisServer()
        let first = try await ClusteredServer(redis, format)
        return (redis, first, try await ClusteredServer(redis, format))
    }

    @Test("share rooms", arguments: formats)
    func rooms(_ format: RedisAdapter.Format) async throws {
        let (redis, first, second) = try await pair(format)
        let ana = try await first.client(in: "a")
        let ben = try await second.client(in: "a", "b")
        let eve = try await second.client()
        first.io.main.to("a").emit("one", arguments: [1])
        first.io.main.to("a").except("b").emit("two", arguments: [])
        first.io.main.emit("last", arguments: [])
        for event in ["one 1", "two", "last"] { #expect(await ana.event() == event) }
        for event in ["one 1", "last"] { #expect(await ben.event() == event) }
        #expect(await eve.event() == "last")

        second.io.main.to(ana.id).emit("three", arguments: ["text"])
        second.io.main.local.emit("here", arguments: [])
        second.io.main.emit("end", arguments: [])
        for event in [#"three "text""#, "end"] { #expect(await ana.event() == event) }
        for event in ["here", "end"] { #expect(await eve.event() == event) }
        _ = redis
    }

    @Test("carry bytes to each other's sockets", arguments: formats)
    func binary(_ format: RedisAdapter.Format) async throws {
        let (redis, first, second) = try await pair(format)
        let ben = try await second.client()
        let arguments = SocketIOArguments(
            [["file": ["_placeholder": true, "num": 0]]], attachments: [[0, 1, 255]])
        first.io.main.emit("data", arguments: arguments)
        #expect(await ben.next()?.kind == .event("data", arguments, id: nil))
        _ = redis
    }

    @Test("list, move and disconnect each other's sockets", arguments: formats)
    func sockets(_ format: RedisAdapter.Format) async throws {
        let (redis, first, second) = try await pair(format)
        let ana = try await first.client(in: "a")
        let ben = try await second.client(in: "a", "b")
        let all = await first.io.main.all.fetchSockets()
        #expect(all.isComplete && Set(all.map(\.id)) == [ana.id, ben.id])
        let inB = await first.io.main.to("b").fetchSockets()
        #expect(inB.map(\.id) == [ben.id])
        #expect(inB.first.map { Set($0.rooms) } == ["a", "b", ben.id])
        #expect(await first.io.main.local.fetchSockets().map(\.id) == [ana.id])

        first.io.main.to("b").socketsJoin("c")
        first.io.main.to("c").emit("in c", arguments: [])
        #expect(await ben.event() == "in c")
        first.io.main.to("b").socketsLeave("c")
        first.io.main.to("c").emit("in c", arguments: [])
        first.io.main.to("b").disconnectSockets()
        #expect(await ben.next()?.kind == .disconnect)
        #expect(await first.io.main.all.fetchSockets().map(\.id) == [ana.id])
        _ = redis
    }

    @Test("gather the acknowledgements of each other's sockets", arguments: formats)
    func acknowledgements(_ format: RedisAdapter.Format) async throws {
        let (redis, first, second) = try await pair(format)
        let clients = [try await first.client(in: "a"), try await second.client(in: "a")]
        async let answers = first.io.main.to("a").timeout(.seconds(5)).emitWithAck("?", arguments: [])
        for (index, client) in clients.enumerated() {
            guard case .event("?", _, let id?)? = await client.next()?.kind else {
                Issue.record("no question")
                return
            }
            client.acknowledge(id, [.number(JSONNumber(Int64(index)))])
        }
        #expect(try await Set(answers) == [[0], [1]])
        // One stays silent.
        do {
            _ = try await first.io.main.to("a").timeout(.milliseconds(200)).emitWithAck("?", arguments: [])
            Issue.record("a timeout was expected")
        } catch let timeout as BroadcastTimeout {
            #expect(timeout.answers.isEmpty && timeout.missing == 2)
        }
        _ = redis
    }

    @Test("send events to each other", arguments: formats)
    func serverEvents(_ format: RedisAdapter.Format) async throws {
        let (redis, first, second) = try await pair(format)
        let third = try await ClusteredServer(redis, format)
        for (name, server) in [("first", first), ("second", second), ("third", third)] {
            server.io.main.onServerEvent("who") { arguments in
                [.array([.string(name)] + arguments.values)]
            }
        }
        let answers = await first.io.main.serverSideEmitWithAck("who", arguments: [1])
        #expect(answers.isComplete && Set(answers) == [[["second", 1]], [["third", 1]]])
        let (heard, continuation) = AsyncStream<SocketIOArguments>.makeStream()
        third.io.main.onServerEvent("note") { arguments in
            continuation.yield(arguments)
            return []
        }
        second.io.main.serverSideEmit("note", arguments: ["text"])
        var iterator = heard.makeAsyncIterator()
        #expect(await iterator.next() == ["text"])
    }

    @Test("show admins each other's sockets", arguments: formats)
    func admins(_ format: RedisAdapter.Format) async throws {
        let redis = try RedisServer()
        let options = AdminOptions(username: "ana", password: "secret")
        let first = try await ClusteredServer(redis, format, admin: options)
        let second = try await ClusteredServer(redis, format, admin: options)
        let early = try await second.client(in: "a")
        let admin = try await TestClient(
            port: first.port, namespace: "/admin", auth: ["username": "ana", "password": "secret"])
        let sockets = await admin.arguments(of: "all_sockets").first?.array ?? []
        #expect(Set(sockets.compactMap { $0["id"]?.string }) == [early.id, admin.id])
        let seen = sockets.first { $0["id"]?.string == early.id }
        #expect(seen?["transport"] == "websocket" && seen?["clientId"]?.string?.count == 12)
        let late = try await second.client()
        #expect(await admin.arguments(of: "socket_connected").first?["id"]?.string == late.id)
        admin.emit("emit", ["/", "a", "to a"])
        #expect(await early.event() == "to a")
        var servers: Set<String> = []
        while servers.count < 2 {
            let figures = await admin.arguments(of: "server_stats").first
            servers.insert("\(figures?["serverId"] ?? .null) \(figures?["namespaces"] ?? .null)")
        }
    }

    @Test("list all rooms in the classic format")
    func allRooms() async throws {
        let (redis, first, second) = try await pair(.classic)
        let ana = try await first.client(in: "a")
        let ben = try await second.client(in: "b")
        let rooms = await first.io.main.allRooms()
        #expect(rooms.isComplete && Array(rooms) == ["a", "b", ana.id, ben.id].sorted())
        _ = redis
    }

    @Test("listen to the channels of the rooms they have, while they have them")
    func roomChannels() async throws {
        let (redis, first, second) = try await pair(.sharded(.shared))
        let link = try RedisLinkCount(try RedisURL(redis.url))
        let ben = try await second.client(in: "a")
        while await link.subscribers(of: "socket.io#/#a#") != 1 {}
        first.io.main.to("a").emit("to a", arguments: [])
        #expect(await ben.event() == "to a")
        second.io.main.to("a").socketsLeave("a")
        while await link.subscribers(of: "socket.io#/#a#") != 0 {}
    }

    @Test(
        "lose nothing of their own while Redis is away, say so, and share again when it is back",
        arguments: formats)
    func outage(_ format: RedisAdapter.Format) async throws {
        let (redis, first, second) = try await pair(format)
        let ana = try await first.client(in: "a")
        let bob = try await first.client(in: "a")
        let ben = try await second.client(in: "a")
        redis.stop()
        await first.isDown()
        await second.isDown()
        first.io.main.to("a").emit("local", arguments: [])
        #expect(await ana.event() == "local")
        #expect(await bob.event() == "local")
        let listing = await first.io.main.all.fetchSockets()
        #expect(!listing.isComplete && Set(listing.map(\.id)) == [ana.id, bob.id])
        try redis.start()
        await first.reaches { $0 == .up }
        await second.reaches { $0 == .up }
        first.io.main.to("a").emit("again", arguments: [])
        #expect(await ana.event() == "again")
        // What was said meanwhile may have waited for Redis, and come late.
        let next = await ben.event()
        if next == "local" { #expect(await ben.event() == "again") } else { #expect(next == "again") }
    }

    @Test("answer their own sockets at once while Redis is slow", arguments: formats)
    func slowness(_ format: RedisAdapter.Format) async throws {
        let (redis, first, second) = try await pair(format)
        let ana = try await first.client(in: "a")
        let ben = try await second.client(in: "a")
        redis.pause()
        first.io.main.to("a").emit("slow", arguments: [])
        #expect(await ana.event() == "slow")
        await first.reaches { $0 == .slow }
        redis.resume()
        #expect(await ben.event() == "slow")
    }
}
