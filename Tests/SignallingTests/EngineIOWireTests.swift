// SPDX-License-Identifier: Apache-2.0
import EngineIO
import Testing

/// What the official server answers on the wire to requests nobody should send, and where we differ.
@Suite("Engine.IO answers on the wire")
struct EngineIOWireTests {
    let server = EchoServer()

    /// A step of a conversation in one polling session, and the answer.
    struct Step: CustomStringConvertible {
        var method = "POST"
        var query = "EIO=4&transport=polling"
        var body = ""
        var status: Int
        var text: String?

        var description: String { "\(method) \(query) \(body) -> \(status)" }
    }

    static func post(_ body: String, _ status: Int = 200, _ text: String? = "ok") -> Step {
        Step(body: body, status: status, text: text)
    }
    static func get(_ status: Int, _ text: String?) -> Step {
        Step(method: "GET", status: status, text: text)
    }

    static let unknown = #"{"code":1,"message":"Session ID unknown"}"#
    static let badRequest = #"{"code":3,"message":"Bad request"}"#

    static let conversations: [(String, [Step])] = [
        (
            "unsolicited pong, open, upgrade and noop are ignored",
            [post("3"), post("0"), post("0{}"), post("5"), post("6"), post("4a"), get(200, "4a")]
        ),
        ("a ping is the server's to send: accepted and closed", [post("2"), get(400, unknown)]),
        ("a probe on polling too", [post("2probe"), get(400, unknown)]),
        ("the client's close", [post("1"), get(400, unknown), post("4a", 400, unknown)]),
        ("nothing behind a close counts", [post("4a\u{1E}1\u{1E}4b"), get(400, unknown)]),
        ("an unknown type", [post("7", 400, ""), get(400, unknown)]),
        ("an empty body", [post("", 400, ""), get(400, unknown)]),
        ("an empty packet between others", [post("4a\u{1E}\u{1E}4b", 400, ""), get(400, unknown)]),
        ("a separator at the end", [post("4a\u{1E}", 400, ""), get(400, unknown)]),
        ("base 64 without padding", [post("bAQ", 400, ""), get(400, unknown)]),
        ("base 64 of the other alphabet", [post("b_-__", 400, ""), get(400, unknown)]),
        ("empty messages of both kinds", [post("4\u{1E}b"), get(200, "4\u{1E}b")]),
        (
            "PUT and DELETE with a session: refused, and the session goes on",
            [
                Step(method: "PUT", status: 405, text: ""), Step(method: "DELETE", status: 405, text: ""),
                post("4a"), get(200, "4a"),
            ]
        ),
        (
            "the session's other transport: refused, and the session goes on",
            [
                Step(method: "GET", query: "EIO=4&transport=websocket", status: 400, text: badRequest),
                post("4a"), get(200, "4a"),
            ]
        ),
        (
            "the revision is not looked at again",
            [Step(query: "EIO=5&transport=polling", body: "4a", status: 200, text: "ok"), get(200, "4a")]
        ),
        (
            "a transport that does not exist comes first",
            [
                Step(
                    method: "GET", query: "EIO=4&transport=abc", status: 400,
                    text: #"{"code":0,"message":"Transport unknown"}"#)
            ]
        ),
    ]

    @Test("answers each step of a conversation", arguments: conversations)
    func conversation(_ name: String, _ steps: [Step]) {
        let id = server.pollingSession()
        for step in steps {
            let exchange = server.request(step.method, step.query + "&sid=" + id, body: Array(step.body.utf8))
            #expect(exchange.status == step.status, "\(step)")
            if let text = step.text { #expect(exchange.text == text, "\(step)") }
        }
    }

    @Test("an id that nobody has is unknown on both transports", arguments: ["x", "session-99", "__proto__"])
    func unknownSession(_ id: String) {
        #expect(server.get("EIO=4&transport=polling&sid=" + id).text == Self.unknown)
        #expect(server.post("EIO=4&transport=polling&sid=" + id, "4a").text == Self.unknown)
        #expect(server.connect("EIO=4&transport=websocket&sid=" + id).isClosed)
    }

    @Test("a body over the limit: 413, not delivered, and the session goes on")
    func tooLarge() {
        let session = "EIO=4&transport=polling&sid=" + server.pollingSession()
        let answer = server.post(session, "4" + String(repeating: "a", count: 1_000_000))
        #expect(answer.status == 413)
        #expect(server.post(session, "4" + String(repeating: "a", count: 999_999)).status == 200)
        #expect(server.get(session).body.count == 1_000_000)
    }

    @Test("a binary body: 400 and the end")
    func binaryBody() {
        let session = "EIO=4&transport=polling&sid=" + server.pollingSession()
        #expect(server.request("POST", session, body: [0x34], isBinary: true).status == 400)
        #expect(server.get(session).text == Self.unknown)
    }

    @Test("whatever is wrong on a WebSocket closes it", arguments: ["", "7", "a", "2", "bA", "hello", "1"])
    func wrongFrames(_ text: String) {
        let socket = server.connect("EIO=4&transport=websocket")
        server.send(.text(Array(text.utf8)), on: socket)
        #expect(socket.isClosed)
    }

    @Test("harmless frames on a WebSocket are ignored")
    func harmlessFrames() {
        let socket = server.connect("EIO=4&transport=websocket")
        _ = socket.next()
        for text in ["3", "0", "5", "6", "3probe"] as [EngineIOMessage] { server.send(text, on: socket) }
        server.send("4a", on: socket)
        #expect(socket.next() == "4a")
        server.send(.binary([]), on: socket)
        #expect(socket.next() == .binary([]))
    }

    @Test("what was queued during the probe goes out by the poll that waits, instead of the noop")
    func queuedWhileProbing() {
        let id = server.pollingSession()
        let socket = server.connect("EIO=4&transport=websocket&sid=" + id)
        server.send("2probe", on: socket)
        _ = server.post("EIO=4&transport=polling&sid=" + id, "4a")
        #expect(server.get("EIO=4&transport=polling&sid=" + id).text == "4a")
        #expect(server.get("EIO=4&transport=polling&sid=" + id).text == "6")
    }

    @Test("a WebSocket that never upgrades is closed after ten seconds, alone")
    func upgradeTimeout() {
        let id = server.pollingSession()
        let socket = server.connect("EIO=4&transport=websocket&sid=" + id)
        // The client is alive meanwhile.
        for _ in 0..<50 {
            server.wait(milliseconds: 200)
            _ = server.post("EIO=4&transport=polling&sid=" + id, "3")
        }
        #expect(socket.isClosed)
        #expect(server.post("EIO=4&transport=polling&sid=" + id, "4a").status == 200)
    }
}
