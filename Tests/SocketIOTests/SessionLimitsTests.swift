// SPDX-License-Identifier: Apache-2.0
import Glibc
import SocketIO
import Synchronization
import Testing

@Suite("Session limits: handshakes")
struct HandshakeLimitTests {
    @Test("an address begins sessions only so fast, whatever it begins them with")
    func handshakesOfAddress() throws {
        let server = try HubServer { $0.limits.handshakesOfAddress = .init(burst: 2, perSecond: 1) }
        let client = try RouteClient(port: server.port)
        _ = try server.openPolling(client)
        _ = try server.open()
        let answer = try client.ask("GET", HubServer.polling)
        #expect(answer.status == 429)
        #expect(answer.headers["Retry-After"] == "5")
        #expect(try RouteClient(port: server.port).openWebSocket(HubServer.webSocket).status == 429)
        #expect(server.refusals(.addressHandshakes) == 2)
        usleep(1_100_000)
        #expect(try client.ask("GET", HubServer.polling).status == 200)
    }

    @Test("an address has so many sessions at a time")
    func sessionsOfAddress() throws {
        let server = try HubServer { $0.limits.maxSessionsOfAddress = 1 }
        let first = try server.open()
        let late = try RouteClient(port: server.port)
        #expect(try late.ask("GET", HubServer.polling).status == 429)
        #expect(server.statistics.refusals == [.addressSessions: 1])
        first.leave()
        #expect(server.waits { $0.sessions == 0 })
        #expect(try late.ask("GET", HubServer.polling).status == 200)
    }

    @Test("a full server says so, and when to come again")
    func full() throws {
        let server = try HubServer {
            $0.limits.maxSessions = 1
            $0.limits.retryAfter = .seconds(9)
        }
        let first = try server.open()
        let answer = try RouteClient(port: server.port).openWebSocket(HubServer.webSocket)
        #expect(answer.status == 503)
        #expect(answer.headers["Retry-After"] == "9")
        #expect(server.statistics.refusals == [.full: 1])
        try first.sendText("40")
        #expect(try first.message().hasPrefix("40{"))
    }

    @Test("a storm is let in at the rate that was set")
    func storm() throws {
        let server = try HubServer { $0.limits.handshakes = .init(burst: 3, perSecond: 1) }
        let client = try RouteClient(port: server.port)
        let statuses = try (0..<5).map { _ in try client.ask("GET", HubServer.polling).status }
        #expect(statuses == [200, 200, 200, 503, 503])
        #expect(server.statistics.refusals == [.storm: 2])
    }

    @Test("while too many wait for a decision nobody new begins, and who gives up makes room")
    func waiting() throws {
        let server = try HubServer { $0.limits.maxWaiting = 1 }
        let isOpen = Mutex(false)
        server.io.use { _ in
            while !isOpen.withLock(\.self) { try await Task.sleep(for: .milliseconds(5)) }
        }
        let (hasty, patient) = (try server.open(), try server.open())
        let late = try RouteClient(port: server.port)
        try hasty.sendText("40")
        #expect(server.waits { $0.waiting == 1 })
        let answer = try late.ask("GET", HubServer.polling)
        #expect(answer.status == 503)
        #expect(answer.headers["Retry-After"] == "5")
        #expect(server.refusals(.storm) == 1)
        hasty.leave()
        #expect(server.waits { $0.waiting == 0 })
        try patient.sendText("40")
        #expect(server.waits { $0.waiting == 1 })
        #expect(try late.ask("GET", HubServer.polling).status == 503)
        isOpen.withLock { $0 = true }
        #expect(try patient.message().hasPrefix("40{"))
        #expect(server.statistics.waiting == 0)
        #expect(try late.ask("GET", HubServer.polling).status == 200)
    }

