// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Signalling
import TestKit
import Testing

@Suite("Event stream sessions")
struct EventStreamSessionTests {
    /// A session told and asked in short words.
    struct Talk {
        var session: EventStreamSession
        var now: Instant = 0

        init(_ change: (inout EventStreamSession.Settings) -> Void = { _ in }) {
            var settings = EventStreamSession.Settings()
            change(&settings)
            session = EventStreamSession(secret: "S", settings: settings)
        }

        mutating func tell(_ input: EventStreamSession.Input) -> [String] {
            session.outputs(for: input, at: now).map { output in
                switch output {
                case .write(let id, let bytes):
                    let text = String(decoding: bytes, as: UTF8.self)
                    return "\(id.rawValue)<" + text.split(separator: "\n").joined(separator: "|")
                case .finish(let id): return "\(id.rawValue).finish"
                case .acceptPost: return "204"
                case .refusePost(_, let refusal): return "\(refusal)"
                case .opened: return "opened"
                case .received(let message): return ">" + String(decoding: message, as: UTF8.self)
                case .closed(let code, _): return "closed \(code)"
                }
            }
        }

        mutating func attach(_ id: UInt64, after number: UInt64? = nil) -> [String] {
            tell(.attach(.init(rawValue: id), after: number))
        }
        mutating func detach(_ id: UInt64) -> [String] { tell(.detached(.init(rawValue: id))) }
        mutating func send(_ text: String) -> [String] { tell(.send(Array(text.utf8))) }
        mutating func post(_ text: String, number: UInt64? = nil) -> [String] {
            tell(.posted(.init(rawValue: 0), number: number, Array(text.utf8)))
        }
        mutating func tick(at instant: Instant) -> [String] {
            now = instant
            return tell(.tick)
        }
    }

    static let opening = ["1<retry: 1000", #"1<event: session|id: S.0|data: {"session":"S"}"#, "opened"]

    @Test("begin by telling the client their secret, and number every message")
    func begins() {
        var talk = Talk()
        #expect(talk.attach(1) == Self.opening)
        #expect(talk.send("{}") == ["1<id: S.1|data: {}"])
        #expect(talk.send("[\n1,\r\n2,\r3]") == ["1<id: S.2|data: [|data: 1,|data: 2,|data: 3]"])
    }

    @Test("go on where a client lost its stream")
    func resumes() {
        var talk = Talk()
        _ = talk.attach(1)
        _ = talk.send("1")
        _ = talk.send("2")
        #expect(talk.detach(1) == [])
        #expect(talk.send("3") == [])
        #expect(talk.session.backlog > 0)
        #expect(
            talk.attach(2, after: 1) == ["2<retry: 1000", "2<id: S.2|data: 2", "2<id: S.3|data: 3"])
        #expect(talk.session.backlog == 0)
        #expect(talk.send("4") == ["2<id: S.4|data: 4"])
    }

    @Test("let a newer stream take over from one that only looks alive")
    func takesOver() {
        var talk = Talk()
        _ = talk.attach(1)
        #expect(talk.attach(2, after: 0) == ["1.finish", "2<retry: 1000"])
        #expect(talk.detach(1) == [], "that is no news")
        #expect(talk.send("1") == ["2<id: S.1|data: 1"])
    }

    @Test("end when a client does not come back in time")
    func timesOut() {
        var talk = Talk()
        _ = talk.attach(1)
        _ = talk.detach(1)
        #expect(talk.tick(at: 29_999) == [])
        #expect(talk.tick(at: 30_000) == ["closed 1006"])
        #expect(talk.session.isOver)
        #expect(talk.session.deadline == nil)
        #expect(talk.attach(2, after: 0) == ["2.finish"])
    }

