// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import MessagePack
import TestKit
import Testing

@Suite("MessagePack values")
struct MessagePackValueTests {
    static let shortest: [(String, MessagePackValue)] = [
        ("C0", nil),
        ("C2", false),
        ("C3", true),
        // positive and negative fixint
        ("00", 0),
        ("7F", 127),
        ("FF", -1),
        ("E0", -32),
        // uint 8, 16, 32, 64
        ("CC 80", 128),
        ("CC FF", 255),
        ("CD 0100", 256),
        ("CD FFFF", 65535),
        ("CE 00010000", 65536),
        ("CE FFFFFFFF", 4_294_967_295),
        ("CF 0000000100000000", 4_294_967_296),
        ("CF 7FFFFFFFFFFFFFFF", .integer(.max)),
        ("CF 8000000000000000", .unsigned(1 << 63)),
        ("CF FFFFFFFFFFFFFFFF", .unsigned(.max)),
        // int 8, 16, 32, 64
        ("D0 DF", -33),
        ("D0 80", -128),
        ("D1 FF7F", -129),
        ("D1 8000", -32768),
        ("D2 FFFF7FFF", -32769),
        ("D2 80000000", -2_147_483_648),
        ("D3 FFFFFFFF7FFFFFFF", -2_147_483_649),
        ("D3 8000000000000000", .integer(.min)),
        // float 64
        ("CB 3FF8000000000000", 1.5),
        ("CB 7FF0000000000000", .double(.infinity)),
        // fixstr
        ("A0", ""),
        ("A5 68656C6C6F", "hello"),
        ("A3 E282AC", "€"),
        // bin 8
        ("C4 00", .binary([])),
        ("C4 03 010203", .binary([1, 2, 3])),
        // fixarray, fixmap
        ("90", []),
        ("93 01 A161 C0", [1, "a", nil]),
        ("80", [:]),
        ("82 A161 01 02 92C2C3", ["a": 1, 2: [false, true]]),
        // fixext 1, 2, 4, 8, 16
        ("D4 05 AA", ext(5, [0xAA])),
        ("D5 FF AABB", ext(-1, [0xAA, 0xBB])),
        ("D6 05 AABBCCDD", ext(5, [0xAA, 0xBB, 0xCC, 0xDD])),
        ("D7 00 0000000000000001", ext(0, [0, 0, 0, 0, 0, 0, 0, 1])),
        ("D8 7F 00112233445566778899AABBCCDDEEFF", ext(127, (0..<16).map { $0 * 0x11 })),
        // ext 8
        ("C7 03 05 AABBCC", ext(5, [0xAA, 0xBB, 0xCC])),
        ("C7 00 05", ext(5, [])),
        ("C7 01 00 AA", ext(0, [0xAA], isFixed: false)),
    ]

    static func ext(_ type: Int8, _ bytes: [UInt8], isFixed: Bool = true) -> MessagePackValue {
        .extension(MessagePackExtension(type: type, bytes: bytes, isFixed: isFixed))
    }

    @Test("decodes and encodes every format", arguments: shortest)
    func roundTrip(_ hex: String, _ value: MessagePackValue) throws {
        let bytes = [UInt8](hex: hex)
        #expect(try MessagePackValue(decoding: bytes) == value)
        #expect(value.encoded == bytes)
    }

    /// Format by format, the shortest and the longest length that needs it.
    static let lengths: [(Int, MessagePackValue, String)] =
        [(31, "BF"), (32, "D920"), (255, "D9FF"), (256, "DA0100"), (65535, "DAFFFF"), (65536, "DB00010000")]
        .map { ($0, .string(String(repeating: "x", count: $0)), $1) }
        + [(255, "C4FF"), (256, "C50100"), (65535, "C5FFFF"), (65536, "C600010000")]
        .map { ($0, .binary([UInt8](repeating: 1, count: $0)), $1) }
        + [(255, "C7FF07"), (256, "C8010007"), (65535, "C8FFFF07"), (65536, "C90001000007")]
        .map { ($0, ext(7, [UInt8](repeating: 1, count: $0)), $1) }
        + [(15, "9F"), (16, "DC0010"), (65535, "DCFFFF"), (65536, "DD00010000")]
        .map { ($0, .array([MessagePackValue](repeating: 1, count: $0)), $1) }
        + [(30, "8F"), (32, "DE0010"), (80_000, "DE9C40")]
        .map { ($0, .map(MessagePackMap((0..<$0 / 2).map { _ in (1, 2) })), $1) }

    @Test("takes the shortest form of a length", arguments: lengths)
    func lengthForms(_ count: Int, _ value: MessagePackValue, _ header: String) throws {
        let header = [UInt8](hex: header)
        let bytes = value.encoded
        #expect(bytes.starts(with: header))
        #expect(bytes.count == header.count + count)
        #expect(try MessagePackValue(decoding: bytes) == value)
    }