    @Test("every refusal is counted with its reason")
    func reasons() throws {
        let server = try HubServer {
            $0.maxPayload = 100
            $0.allowRequest = { request throws(RequestRefusal) in
                if request.head.query["token"] != nil { throw RequestRefusal("no") }
            }
        }
        let client = try RouteClient(port: server.port)
        #expect(try client.ask("GET", HubServer.polling + "&token=x").status == 403)
        #expect(try client.ask("GET", "/socket.io/?EIO=4&transport=pigeon").status == 400)
        #expect(try client.ask("GET", HubServer.polling + "&sid=x").status == 400)
        let path = try server.openPolling(client)
        let big = "4" + String(repeating: "x", count: 150)
        #expect(try client.ask("POST", path, big).status == 413)
        #expect(try client.ask("POST", path, "?").status == 400)
        let stranger = try server.open()
        try stranger.sendText("40/nowhere,")
        #expect(try stranger.message().hasPrefix("44/nowhere,"))
        try stranger.sendText("4nonsense")
        #expect(try stranger.message() == "frame 136")
        #expect(
            server.statistics.refusals == [
                .forbidden: 1, .malformed: 3, .unknownSession: 1, .tooLarge: 1, .namespace: 1,
            ])
        #expect(server.statistics.refusalCount == 7)
    }

    @Test("a WebSocket handshake that fails begins nothing")
    func nothing() throws {
        let server = try HubServer()
        let begun = Mutex(0)
        server.io.onEngineConnect { _ in begun.withLock { $0 += 1 } }
        let upgrade = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
        let answer = try RouteClient(port: server.port).open("GET", HubServer.webSocket, headers: upgrade)
        #expect(answer.status == 400)
        #expect(begun.withLock(\.self) == 0)
        #expect(server.statistics.sessions == 0)
        #expect(server.statistics.refusals == [.malformed: 1])
    }
}

@Suite("Session limits: messages")
struct MessageLimitTests {
    /// A server that answers "echo" and knows why sockets left.
    private func server(
        _ change: (inout SocketServerOptions) -> Void
    ) throws -> (server: HubServer, journal: MessageJournal) {
        let server = try HubServer(change)
        let journal = MessageJournal()
        server.io.onConnect { socket in
            socket.on(raw: "echo") { event in
                journal.note("echo")
                event.acknowledge()
            }
            socket.onDisconnect { journal.note($0.rawValue) }
        }
        return (server, journal)
    }

