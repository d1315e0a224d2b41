// SPDX-License-Identifier: Apache-2.0
import EventLoops
import SocketIO
import Synchronization

/// A server of two loops on a free port of this machine, gone with the value.
final class TestServer: Sendable {
    let io: SocketServer
    let port: UInt16

    /// - Parameter prepare: Sets the handlers, before anybody can connect.
    init(
        loops: Int = 2, _ options: SocketServerOptions = SocketServerOptions(),
        _ prepare: (SocketServer) -> Void = { _ in }
    ) async throws {
        io = SocketServer(options)
        prepare(io)
        var listening = SocketServer.Listening(port: 0)
        listening.loops = loops
        port = try await io.start(listening)
    }

    deinit {
        let io = io
        Task { await io.stop() }
    }

    func client(_ namespace: String = "/", auth: JSONObject? = nil) async throws -> TestClient {
        try await TestClient(port: port, namespace: namespace, auth: auth)
    }

    func client(_ options: TestClient.Options) async throws -> TestClient {
        try await TestClient(port: port, options)
    }

    /// The server's socket of a client.
    func socket(of client: TestClient) async -> Socket? {
        await io.of(client.namespace).to(client.id).localSockets().first { $0.id == client.id }
    }

    /// One client on each loop at least, and `count` in all at least.
    func clientsOnAllLoops(atLeast count: Int = 2) async throws -> [TestClient] {
        var clients: [TestClient] = []
        var loops: Set<String> = []
        while clients.count < count || loops.count < 2 {
            let client = try await client()
            if let socket = await socket(of: client) { loops.insert(socket.loop.name) }
            clients.append(client)
        }
        return clients
    }
}

/// What happened, in order, for a test to wait for.
final class Mailbox<Value: Sendable>: Sendable {
    private let values: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() { (values, continuation) = AsyncStream<Value>.makeStream() }

    func put(_ value: Value) { continuation.yield(value) }

    func next() async -> Value? {
        var iterator = values.makeAsyncIterator()
        return await iterator.next()
    }

    /// The next `count` of them.
    func next(_ count: Int) async -> [Value] {
        var found: [Value] = []
        while found.count < count, let value = await next() { found.append(value) }
        return found
    }
}
