// SPDX-License-Identifier: Apache-2.0
import EngineIO
import EngineKit
import Signalling
import TestKit
import Testing

@Suite("Engine.IO sessions: the upgrade")
struct EngineIOUpgradeTests {
    @Test("probe, waiting poll released, upgrade, then everything on the WebSocket")
    func upgrade() {
        var session = Session.polling()
        _ = session.outputs(for: .poll(1))
        #expect(session.outputs(for: .open(2)) == [])
        #expect(session.outputs(for: .frame(2, "2probe")) == [.control(2, "3probe"), .answer(1, "6")])
        #expect(session.outputs(for: .frame(2, "5")) == [])
        #expect(session.outputs(for: .send(["a"])) == [.frame(2, "4a")])
        #expect(session.outputs(for: .frame(2, "4b")) == [.received("b")])
        #expect(session.outputs(for: .poll(3)) == [.moved(3)])
        #expect(session.outputs(for: .post(4, "4c")) == [.moved(4)])
        #expect(session.outputs(for: .open(5)) == [.cut(5)])
        #expect(session.deadline == 300)
    }

    @Test("every poll while upgrading is answered at once, with messages if there are any")
    func pollsWhileUpgrading() {
        var session = Session.upgrading()
        #expect(session.outputs(for: .poll(1)) == [.answer(1, "6")])
        #expect(session.outputs(for: .poll(2)) == [.answer(2, "6")])
        #expect(session.outputs(for: .send(["a"])) == [])
        #expect(session.outputs(for: .poll(3)) == [.answer(3, "4a")])
        #expect(session.outputs(for: .post(4, "4b")) == [.accept(4), .received("b")])
    }

    @Test("before the probe a poll waits as ever")
    func beforeProbe() {
        var session = Session.polling()
        _ = session.outputs(for: .open(1))
        #expect(session.outputs(for: .poll(2)) == [])
        #expect(session.outputs(for: .send(["a"])) == [.answer(2, "4a")])
    }

    @Test("what was queued while upgrading leaves on the WebSocket, in order and first")
    func queued() {
        var session = Session.upgrading()
        _ = session.outputs(for: .send(["a", .binary([1])]))
        _ = session.outputs(for: .send(["b"]))
        #expect(
            session.outputs(for: .frame(1, "5")) == [
                .frame(1, "4a"), .frame(1, .binary([1])), .frame(1, "4b"),
            ])
    }

    @Test("an upgrade without a probe is taken, and releases the waiting poll")
    func withoutProbe() {
        var session = Session.polling()
        _ = session.outputs(for: .poll(1))
        _ = session.outputs(for: .open(2))
        #expect(session.outputs(for: .frame(2, "5")) == [.answer(1, "6")])
        #expect(session.outputs(for: .send(["a"])) == [.frame(2, "4a")])
    }

    @Test(
        "anything else on the new WebSocket closes it alone",
        arguments: ["hello", "2", "4a", "1", "6", .binary([1])] as [EngineIOMessage])
    func wrongFirstFrame(_ message: EngineIOMessage) {
        var session = Session.polling()
        _ = session.outputs(for: .open(1))
        #expect(session.outputs(for: .frame(1, message)) == [.cut(1)])
        #expect(session.outputs(for: .frame(1, "5")) == [])
        _ = session.outputs(for: .poll(2))
        #expect(session.outputs(for: .send(["a"])) == [.answer(2, "4a")])
        // Another try may follow.
        _ = session.outputs(for: .open(3))
        #expect(session.outputs(for: .frame(3, "2probe")) == [.control(3, "3probe")])
    }

    @Test("polling goes on when the WebSocket dies while probing")
    func diesWhileProbing() {
        var session = Session.upgrading()
        _ = session.outputs(for: .send(["a"]))
        #expect(session.outputs(for: .lost(1)) == [])
        #expect(session.outputs(for: .poll(2)) == [.answer(2, "4a")])
        #expect(session.outputs(for: .poll(3)) == [])
    }

    @Test("an upgrade that takes too long loses only its WebSocket")
    func timeout() {
        var session = Session.upgrading()
        #expect(session.deadline == 100)
        #expect(session.outputs(for: .tick, at: 100) == [.cut(1)])
        #expect(session.outputs(for: .frame(1, "5"), at: 101) == [])
        #expect(session.outputs(for: .poll(2), at: 101) == [])
        #expect(session.outputs(for: .send(["a"]), at: 101) == [.answer(2, "4a")])
    }

    @Test("a second WebSocket while upgrading is closed, the first goes on")
    func second() {
        var session = Session.upgrading()
        #expect(session.outputs(for: .open(2)) == [.cut(2)])
        #expect(session.outputs(for: .frame(2, "5")) == [])
        _ = session.outputs(for: .frame(1, "5"))
        #expect(session.outputs(for: .send(["a"])) == [.frame(1, "4a")])
    }

    @Test("a close by polling while upgrading closes both")
    func closeWhileUpgrading() {
        var session = Session.upgrading()
        #expect(
            session.outputs(for: .post(2, "1")) == [.accept(2), .cut(1), .closed(.closedByClient)])
    }
}

/// The browser's side of a session, as the official client behaves: polls, pauses, upgrades.
private struct ScriptedClient {
    enum Phase { case polling, probing, pausing, upgraded }

