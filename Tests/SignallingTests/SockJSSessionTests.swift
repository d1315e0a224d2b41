// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Signalling
import SockJS
import TestKit
import Testing

/// A SockJS session, told and asked in short words.
struct SockJSTalk {
    var session: SockJSSession
    var now: Instant = 0
    private var requests: UInt64 = 0

    init(_ change: (inout SockJSSession.Settings) -> Void = { _ in }) {
        var settings = SockJSSession.Settings()
        change(&settings)
        session = SockJSSession(settings: settings)
    }

    mutating func tell(_ input: SockJSSession.Input) -> [String] {
        session.outputs(for: input, at: now).map(Self.describe)
    }

    mutating func attach(_ id: UInt64, _ transport: SockJSSession.Transport) -> [String] {
        tell(.attach(.init(rawValue: id), transport))
    }
    mutating func post(_ body: String) -> [String] {
        requests += 1
        return tell(.posted(.init(rawValue: requests), body: Array(body.utf8)))
    }
    mutating func send(_ messages: String...) -> [String] { tell(.send(messages.map { Array($0.utf8) })) }
    mutating func tick(at instant: Instant) -> [String] {
        now = instant
        return tell(.tick)
    }

    private static let prelude = String(repeating: "h", count: 2048) + "\n"

    static func describe(_ output: SockJSSession.Output) -> String {
        switch output {
        case .write(let id, let bytes):
            let text = String(decoding: bytes, as: UTF8.self)
            return "\(id.rawValue)<\(text == prelude ? "prelude" : text)"
        case .finish(let id): return "\(id.rawValue).finish"
        case .cut(let id): return "\(id.rawValue).cut"
        case .acceptPost: return "204"
        case .refusePost(_, let refusal): return "\(refusal)"
        case .opened: return "opened"
        case .received(let message): return ">\(String(decoding: message, as: UTF8.self))"
        case .closed(let close): return "closed \(close.code)"
        }
    }
}

@Suite("SockJS sessions")
struct SockJSSessionTests {
    @Test("poll one frame at a time")
    func polling() {
        var talk = SockJSTalk()
        #expect(talk.attach(1, .polling) == ["1<o\n", "1.finish", "opened"])
        #expect(talk.post(#"["a"]"#) == ["204", ">a"])
        #expect(talk.send("a") == [])
        #expect(talk.send("b", "c") == [])
        #expect(talk.session.backlog == 3)
        #expect(talk.attach(2, .polling) == ["2<a[\"a\",\"b\",\"c\"]\n", "2.finish"])
        #expect(talk.attach(3, .polling) == [])
        #expect(talk.send("d") == ["3<a[\"d\"]\n", "3.finish"])
    }

