// SPDX-License-Identifier: Apache-2.0
import SocketIO
import Testing
import WebSocket

@Suite("Bare WebSocket endpoint")
struct PlainSocketEndpointTests {
    let server: MessageServer
    let client: RouteClient

    init() throws {
        let journal = MessageJournal()
        server = try MessageServer(
            [
                MessageEcho.route(.webSocket, "/ws", journal) {
                    $0.subprotocols = ["b", "a"]
                    $0.maxMessage = 1000
                },
                MessageEcho.route(.webSocket, "/json", journal) { $0.requiresJSON = true },
            ], journal: journal)
        client = try RouteClient(server)
    }

    @Test("carries text and bytes both ways")
    func echo() throws {
        #expect(try client.openWebSocket("/ws").status == 101)
        try client.sendText(#"{"a":1}"#)
        #expect(try client.message() == #"{"a":1}"#)
        try client.sendFrame(.binary, [0xFF])
        #expect(try client.message() == "binary [255]")
    }

    @Test("agrees on the subprotocol it likes best")
    func subprotocols() throws {
        let answer = try client.openWebSocket("/ws", headers: ["Sec-WebSocket-Protocol: x, a, b"])
        #expect(answer.headers["Sec-WebSocket-Protocol"] == "b")
        let none = try RouteClient(server).openWebSocket("/ws", headers: ["Sec-WebSocket-Protocol: x"])
        #expect(none.status == 101)
        #expect(none.headers["Sec-WebSocket-Protocol"] == nil)
    }

    @Test("takes only JSON where that is asked for")
    func requiresJSON() throws {
        _ = try client.openWebSocket("/json")
        try client.sendText("[1]")
        #expect(try client.message() == "[1]")
        try client.sendText("[1")
        #expect(try client.message() == "close 1007")
        let binary = try RouteClient(server)
        _ = try binary.openWebSocket("/json")
        try binary.sendFrame(.binary, Array("[1]".utf8))
        #expect(try binary.message() == "close 1003")
    }

    @Test("closes in the application's words, and tells it how sessions end")
    func closes() throws {
        _ = try client.openWebSocket("/ws")
        try client.sendText("close")
        let (first, payload) = try client.frame()
        #expect(first == 0x88)
        #expect(payload.elementsEqual([0x0F, 0xA0] + "told to".utf8))
        try client.sendText("late")
        client.leave()
        #expect(server.journal.waits(for: "closed 4000"))
        let leaving = try RouteClient(server)
        _ = try leaving.openWebSocket("/ws")
        leaving.leave()
        #expect(server.journal.waits(for: "closed 1006"))
        #expect(server.becomesEmpty())
    }

    @Test("wakes the application when it asked for that")
    func alarm() throws {
        _ = try client.openWebSocket("/ws")
        try client.sendText("alarm")
        #expect(try client.message() == "alarm")
    }

    @Test("bounds what a client sends and what it leaves unread")
    func limits() throws {
        _ = try client.openWebSocket("/ws")
        try client.sendText(String(repeating: "x", count: 1001))
        #expect(try client.message() == "close 1009")
        let slow = try RouteClient(server)
        _ = try slow.openWebSocket("/ws")
        try slow.sendText("flood")
        #expect(server.journal.waits(for: "closed 1008") || slow.sawClose())
    }

    @Test("serves nothing but WebSockets, and nothing below its path")
    func notFound() throws {
        #expect(try client.ask("GET", "/ws").status == 426)
        #expect(try client.ask("GET", "/ws/x").status == 404)
        #expect(try RouteClient(server).openWebSocket("/ws?refuse").status == 403)
    }
}

@Suite("Event stream endpoint")
struct EventStreamEndpointTests {
    let server: MessageServer
    let client: RouteClient

    init() throws {
        let journal = MessageJournal()
        server = try MessageServer(
            [
                MessageEcho.route(.eventStream, "/fallback", journal) {
                    $0.requiresJSON = true
                    $0.maxMessage = 1000
                    $0.eventStreamResumeTime = .milliseconds(300)
                },
                MessageEcho.route(.eventStream, "/close", journal, closesAtOnce: true),
            ], journal: journal)
        client = try RouteClient(server)
    }

    /// Opens a stream. - Returns: its secret.
    private func open(_ client: RouteClient) throws -> String {
        let head = try client.open("GET", "/fallback/events")
        #expect(head.headers["Content-Type"] == "text/event-stream")
        #expect(try client.chunk() == "retry: 1000\n\n")
        let event = try client.chunk() ?? ""
        let secret = String(event.split(separator: "\"").dropLast().last ?? "")
        #expect(event == "event: session\nid: \(secret).0\ndata: {\"session\":\"\(secret)\"}\n\n")
        #expect(secret.count == 24)
        return secret
    }

