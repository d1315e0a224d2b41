// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import EngineIO
import TestKit
import Testing

@Suite("Engine.IO packets")
struct EngineIOPacketTests {
    static let vectors: [(String, EngineIOPacket)] = [
        (#"0{"sid":"x"}"#, .open(Array(#"{"sid":"x"}"#.utf8))),
        ("1", .close),
        ("2", .ping([])),
        ("2probe", .ping(Array("probe".utf8))),
        ("3probe", .pong(Array("probe".utf8))),
        ("4", .message(.text([]))),
        ("4hello €", .message(.text(Array("hello €".utf8)))),
        ("5", .upgrade),
        ("6", .noop),
    ]

    @Test("decodes and encodes every type", arguments: vectors)
    func roundTrip(_ text: String, _ packet: EngineIOPacket) throws {
        #expect(try EngineIOPacket(decoding: text.utf8) == packet)
        #expect(packet.encoded == Array(text.utf8))
    }

    @Test("refuses an empty packet and unknown types", arguments: ["7", "9x", "B", "a", " 4", "-1"])
    func refuses(_ text: String) {
        #expect(throws: DecodeError(.invalid, "Engine.IO packet type", at: 0)) {
            try EngineIOPacket(decoding: text.utf8)
        }
        #expect(throws: DecodeError(.truncated, "Engine.IO packet type", at: 0)) {
            try EngineIOPacket(decoding: "".utf8)
        }
    }
}

@Suite("Engine.IO payloads")
struct EngineIOPayloadTests {
    static let vectors: [(String, [EngineIOPacket])] = [
        ("4test1\u{1E}4test2", [.message(.text(Array("test1".utf8))), .message(.text(Array("test2".utf8)))]),
        ("4hello\u{1E}bAQIDBA==", [.message(.text(Array("hello".utf8))), .message(.binary([1, 2, 3, 4]))]),
        ("b", [.message(.binary([]))]),
        ("6\u{1E}1", [.noop, .close]),
    ]

    @Test("decodes and encodes packets in order", arguments: vectors)
    func roundTrip(_ body: String, _ packets: [EngineIOPacket]) throws {
        #expect(try EngineIOPayload.decode(Array(body.utf8)) == packets)
        #expect(EngineIOPayload.encode(packets) == Array(body.utf8))
    }

    @Test(
        "refuses empty packets, bad base 64 and bad UTF-8, saying where",
        arguments: [
            ("", DecodeError(.truncated, "Engine.IO packet type", at: 0)),
            ("34 61 1E", DecodeError(.truncated, "Engine.IO packet type", at: 3)),
            ("34 61 1E 1E 34", DecodeError(.truncated, "Engine.IO packet type", at: 3)),
            ("34 1E 62 41", DecodeError(.invalid, "Engine.IO binary message", at: 3)),
            ("34 FF", DecodeError(.invalid, "Engine.IO payload", at: 0)),
        ])
    func refuses(_ hex: String, _ error: DecodeError) {
        #expect(throws: error) { try EngineIOPayload.decode([UInt8](hex: hex)) }
    }

    @Test("bounds the number of packets")
    func bounded() {
        #expect(throws: DecodeError(.tooLarge, "Engine.IO payload", at: 4)) {
            try EngineIOPayload.decode(Array("2\u{1E}2\u{1E}2".utf8), maxPackets: 2)
        }
    }
}