    @Test("stream frames after a prelude, and let a response end when it has grown long")
    func streaming() {
        var talk = SockJSTalk { $0.responseLimit = 4096 }
        #expect(talk.attach(1, .streaming) == ["1<prelude", "1<o\n", "opened"])
        let message = String(repeating: "x", count: 128)
        for _ in 0..<30 { #expect(talk.send(message) == ["1<a[\"\(message)\"]\n"]) }
        #expect(talk.send(message) == ["1<a[\"\(message)\"]\n", "1.finish"])
        #expect(talk.send("later") == [])
        #expect(talk.attach(2, .streaming) == ["2<prelude", "2<a[\"later\"]\n"])
    }

    @Test("speak as an event source")
    func eventSource() {
        var talk = SockJSTalk { $0.responseLimit = 4096 }
        #expect(talk.attach(1, .eventSource) == ["1<\r\n", "1<data: o\r\n\r\n", "opened"])
        #expect(talk.send("  \0\n\r ") == ["1<data: a[\"  \\u0000\\n\\r \"]\r\n\r\n"])
        let message = String(repeating: "x", count: 4096)
        #expect(talk.send(message) == ["1<data: a[\"\(message)\"]\r\n\r\n", "1.finish"])
    }

    @Test("run over a WebSocket for as long as that lives")
    func webSocket() {
        var talk = SockJSTalk { $0.responseLimit = 10 }
        #expect(talk.attach(1, .webSocket) == ["1<o", "opened"])
        for text in ["", "[]"] {
            #expect(talk.tell(.webSocketReceived(.init(rawValue: 1), text: Array(text.utf8))) == [])
        }
        #expect(
            talk.tell(.webSocketReceived(.init(rawValue: 1), text: Array(#"["a","b"]"#.utf8))) == [
                ">a", ">b",
            ])
        #expect(talk.send("longer than ten") == ["1<a[\"longer than ten\"]"])
        #expect(talk.tell(.close(.goAway)) == ["1<c[3000,\"Go away!\"]", "1.finish", "closed 3000"])
        #expect(talk.session.isOver)
        var lost = SockJSTalk()
        _ = lost.attach(1, .webSocket)
        #expect(lost.tell(.detached(.init(rawValue: 1))) == ["closed 1002"])
        #expect(lost.session.isOver)
        #expect(lost.session.deadline == nil)
    }

    @Test("cut a WebSocket that sends broken JSON, and end with it")
    func brokenWebSocket() {
        var talk = SockJSTalk()
        _ = talk.attach(1, .webSocket)
        #expect(
            talk.tell(.webSocketReceived(.init(rawValue: 1), text: Array(#"["a"#.utf8))) == [
                "1.cut", "closed 1002",
            ])
        #expect(talk.session.isOver)
    }

    @Test("survive a post with broken JSON")
    func brokenPost() {
        var talk = SockJSTalk()
        _ = talk.attach(1, .polling)
        #expect(talk.post(#"["x"#) == ["malformed"])
        #expect(talk.post("") == ["empty"])
        #expect(talk.post("[]") == ["204"])
        #expect(talk.post(#"["a"]"#) == ["204", ">a"])
    }

    @Test("turn away a second receiver, and keep the first")
    func secondReceiver() {
        var talk = SockJSTalk()
        _ = talk.attach(1, .streaming)
        #expect(
            talk.attach(2, .streaming) == [
                "2<prelude", "2<c[2010,\"Another connection still open\"]\n", "2.finish",
            ])
        #expect(talk.send("x") == ["1<a[\"x\"]\n"])
    }

    @Test("show the close to every request that asks, for a while")
    func closes() {
        var talk = SockJSTalk()
        #expect(talk.attach(1, .polling) == ["1<o\n", "1.finish", "opened"])
        #expect(talk.tell(.close(.goAway)) == ["closed 3000"])
        #expect(talk.attach(2, .polling) == ["2<c[3000,\"Go away!\"]\n", "2.finish"])
        #expect(
            talk.attach(3, .streaming) == ["3<prelude", "3<c[3000,\"Go away!\"]\n", "3.finish"])
        #expect(talk.post(#"["late"]"#) == ["sessionClosed"])
        #expect(!talk.session.isOver)
        #expect(talk.tick(at: 5000) == [])
        #expect(talk.session.isOver)
    }

    @Test("close a stream behind the last message")
    func closesStream() {
        var talk = SockJSTalk()
        _ = talk.attach(1, .streaming)
        #expect(talk.send("bye") == ["1<a[\"bye\"]\n"])
        #expect(
            talk.tell(.close(.goAway)) == ["1<c[3000,\"Go away!\"]\n", "1.finish", "closed 3000"])
        #expect(talk.tell(.detached(.init(rawValue: 1))) == [], "that response is done with")
    }

    @Test("deliver what waits before the close")
    func closesAfterMessages() {
        var talk = SockJSTalk()
        _ = talk.attach(1, .polling)
        _ = talk.send("last words")
        #expect(talk.tell(.close(.goAway)) == ["closed 3000"])
        #expect(talk.attach(2, .polling) == ["2<a[\"last words\"]\n", "2.finish"])
        #expect(talk.attach(3, .polling) == ["3<c[3000,\"Go away!\"]\n", "3.finish"])
    }

