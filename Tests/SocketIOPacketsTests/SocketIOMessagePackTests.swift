// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import EngineIO
import JSON
import MessagePack
import SocketIOPackets
import TestKit
import Testing

/// What one MessagePack packet looks like in a fresh decoder.
private func decode(
    _ value: MessagePackValue, limits: SocketIODecoder.Limits = .init()
) throws -> SocketIOPacket? {
    var decoder = SocketIODecoder(parser: .messagePack, limits: limits)
    return try decoder.decode(.binary(value.encoded))
}

@Suite("Socket.IO packets in MessagePack")
struct SocketIOMessagePackTests {
    typealias ID = SocketIOPacket.AckID

    static let vectors: [(MessagePackValue, SocketIOPacket)] = [
        (["type": 0, "nsp": "/"], SocketIOPacket(.connect(nil))),
        (
            ["type": 0, "data": ["token": "123"], "nsp": "/a"],
            SocketIOPacket(.connect(["token": "123"]), namespace: "/a")
        ),
        (["type": 1, "nsp": "/admin"], SocketIOPacket(.disconnect, namespace: "/admin")),
        (
            ["type": 2, "data": ["hey", "Jude", 1, -2.5, nil, true, ["a": []]], "nsp": "/"],
            SocketIOPacket(.event("hey", ["Jude", 1, -2.5, nil, true, ["a": []]], id: nil))
        ),
        (
            ["type": 2, "data": ["a"], "nsp": "/", "id": 0],
            SocketIOPacket(.event("a", [], id: ID(rawValue: 0)))
        ),
        (
            ["type": 3, "data": [.unsigned(.max), "€"], "nsp": "/b", "id": 456],
            SocketIOPacket(
                .ack([.number(JSONNumber(parsing: "18446744073709551615")), "€"], id: ID(rawValue: 456)),
                namespace: "/b")
        ),
        (
            ["type": 4, "data": ["message": "Invalid namespace"], "nsp": "/random"],
            SocketIOPacket(.connectError(["message": "Invalid namespace"]), namespace: "/random")
        ),
        (
            ["type": 2, "data": ["f", .binary([1, 2]), [["x": .binary([])]]], "nsp": "/"],
            SocketIOPacket(
                .event(
                    "f",
                    SocketIOArguments(
                        [
                            ["_placeholder": true, "num": 0],
                            [["x": ["_placeholder": true, "num": 1]]],
                        ], attachments: [[1, 2], []]), id: nil))
        ),
    ]

    @Test("decodes and encodes every type as one binary message", arguments: vectors)
    func roundTrip(_ value: MessagePackValue, _ packet: SocketIOPacket) throws {
        #expect(try decode(value) == packet)
        #expect(packet.messages(in: .messagePack) == [.binary(value.encoded)])
    }

