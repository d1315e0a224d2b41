// SPDX-License-Identifier: Apache-2.0
import JSON
import SocketIO
import Testing

extension TestServer {
    static let login: JSONObject = ["username": "ana", "password": "secret"]

    /// A server with a namespace for admins.
    static func administered(
        _ options: SocketServerOptions = SocketServerOptions(),
        by admin: AdminOptions = AdminOptions(username: "ana", password: "secret"),
        _ change: (inout AdminOptions) -> Void = { _ in }
    ) async throws -> TestServer {
        var admin = admin
        admin.failureDelay = .milliseconds(10)
        admin.statisticsInterval = .seconds(3600)
        change(&admin)
        return try await TestServer(options) { io in
            #expect(throws: Never.self) { try io.admin(admin) }
            io.onConnect { socket in
                socket.on(raw: "join") { event in
                    socket.join(event.arguments.first?.string ?? "")
                    socket.data["place"] = "here"
                    event.acknowledge()
                }
            }
        }
    }

    func admin(_ auth: JSONObject = TestServer.login) async throws -> TestClient {
        try await client("/admin", auth: auth)
    }

    /// An admin who has heard all that everyone hears first.
    func settledAdmin() async throws -> TestClient {
        let admin = try await admin()
        _ = await admin.arguments(of: "all_sockets")
        return admin
    }

    /// What the server says to who may not come in.
    func refusal(of auth: JSONObject) async throws -> String? {
        let wire = try TestWire(port: port, TestClient.Options())
        defer { wire.drop() }
        wire.send(SocketIOPacket(.connect(auth), namespace: "/admin"), in: .json)
        guard case .connectError(let error)? = await wire.next()?.kind else { return nil }
        return error["message"]?.string
    }
}

extension TestClient {
    /// The arguments of the next event of that name; others before it are let go.
    func arguments(of name: String) async -> [JSONValue] {
        while let packet = await next() {
            if case .event(name, let arguments, _) = packet.kind { return arguments.values }
        }
        return []
    }
}

@Suite("Admins", .timeLimit(.minutes(1)))
struct AdminTests {
    static let wrong = "invalid credentials"

    // MARK: Who they are

    @Test("are not let in without name and password")
    func wrongPasswords() async throws {
        let server = try await TestServer.administered()
        for auth: JSONObject in [
            [:], ["username": "ana"], ["password": "secret"], ["username": "ana", "password": ""],
            ["username": "ana", "password": "Secret"], ["username": "ben", "password": "secret"],
            ["username": "ana", "password": ["secret"]], ["username": "ana", "password": nil],
            ["sessionId": ""], ["sessionId": "1.2.3"], ["sessionId": 7],
        ] {
            #expect(try await server.refusal(of: auth) == Self.wrong, "\(auth)")
        }
        _ = try await server.admin()
    }

    @Test("may be known by a hash of the password only")
    func hashes() async throws {
        // Of "U*U", from the test vectors of the algorithm's authors.
        let hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
        let server = try await TestServer.administered(by: AdminOptions(username: "ana", passwordHash: hash))
        _ = try await server.admin(["username": "ana", "password": "U*U"])
        #expect(try await server.refusal(of: ["username": "ana", "password": "U*V"]) == Self.wrong)
        #expect(try await server.refusal(of: ["username": "ana", "password": .string(hash)]) == Self.wrong)
        #expect(throws: AdminError.unusablePasswordHash) {
            try SocketServer().admin(AdminOptions(username: "ana", passwordHash: String(hash.dropLast())))
        }
    }

    @Test("of one address have a number of guesses, and their sessions all the same")
    func guesses() async throws {
        let server = try await TestServer.administered { $0.maxFailures = 3 }
        let admin = try await server.admin()
        guard let session = await admin.arguments(of: "session").first else { return }
        for _ in 0..<3 {
            #expect(try await server.refusal(of: ["username": "ana", "password": "guess"]) == Self.wrong)
        }
        #expect(try await server.refusal(of: TestServer.login) == "too many attempts, try again in a minute")
        _ = try await server.admin(["sessionId": session])
    }

    @Test("come back with their session, to servers that share its key")
    func sessions() async throws {
        let key = Array("shared".utf8)
        let first = try await TestServer.administered { $0.sessionKey = key }
        let second = try await TestServer.administered {
            $0.sessionKey = key
            $0.mode = .production
        }
        let third = try await TestServer.administered()
        let session = try #require(await first.admin().arguments(of: "session").first?.string)
        // Who comes with a session gets no other.
        let again = try await second.admin(["sessionId": .string(session)])
        guard case .event("config", _, _)? = await again.next()?.kind else {
            Issue.record("config was expected")
            return
        }
        #expect(try await third.refusal(of: ["sessionId": .string(session)]) == Self.wrong)
        #expect(try await first.refusal(of: ["sessionId": .string(session + "A")]) == Self.wrong)
        #expect(try await first.refusal(of: ["sessionId": .string("9" + session)]) == Self.wrong)
    }

    @Test("are refused their namespace where there is none")
    func off() async throws {
        let server = try await TestServer()
        #expect(try await server.refusal(of: TestServer.login) == "Invalid namespace")
        #expect(throws: AdminError.alreadyStarted) {
            try server.io.admin(AdminOptions(username: "ana", password: "secret"))
        }
    }

    @Test("get no namespace that others may be in, and no empty password")
    func setup() throws {
        let io = SocketServer()
        _ = io.of("/admin")
        var options = AdminOptions(username: "ana", password: "secret")
        #expect(throws: AdminError.namespaceInUse) { try io.admin(options) }
        options.namespace = "people"
        try io.admin(options)
        #expect(io.of("/people").connectedCount == 0)
        #expect(throws: AdminError.emptyPassword) {
            try SocketServer().admin(AdminOptions(username: "ana", password: ""))
        }
    }

    @Test("keep their password to themselves")
    func secrets() async throws {
        let server = try await TestServer.administered()
        let admin = try await server.admin()
        var seen = "\(AdminOptions(username: "ana", password: "secret"))"
        dump(AdminOptions(username: "ana", password: "secret"), to: &seen)
        seen += await server.io.of("/admin").all.fetchSockets().map(\.handshake.description).joined()
        seen += "\(await admin.arguments(of: "all_sockets"))"
        #expect(seen.contains(admin.id) && !seen.contains("secret"))
    }

    @Test("do not come back past the password")
    func recovery() async throws {
        var options = SocketServerOptions()
        options.recovery = RecoveryOptions()
        let server = try await TestServer.administered(options)
        #expect(try await server.admin().recoveryID == nil)
        #expect(try await server.client().recoveryID != nil)
    }
}
