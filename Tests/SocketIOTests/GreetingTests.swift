// SPDX-License-Identifier: Apache-2.0
import SocketIO
import Testing

@Suite("Greetings")
struct GreetingTests {
    @Test("messages of the options follow the handshake in the same answer")
    func polling() async throws {
        var options = SocketServerOptions()
        options.greeting = [.text(Array("hello".utf8)), .binary([1, 2])]
        let server = try await TestServer(options)
        let connection = try RouteClient(port: server.port)
        let answer = try connection.ask("GET", "/socket.io/?EIO=4&transport=polling")
        let packets = answer.body.split(separator: "\u{1E}")
        #expect(packets.first?.hasPrefix("0{") == true)
        #expect(packets.dropFirst() == ["4hello", "bAQI="])
    }

    @Test("go to one server only: a second one cannot listen at its port")
    func taken() async throws {
        let server = try await TestServer()
        await #expect(throws: ListenError.self) {
            _ = try await SocketServer().start(SocketServer.Listening(port: server.port))
        }
    }
}