    @Test("a session that sends too much is closed and told why, and another goes on")
    func session() throws {
        let (server, journal) = try server { $0.limits.messagesOfSession = .init(burst: 3, perSecond: 1) }
        let (loud, quiet) = (try server.connect(), try server.connect())
        for _ in 0..<4 { try loud.sendText(#"421["echo"]"#) }
        let heard = try (0..<3).map { _ in try loud.message() }
        #expect(heard == ["431[]", "431[]", "close 1008"])
        #expect(journal.waits(for: "too many messages"))
        #expect(server.statistics.refusals == [.sessionMessages: 1])
        try quiet.sendText(#"421["echo"]"#)
        #expect(try quiet.message() == "431[]")
        #expect(server.statistics.sessions == 1)
    }

    @Test("nothing after the message that was one too many is looked at")
    func polling() throws {
        let (server, journal) = try server { $0.limits.messagesOfSession = .init(burst: 3, perSecond: 1) }
        let client = try RouteClient(port: server.port)
        let path = try server.openPolling(client)
        let packets = ["40"] + [String](repeating: #"42["echo"]"#, count: 9)
        #expect(try client.ask("POST", path, packets.joined(separator: "\u{1E}")).status == 200)
        #expect(journal.waits(for: "too many messages"))
        #expect(journal.all == ["echo", "echo", "too many messages"])
        #expect(server.statistics.refusals == [.sessionMessages: 1])
    }

    @Test("the sessions of one address share its rate")
    func address() throws {
        let (server, journal) = try server { $0.limits.messagesOfAddress = .init(burst: 5, perSecond: 1) }
        let (first, second) = (try server.connect(), try server.connect())
        for _ in 0..<3 {
            try first.sendText(#"421["echo"]"#)
            #expect(try first.message() == "431[]")
        }
        try second.sendText(#"421["echo"]"#)
        #expect(try second.message() == "close 1008")
        #expect(journal.waits(for: "too many messages"))
        #expect(server.statistics.refusals == [.addressMessages: 1])
    }

    @Test("what waits for a slow client is bounded: first volatile events go, then the client")
    func slow() throws {
        let (server, journal) = try server { $0.maxQueued = 100_000 }
        server.io.onConnect { socket in
            let big: SocketIOArguments = [.string(String(repeating: "x", count: 100_000))]
            socket.on(raw: "flood") { _ in for _ in 0..<200 { socket.emit("big", arguments: big) } }
            socket.on(raw: "news") { event in
                for _ in 0..<100 { socket.volatile.emit("big", arguments: big) }
                event.acknowledge()
            }
        }
        let client = try server.connect()
        try client.sendText(#"421["news"]"#)
        while try client.message() != "431[]" {}
        #expect(server.statistics.refusals.isEmpty)
        try client.sendText(#"42["flood"]"#)
        #expect(journal.waits(for: "transport error"))
        #expect(server.statistics.refusals == [.slowClient: 1])
        var last = try client.message()
        while last.hasPrefix("42") { last = try client.message() }
        #expect(last == "close 1013")
    }

    @Test("volatile events are dropped and counted while a client does not poll; others end it if too many")
    func slowPolling() throws {
        let (server, journal) = try server { $0.maxQueued = 100_000 }
        server.io.onConnect { socket in
            let big: SocketIOArguments = [.string(String(repeating: "x", count: 60_000))]
            socket.on(raw: "news") { _ in for _ in 0..<10 { socket.volatile.emit("big", arguments: big) } }
            socket.on(raw: "flood") { _ in for _ in 0..<3 { socket.emit("big", arguments: big) } }
        }
        let client = try RouteClient(port: server.port)
        let path = try server.openPolling(client)
        #expect(try client.ask("POST", path, "40").status == 200)
        #expect(try client.ask("POST", path, #"42["news"]"#).status == 200)
        #expect(server.statistics.dropped == 10)
        #expect(server.statistics.refusals.isEmpty)
        #expect(try client.ask("POST", path, #"42["flood"]"#).status == 200)
        #expect(journal.waits(for: "transport error"))
        #expect(server.statistics.refusals == [.slowClient: 1])
    }

    @Test(
        "message routes have the same limits",
        arguments: [MessageRoute.Kind.webSocket, .sockJS, .eventStream])
    func routes(_ kind: MessageRoute.Kind) throws {
        let journal = MessageJournal()
        let server = try MessageServer(
            [
                MessageEcho.route(kind, "/x", journal) {
                    $0.limits.exemptsLoopback = false
                    $0.limits.messagesOfSession = .init(burst: 2, perSecond: 1)
                    $0.limits.maxSessionsOfAddress = 1
                }
            ], journal: journal)
        let client = try RouteClient(server)
        let late = try RouteClient(server)
        switch kind {
        case .webSocket, .sockJS:
            let path = kind == .sockJS ? "/x/0/a/websocket" : "/x"
            #expect(try client.openWebSocket(path).status == 101)
            #expect(journal.waits(for: "opened"))
            #expect(try late.openWebSocket(path).status == 429)
            for _ in 0..<3 { try client.sendText(kind == .sockJS ? #"["hello"]"# : "hello") }
        case .eventStream:
            _ = try client.open("GET", "/x/events")
            var event = ""
            while !event.contains("session") { event = try #require(try client.chunk()) }
            let secret = event.split(separator: "\"").dropLast().last ?? ""
            #expect(try late.ask("GET", "/x/events").status == 429)
            for _ in 0..<3 { _ = try late.ask("POST", "/x/\(secret)", "hello") }
        }
        #expect(journal.waits(for: "closed 1008"))
    }
}