    @Test("carries messages by events and POST, on whatever connection they come")
    func echo() throws {
        let secret = try open(client)
        for number in 1...5 {
            #expect(try RouteClient(server).ask("POST", "/fallback/\(secret)", "[\(number)]").status == 204)
            #expect(try client.chunk() == "id: \(secret).\(number)\ndata: [\(number)]\n\n")
        }
    }

    @Test("goes on after the last event when the stream broke, by header or query")
    func resumes() throws {
        let secret = try open(client)
        let poster = try RouteClient(server)
        #expect(try poster.ask("POST", "/fallback/\(secret)", "1").status == 204)
        #expect(try client.chunk() == "id: \(secret).1\ndata: 1\n\n")
        client.leave()
        #expect(try poster.ask("POST", "/fallback/\(secret)", "2").status == 204)
        let second = try RouteClient(server)
        _ = try second.open("GET", "/fallback/events", headers: ["Last-Event-ID: \(secret).1"])
        #expect(try second.chunk() == "retry: 1000\n\n")
        #expect(try second.chunk() == "id: \(secret).2\ndata: 2\n\n")
        let third = try RouteClient(server)
        _ = try third.open("GET", "/fallback/events?last=\(secret).1")
        #expect(try third.chunk() == "retry: 1000\n\n")
        #expect(try third.chunk() == "id: \(secret).2\ndata: 2\n\n")
        #expect(try second.chunk() == nil, "the newer stream took over")
    }

    @Test("counts a message once that is sent again")
    func numberedPosts() throws {
        let secret = try open(client)
        let poster = try RouteClient(server)
        let path = "/fallback/\(secret)"
        #expect(try poster.ask("POST", "\(path)?n=1", "1").status == 204)
        #expect(try poster.ask("POST", "\(path)?n=1", "1").status == 204)
        #expect(try poster.ask("POST", "\(path)?n=3", "3").status == 409)
        #expect(try poster.ask("POST", "\(path)?n=2", "2").status == 204)
        #expect(try client.chunk() == "id: \(secret).1\ndata: 1\n\n")
        #expect(try client.chunk() == "id: \(secret).2\ndata: 2\n\n")
        for number in ["0", "-1", "x", "99999999999999999999"] {
            #expect(try poster.ask("POST", "\(path)?n=\(number)", "1").status == 400)
        }
    }

    @Test("forgets a session whose client does not come back, and begins a new one then")
    func forgets() throws {
        let secret = try open(client)
        client.leave()
        #expect(server.journal.waits(for: "closed 1006"))
        #expect(server.becomesEmpty())
        let late = try RouteClient(server)
        #expect(try late.ask("POST", "/fallback/\(secret)", "1").status == 404)
        _ = try late.open("GET", "/fallback/events", headers: ["Last-Event-ID: \(secret).0"])
        #expect(try late.chunk() == "retry: 1000\n\n")
        #expect(try late.chunk()?.contains(secret) == false)
    }

    @Test("closes with an event that says why, behind which nothing is taken")
    func closes() throws {
        _ = try client.open("GET", "/close/events")
        #expect(try client.chunk() == "retry: 1000\n\n")
        let secret = String(try client.chunk()?.split(separator: "\"").dropLast().last ?? "")
        #expect(
            try client.chunk()
                == "event: close\nid: \(secret).1\ndata: {\"code\":3000,\"reason\":\"Go away!\"}\n\n")
        #expect(try client.chunk() == nil)
        #expect(try client.ask("POST", "/close/\(secret)", "1").status == 410)
    }

    @Test("refuses what is no message")
    func refuses() throws {
        let secret = try open(client)
        let poster = try RouteClient(server)
        #expect(try poster.ask("POST", "/fallback/\(secret)", "[1").status == 400)
        #expect(
            try poster.ask("POST", "/fallback/\(secret)", String(repeating: "1", count: 1001)).status == 413)
        #expect(try poster.ask("POST", "/fallback/\(secret)x", "1").status == 404)
        #expect(try poster.ask("POST", "/fallback/events", "1").status == 405)
        #expect(try poster.ask("GET", "/fallback/\(secret)").status == 405)
        #expect(try poster.ask("GET", "/fallback").status == 404)
        #expect(try poster.ask("GET", "/fallback/events?refuse").status == 403)
        #expect(try poster.ask("OPTIONS", "/fallback/\(secret)", headers: ["Origin: o"]).status == 204)
    }
}

extension RouteClient {
    /// Whether a close frame follows somewhere behind the messages.
    func sawClose() -> Bool {
        while let frame = try? frame() {
            if frame.first == 0x88 { return true }
        }
        return false
    }
}
