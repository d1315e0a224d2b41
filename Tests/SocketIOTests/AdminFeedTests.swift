// SPDX-License-Identifier: Apache-2.0
import JSON
import SocketIO
import Testing

@Suite("What admins see and do", .timeLimit(.minutes(1)))
struct AdminFeedTests {
    /// The next event, without its time, which must look like one.
    private func next(_ admin: TestClient) async -> [JSONValue] {
        guard case .event(let name, var arguments, _)? = await admin.next()?.kind else { return [] }
        arguments.attachments = []
        var values = arguments.values
        if let time = values.last?.string, time.hasSuffix("Z") {
            #expect(time.wholeMatch(of: /2\d\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d\d\dZ/) != nil)
            values.removeLast()
        }
        return [.string(name)] + values
    }

    @Test("begins with what they may do, and with everybody who is there")
    func welcome() async throws {
        let server = try await TestServer.administered()
        let client = try await server.client(auth: ["token": "hidden"])
        _ = await client.ask("join", ["red"])
        let admin = try await server.admin()
        let features = await admin.arguments(of: "config").first?["supportedFeatures"]?.array
        #expect(
            features?.compactMap(\.string) == [
                "EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT", "AGGREGATED_EVENTS",
                "ALL_EVENTS",
            ])
        let sockets = try #require(await admin.arguments(of: "all_sockets").first?.array)
        let socket = try #require(sockets.first { $0["id"]?.string == client.id })
        #expect(sockets.count == 2)
        #expect(socket["nsp"] == "/" && socket["transport"] == "websocket")
        #expect(socket["clientId"]?.string?.count == 12)
        #expect(socket["rooms"]?.array.map { Set($0) } == ["red", .string(client.id)])
        #expect(socket["data"] == ["place": "here"])
        let handshake = socket["handshake"]
        #expect(handshake?["query"] == ["EIO": "4", "transport": "websocket"])
        #expect(handshake?["address"] == "127.0.0.1" && handshake?["auth"] == nil)
    }

    @Test("is a socket's whole life, in order")
    func life() async throws {
        let server = try await TestServer.administered()
        let admin = try await server.settledAdmin()
        let client = try await server.client()
        let id = JSONValue.string(client.id)
        #expect(await next(admin) == ["room_joined", "/", id, id])
        let connected = await next(admin)
        #expect(connected.first == "socket_connected" && connected.last?["id"] == id)

        let bytes = SocketIOArguments(
            ["red", ["_placeholder": true, "num": 0]], attachments: [[1, 2]])
        client.emit("join", bytes)
        let event: JSONValue = ["join", "red", ["_placeholder": true, "num": 0]]
        #expect(await next(admin) == ["event_received", "/", id, event])
        #expect(await next(admin) == ["room_joined", "/", "red", id])
        #expect(await next(admin) == ["socket_updated", ["id": id, "nsp": "/", "data": ["place": "here"]]])

        server.io.main.to("red").emit("note", arguments: ["é"])
        #expect(await next(admin) == ["event_sent", "/", id, ["note", "é"]])
        server.io.main.all.socketsLeave("red")
        #expect(await next(admin) == ["room_left", "/", "red", id])
        server.io.main.all.socketsJoin("blue")
        #expect(await next(admin) == ["room_joined", "/", "blue", id])
        client.emit("long", [.string(String(repeating: "x", count: 20_000))])
        #expect(await next(admin) == ["event_received", "/", id, ["long", "(20002 bytes)"]])

        server.io.main.all.disconnectSockets()
        #expect(await next(admin) == ["socket_disconnected", "/", id, "server namespace disconnect"])
        let left = [await next(admin), await next(admin)]
        #expect(Set(left) == [["room_left", "/", "blue", id], ["room_left", "/", id, id]])
    }

    @Test("is complete, whoever comes and leaves while it begins")
    func beginning() async throws {
        let server = try await TestServer.administered()
        async let coming = comeAndGo(server)
        var admins: [TestClient] = []
        for _ in 0..<10 { admins.append(try await server.admin()) }
        let stayed = try await coming
        let ids = Set(stayed.map(\.id))
        for admin in admins {
            var seen: Set<String> = []
            while !ids.isSubset(of: seen) || seen.count != ids.count + admins.count {
                guard case .event(let name, let arguments, _)? = await admin.next()?.kind else { break }
                let first = arguments.first?.value
                switch name {
                case "all_sockets": seen = Set(first?.array?.compactMap { $0["id"]?.string } ?? [])
                case "socket_connected": seen.insert(first?["id"]?.string ?? "")
                case "socket_disconnected": seen.remove(arguments.values[1].string ?? "")
                default: break
                }
            }
            #expect(seen == ids.union(admins.map(\.id)))
        }
    }

    /// Clients of whom every other one leaves again.
    private func comeAndGo(_ server: TestServer) async throws -> [TestClient] {
        var stayed: [TestClient] = []
        for _ in 0..<30 {
            stayed.append(try await server.client())
            try await server.client().drop()
        }
        return stayed
    }

    @Test("are figures, since the last ones")
    func figures() async throws {
        let server = try await TestServer.administered {
            $0.statisticsInterval = .milliseconds(30)
            $0.serverID = "one"
            $0.mode = .production
        }
        let admin = try await server.admin()
        #expect(await admin.arguments(of: "config") == [["supportedFeatures": .array(production)]])
        let client = try await server.client()
        _ = await client.ask("join", ["red"])
        var counts: [String: Int64] = [:]
        var last: JSONValue = .null
        while counts["packetsIn", default: 0] < 3 || last["clientsCount"] != 2 {
            last = await admin.arguments(of: "server_stats").first ?? .null
            for event in last["aggregatedEvents"]?.array ?? [] {
                #expect(event["timestamp"]?.integer.map { $0 % 1000 } == 0)
                counts[event["type"]?.string ?? "", default: 0] += event["count"]?.integer ?? 0
            }
        }
        #expect(counts["rawConnection"] == 2 && counts["rawDisconnection"] == nil)
        #expect(counts["bytesIn", default: 0] >= "0/admin,{}".utf8.count)
        #expect(last["serverId"] == "one" && last["pid"]?.integer ?? 0 > 1)
        #expect(last["pollingClientsCount"] == 0)
        #expect(
            last["namespaces"] == [
                ["name": "/", "socketsCount": 1], ["name": "/admin", "socketsCount": 1],
            ])
    }

    private var production: [JSONValue] {
        ["EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT", "AGGREGATED_EVENTS"]
    }

    @Test("can be everything the server can")
    func commands() async throws {
        let server = try await TestServer.administered()
        let admin = try await server.settledAdmin()
        let ana = try await server.client()
        let ben = try await server.client()
        for (command, arguments): (String, SocketIOArguments) in [
            // Nobody's: no such namespace, no name, a name kept for the protocol.
            ("emit", ["/nowhere", nil, "note"]), ("emit", ["/", ["a"], "note"]), ("emit", ["/", 1, "note"]),
            ("emit", ["/", nil, "connect"]), ("emit", ["/", nil]), ("emit", []), ("_disconnect", ["/"]),
            ("_disconnect", ["/", true, ["a"]]), ("_disconnect", [["/"], true]), ("join", ["/", 1]),
            ("join", ["/", "red", .string(ana.id)]),
            ("emit", ["/", "red", "to red", 1, "é"]), ("emit", ["/", nil, "to all"]),
            ("join", ["/", "blue"]), ("leave", ["/", "blue", .string(ana.id)]),
            ("emit", ["/", "blue", "to blue"]), ("_disconnect", ["/", false, .string(ana.id)]),
        ] {
            admin.emit(command, arguments)
        }
        #expect(await ana.event() == #"to red 1 "é""#)
        #expect(await ana.event() == "to all")
        #expect(await ana.next()?.kind == .disconnect)
        #expect(await ben.event() == "to all")
        #expect(await ben.event() == "to blue")
        admin.emit("_disconnect", ["/", true])
        #expect(await ben.next()?.kind == .disconnect)
    }

    @Test("is all they do when they may only look")
    func readOnly() async throws {
        let server = try await TestServer.administered { $0.isReadOnly = true }
        let admin = try await server.admin()
        #expect(
            await admin.arguments(of: "config") == [
                ["supportedFeatures": ["AGGREGATED_EVENTS", "ALL_EVENTS"]]
            ])
        let ana = try await server.client()
        admin.emit("emit", ["/", nil, "note"])
        admin.emit("join", ["/", "red"])
        admin.emit("_disconnect", ["/", true])
        // Acknowledged by nobody; what follows shows that the commands had their time.
        _ = await ana.ask("join", ["blue"])
        server.io.main.to("red").emit("to red", arguments: [])
        server.io.main.emit("to all", arguments: [])
        #expect(await ana.event() == "to all")
    }
}