    @Test("do not go on when what the client missed is gone", arguments: [nil, 0, 9] as [UInt64?])
    func lost(_ after: UInt64?) {
        var talk = Talk { $0.maxKept = 2 }
        _ = talk.attach(1)
        for text in ["1", "2", "3"] { _ = talk.send(text) }
        _ = talk.detach(1)
        #expect(
            talk.attach(2, after: after) == [
                "2<retry: 1000", #"2<event: close|id: S.4|data: {"code":1008,"reason":"Messages were lost"}"#,
                "2.finish", "closed 1008",
            ])
    }

    @Test("keep a bounded number and size of messages for a client that is away")
    func overflows() {
        for change in [{ $0.maxKept = 2 }, { $0.maxKeptBytes = 40 }]
            as [(inout EventStreamSession.Settings) -> Void]
        {
            var talk = Talk(change)
            _ = talk.attach(1)
            for _ in 0..<10 { #expect(talk.send("read at once").count == 1) }
            _ = talk.detach(1)
            var outputs: [String] = []
            for _ in 0..<3 { outputs += talk.send("1234567") }
            #expect(outputs == ["closed 1008"])
        }
    }

    @Test("tell every stream of a closed session why, for a while")
    func closes() {
        var talk = Talk()
        _ = talk.attach(1)
        let close = #"<event: close|id: S.1|data: {"code":1000,"reason":"\"bye\""}"#
        #expect(
            talk.tell(.close(code: 1000, reason: "\"bye\"")) == ["1\(close)", "1.finish", "closed 1000"])
        #expect(talk.attach(2, after: 0) == ["2<retry: 1000", "2\(close)", "2.finish"])
        #expect(talk.attach(3) == ["3<retry: 1000", "3\(close)", "3.finish"])
        #expect(talk.post("late") == ["sessionClosed"])
        #expect(talk.tick(at: 30_000) == [])
        #expect(talk.session.isOver)
    }

    @Test("deliver what waits before the close")
    func closesAfterMessages() {
        var talk = Talk()
        _ = talk.attach(1)
        _ = talk.detach(1)
        _ = talk.send("1")
        #expect(talk.tell(.close(code: 1000, reason: "")) == ["closed 1000"])
        #expect(
            talk.attach(2, after: 0) == [
                "2<retry: 1000", "2<id: S.1|data: 1",
                #"2<event: close|id: S.2|data: {"code":1000,"reason":""}"#,
                "2.finish",
            ])
    }

    @Test("beat with comments")
    func heartbeats() {
        var talk = Talk()
        _ = talk.attach(1)
        #expect(talk.tick(at: 15_000) == ["1<:"])
        #expect(talk.tick(at: 30_000) == ["1<:"])
    }

    @Test("take a message of the client once, however often it sends it, and never out of turn")
    func posts() {
        var talk = Talk()
        #expect(talk.post("early") == ["sessionClosed"])
        _ = talk.attach(1)
        #expect(talk.post("a", number: 1) == ["204", ">a"])
        #expect(talk.post("a", number: 1) == ["204"])
        #expect(talk.post("c", number: 3) == ["outOfOrder"])
        #expect(talk.post("b", number: 2) == ["204", ">b"])
        #expect(talk.post("unnumbered") == ["204", ">unnumbered"])
        #expect(talk.post("x", number: .max) == ["outOfOrder"])
    }

    @Test("read the ids that they wrote, and nothing else")
    func eventIDs() {
        #expect(EventStreamSession.parse(eventID: "abc.12").map { "\($0.secret) \($0.number)" } == "abc 12")
        for text in ["", "abc", ".1", "abc.", "abc.-1", "abc.1.2", "abc.99999999999999999999"] {
            #expect(EventStreamSession.parse(eventID: text) == nil)
        }
    }

    @Test("deliver every message once and in order, however often the stream breaks")
    func simulation() {
        for seed in 0..<50 {
            var random = SeededRandomSource(seed: UInt64(seed))
            var talk = Talk()
            var got: [Int] = []
            var lastID: UInt64 = 0
            var stream: UInt64 = 1
            /// Lost with the stream that carried them.
            func read(_ lines: [String], upTo count: Int = .max) {
                for line in lines.filter({ $0.contains("data: ") && $0.contains("<id") }).prefix(count) {
                    got.append(Int(line.split(separator: " ").last ?? "") ?? -1)
                    lastID = UInt64(line.split { $0 == "." || $0 == "|" }[1]) ?? 0
                }
            }
            _ = talk.attach(stream)
            var isAttached = true
            for number in 1...200 {
                let dice = random.nextBytes(1)[0]
                let lines = talk.send("\(number)")
                if isAttached, dice < 60 {
                    // The stream breaks, before or after the message got through.
                    read(lines, upTo: Int(dice % 2))
                    _ = talk.detach(stream)
                    isAttached = false
                } else {
                    read(lines)
                }
                if !isAttached, dice % 3 == 0 {
                    stream += 1
                    read(talk.attach(stream, after: lastID))
                    isAttached = true
                }
            }
            if !isAttached { read(talk.attach(stream + 1, after: lastID)) }
            #expect(got == Array(1...200))
        }
    }
}
