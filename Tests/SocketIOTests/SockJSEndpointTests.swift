// SPDX-License-Identifier: Apache-2.0
import SocketIO
import Testing
import WebSocket

/// The tests that the SockJS protocol 0.3.3 consists of, in our words.
@Suite("SockJS endpoint")
struct SockJSEndpointTests {
    let server: MessageServer
    let client: RouteClient

    init() throws {
        let journal = MessageJournal()
        server = try MessageServer(
            [
                MessageEcho.route(.sockJS, "/echo", journal) { $0.sockJSResponseLimit = 4096 },
                MessageEcho.route(.sockJS, "/disabled", journal) { $0.sockJSUsesWebSockets = false },
                MessageEcho.route(.sockJS, "/close", journal, closesAtOnce: true) {
                    $0.sockJSDisconnectDelay = .milliseconds(200)
                },
                MessageEcho.route(.sockJS, "/json", journal) { $0.requiresJSON = true },
            ], journal: journal)
        client = try RouteClient(server)
    }

    static let notCached = "no-store, no-cache, no-transform, must-revalidate, max-age=0"

    private func verifyCORS(_ answer: RouteClient.Answer, origin: String) {
        #expect(answer.headers["Access-Control-Allow-Origin"] == origin)
        #expect(answer.headers["Access-Control-Allow-Credentials"] == "true")
    }

    // MARK: Fixed addresses

    @Test("greets whoever looks")
    func greeting() throws {
        for path in ["/echo", "/echo/"] {
            let answer = try client.ask("GET", path)
            #expect(answer.status == 200)
            #expect(answer.headers["Content-Type"] == "text/plain; charset=UTF-8")
            #expect(answer.body == "Welcome to SockJS!\n")
            #expect(answer.headers["Set-Cookie"] == nil)
        }
    }

    @Test(
        "knows no other addresses",
        arguments: [
            "/a", "/a.html", "//", "///", "/a/a", "/a/a/", "/a/", "/iframe.html", "//xhr", "/a./a/xhr",
            "/a/a./xhr", "/./././xhr", "/a/a/htmlfile", "/a/a/jsonp",
        ])
    func notFound(_ suffix: String) throws {
        #expect(try client.ask("GET", "/echo\(suffix)").status == 404)
        #expect(try client.ask("POST", "/echo\(suffix)").status == 404)
        #expect(try client.ask("GET", "/echoes").status == 404)
    }

