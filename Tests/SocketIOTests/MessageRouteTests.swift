// SPDX-License-Identifier: Apache-2.0
import SocketIO
import Synchronization
import Testing

/// The example of `docs/messages.md`.
private final class Chat: Sendable {
    private let members = Mutex<[UInt64: MessageSessionReference]>([:])

    func join(_ id: UInt64, _ member: MessageSessionReference) { members.withLock { $0[id] = member } }
    func leave(_ id: UInt64) { members.withLock { $0[id] = nil } }
    func say(_ text: [UInt8]) {
        for member in members.withLock({ Array($0.values) }) { member.use { $0.send(text) } }
    }

    var count: Int { members.withLock { $0.count } }
}

private final class Visitor: MessageSessionDelegate {
    let chat: Chat
    let id = UInt64.random(in: 0...(.max))
    init(_ chat: Chat) { self.chat = chat }

    func sessionOpened(_ session: any MessageSession) { chat.join(id, session.reference) }
    func session(_ session: any MessageSession, received message: [UInt8]) { chat.say(message) }
    func sessionClosed(_ session: any MessageSession, code: Int, reason: String) { chat.leave(id) }
}

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

    @Test("let visitors of every kind talk to each other, on whatever loop they are")
    func chat() throws {
        let chat = Chat()
        let server = try MessageServer([
            MessageRoute(.webSocket, at: "/ws") { _, _ in Visitor(chat) },
            MessageRoute(.sockJS, at: "/sockjs") { _, _ in Visitor(chat) },
            MessageRoute(.eventStream, at: "/stream") { _, _ in Visitor(chat) },
        ])
        let socket = try RouteClient(server)
        _ = try socket.openWebSocket("/ws")
        let stream = try RouteClient(server)
        _ = try stream.open("GET", "/stream/events")
        for _ in 0..<2 { _ = try stream.chunk() }
        // Names whose sessions fall on both loops.
        let pollers = try ["a", "b", "c", "d"].map { name in
            let client = try RouteClient(server)
            #expect(try client.ask("POST", "/sockjs/0/\(name)/xhr").body == "o\n")
            return (name, client)
        }
        #expect(chat.count == 6)
        try socket.sendText("hello")
        #expect(try socket.message() == "hello")
        #expect(try stream.chunk()?.hasSuffix("data: hello\n\n") == true)
        for (name, client) in pollers {
            #expect(try client.ask("POST", "/sockjs/0/\(name)/xhr").body == "a[\"hello\"]\n")
        }
    }

    @Test("match their path and what is below it, by whole names")
    func matches() {
        let route = MessageRoute(.webSocket, at: "/echo") { _, _ in nil }
        for path in ["/echo", "/echo/", "/echo/a"] { #expect(route.matches(path)) }
        for path in ["/", "/ech", "/echoes", "/Echo", "/a/echo"] { #expect(!route.matches(path)) }
    }
}
