// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import EngineIO
import TestKit
import Testing

@Suite("Engine.IO revision 3")
struct EngineIORevision3Tests {
    /// The examples of the protocol's text, and what JavaScript's lengths make of other characters.
    static let texts: [(String, [EngineIOPacket])] = [
        ("6:4hello2:4€", [.message(.text(Array("hello".utf8))), .message(.text(Array("€".utf8)))]),
        ("2:4€10:b4AQIDBA==", [.message(.text(Array("€".utf8))), .message(.binary([1, 2, 3, 4]))]),
        ("6:4test16:4test2", [.message(.text(Array("test1".utf8))), .message(.text(Array("test2".utf8)))]),
        // U+1F600 is two code units.
        ("3:4😀1:6", [.message(.text(Array("😀".utf8))), .noop]),
        ("1:1", [.close]),
        ("6:2probe6:3probe", [.ping(Array("probe".utf8)), .pong(Array("probe".utf8))]),
        (#"11:0{"sid":"x"}"#.replacing("11:", with: "12:"), [.open(Array(#"{"sid":"x"}"#.utf8))]),
    ]

    @Test("decodes and encodes bodies of text, lengths in UTF-16", arguments: texts)
    func text(_ body: String, _ packets: [EngineIOPacket]) throws {
        #expect(try EngineIOPayload.decode(Array(body.utf8), revision: .three) == packets)
        #expect(EngineIOPayload.encode(packets, revision: .three) == Array(body.utf8))
    }

    static let binaries: [(String, [EngineIOPacket])] = [
        (
            """
            00 04 FF 34 E2 82 AC
            01 05 FF 04 01 02 03 04
            """, [.message(.text(Array("€".utf8))), .message(.binary([1, 2, 3, 4]))]
        ),
        (
            """
            00 06 FF 34 68 65 6C 6C 6F
            01 05 FF 04 01 02 03 04
            """, [.message(.text(Array("hello".utf8))), .message(.binary([1, 2, 3, 4]))]
        ),
        // Length 12, digit by digit.
        (
            "01 01 02 FF 04 00 01 02 03 04 05 06 07 08 09 0A", [.message(.binary(Array(0...10)))]
        ),
    ]

    @Test("decodes and encodes binary bodies", arguments: binaries)
    func binary(_ hex: String, _ packets: [EngineIOPacket]) throws {
        let body = [UInt8](hex: hex)
        #expect(try EngineIOPayload.decodeBinary(body) == packets)
        #expect(EngineIOPayload.encodeBinary(packets) == body)
    }

    @Test("every prefix of a body is refused, or is whole packets")
    func truncated() throws {
        let text = Array("2:4€10:b4AQIDBA==3:4😀".utf8)
        let whole = try EngineIOPayload.decode(text, revision: .three)
        for end in 0..<text.count {
            if let packets = try? EngineIOPayload.decode(Array(text[..<end]), revision: .three) {
                #expect(packets.count < whole.count && packets.elementsEqual(whole.prefix(packets.count)))
            }
        }
        let binary = EngineIOPayload.encodeBinary(whole)
        for end in 0..<binary.count {
            if let packets = try? EngineIOPayload.decodeBinary(Array(binary[..<end])) {
                #expect(packets.count < whole.count && packets.elementsEqual(whole.prefix(packets.count)))
            }
        }
    }

    @Test(
        "refuses bodies of text with wrong lengths, saying where",
        arguments: [
            ("", DecodeError(.truncated, "Engine.IO packet length", at: 0)),
            ("abc", DecodeError(.invalid, "Engine.IO packet length", at: 0)),
            ("-1:4", DecodeError(.invalid, "Engine.IO packet length", at: 0)),
            (":4", DecodeError(.truncated, "Engine.IO packet length", at: 0)),
            ("2", DecodeError(.truncated, "Engine.IO packet length", at: 1)),
            ("3:4a", DecodeError(.truncated, "Engine.IO packet", at: 2)),
            // Half a surrogate pair.
            ("2:4😀", DecodeError(.truncated, "Engine.IO packet", at: 2)),
            ("0:", DecodeError(.truncated, "Engine.IO packet type", at: 2)),
            ("9999999999:4", DecodeError(.invalid, "Engine.IO packet length", at: 9)),
            ("1:41:9", DecodeError(.invalid, "Engine.IO packet type", at: 5)),
            ("3:b2A", DecodeError(.invalid, "Engine.IO packet type", at: 3)),
            ("3:b4A", DecodeError(.invalid, "Engine.IO binary message", at: 3)),
        ])
    func refusesText(_ body: String, _ error: DecodeError) {
        #expect(throws: error) { try EngineIOPayload.decode(Array(body.utf8), revision: .three) }
    }

    @Test(
        "refuses binary bodies with wrong heads, saying where",
        arguments: [
            ("", DecodeError(.truncated, "Engine.IO packet length", at: 0)),
            ("02 01 FF 34", DecodeError(.invalid, "Engine.IO packet kind", at: 0)),
            ("00 0A FF 34", DecodeError(.invalid, "Engine.IO packet length", at: 1)),
            ("00 FF 34", DecodeError(.truncated, "Engine.IO packet length", at: 1)),
            ("00 01", DecodeError(.truncated, "Engine.IO packet length", at: 2)),
            ("00 02 FF 34", DecodeError(.truncated, "Engine.IO packet", at: 3)),
            ("00 02 FF 34 FF", DecodeError(.invalid, "Engine.IO packet", at: 3)),
            ("01 01 FF 34", DecodeError(.invalid, "Engine.IO packet type", at: 3)),
            ("01 00 FF", DecodeError(.truncated, "Engine.IO packet type", at: 3)),
            (
                "00 01 01 01 01 01 01 01 01 01 01 FF",
                DecodeError(.invalid, "Engine.IO packet length", at: 10)
            ),
        ])
    func refusesBinary(_ hex: String, _ error: DecodeError) {
        #expect(throws: error) { try EngineIOPayload.decodeBinary([UInt8](hex: hex)) }
    }

    @Test("bounds the number of packets")
    func bounded() {
        #expect(throws: DecodeError(.tooLarge, "Engine.IO payload", at: 6)) {
            try EngineIOPayload.decode(Array("1:61:61:6".utf8), revision: .three, maxPackets: 2)
        }
        #expect(throws: DecodeError(.tooLarge, "Engine.IO payload", at: 8)) {
            try EngineIOPayload.decodeBinary(
                [UInt8](hex: "00 01 FF 36 00 01 FF 36 00 01 FF 36"), maxPackets: 2)
        }
    }
}