    @Test("a map of more than 65535 members takes the form of 32 bits")
    func largeMap() throws {
        let map = MessagePackValue.map(MessagePackMap((0..<65536).map { _ in (1, 2) }))
        #expect(map.encoded.starts(with: [UInt8](hex: "DF00010000")))
        var limits = MessagePackLimits()
        limits.values = 131_073
        #expect(try MessagePackValue(decoding: map.encoded, limits: limits) == map)
    }

    @Test(
        "reads forms that are longer than needed",
        arguments: [
            ("CC 01", 1), ("CD 0001", 1), ("CE 00000001", 1), ("CF 0000000000000001", 1), ("D0 01", 1),
            ("D1 0001", 1), ("D2 00000001", 1), ("D3 FFFFFFFFFFFFFFFF", -1), ("CA 3FC00000", 1.5),
            ("D9 01 61", "a"), ("DA 0001 61", "a"), ("DB 00000001 61", "a"), ("C5 0001 07", .binary([7])),
            ("C6 00000001 07", .binary([7])), ("DC 0001 01", [1]), ("DD 00000001 01", [1]),
            ("DE 0001 01 02", [1: 2]), ("DF 00000001 01 02", [1: 2]),
            ("C8 0001 05 AA", ext(5, [0xAA], isFixed: false)),
            ("C9 00000001 05 AA", ext(5, [0xAA], isFixed: false)),
        ] as [(String, MessagePackValue)])
    func longForms(_ hex: String, _ value: MessagePackValue) throws {
        #expect(try MessagePackValue(decoding: [UInt8](hex: hex)) == value)
    }

    @Test("refuses every proper prefix of a value as truncated", arguments: shortest)
    func truncation(_ hex: String, _ value: MessagePackValue) {
        for prefix in [UInt8](hex: hex).prefixes {
            let error = #expect(throws: DecodeError.self) { try MessagePackValue(decoding: prefix) }
            #expect(error?.reason == .truncated)
        }
    }

    @Test(
        "refuses what is no MessagePack, and says where",
        arguments: [
            ("", DecodeError(.truncated, "MessagePack format", at: 0)),
            ("C1", DecodeError(.invalid, "MessagePack format", at: 0)),
            ("91 C1", DecodeError(.invalid, "MessagePack format", at: 1)),
            ("01 02", DecodeError(.invalid, "MessagePack after the value", at: 1)),
            ("A1 FF", DecodeError(.invalid, "MessagePack str", at: 1)),
            ("A2 C0AF", DecodeError(.invalid, "MessagePack str", at: 1)),
            ("DD FFFFFFFF", DecodeError(.tooLarge, "MessagePack values", at: 5)),
            ("DF FFFFFFFF", DecodeError(.tooLarge, "MessagePack values", at: 5)),
            ("DC FFFF", DecodeError(.truncated, "MessagePack values", at: 3)),
            ("DB FFFFFFFF", DecodeError(.truncated, "MessagePack str", at: 5)),
            ("C6 FFFFFFFF", DecodeError(.truncated, "MessagePack bin", at: 5)),
            ("C9 FFFFFFFF 01", DecodeError(.truncated, "MessagePack ext", at: 6)),
        ])
    func refuses(_ hex: String, _ error: DecodeError) {
        #expect(throws: error) { try MessagePackValue(decoding: [UInt8](hex: hex)) }
    }

    @Test("accepts as much depth and as many values as it was told and no more")
    func limits() throws {
        var limits = MessagePackLimits()
        limits.depth = 2
        limits.values = 4
        #expect(try MessagePackValue(decoding: [0x91, 0x81, 1, 2], limits: limits) == [[1: 2]])
        #expect(throws: DecodeError(.tooLarge, "MessagePack depth", at: 3)) {
            try MessagePackValue(decoding: [0x91, 0x91, 0x90], limits: limits)
        }
        #expect(throws: DecodeError(.tooLarge, "MessagePack values", at: 3)) {
            try MessagePackValue(decoding: [0x92, 1, 0x94, 1, 2, 3, 4], limits: limits)
        }
        let deep = [UInt8](repeating: 0x91, count: 1_000_000)
        #expect(throws: DecodeError.self) { try MessagePackValue(decoding: deep) }
    }

    @Test("decodes one value after another from a reader")
    func sequence() throws {
        let bytes = [UInt8](hex: "01 A161 90")
        try bytes.withReader { (reader) throws(DecodeError) in
            #expect(try MessagePackValue(decoding: &reader) == 1)
            #expect(try MessagePackValue(decoding: &reader) == "a")
            #expect(reader.remaining == 1)
        }
    }

    @Test("reads members by name, the last one when repeated")
    func members() {
        let map: MessagePackValue = ["a": 1, 5: "x", "a": 2.0, "b": .binary([1]), "c": true]
        #expect(map["a"]?.integer == 2)
        #expect(map["b"]?.binary == [1])
        #expect(map["c"]?.bool == true)
        #expect(map["d"] == nil && map["a"]?["b"] == nil)
        #expect(map.array == nil && map.string == nil && MessagePackValue.double(0.5).integer == nil)
    }
}
