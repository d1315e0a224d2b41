// SPDX-License-Identifier: Apache-2.0
import SocketIO
import Testing

@Suite("A socket", .timeLimit(.minutes(1)))
struct SocketStateTests {
    @Test("knows how its client came")
    func handshake() async throws {
        var options = SocketServerOptions()
        options.keptHeaders = ["x-kept", "origin"]
        options.origins = .any
        let server = try await TestServer(options)
        var asked = TestClient.Options()
        asked.query = "&room=7&t=1"
        asked.auth = ["token": "t"]
        asked.headers = ["X-Kept: yes", "X-Other: no", "Origin: https://example.org"]
        let client = try await server.client(asked)
        let handshake = try #require(await server.socket(of: client)?.handshake)
        #expect(handshake.auth == ["token": "t"])
        #expect(handshake.path == "/socket.io/")
        #expect(handshake.query == "EIO=4&transport=websocket&room=7&t=1")
        #expect(handshake.headers == ["x-kept": "yes", "origin": "https://example.org"])
        #expect(handshake.address == "127.0.0.1")
        #expect(!handshake.isSecure && handshake.isCrossOrigin)
        #expect(handshake.issued > 1_700_000_000_000)
    }

    @Test("keeps data of its own, changed from any thread")
    func data() async throws {
        let server = try await TestServer { io in
            io.onConnect { socket in
                socket.data["connected"] = true
                socket.on("set") { (value: Int) in
                    socket.data["value"] = .number(JSONNumber(Int64(value)))
                    return socket.data["seen"]?.bool ?? false
                }
            }
        }
        let (client, other) = (try await server.client(), try await server.client())
        let socket = try #require(await server.socket(of: client))
        #expect(await client.ask("set", [1]) == [false])
        socket.data["seen"] = true
        #expect(await client.ask("set", [2]) == [true])
        #expect(socket.data == ["connected": true, "value": 2, "seen": true])
        #expect(await server.socket(of: other)?.data == ["connected": true])
    }

    @Test("is connected from its first handler to its last")
    func connected() async throws {
        let seen = Mailbox<String>()
        let server = try await TestServer { io in
            io.use { seen.put("middleware \($0.isConnected)") }
            io.onConnect { socket in
                seen.put("connect \(socket.isConnected)")
                socket.join("a")
                socket.onDisconnecting { _ in
                    seen.put("disconnecting \(socket.isConnected) \(socket.rooms.count)")
                }
                socket.onDisconnect { _ in seen.put("disconnect \(socket.isConnected) \(socket.rooms.count)")
                }
            }
        }
        let client = try await server.client()
        let socket = try #require(await server.socket(of: client))
        #expect(server.io.main.connectedCount == 1)
        client.send(.disconnect)
        #expect(
            await seen.next(4) == [
                "middleware false", "connect true", "disconnecting true 2", "disconnect false 0",
            ])
        // What comes too late does nothing.
        socket.join("b")
        socket.emit("nobody hears it")
        socket.disconnect(closing: true)
        _ = await server.io.statistics()
        #expect(socket.rooms.isEmpty && server.io.main.connectedCount == 0)
        client.send(.connect(nil))
        #expect(await client.event() == "connect /")
    }

    @Test("that is made to leave while it connects is left alone afterwards")
    func leavesAtOnce() async throws {
        let seen = Mailbox<String>()
        let server = try await TestServer { io in
            io.onConnect { socket in
                socket.onDisconnect { seen.put($0.rawValue) }
                socket.disconnect()
            }
        }
        let client = try await server.client()
        #expect(await client.event() == "disconnect /")
        #expect(await seen.next() == "server namespace disconnect")
        #expect(server.io.main.connectedCount == 0)
    }
}