    /// Bytes of `socket.io-msgpack-parser` 3.0.2 with notepack.io 2.3.0.
    @Test("decodes what the official parser writes")
    func officialBytes() throws {
        var decoder = SocketIODecoder(parser: .messagePack)
        // {type: 2, data: ["hi", Buffer.from([1])], options: {compress: true}, id: 3, nsp: "/"}
        let event = [UInt8](
            hex: """
                85 A474797065 02 A464617461 92 A26869 C40101 A76F7074696F6E73 81 A8636F6D7072657373 C3
                A26964 03 A36E7370 A12F
                """)
        #expect(
            try decoder.decode(.binary(event))
                == SocketIOPacket(
                    .event(
                        "hi", SocketIOArguments([["_placeholder": true, "num": 0]], attachments: [[1]]),
                        id: ID(rawValue: 3))))
        // {type: 0, data: undefined, nsp: "/"}
        let connect = [UInt8](hex: "83 A474797065 00 A464617461 D40000 A36E7370 A12F")
        #expect(try decoder.decode(.binary(connect)) == SocketIOPacket(.connect(nil)))
    }

    @Test(
        "makes of JavaScript's own values what JSON makes of them",
        arguments: [
            ("D40000", "null"),  // undefined
            ("D700 0000000000000000", #""1970-01-01T00:00:00.000Z""#),
            ("D700 0000018DF74F83FF", #""2024-02-29T23:59:59.999Z""#),
            ("D700 000003BC5C9B0C00", #""2100-03-01T00:00:00.000Z""#),
            ("D700 FFFFFFFFFFFFFFFF", #""1969-12-31T23:59:59.999Z""#),
            ("D700 FFFFC77590FBA000", #""0000-01-01T00:00:00.000Z""#),
            ("D700 0000E677D21FDC00", #""+010000-01-01T00:00:00.000Z""#),
            ("D700 FFFFC77590FB9FFF", #""-000001-12-31T23:59:59.999Z""#),
            ("D700 FFE14DF73D240000", #""-271821-04-20T00:00:00.000Z""#),
            ("D700 001EB208C2DC0000", #""+275760-09-13T00:00:00.000Z""#),
            ("D700 7FFFFFFFFFFFFFFF", "null"),  // an invalid date
            ("CB 7FF8000000000000", "null"),
            ("CB 4000000000000000", "2"),
            ("82 A161 D40000 05 01", #"{"5":1}"#),
            ("C7 01 00 07", #"{"_placeholder":true,"num":0}"#),  // an ArrayBuffer
            ("C7 08 00 0000000000000000", #"{"_placeholder":true,"num":0}"#),
        ])
    func javaScriptValues(_ hex: String, _ json: String) throws {
        let bytes = [UInt8](hex: "83 A474797065 02 A464617461 92 A161 \(hex) A36E7370 A12F")
        var decoder = SocketIODecoder(parser: .messagePack)
        let packet = try #require(try decoder.decode(.binary(bytes)))
        guard case .event("a", let arguments, nil) = packet.kind else { throw packet.unexpected }
        #expect(arguments.map(\.description) == [json])
    }

    static let others: [(MessagePackValue, SocketIOPacket)] = [
        (["type": 2.0, "data": ["a"], "nsp": nil], SocketIOPacket(.event("a", [], id: nil))),
        (["type": 0, "data": nil, "id": nil], SocketIOPacket(.connect(nil))),
        (["type": 2, "data": [1, 2], "nsp": "/"], SocketIOPacket(.event("1", [2], id: nil))),
        (["type": 2, "data": [1.5], "nsp": "/"], SocketIOPacket(.event("1.5", [], id: nil))),
        (["type": 4, "data": "no", "nsp": "/"], SocketIOPacket(.connectError(["message": "no"]))),
    ]

    @Test("takes other ways to write the same", arguments: others)
    func lenient(_ value: MessagePackValue, _ packet: SocketIOPacket) throws {
        #expect(try decode(value) == packet)
    }

    static let refused: [(MessagePackValue, String)] = [
        (1, "packet type"),
        ([:], "packet type"),
        (["type": 5, "data": ["a"], "nsp": "/"], "packet type"),
        (["type": -1, "nsp": "/"], "packet type"),
        (["type": 0.5, "nsp": "/"], "packet type"),
        (["type": "0", "nsp": "/"], "packet type"),
        (["type": 0, "nsp": 1], "namespace"),
        (["type": 0, "nsp": ""], "namespace"),
        (["type": 0, "nsp": "a"], "namespace"),
        (["type": 0, "nsp": "/a,b"], "namespace"),
        (["type": 0, "data": [], "nsp": "/"], "payload"),
        (["type": 0, "data": "x", "nsp": "/"], "payload"),
        (["type": 1, "data": [:], "nsp": "/"], "payload"),
        (["type": 2, "nsp": "/"], "payload"),
        (["type": 2, "data": [], "nsp": "/"], "payload"),
        (["type": 2, "data": [nil], "nsp": "/"], "payload"),
        (["type": 2, "data": [.binary([1])], "nsp": "/"], "payload"),
        (["type": 2, "data": ["disconnecting"], "nsp": "/"], "payload"),
        (["type": 2, "data": ["a": 1], "nsp": "/"], "payload"),
        (["type": 3, "data": [1], "nsp": "/"], "payload"),
        (["type": 3, "nsp": "/", "id": 1], "payload"),
        (["type": 4, "nsp": "/"], "payload"),
        (["type": 2, "data": ["a"], "nsp": "/", "id": -1], "ack id"),
        (["type": 2, "data": ["a"], "nsp": "/", "id": "1"], "ack id"),
        (["type": 2, "data": ["a"], "nsp": "/", "id": .integer(1 << 53 + 1)], "ack id"),
    ]

    @Test("refuses what breaks the protocol", arguments: refused)
    func refuses(_ value: MessagePackValue, _ field: String) {
        #expect(throws: DecodeError(.invalid, "Socket.IO \(field)", at: 0)) { try decode(value) }
    }

    @Test("refuses text, values that JSON has no place for, and too much of anything")
    func bounds() throws {
        var decoder = SocketIODecoder(parser: .messagePack)
        #expect(throws: DecodeError(.unsupported, "Socket.IO text packet", at: 0)) {
            try decoder.decode(.text(#"2["a"]"#))
        }
        #expect(throws: DecodeError(.unsupported, "MessagePack key", at: 0)) {
            try decode(["type": 2, "data": ["a", [nil: 1]], "nsp": "/"])
        }
        #expect(throws: DecodeError(.unsupported, "MessagePack ext type", at: 0)) {
            let value = MessagePackExtension(type: 1, bytes: [1])
            _ = try decode(["type": 2, "data": ["a", .extension(value)], "nsp": "/"])
        }
        var limits = SocketIODecoder.Limits()
        limits.namespace = 3
        #expect(throws: DecodeError(.tooLarge, "Socket.IO namespace", at: 0)) {
            try decode(["type": 0, "nsp": "/abc"], limits: limits)
        }
        limits.bytes = 1000
        let full = MessagePackValue.array(["a"] + [MessagePackValue](repeating: nil, count: 241))
        #expect(try decode(["type": 2, "data": full, "nsp": nil], limits: limits) != nil)
        let over = MessagePackValue.array(["a"] + [MessagePackValue](repeating: nil, count: 250))
        #expect(throws: DecodeError.self) {
            try decode(["type": 2, "data": over, "nsp": nil], limits: limits)
        }
        limits.bytes = 5
        #expect(throws: DecodeError(.tooLarge, "Socket.IO packet", at: 0)) {
            try decode(["type": 0, "nsp": "/"], limits: limits)
        }
    }

    @Test("refuses every prefix of a packet")
    func prefixes() {
        let packet: MessagePackValue = ["type": 2, "data": ["f", .binary([1, 2]), ["a": 1.5]], "nsp": "/"]
        for prefix in packet.encoded.prefixes {
            var decoder = SocketIODecoder(parser: .messagePack)
            #expect(throws: DecodeError.self) { try decoder.decode(.binary(prefix)) }
        }
    }

    @Test("an object that only looks like a placeholder stays an object")
    func falsePlaceholders() throws {
        let arguments = SocketIOArguments([["_placeholder": true, "num": 7], ["_placeholder": 1, "num": 0]])
        let packet = SocketIOPacket(.event("a", arguments, id: nil))
        guard case .binary(let bytes)? = packet.messages(in: .messagePack).first else {
            throw packet.unexpected
        }
        let data = try MessagePackValue(decoding: bytes)["data"]
        #expect(data == ["a", ["_placeholder": true, "num": 7], ["_placeholder": 1, "num": 0]])
    }

    @Test("writes an attachment once, however often it is named")
    func repeated() throws {
        let placeholder: JSONValue = ["_placeholder": true, "num": 0]
        let many = JSONValue.array(Array(repeating: placeholder, count: 1000))
        var bytes: [UInt8] = []
        MessagePackValue(many, attachments: [[UInt8](repeating: 7, count: 10_000)]).encode(into: &bytes)
        #expect(bytes.count < 50_000)
    }
}

extension JSONNumber {
    /// A number that no literal can write.
    fileprivate init(parsing text: String) {
        guard let number = (try? JSONValue(parsing: text))?.number else { preconditionFailure(text) }
        self = number
    }
}

extension SocketIOPacket {
    fileprivate struct Unexpected: Error { let packet: SocketIOPacket }
    fileprivate var unexpected: Unexpected { Unexpected(packet: self) }
}
