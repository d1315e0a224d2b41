// SPDX-License-Identifier: Apache-2.0
import SocketIO
import Testing

@Suite("Binary arguments", .timeLimit(.minutes(1)))
struct BinaryTests {
    private static func placeholder(_ number: Int64) -> JSONValue {
        ["_placeholder": true, "num": .number(JSONNumber(number))]
    }

    private func server(_ options: SocketServerOptions = .init()) async throws -> TestServer {
        try await TestServer(options) { io in
            io.onConnect { socket in
                socket.on(raw: "echo") { event in
                    event.acknowledge(event.arguments)
                    socket.emit("echoed", arguments: event.arguments)
                }
                socket.on("sum") { (bytes: Bytes, times: Int) -> Bytes in
                    Bytes([bytes.array.reduce(0, &+) &* UInt8(times)])
                }
            }
        }
    }

    @Test("travel both ways, in events and in acknowledgements")
    func bothWays() async throws {
        let server = try await server()
        let client = try await server.client()
        let arguments = SocketIOArguments(
            [Self.placeholder(1), ["deep": [Self.placeholder(0), "x"]], Self.placeholder(1)],
            attachments: [[0, 255], []])
        #expect(await client.ask("echo", arguments) == arguments)
        #expect(await client.next()?.kind == .event("echoed", arguments, id: nil))
    }

    @Test("are values of handlers")
    func typed() async throws {
        let server = try await server()
        let client = try await server.client()
        let arguments = SocketIOArguments([Self.placeholder(0), 2], attachments: [[1, 2, 3]])
        let answer = SocketIOArguments([Self.placeholder(0)], attachments: [[12]])
        #expect(await client.ask("sum", arguments) == answer)
    }

    @Test("reach everybody whole, and nothing comes between their parts")
    func broadcast() async throws {
        let server = try await server()
        let clients = try await server.clientsOnAllLoops()
        let arguments = SocketIOArguments(
            [Self.placeholder(0), Self.placeholder(1)], attachments: [[1], [2]])
        for _ in 0..<10 {
            server.io.main.emit("data", arguments: arguments)
            server.io.main.volatile.emit("data", arguments: arguments)
            server.io.main.emit("text", arguments: [])
        }
        for client in clients {
            var texts = 0
            while texts < 10, let packet = await client.next() {
                if packet.kind == .event("text", [], id: nil) {
                    texts += 1
                } else {
                    #expect(packet.kind == .event("data", arguments, id: nil))
                }
            }
        }
    }

    @Test("may be ten in one packet, and not eleven")
    func tooMany() async throws {
        let server = try await server()
        let client = try await server.client()
        let ten = SocketIOArguments(
            (0..<10).map(Self.placeholder), attachments: .init(repeating: [1], count: 10))
        #expect(await client.ask("echo", ten) == ten)
        let eleven = SocketIOArguments(
            (0..<11).map(Self.placeholder), attachments: .init(repeating: [1], count: 11))
        client.emit("echo", eleven)
        #expect(await client.ending().isClean)
    }

    @Test("count together towards the payload")
    func tooLarge() async throws {
        var options = SocketServerOptions()
        options.maxPayload = 1000
        let server = try await server(options)
        let client = try await server.client()
        let arguments = SocketIOArguments(
            [Self.placeholder(0), Self.placeholder(1)],
            attachments: .init(repeating: .init(repeating: 1, count: 600), count: 2))
        client.emit("echo", arguments)
        #expect(await client.ending().isClean)
    }
}
