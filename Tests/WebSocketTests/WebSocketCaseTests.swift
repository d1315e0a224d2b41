// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing
import WebSocket

/// The cases of the Autobahn test suite that concern one end's reading (its sections 1 to 7 and 9), as a
/// server sees them: every frame is masked.
@Suite("WebSocket cases")
struct WebSocketCaseTests {
    /// What one conversation comes to.
    enum Outcome: Sendable {
        case events([WebSocketEvent])
        /// After these events.
        case refused([WebSocketEvent], WebSocketCloseCode)
    }

    struct Frame: Sendable {
        var first: UInt8
        var payload: [UInt8]

        init(_ first: UInt8, _ payload: [UInt8] = []) {
            self.first = first
            self.payload = payload
        }

        /// As a client sends it, with a mask that changes every byte.
        var bytes: [UInt8] {
            var bytes: [UInt8] = [first]
            switch payload.count {
            case ..<126: bytes.append(0x80 | UInt8(payload.count))
            case ..<65_536: bytes += [0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
            default:
                bytes.append(0xFF)
                bytes += (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
            }
            let mask: [UInt8] = [0xA5, 0x5A, 0xC3, 0x3C]
            return bytes + mask + payload.enumerated().map { $0.element ^ mask[$0.offset % 4] }
        }
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let frames: [Frame]
        let outcome: Outcome

        init(_ description: String, _ frames: [Frame], _ outcome: Outcome) {
            testDescription = description
            self.frames = frames
            self.outcome = outcome
        }
    }

    private static func text(_ text: String) -> WebSocketEvent { .text(Array(text.utf8), compressed: false) }
    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    // MARK: 1 Framing

    static let lengths: [Case] = [0, 125, 126, 127, 128, 65_535, 65_536].flatMap { count in
        let payload = [UInt8](repeating: 0x2A, count: count)
        return [
            Case("text of \(count)", [Frame(0x81, payload)], .events([.text(payload, compressed: false)])),
            Case(
                "binary of \(count)", [Frame(0x82, payload)], .events([.binary(payload, compressed: false)])),
        ]
    }

    // MARK: 2 Pings and pongs

    static let control: [Case] = [
        Case("empty ping", [Frame(0x89)], .events([.ping([])])),
        Case(
            "ping of 125", [Frame(0x89, .init(repeating: 0xFE, count: 125))],
            .events([.ping(.init(repeating: 0xFE, count: 125))])),
        Case("ping of 126", [Frame(0x89, .init(repeating: 0xFE, count: 126))], .refused([], .protocolError)),
        Case("pong of 126", [Frame(0x8A, .init(repeating: 0xFE, count: 126))], .refused([], .protocolError)),
        Case(
            "unasked pong, then ping", [Frame(0x8A, [1]), Frame(0x89, [2])],
            .events([.pong([1]), .ping([2])])),
        Case("ten pings", (0..<10).map { Frame(0x89, [$0]) }, .events((0..<10).map { .ping([$0]) })),
        Case("fragmented ping", [Frame(0x09, [1]), Frame(0x80, [2])], .refused([], .protocolError)),
        Case("fragmented pong", [Frame(0x0A, [1]), Frame(0x80, [2])], .refused([], .protocolError)),
    ]

    // MARK: 3, 4 Reserved bits and opcodes

    static let reserved: [Case] =
        [0x10, 0x20, 0x30, 0x50, 0x60, 0x70].flatMap { (bits: UInt8) in
            [0x81, 0x82, 0x88, 0x89, 0x8A].map { (first: UInt8) in
                Case(
                    "after a text, reserved bits \(bits) on \(first)",
                    [Frame(0x81, bytes("ok")), Frame(first | bits)], .refused([text("ok")], .protocolError))
            }
        }
        + [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map { (opcode: UInt8) in
            Case("opcode \(opcode)", [Frame(0x80 | opcode), Frame(0x89)], .refused([], .protocolError))
        }
        + [
            Case(
                "RSV1 on the first fragment, uncompressed second", [Frame(0x41, [1]), Frame(0x80, [2])],
                .events([.text([1, 2], compressed: true)])),
            Case(
                "RSV1 on the second fragment", [Frame(0x41, [1]), Frame(0xC0, [2])],
                .refused([], .protocolError)),
            Case("RSV1 on a ping", [Frame(0xC9)], .refused([], .protocolError)),
        ]

    // MARK: 5 Fragmentation

    static let fragments: [Case] = [
        Case("two fragments", [Frame(0x01, bytes("a")), Frame(0x80, bytes("b"))], .events([text("ab")])),
        Case("all fragments empty", [Frame(0x01), Frame(0x00), Frame(0x80)], .events([text("")])),
        Case(
            "only the middle one is not empty", [Frame(0x01), Frame(0x00, bytes("mid")), Frame(0x80)],
            .events([text("mid")])),
        Case(
            "a ping between fragments", [Frame(0x01, bytes("a")), Frame(0x89, [7]), Frame(0x80, bytes("b"))],
            .events([.ping([7]), text("ab")])),
        Case("a continuation first", [Frame(0x80, [1])], .refused([], .protocolError)),
        Case(
            "an unfinished continuation first", [Frame(0x00, [1]), Frame(0x80)], .refused([], .protocolError)),
        Case(
            "a continuation after a whole message", [Frame(0x81, bytes("a")), Frame(0x80)],
            .refused([text("a")], .protocolError)),
        Case(
            "a text inside a message", [Frame(0x01, bytes("a")), Frame(0x81, bytes("b"))],
            .refused([], .protocolError)),
        Case(
            "a binary inside a text", [Frame(0x01, bytes("a")), Frame(0x02, [1]), Frame(0x80)],
            .refused([], .protocolError)),
        Case(
            "a close between fragments", [Frame(0x01, bytes("a")), Frame(0x88, [0x03, 0xE8]), Frame(0x80)],
            .events([.close(.normal, reason: "")])),
    ]

    // MARK: 6 UTF-8

    static let valid = [
        "", "Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", "\u{0}", "\u{7F}\u{80}", "\u{7FF}\u{800}", "\u{FFFF}\u{10000}",
        "\u{D7FF}\u{E000}\u{FFFD}", "\u{10FFFF}", "\u{FFFE}\u{FEFF}",
        String(repeating: "plain ascii for the fast path, ", count: 8) + "é",
    ]
    static let invalid = [
        "CEBAE1BDB9CF83CEBCCEB5 EDA080 656469746564",  // a surrogate in the middle
        "CEBAE1BDB9CF83CEBCCEB5 F4908080 656469746564",  // above U+10FFFF
        "80", "BF", "8080", "C0", "C1BF", "C080", "C0AF", "E080AF", "E09FBF", "F08080AF", "F08FBFBF",
        "EDA080", "EDADBF", "EDBFBF", "EDA080EDB080", "F4908080", "F5808080", "F888808080", "FE", "FF", "C3",
        "E282",
        "F09F98", "C328", "E228A1", "E28228", "F0288CBC", "F09028BC", "F0288C28", "41C3", "C341",
        "2020202020202020202020202020202020202020202020202020202020202020 FF",
        "2020202020202020202020202020202020202020202020202020202020 ED A0 80",
    ]

    /// Whole, in two fragments cut at every byte, and with an empty fragment at the end.
    private static func cuts(of payload: [UInt8]) -> [[Frame]] {
        [[Frame(0x81, payload)], [Frame(0x01, payload), Frame(0x80)]]
            + (0..<max(payload.count, 1)).map { cut in
                [Frame(0x01, Array(payload[..<cut])), Frame(0x80, Array(payload[cut...]))]
            }
    }

    // MARK: 7 Closing

    static let closing: [Case] =
        [
            Case("empty close", [Frame(0x88)], .events([.close(nil, reason: "")])),
            Case("one byte", [Frame(0x88, [0x03])], .refused([], .protocolError)),
            Case(
                "the longest reason", [Frame(0x88, [0x03, 0xE8] + [UInt8](repeating: 0x2A, count: 123))],
                .events([.close(.normal, reason: String(repeating: "*", count: 123))])),
            Case(
                "a reason too long", [Frame(0x88, [0x03, 0xE8] + [UInt8](repeating: 0x2A, count: 124))],
                .refused([], .protocolError)),
            Case(
                "a reason that is not UTF-8", [Frame(0x88, [0x03, 0xE8, 0xCE, 0xBA, 0xE1])],
                .refused([], .invalidPayload)),
            Case(
                "text after a close", [Frame(0x88, [0x03, 0xE8]), Frame(0x81, bytes("late")), Frame(0xFF)],
                .events([.close(.normal, reason: "")])),
        ]
        + [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map
    {
        (code: UInt16) in
        Case(
            "code \(code)", [Frame(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)])],
            .events([.close(WebSocketCloseCode(rawValue: code), reason: "")]))
    }
        + [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map { (code: UInt16) in
            Case(
                "code \(code)", [Frame(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)])],
                .refused([], .protocolError))
        }