    var phase = Phase.polling
    /// The GET under way.
    var poll: UInt64?
    var received: [String] = []
    var nextRequest: UInt64 = 1
    var wantsPause = false

    mutating func nextPoll() -> Session.Input {
        poll = nextRequest
        nextRequest += 1
        return .poll(poll ?? 0)
    }

    mutating func takePackets(_ body: [UInt8]) throws {
        for packet in try EngineIOPayload.decode(body) {
            if case .message(.text(let text)) = packet {
                received.append(String(decoding: text, as: UTF8.self))
            }
        }
    }
}

@Suite("Engine.IO sessions: random runs")
struct EngineIOSimulationTests {
    /// A number below `bound`.
    private static func draw(_ random: inout SeededRandomSource, _ bound: Int) -> Int {
        let bytes = random.nextBytes(2)
        return (Int(bytes[0]) << 8 | Int(bytes[1])) % bound
    }

    @Test("an upgrade loses and reorders nothing, whenever it happens", arguments: 0..<60 as Range<UInt64>)
    func upgrade(_ seed: UInt64) throws {
        var random = SeededRandomSource(seed: seed)
        var session = Session.polling()
        var client = ScriptedClient()
        var sent: [String] = []
        var posted: [String] = []
        var delivered: [String] = []

        func run(_ input: Session.Input) throws {
            for output in session.outputs(for: input) {
                switch output {
                case .answerPoll(let request, let answer):
                    #expect(client.poll == request.rawValue)
                    client.poll = nil
                    try client.takePackets(answer.body)
                case .sendFrame(_, let frame, _):
                    guard case .text(let text) = frame.message else { continue }
                    if text == Array("3probe".utf8) {
                        client.phase = .pausing
                    } else {
                        #expect(client.phase == .upgraded)
                        try client.takePackets(text)
                    }
                case .received(.text(let text)): delivered.append(String(decoding: text, as: UTF8.self))
                case .acceptPost: break
                default: Issue.record("unexpected \(output)")
                }
            }
        }

        for step in 0..<200 {
            switch Self.draw(&random, 5) {
            case 0, 1:
                sent.append("s\(step)")
                try run(.send([.text(Array("s\(step)".utf8))]))
            case 2:
                posted.append("c\(step)")
                client.nextRequest += 1
                try run(
                    client.phase == .upgraded
                        ? .frame(1, .text(Array("4c\(step)".utf8))) : .post(client.nextRequest, "4c\(step)"))
            default:
                switch client.phase {
                case .polling where step > 50 && Self.draw(&random, 20) == 0:
                    client.phase = .probing
                    try run(.open(1))
                case .probing where Self.draw(&random, 3) == 0:
                    try run(.frame(1, "2probe"))
                case .polling, .probing:
                    if client.poll == nil { try run(client.nextPoll()) }
                case .pausing:
                    // The client upgrades once its last GET has come back, which must be at once.
                    #expect(client.poll == nil)
                    client.phase = .upgraded
                    try run(.frame(1, "5"))
                case .upgraded: break
                }
            }
        }
        if client.phase != .upgraded, client.poll == nil { try run(client.nextPoll()) }
        #expect(client.received == sent)
        #expect(delivered == posted)
    }

    @Test(
        "whatever comes, each request is answered once and nothing follows the end",
        arguments: 0..<200 as Range<UInt64>)
    func anything(_ seed: UInt64) {
        var random = SeededRandomSource(seed: seed)
        var session = Session.fresh()
        var now = Instant.origin
        var next: UInt64 = 0
        var open: Set<UInt64> = []
        var isClosed = false
        let texts = ["4a", "3", "2", "2probe", "5", "1", "6", "x", "", "4a\u{1E}4b"]

        for _ in 0..<60 {
            now = now.advanced(by: .milliseconds(Self.draw(&random, 60)))
            next += 1
            let text = texts[Self.draw(&random, Self.draw(&random, 4) == 0 ? texts.count : 2)]
            let socket = UInt64(Self.draw(&random, 2))
            let input: Session.Input =
                switch Self.draw(&random, 10) {
                case 0, 1, 2: .poll(next)
                case 3, 4: .post(next, text)
                case 5: open.isEmpty ? .tick : .abort(open.min() ?? 0)
                case 6: .open(socket)
                case 7: .frame(socket, .text(Array(text.utf8)))
                case 8: Self.draw(&random, 10) == 0 ? .close : .lost(socket)
                default: .send([.text(Array("s".utf8))])
                }
            switch input {
            case .poll(let request), .post(let request, _, _): open.insert(request.rawValue)
            default: break
            }
            for output in session.outputs(for: input, at: now) {
                switch output {
                case .answerPoll(let request, _), .acceptPost(let request), .refuse(let request, _):
                    #expect(open.remove(request.rawValue) != nil, "answered twice or never asked")
                case .closed:
                    #expect(!isClosed)
                    isClosed = true
                case .received, .sendFrame: #expect(!isClosed)
                case .closeWebSocket, .ponged: break
                }
            }
            // A deadline that had passed may have answered it first.
            if case .requestAborted(let request) = input { open.remove(request.rawValue) }
            // At most one poll waits; everything else has its answer.
            #expect(open.count <= (isClosed ? 0 : 1))
            #expect(session.deadline.map { $0 > now } ?? true)
        }
    }
}
