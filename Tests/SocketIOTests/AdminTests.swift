// SPDX-License-Identifier: Apache-2.0
import JSON
import SocketIO
import Testing

/// A server of two loops with a namespace for admins.
final class AdministeredServer: Sendable {
    static let login: JSONObject = ["username": "ana", "password": "secret"]

    let io: SocketServer
    let port: UInt16

    init(
        _ options: SocketServerOptions = SocketServerOptions(),
        admin: AdminOptions = AdminOptions(username: "ana", password: "secret"),
        _ change: (inout AdminOptions) -> Void = { _ in }
    ) async throws {
        var admin = admin
        admin.failureDelay = .milliseconds(10)
        admin.statisticsInterval = .seconds(3600)
        change(&admin)
        io = SocketServer(options)
        try io.admin(admin)
        io.onConnect { socket in
            socket.on(raw: "join") { event in
                socket.join(event.arguments.first?.string ?? "")
                socket.data["place"] = "here"
                event.acknowledge()
            }
        }
        var listening = SocketServer.Listening(port: 0)
        listening.loops = 2
        port = try await io.start(listening)
    }

    deinit {
        let io = io
        Task { await io.stop() }
    }

    func admin(_ auth: JSONObject = AdministeredServer.login) async throws -> ClusterClient {
        try await ClusterClient(port: port, namespace: "/admin", auth: auth)
    }

    /// An admin who has heard all that everyone hears first.
    func settledAdmin() async throws -> ClusterClient {
        let admin = try await admin()
        _ = await admin.arguments(of: "all_sockets")
        return admin
    }

    /// Whether the server's answer to `auth` is `message`.
    func refuses(_ auth: JSONObject, _ message: String = "invalid credentials") async -> Bool {
        do {
            _ = try await admin(auth)
            return false
        } catch {
            return error as? ClusterClient.Refused == .init(message: message)
        }
    }
}

extension ClusterClient {
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
    // MARK: Who they are

    @Test("are not let in without name and password")
    func wrongPasswords() async throws {
        let server = try await AdministeredServer()
        for auth: JSONObject in [
            [:], ["username": "ana"], ["password": "secret"], ["username": "ana", "password": ""],
            ["username": "ana", "password": "Secret"], ["username": "ben", "password": "secret"],
            ["username": "ana", "password": ["secret"]], ["username": "ana", "password": nil],
            ["sessionId": ""], ["sessionId": "1.2.3"], ["sessionId": 7],
        ] {
            #expect(await server.refuses(auth), "\(auth)")
        }
        _ = try await server.admin()
    }

    @Test("may be known by a hash of the password only")
    func hashes() async throws {
        // Of "U*U", from the test vectors of the algorithm's authors.
        let hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
        let server = try await AdministeredServer(admin: AdminOptions(username: "ana", passwordHash: hash))
        _ = try await server.admin(["username": "ana", "password": "U*U"])
        #expect(await server.refuses(["username": "ana", "password": "U*V"]))
        #expect(await server.refuses(["username": "ana", "password": .string(hash)]))
        #expect(throws: AdminError.unusablePasswordHash) {
            try SocketServer().admin(AdminOptions(username: "ana", passwordHash: String(hash.dropLast())))
        }
    }

    @Test("of one address have a number of guesses, and their sessions all the same")
    func guesses() async throws {
        let server = try await AdministeredServer { $0.maxFailures = 3 }
        let admin = try await server.admin()
        guard let session = await admin.arguments(of: "session").first else { return }
        for _ in 0..<3 { #expect(await server.refuses(["username": "ana", "password": "guess"])) }
        #expect(
            await server.refuses(AdministeredServer.login, "too many attempts, try again in a minute"))
        _ = try await server.admin(["sessionId": session])
    }

    @Test("come back with their session, to servers that share its key")
    func sessions() async throws {
        let key = Array("shared".utf8)
        let first = try await AdministeredServer { $0.sessionKey = key }
        let second = try await AdministeredServer {
            $0.sessionKey = key
            $0.mode = .production
        }
        let third = try await AdministeredServer()
        let session = try #require(await first.admin().arguments(of: "session").first?.string)
        // Who comes with a session gets no other.
        let again = try await second.admin(["sessionId": .string(session)])
        guard case .event("config", _, _)? = await again.next()?.kind else {
            Issue.record("config was expected")
            return
        }
        #expect(await third.refuses(["sessionId": .string(session)]))
        #expect(await first.refuses(["sessionId": .string(session + "A")]))
        #expect(await first.refuses(["sessionId": .string("9" + session)]))
    }

    @Test("are refused their namespace where there is none")
    func off() async throws {
        let io = SocketServer()
        let port = try await io.start(SocketServer.Listening(port: 0))
        await #expect(throws: ClusterClient.Refused(message: "Invalid namespace")) {
            try await ClusterClient(port: port, namespace: "/admin", auth: AdministeredServer.login)
        }
        #expect(throws: AdminError.alreadyStarted) {
            try io.admin(AdminOptions(username: "ana", password: "secret"))
        }
        Task { await io.stop() }
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
        let server = try await AdministeredServer()
        let admin = try await server.admin()
        var seen = "\(AdminOptions(username: "ana", password: "secret"))"
        dump(AdminOptions(username: "ana", password: "secret"), to: &seen)
        seen += await server.io.of("/admin").all.fetchSockets().elements.map(\.handshake.description).joined()
        seen += "\(await admin.arguments(of: "all_sockets"))"
        #expect(seen.contains(admin.id) && !seen.contains("secret"))
    }

    @Test("do not come back past the password")
    func recovery() async throws {
        var options = SocketServerOptions()
        options.recovery = RecoveryOptions()
        let server = try await AdministeredServer(options)
        #expect(try await !server.admin().isRecoverable)
        #expect(try await ClusterClient(port: server.port).isRecoverable)
    }
}