    // MARK: The tests

    private func check(_ frames: [Frame], _ outcome: Outcome, step: Int?, _ name: String) {
        var feed = Feed(.server)
        let bytes = frames.flatMap(\.bytes)
        var refusal: WebSocketCloseCode?
        do throws(WebSocketViolation) {
            for start in stride(from: 0, to: bytes.count, by: step ?? max(bytes.count, 1)) {
                try feed.offer(Array(bytes[start..<min(start + (step ?? bytes.count), bytes.count)]))
            }
        } catch {
            refusal = error.code
        }
        switch outcome {
        case .events(let events):
            #expect(refusal == nil, "\(name)")
            #expect(feed.events == events, "\(name)")
        case .refused(let events, let code):
            #expect(refusal == code, "\(name)")
            #expect(feed.events == events, "\(name)")
        }
    }

    @Test(
        "come out right, in one piece and in many",
        arguments: lengths + control + reserved + fragments + closing)
    func cases(_ one: Case) {
        let size = one.frames.reduce(0) { $0 + $1.payload.count }
        for step in [nil, size > 10_000 ? 997 : 1, 3, 1460] {
            check(one.frames, one.outcome, step: step, "in pieces of \(step.map(String.init) ?? "all")")
        }
    }

    @Test("take text that is UTF-8, wherever it is cut", arguments: valid)
    func validText(_ text: String) {
        for (number, frames) in Self.cuts(of: Array(text.utf8)).enumerated() {
            check(frames, .events([Self.text(text)]), step: nil, "cut \(number)")
        }
    }

    @Test("refuse text that is not UTF-8, wherever it is cut", arguments: invalid)
    func invalidText(_ hex: String) {
        let payload = [UInt8](hex: hex)
        for (number, frames) in Self.cuts(of: payload).enumerated() {
            check(frames, .refused([], .invalidPayload), step: nil, "cut \(number)")
        }
        // Binary may be anything.
        check([Frame(0x82, payload)], .events([.binary(payload, compressed: false)]), step: 1, "binary")
    }

    // MARK: 9 Limits

    @Test("refuse a message by its announced length, before any of it is kept", arguments: [1, 2, 50])
    func limits(_ fragments: Int) {
        let payload = [UInt8](repeating: 1, count: 100_000 / fragments)
        var frames = (0..<fragments).map { Frame($0 == 0 ? 0x02 : 0x00, payload) }
        check(
            frames + [Frame(0x80)],
            .events([.binary([UInt8](repeating: 1, count: payload.count * fragments), compressed: false)]),
            step: 4096, "at the limit")
        frames.append(Frame(0x80, [1]))
        check(frames, .refused([], .messageTooBig), step: 4096, "one beyond")
    }
}
