// SPDX-License-Identifier: Apache-2.0
import SocketIO
import Testing

@Suite("Message routes")
struct MessageRouteTests {
    @Test("are served beside Socket.IO, and closed with the server")
    func besideSocketIO() async throws {
        let journal = MessageJournal()
        let server = SocketServer()
        var listening = SocketServer.Listening(port: 0)
        listening.loops = 2
        listening.routes = [
            MessageEcho.route(.webSocket, "/ws", journal), MessageEcho.route(.sockJS, "/sockjs", journal),
            MessageEcho.route(.eventStream, "/events", journal),
        ]
        let port = try await server.start(listening)
        let client = try RouteClient(port: port)
        #expect(try client.ask("GET", "/socket.io/?EIO=4&transport=polling").body.hasPrefix("0{"))
        #expect(try client.ask("GET", "/sockjs/info").status == 200)
        #expect(try client.ask("GET", "/elsewhere").status == 404)
        for session in ["a", "b", "c", "d"] {
            #expect(try client.ask("POST", "/sockjs/0/\(session)/xhr").body == "o\n")
            #expect(
                try RouteClient(port: port).ask("POST", "/sockjs/0/\(session)/xhr_send", #"["x"]"#).status
                    == 204,
                "whichever loop it came to")
            #expect(try client.ask("POST", "/sockjs/0/\(session)/xhr").body == "a[\"x\"]\n")
        }
        #expect(try client.open("GET", "/events/events").status == 200)
        let socket = try RouteClient(port: port)
        _ = try socket.openWebSocket("/ws")
        try socket.sendText("hello")
        #expect(try socket.message() == "hello")
        async let stopped: Void = server.stop()
        #expect(try socket.message() == "close 1001")
        socket.leave()
        client.leave()
        await stopped
        #expect(journal.waits(for: "closed 1001"))
    }

    @Test("match their path and what is below it, by whole names")
    func matches() {
        let route = MessageRoute(.webSocket, at: "/echo") { _, _ in nil }
        for path in ["/echo", "/echo/", "/echo/a"] { #expect(route.matches(path)) }
        for path in ["/", "/ech", "/echoes", "/Echo", "/a/echo"] { #expect(!route.matches(path)) }
    }
}
