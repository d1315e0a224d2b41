// SPDX-License-Identifier: Apache-2.0
import EngineKit
import SocketIO
import Testing

/// Clients drop and resume while events are broadcast from several threads: each client gets each event
/// exactly once, and those of one sender in the order they were sent.
@Suite("Clients that drop and resume at random", .timeLimit(.minutes(1)))
struct RecoverySimulationTests {
    private static let eventsOfSender = 150
    private static let senders = 3

    @Test("get each event exactly once and in order", arguments: 1...6)
    func exactlyOnce(_ seed: UInt64) async throws {
        var options = SocketServerOptions()
        options.recovery = RecoveryOptions()
        options.pingInterval = .milliseconds(15)
        let server = try await TestServer(options) { io in
            io.onConnect { socket in
                socket.join("all")
                // Sent from a loop, by a socket that gets it, too.
                socket.on("send") { (sender: Int, number: Int) throws in
                    try socket.namespace.to("all").emit("n", sender, number)
                }
            }
        }
        var clients: [Task<[String], any Error>] = []
        let ready = Mailbox<Void>()
        for number in 0..<4 {
            let port = server.port
            clients.append(
                Task {
                    let client = try await RecoveringClient(port: port)
                    ready.put(())
                    return try await Self.live(client, SeededRandomSource(seed: seed * 100 + UInt64(number)))
                })
        }
        _ = await ready.next(clients.count)
        try await Self.broadcast(server, seed)
        for client in clients { Self.check(try await client.value) }
    }

    /// Sends all events: one sender from outside, the others through sockets on the loops.
    private static func broadcast(_ server: TestServer, _ seed: UInt64) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for sender in 0..<senders {
                group.addTask {
                    var random = SeededRandomSource(seed: seed * 1000 + UInt64(sender))
                    let client = sender == 0 ? nil : try await server.client()
                    for number in 0..<eventsOfSender {
                        let arguments: SocketIOArguments = [.integer(sender), .integer(number)]
                        if let client {
                            client.emit("send", arguments, id: UInt64(number))
                        } else {
                            server.io.to("all").emit("n", arguments: arguments)
                        }
                        if random.below(3) == 0 { await Task.yield() }
                    }
                    await client?.acknowledged(UInt64(eventsOfSender - 1))
                }
            }
            try await group.waitForAll()
        }
    }

    /// Reads, drops and resumes until it has as many events as were sent.
    private static func live(_ client: RecoveringClient, _ random: SeededRandomSource) async throws
        -> [String]
    {
        var random = random
        var got: [String] = []
        let total = eventsOfSender * senders
        while got.count < total {
            for _ in 0..<random.below(40) where got.count < total {
                guard let word = await client.event() else { break }
                got.append(word)
            }
            guard got.count < total else { break }
            switch random.below(4) {
            case 0: client.wire.drop()
            case 1: break  // The server takes the old connection for alive.
            default: continue
            }
            got += try await client.resume()
            guard client.isSame else { throw TestClient.Failure("not recovered") }
        }
        return got
    }

    private static func check(_ got: [String]) {
        #expect(got.count == eventsOfSender * senders)
        for sender in 0..<senders {
            let own = got.filter { $0.hasPrefix("n \(sender) ") }
            // Not the whole lists, which nobody could read.
            let wrong = own.enumerated().first { $0.element != "n \(sender) \($0.offset)" }
            #expect(wrong == nil && own.count == eventsOfSender)
        }
    }
}

extension JSONValue {
    fileprivate static func integer(_ value: Int) -> JSONValue { .number(JSONNumber(Int64(value))) }
}

extension SeededRandomSource {
    fileprivate mutating func below(_ limit: Int) -> Int { Int(nextBytes(1)[0]) % limit }
}

extension TestClient {
    /// Waits until all that it sent has been handled.
    fileprivate func acknowledged(_ id: UInt64) async {
        while let packet = await next() {
            if case .ack(_, SocketIOPacket.AckID(rawValue: id)) = packet.kind { return }
        }
    }
}