@Suite("Engine.IO frames")
struct EngineIOFrameTests {
    @Test("text keeps its digit apart, binary of revision 4 has none")
    func revision4() {
        let text = EngineIOFrame(.message(.text([0x61])))
        #expect(text.isText && text.type == 0x34 && text.payload == [0x61] && text.count == 2)
        #expect(text.message == .text([0x34, 0x61]))
        let binary = EngineIOFrame(.message(.binary([7])))
        #expect(!binary.isText && binary.type == nil && binary.count == 1)
        #expect(binary.message == .binary([7]))
        #expect(EngineIOFrame(.ping([])).message == .text([0x32]))
    }

    @Test("binary of revision 3 begins with its type, or is base 64")
    func revision3() {
        let packet = EngineIOPacket.message(.binary([1, 2, 3, 4]))
        #expect(EngineIOFrame(packet, revision: .three).message == .binary([4, 1, 2, 3, 4]))
        #expect(
            EngineIOFrame(packet, revision: .three, base64: true).message
                == .text(Array("b4AQIDBA==".utf8)))
    }

    @Test("a frame is decoded to the packet it was made of", arguments: EngineIORevision.allCases)
    func roundTrip(_ revision: EngineIORevision) throws {
        let packets: [EngineIOPacket] = [
            .message(.text([0x61])), .message(.binary([1])), .message(.binary([])), .ping([]), .close, .noop,
        ]
        for packet in packets {
            switch EngineIOFrame(packet, revision: revision).message {
            case .text(let text): #expect(try EngineIOPacket(decoding: text, revision: revision) == packet)
            case .binary(let bytes):
                #expect(try EngineIOPacket(decodingBinary: bytes, revision: revision) == packet)
            }
        }
    }
}
