// SPDX-License-Identifier: Apache-2.0
import EngineIO
import EngineKit
import Signalling
import TestKit
import Testing

@Suite("Engine.IO sessions: random runs")
struct EngineIOSimulationTests {
    /// A number below `bound`.
    private static func draw(_ random: inout SeededRandomSource, _ bound: Int) -> Int {
        let bytes = random.nextBytes(2)
        return (Int(bytes[0]) << 8 | Int(bytes[1])) % bound
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