    @Test("says what it can do, with some entropy")
    func info() throws {
        let first = try client.ask("GET", "/echo/info", headers: ["Origin: test"])
        #expect(first.status == 200)
        #expect(first.headers["Content-Type"] == "application/json; charset=UTF-8")
        #expect(first.headers["Cache-Control"] == Self.notCached)
        verifyCORS(first, origin: "test")
        #expect(
            first.body.hasPrefix(#"{"websocket":true,"origins":["*:*"],"cookie_needed":false,"entropy":"#))
        #expect(try client.ask("GET", "/echo/info").body != first.body)
        #expect(try client.ask("GET", "/disabled/info").body.hasPrefix(#"{"websocket":false,"#))
    }

    @Test(
        "answers browsers that ask before they ask",
        arguments: [
            ("/info", "GET"), ("/a/b/xhr", "POST"), ("/a/b/xhr_send", "POST"),
            ("/a/b/xhr_streaming", "POST"), ("/a/b/eventsource", "GET"),
        ])
    func preflight(_ suffix: String, _ method: String) throws {
        for origin in ["test", "null"] {
            let answer = try client.ask(
                "OPTIONS", "/echo\(suffix)",
                headers: ["Origin: \(origin)", "Access-Control-Request-Headers: a, b, c"])
            #expect(answer.status == 204)
            #expect(answer.headers["Cache-Control"] == "public, max-age=31536000")
            #expect(answer.headers["Expires"] != nil)
            #expect(answer.headers["Access-Control-Max-Age"] == "31536000")
            #expect(answer.headers["Access-Control-Allow-Methods"] == "OPTIONS, \(method)")
            #expect(answer.headers["Access-Control-Allow-Headers"] == "a, b, c")
            verifyCORS(answer, origin: origin)
        }
        let bare = try client.ask("OPTIONS", "/echo\(suffix)", headers: ["Access-Control-Request-Headers:"])
        #expect(bare.headers["Access-Control-Allow-Headers"] == nil)
    }

    @Test(
        "refuses other methods without a word",
        arguments: [
            ("GET", "/a/b/xhr", "OPTIONS, POST"), ("GET", "/a/b/xhr_send", "OPTIONS, POST"),
            ("PUT", "/a/b/xhr_streaming", "OPTIONS, POST"), ("POST", "/a/b/eventsource", "OPTIONS, GET"),
            ("POST", "/a/b/websocket", "GET"), ("POST", "/websocket", "GET"),
            ("POST", "/info", "OPTIONS, GET"),
        ])
    func wrongMethod(_ method: String, _ suffix: String, _ allow: String) throws {
        let answer = try client.ask(method, "/echo\(suffix)")
        #expect(answer.status == 405)
        #expect(answer.headers["Allow"] == allow)
        #expect(answer.headers["Content-Type"] == nil)
        #expect(answer.body.isEmpty)
    }

    // MARK: Polling

    @Test("exchanges messages by polling, whichever server part and connection the client uses")
    func polling() throws {
        let opening = try client.ask("POST", "/echo/000/poll/xhr", headers: ["Origin: test"])
        #expect(opening.status == 200)
        #expect(opening.body == "o\n")
        #expect(opening.headers["Content-Type"] == "application/javascript; charset=UTF-8")
        #expect(opening.headers["Cache-Control"] == Self.notCached)
        verifyCORS(opening, origin: "test")
        let sent = try client.ask("POST", "/echo/000/poll/xhr_send", #"["x"]"#, headers: ["Origin: test"])
        #expect(sent.status == 204)
        #expect(sent.headers["Content-Type"] == "text/plain; charset=UTF-8")
        verifyCORS(sent, origin: "test")
        #expect(try RouteClient(server).ask("POST", "/echo/999/poll/xhr").body == "a[\"x\"]\n")
    }

    @Test("takes messages of any content type, and none at all")
    func contentTypes() throws {
        #expect(try client.ask("POST", "/echo/0/types/xhr").body == "o\n")
        for type in ["text/plain", "T", "application/json", "", "text/xml; charset=utf-8"] {
            let headers = ["Content-Type: \(type)"]
            #expect(
                try client.ask("POST", "/echo/0/types/xhr_send", #"["a"]"#, headers: headers).status == 204)
        }
        #expect(try client.ask("POST", "/echo/0/types/xhr_send", "[]").status == 204)
        #expect(try client.ask("POST", "/echo/0/types/xhr").body == #"a["a","a","a","a","a"]"# + "\n")
    }

    @Test("survives broken messages, and knows nothing of unknown sessions")
    func brokenMessages() throws {
        #expect(try client.ask("POST", "/echo/0/unknown/xhr_send", #"["x"]"#).status == 404)
        #expect(try client.ask("POST", "/echo/0/broken/xhr").body == "o\n")
        let broken = try client.ask("POST", "/echo/0/broken/xhr_send", #"["x"#)
        #expect(broken.status == 500)
        #expect(broken.body == "Broken JSON encoding.\n")
        let empty = try client.ask("POST", "/echo/0/broken/xhr_send")
        #expect(empty.status == 500)
        #expect(empty.body == "Payload expected.\n")
        #expect(try client.ask("POST", "/echo/0/broken/xhr_send", #"["a"]"#).status == 204)
        #expect(try client.ask("POST", "/echo/0/broken/xhr").body == "a[\"a\"]\n")
    }

    @Test("lets one request at a time wait, and ends the session when that breaks off")
    func secondReceiver() throws {
        #expect(try client.ask("POST", "/echo/0/twice/xhr").body == "o\n")
        let first = try RouteClient(server)
        _ = try first.open("POST", "/echo/0/twice/xhr_streaming")
        #expect(try first.chunk()?.count == 2049, "now it is the session's receiver")
        let second = try client.ask("POST", "/echo/1/twice/xhr")
        #expect(second.status == 200)
        #expect(second.body == "c[2010,\"Another connection still open\"]\n")
        first.leave()
        #expect(server.journal.waits(for: "closed 1002"))
        #expect(
            try client.ask("POST", "/echo/0/twice/xhr").body == "c[1002,\"Connection interrupted\"]\n")
    }

    @Test("serves the close until the session is forgotten")
    func close() throws {
        #expect(try client.ask("POST", "/close/0/a/xhr").body == "o\n")
        for _ in 0..<2 {
            #expect(try client.ask("POST", "/close/0/a/xhr").body == "c[3000,\"Go away!\"]\n")
        }
        #expect(server.becomesEmpty())
        #expect(try client.ask("POST", "/close/0/a/xhr").body == "o\n", "the name is free again")
    }

    // MARK: Streaming

    @Test("streams frames behind a prelude until the response has grown long")
    func streaming() throws {
        let head = try client.open("POST", "/echo/0/stream/xhr_streaming", headers: ["Origin: test"])
        #expect(head.status == 200)
        #expect(head.headers["Content-Type"] == "application/javascript; charset=UTF-8")
        #expect(head.headers["Cache-Control"] == Self.notCached)
        verifyCORS(head, origin: "test")
        #expect(try client.chunk() == String(repeating: "h", count: 2048) + "\n")
        #expect(try client.chunk() == "o\n")
        let sender = try RouteClient(server)
        let message = "\"" + String(repeating: "x", count: 128) + "\""
        for _ in 0..<31 {
            #expect(try sender.ask("POST", "/echo/0/stream/xhr_send", "[\(message)]").status == 204)
            #expect(try client.chunk() == "a[\(message)]\n")
        }
        #expect(try client.chunk() == nil)
        #expect(try client.ask("GET", "/echo/").status == 200, "the connection goes on")
    }

    @Test("streams server-sent events")
    func eventSource() throws {
        let head = try client.open("GET", "/echo/0/events/eventsource")
        #expect(head.headers["Content-Type"] == "text/event-stream")
        #expect(head.headers["Cache-Control"] == Self.notCached)
        #expect(try client.chunk() == "\r\n")
        #expect(try client.chunk() == "data: o\r\n\r\n")
        let sender = try RouteClient(server)
        #expect(try sender.ask("POST", "/echo/0/events/xhr_send", #"["  \u0000\n\r "]"#).status == 204)
        #expect(try client.chunk() == "data: a[\"  \\u0000\\n\\r \"]\r\n\r\n")
        let long = String(repeating: "x", count: 4096)
        #expect(try sender.ask("POST", "/echo/0/events/xhr_send", "[\"\(long)\"]").status == 204)
        #expect(try client.chunk() == "data: a[\"\(long)\"]\r\n\r\n")
        #expect(try client.chunk() == nil)
    }

    @Test("streams to a client of HTTP/1.0 up to the end of the connection")
    func oldClient() throws {
        let head = try client.open("POST", "/close/0/old/xhr_streaming", version: "1.0")
        #expect(head.headers["Transfer-Encoding"] == nil)
        #expect(head.headers["Content-Length"] == nil)
        let content = try client.read(.max)
        #expect(content.count == 2049 + 2 + 19)
        #expect(String(decoding: content.suffix(21), as: UTF8.self) == "o\nc[3000,\"Go away!\"]\n")
    }

    // MARK: WebSockets

    @Test("exchanges messages over a WebSocket, also when two use the same name")
    func webSocket() throws {
        let other = try RouteClient(server)
        for socket in [client, other] {
            let answer = try socket.openWebSocket("/echo/0/same/websocket")
            #expect(answer.status == 101)
            #expect(answer.headers["Sec-WebSocket-Accept"] == "HSmrc0sMlYUkAGmm5OPpG2HaGWk=")
            #expect(try socket.message() == "o")
        }
        for text in ["", "[]", #"["a"]"#] { try client.sendText(text) }
        #expect(try client.message() == #"a["a"]"#)
        try other.sendText(#""b""#)
        #expect(try other.message() == #"a["b"]"#)
        client.leave()
        #expect(server.journal.waits(for: "closed 1002"))
    }

    @Test("closes a WebSocket behind the close frame")
    func closesWebSocket() throws {
        _ = try client.openWebSocket("/close/0/a/websocket")
        #expect(try client.message() == "o")
        #expect(try client.message() == #"c[3000,"Go away!"]"#)
        #expect(try client.message() == "close 1000")
    }

    @Test("drops a WebSocket that sends broken JSON or bytes")
    func brokenWebSocket() throws {
        _ = try client.openWebSocket("/echo/0/a/websocket")
        #expect(try client.message() == "o")
        try client.sendText(#"["a"#)
        #expect(try client.message() == "close 1007")
        let binary = try RouteClient(server)
        _ = try binary.openWebSocket("/echo/0/a/websocket")
        #expect(try binary.message() == "o")
        try binary.sendFrame(.binary, [1])
        #expect(try binary.message() == "close 1003")
    }

    @Test("opens no WebSocket where it should not")
    func noWebSocket() throws {
        #expect(try client.ask("GET", "/echo/0/0/websocket").status == 400)
        let headers = ["Upgrade: WebSocket", "Connection: close"]
        #expect(try RouteClient(server).ask("GET", "/echo/0/0/websocket", headers: headers).status == 400)
        #expect(try RouteClient(server).openWebSocket("/disabled/0/0/websocket").status == 404)
        #expect(try RouteClient(server).openWebSocket("/disabled/websocket").status == 404)
        #expect(try RouteClient(server).openWebSocket("/echo/0/0/websocket?refuse=1").status == 403)
    }

    @Test("offers a bare WebSocket without frames of its own")
    func rawWebSocket() throws {
        _ = try client.openWebSocket("/echo/websocket")
        try client.sendText("Hello world!\u{FFFF}")
        #expect(try client.message() == "Hello world!\u{FFFF}")
        let closing = try RouteClient(server)
        _ = try closing.openWebSocket("/close/websocket")
        #expect(try closing.message() == "close 3000")
    }

    // MARK: Limits

    @Test("takes only JSON where that is asked for")
    func requiresJSON() throws {
        #expect(try client.ask("POST", "/json/0/a/xhr").body == "o\n")
        #expect(try client.ask("POST", "/json/0/a/xhr_send", #"["{\"a\":1}","nonsense"]"#).status == 204)
        #expect(try client.ask("POST", "/json/0/a/xhr").body == "a[\"{\\\"a\\\":1}\"]\n")
        #expect(try client.ask("POST", "/json/0/a/xhr").body == "c[1007,\"not JSON\"]\n")
    }

    @Test("ends a session whose client lets too much pile up")
    func overflow() throws {
        #expect(try client.ask("POST", "/echo/0/slow/xhr").body == "o\n")
        #expect(try client.ask("POST", "/echo/0/slow/xhr_send", #"["flood"]"#).status == 204)
        #expect(server.journal.waits(for: "closed 1008"))
        #expect(
            try client.ask("POST", "/echo/0/slow/xhr").body
                == "c[1008,\"Too many messages wait for the client\"]\n")
    }

    @Test("hides who is logged in from the application when anybody's pages may ask")
    func cookies() throws {
        let cookie = "Cookie: a=b"
        _ = try client.ask("POST", "/echo/0/foreign/xhr", headers: [cookie, "Origin: http://evil.test"])
        #expect(server.journal.all == ["cookie none", "opened"])
        _ = try client.ask("POST", "/echo/0/own/xhr", headers: [cookie, "Origin: http://x"])
        #expect(server.journal.all.contains("cookie a=b"))
    }

    @Test("lets only pages in that may come")
    func origins() throws {
        let journal = MessageJournal()
        let server = try MessageServer(
            [MessageEcho.route(.sockJS, "/echo", journal)], origins: .sameOrigin, journal: journal)
        let foreign = ["Origin: http://evil.test"]
        let client = try RouteClient(server)
        let refused = try client.ask("POST", "/echo/0/a/xhr", headers: foreign)
        #expect(refused.status == 403)
        #expect(refused.headers["Access-Control-Allow-Origin"] == nil)
        #expect(try RouteClient(server).openWebSocket("/echo/0/a/websocket", headers: foreign).status == 403)
        #expect(try RouteClient(server).openWebSocket("/echo/websocket", headers: foreign).status == 403)
        #expect(try client.ask("POST", "/echo/0/a/xhr", headers: ["Origin: http://x"]).body == "o\n")
    }

    @Test("closes all sessions with the server, and takes no new ones")
    func shutsDown() throws {
        #expect(try client.ask("POST", "/echo/0/a/xhr").body == "o\n")
        let socket = try RouteClient(server)
        _ = try socket.openWebSocket("/echo/websocket")
        server.shutDown()
        #expect(try socket.message() == "close 1001")
        #expect(try client.ask("POST", "/echo/0/a/xhr").body == "c[3000,\"Go away!\"]\n")
        let late = try client.ask("POST", "/echo/0/b/xhr")
        #expect(late.status == 503)
        #expect(late.headers["Retry-After"] == "5")
    }
}