    @Test(
        "cannot go on when a response breaks off", arguments: [SockJSSession.Transport.polling, .streaming])
    func breaks(_ transport: SockJSSession.Transport) {
        var talk = SockJSTalk()
        _ = talk.attach(1, .polling)
        _ = talk.attach(2, transport)
        #expect(talk.tell(.detached(.init(rawValue: 2))) == ["closed 1002"])
        #expect(talk.attach(3, .polling) == ["3<c[1002,\"Connection interrupted\"]\n", "3.finish"])
    }

    @Test("beat every 25 seconds while somebody listens")
    func heartbeats() {
        var talk = SockJSTalk()
        _ = talk.attach(1, .streaming)
        #expect(talk.tick(at: 24_999) == [])
        #expect(talk.tick(at: 25_000) == ["1<h\n"])
        #expect(talk.tick(at: 50_000) == ["1<h\n"])
        var polled = SockJSTalk()
        _ = polled.attach(1, .polling)
        #expect(polled.tick(at: 3_000) == [])
        #expect(polled.attach(2, .polling) == [])
        #expect(polled.tick(at: 28_000) == ["2<h\n", "2.finish"])
    }

    @Test("end when nobody asks for five seconds")
    func timesOut() {
        var talk = SockJSTalk()
        _ = talk.attach(1, .polling)
        #expect(talk.tick(at: 4_999) == [])
        #expect(talk.tick(at: 5_000) == ["closed 1002"])
        #expect(talk.session.isOver)
        #expect(talk.attach(2, .polling) == ["2<c[1002,\"Connection interrupted\"]\n", "2.finish"])
    }

    @Test("hold no more than they may for a client that does not come")
    func overflow() {
        var talk = SockJSTalk { $0.maxQueued = 10 }
        _ = talk.attach(1, .polling)
        #expect(talk.send("0123456789") == [])
        #expect(talk.send("x") == ["closed 1008"])
        #expect(talk.session.backlog == 0)
        #expect(
            talk.attach(2, .polling) == ["2<c[1008,\"Too many messages wait for the client\"]\n", "2.finish"])
        #expect(talk.send("y") == [])
    }

    @Test("deliver every message once and in order, whatever the client asks and when")
    func simulation() throws {
        for seed in 0..<50 {
            var random = SeededRandomSource(seed: UInt64(seed))
            var session = SockJSSession()
            var now = 0
            var sent = 0
            var received: [UInt8] = []
            var current: (id: UInt64, transport: SockJSSession.Transport)?
            var lastID: UInt64 = 0
            func drain() {
                while let output = session.poll() {
                    switch output {
                    case .write(let id, let bytes) where id.rawValue == current?.id: received += bytes
                    case .finish(let id) where id.rawValue == current?.id: current = nil
                    default: break
                    }
                }
            }
            for _ in 0..<300 {
                now += Int(random.nextBytes(1)[0]) * 4
                let dice = random.nextBytes(1)[0]
                if lastID > 0, dice < 100 || now % 5 == 0 {
                    sent += 1
                    session.handle(.send([Array("<\(sent)>".utf8)]), at: .milliseconds(now))
                }
                if current == nil {
                    lastID += 1
                    let transport: SockJSSession.Transport = dice % 2 == 0 ? .polling : .streaming
                    current = (lastID, transport)
                    session.handle(.attach(.init(rawValue: lastID), transport), at: .milliseconds(now))
                }
                session.handle(.tick, at: .milliseconds(now))
                drain()
            }
            session.handle(.close(.goAway), at: .milliseconds(now))
            for _ in 0..<2 where current == nil {
                lastID += 1
                current = (lastID, .polling)
                session.handle(.attach(.init(rawValue: lastID), .polling), at: .milliseconds(now))
                drain()
            }
            drain()
            let text = String(decoding: received, as: UTF8.self)
            let numbers = text.split(separator: "<").compactMap { part in
                part.contains(">") ? Int(part.prefix { $0 != ">" }) : nil
            }
            #expect(numbers == Array(1...max(sent, 1)).filter { $0 <= sent })
        }
    }
}
