// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import EngineIO
import JSON
import SocketIOPackets
import TestKit
import Testing

extension EngineIOMessage {
    static func text(_ text: String) -> EngineIOMessage { .text(Array(text.utf8)) }
}

/// What one packet looks like in a fresh decoder; `nil` when it waits for attachments.
func decode(_ text: String, limits: SocketIODecoder.Limits = .init()) throws -> SocketIOPacket? {
    var decoder = SocketIODecoder(limits: limits)
    return try decoder.decode(.text(text))
}

@Suite("Socket.IO packets")
struct SocketIOPacketTests {
    typealias ID = SocketIOPacket.AckID

    /// Text and packet, each the one form of the other.
    static let vectors: [(String, SocketIOPacket)] = [
        ("0", SocketIOPacket(.connect(nil))),
        (#"0{"token":"123"}"#, SocketIOPacket(.connect(["token": "123"]))),
        ("0/custom,", SocketIOPacket(.connect(nil), namespace: "/custom")),
        (#"0/meet,{"protocol":1}"#, SocketIOPacket(.connect(["protocol": 1]), namespace: "/meet")),
        ("1", SocketIOPacket(.disconnect)),
        ("1/admin,", SocketIOPacket(.disconnect, namespace: "/admin")),
        (#"2["hey","Jude"]"#, SocketIOPacket(.event("hey", ["Jude"], id: nil))),
        (#"2["€ \"x\"",{"b":1,"a":[null,true]}]"#, Self.nested),
        (#"21["foo"]"#, SocketIOPacket(.event("foo", [], id: ID(rawValue: 1)))),
        (#"2/admin,456["project:delete",123]"#, Self.namespacedEvent),
        (
            #"2["error","is no reserved name"]"#,
            SocketIOPacket(.event("error", ["is no reserved name"], id: nil))
        ),
        (
            #"3456[1,"2",{"3":[false]}]"#,
            SocketIOPacket(.ack([1, "2", ["3": [false]]], id: ID(rawValue: 456)))
        ),
        ("3/admin,0[]", SocketIOPacket(.ack([], id: ID(rawValue: 0)), namespace: "/admin")),
        (
            #"4/random,{"message":"Invalid namespace"}"#,
            SocketIOPacket(.connectError(["message": "Invalid namespace"]), namespace: "/random")
        ),
        (#"29007199254740992["a"]"#, SocketIOPacket(.event("a", [], id: ID(rawValue: 1 << 53)))),
        (#"2["__proto__","toString"]"#, SocketIOPacket(.event("__proto__", ["toString"], id: nil))),
        (#"2["",""]"#, SocketIOPacket(.event("", [""], id: nil))),
    ]

    static let nested = SocketIOPacket(.event("€ \"x\"", [["b": 1, "a": [nil, true]]], id: nil))
    static let namespacedEvent = SocketIOPacket(
        .event("project:delete", [123], id: ID(rawValue: 456)), namespace: "/admin")

    @Test("decodes and encodes every type", arguments: vectors)
    func roundTrip(_ text: String, _ packet: SocketIOPacket) throws {
        #expect(try decode(text) == packet)
        #expect(packet.messages == [.text(text)])
    }

    @Test(
        "takes other ways to write the same, and forgives what the official server forgives",
        arguments: [
            ("0/", SocketIOPacket(.connect(nil))),
            ("0/,", SocketIOPacket(.connect(nil))),
            ("0/custom", SocketIOPacket(.connect(nil), namespace: "/custom")),
            ("0/mw?token=1,", SocketIOPacket(.connect(nil), namespace: "/mw?token=1")),
            (#"2037["a"]"#, SocketIOPacket(.event("a", [], id: ID(rawValue: 37)))),
            (#"2[ "a" , 1 , {} ]"#, SocketIOPacket(.event("a", [1, [:]], id: nil))),
            (#"2["\u0061\n"]"#, SocketIOPacket(.event("a\n", [], id: nil))),
            ("2[1,2]", SocketIOPacket(.event("1", [2], id: nil))),
            ("2[-0,2]", SocketIOPacket(.event("0", [2], id: nil))),
            ("2[1e3]", SocketIOPacket(.event("1000", [], id: nil))),
            ("2[1.5]", SocketIOPacket(.event("1.5", [], id: nil))),
            ("3/a,7[ ]", SocketIOPacket(.ack([], id: ID(rawValue: 7)), namespace: "/a")),
        ])
    func lenient(_ text: String, _ packet: SocketIOPacket) throws {
        #expect(try decode(text) == packet)
    }

    @Test(
        "lets an event pass that has neither a name nor arguments", arguments: ["2", "2/a,", "27", "2/a,7"])
    func emptyEvent(_ text: String) throws {
        #expect(try decode(text) == nil)
    }

    @Test(
        "arguments come out as they went in, beyond what JavaScript and Swift can hold",
        arguments: [
            #"2["n",12345678901234567890,1e400,-0]"#, #"2["n","\ud800",{"\u0061":1,"a":2}]"#,
            #"3/a,7["\/",[ 1 ],  "€"]"#,
        ])
    func passedOn(_ text: String) throws {
        #expect(try decode(text)?.messages == [.text(text)])
    }

    @Test("an acknowledgement with attachments is of type 6, and an event of type 5")
    func binaryHeaders() {
        let placeholder: JSONValue = ["_placeholder": true, "num": 0]
        let event = SocketIOPacket(
            .event("a", SocketIOArguments([placeholder], attachments: [[1, 2]]), id: nil))
        #expect(event.messages == [.text(#"51-["a",{"_placeholder":true,"num":0}]"#), .binary([1, 2])])
        let arguments = SocketIOArguments([placeholder], attachments: [[3]])
        let ack = SocketIOPacket(.ack(arguments, id: ID(rawValue: 789)), namespace: "/b")
        #expect(ack.messages == [.text(#"61-/b,789[{"_placeholder":true,"num":0}]"#), .binary([3])])
    }
}

@Suite("Socket.IO decoder: refusals")
struct SocketIORefusalTests {
    /// Everything on which the official server closes the connection, and what only it lets pass.
    static let refused: [(String, DecodeError)] = [
        ("", DecodeError(.truncated, "Socket.IO packet type", at: 0)),
        ("9", DecodeError(.invalid, "Socket.IO packet type", at: 0)),
        ("2{}", DecodeError(.invalid, "Socket.IO payload", at: 1)),
        ("2[]", DecodeError(.invalid, "Socket.IO payload", at: 1)),
        ("2[null]", DecodeError(.invalid, "Socket.IO payload", at: 1)),
        ("2[{}]", DecodeError(.invalid, "Socket.IO payload", at: 1)),
        ("2[true]", DecodeError(.invalid, "Socket.IO payload", at: 1)),
        ("2[[\"a\"]]", DecodeError(.invalid, "Socket.IO payload", at: 1)),
        (#"2"x""#, DecodeError(.invalid, "Socket.IO payload", at: 1)),
        (#"2["connect"]"#, DecodeError(.invalid, "Socket.IO payload", at: 1)),
        (#"2["connect_error"]"#, DecodeError(.invalid, "Socket.IO payload", at: 1)),
        (#"2["disconnect"]"#, DecodeError(.invalid, "Socket.IO payload", at: 1)),
        (#"2["disconnecting"]"#, DecodeError(.invalid, "Socket.IO payload", at: 1)),
        (#"2["newListener"]"#, DecodeError(.invalid, "Socket.IO payload", at: 1)),
        (#"2["removeListener"]"#, DecodeError(.invalid, "Socket.IO payload", at: 1)),
        ("3{}", DecodeError(.invalid, "Socket.IO payload", at: 1)),
        ("3[1]", DecodeError(.invalid, "Socket.IO payload", at: 1)),
        ("35", DecodeError(.invalid, "Socket.IO payload", at: 2)),
        ("1{}", DecodeError(.invalid, "Socket.IO payload", at: 1)),
        ("17", DecodeError(.invalid, "Socket.IO payload", at: 2)),
        ("0[]", DecodeError(.invalid, "Socket.IO payload", at: 1)),
        (#"0"x""#, DecodeError(.invalid, "Socket.IO payload", at: 1)),
        ("0null", DecodeError(.invalid, "Socket.IO payload", at: 1)),
        ("05{}", DecodeError(.invalid, "Socket.IO payload", at: 2)),
        ("4", DecodeError(.invalid, "Socket.IO payload", at: 1)),
        (#"5["m"]"#, DecodeError(.invalid, "Socket.IO attachment count", at: 1)),
        (#"5-["m"]"#, DecodeError(.invalid, "Socket.IO attachment count", at: 1)),
        (#"50-["m"]"#, DecodeError(.invalid, "Socket.IO attachment count", at: 1)),
        (#"51["m"]"#, DecodeError(.invalid, "Socket.IO attachment count", at: 1)),
        (#"511-["m"]"#, DecodeError(.tooLarge, "Socket.IO attachment count", at: 1)),
        ("51-", DecodeError(.invalid, "Socket.IO payload", at: 3)),
        ("5", DecodeError(.invalid, "Socket.IO attachment count", at: 1)),
        (#"0/admin,"invalid""#, DecodeError(.invalid, "Socket.IO payload", at: 8)),
        ("1/admin,{}", DecodeError(.invalid, "Socket.IO payload", at: 8)),
        ("2/admin,{}", DecodeError(.invalid, "Socket.IO payload", at: 8)),
        (#"2[{"toString":"foo"}]"#, DecodeError(.invalid, "Socket.IO payload", at: 1)),
        (#"2["disconnect","123"]"#, DecodeError(.invalid, "Socket.IO payload", at: 1)),
        ("999", DecodeError(.invalid, "Socket.IO packet type", at: 0)),
        (#"29007199254740993["a"]"#, DecodeError(.tooLarge, "Socket.IO ack id", at: 1)),
        (#"299999999999999999999["a"]"#, DecodeError(.tooLarge, "Socket.IO ack id", at: 1)),
        (#"51-["a",{"_placeholder":true,"num":1}]"#, DecodeError(.invalid, "Socket.IO placeholder", at: 3)),
        (#"51-["a",{"_placeholder":true,"num":-1}]"#, DecodeError(.invalid, "Socket.IO placeholder", at: 3)),
        (#"51-["a",{"_placeholder":true,"num":"0"}]"#, DecodeError(.invalid, "Socket.IO placeholder", at: 3)),
        (#"51-["a",{"_placeholder":true,"num":0.5}]"#, DecodeError(.invalid, "Socket.IO placeholder", at: 3)),
        (#"51-["a",[{"x":{"_placeholder":true}}]]"#, DecodeError(.invalid, "Socket.IO placeholder", at: 3)),
        (
            #"51-["a",{"num":0,"\u005fplaceholder":true,"num":1}]"#,
            DecodeError(.invalid, "Socket.IO placeholder", at: 3)
        ),
        (#"61-7[{"_placeholder":true,"num":9}]"#, DecodeError(.invalid, "Socket.IO placeholder", at: 4)),
    ]

    @Test("refuses what breaks the protocol, saying where", arguments: refused)
    func refuses(_ text: String, _ error: DecodeError) {
        #expect(throws: error) { try decode(text) }
    }

    @Test(
        "refuses JSON that is broken, wherever the official parser would guess",
        arguments: [
            "abc", "0{bad", #"2abc["a"]"#, #"2-1["a"]"#, #"21.5["a"]"#, #"2 1["a"]"#, #"2["a"]x"#, #"2["a""#,
            "2[\"a\u{1}\"]", #"3abc[]"#,
            #"442["some","data""#, #"2/admin,"invalid"#, #"2["a",1e]"#, #"51-["a",{"_placeholder":tru}]"#,
        ])
    func brokenJSON(_ text: String) {
        #expect(throws: DecodeError.self) { try decode(text) }
    }

    @Test("refuses every prefix of a packet, for none means anything else by accident")
    func prefixes() throws {
        let text = Array(#"2["hey",{"a":[1,"€"]}]"#.utf8)
        for prefix in text.prefixes where prefix.count != 1 {
            var decoder = SocketIODecoder()
            #expect(throws: DecodeError.self) { try decoder.decode(.text(prefix)) }
        }
    }

    @Test("bounds the packet, the namespace's name and the nesting")
    func limits() throws {
        var limits = SocketIODecoder.Limits()
        limits.bytes = 9
        limits.namespace = 4
        #expect(try decode(#"2["abcd"]"#, limits: limits) != nil)
        #expect(throws: DecodeError(.tooLarge, "Socket.IO packet", at: 0)) {
            try decode(#"2["abcde"]"#, limits: limits)
        }
        #expect(try decode("0/abc,", limits: limits) != nil)
        #expect(throws: DecodeError(.tooLarge, "Socket.IO namespace", at: 1)) {
            try decode("0/abcd,", limits: limits)
        }
        let deep = "2[\"a\"," + String(repeating: "[", count: 100_000)
        #expect(throws: DecodeError.self) { try decode(deep) }
    }

    @Test("refuses a namespace and arguments that are not UTF-8")
    func invalidUTF8() {
        var decoder = SocketIODecoder()
        #expect(throws: DecodeError(.invalid, "JSON UTF-8", at: 3)) {
            try decoder.decode(.text([0x32, 0x5B, 0x22, 0xFF, 0x22, 0x5D]))
        }
        #expect(throws: DecodeError(.invalid, "Socket.IO namespace", at: 1)) {
            try decoder.decode(.text([0x30, 0x2F, 0xFF, 0x2C]))
        }
    }
}

@Suite("Socket.IO decoder: attachments")
struct SocketIOAttachmentTests {
    static let header =
        #"52-/a,7["f",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0},"#
        + #"{"_placeholder":true,"num":1}]"#

    @Test("waits for all attachments, which the arguments may use twice and in any order")
    func reassembles() throws {
        var decoder = SocketIODecoder()
        #expect(try decoder.decode(.text(Self.header)) == nil)
        #expect(try decoder.decode(.binary([1])) == nil)
        let packet = try #require(try decoder.decode(.binary([])))
        #expect(packet.attachments == [[1], []])
        #expect(packet.namespace == "/a")
        #expect(packet.messages == [.text(Self.header), .binary([1]), .binary([])])
        // The next packet starts afresh.
        #expect(try decoder.decode(.text(#"2["x"]"#)) == SocketIOPacket(.event("x", [], id: nil)))
    }

    @Test("refuses an attachment that no header announced, also right after the last one")
    func unannounced() throws {
        let error = DecodeError(.invalid, "Socket.IO attachment", at: 0)
        var decoder = SocketIODecoder()
        #expect(throws: error) { try decoder.decode(.binary([1])) }
        decoder = SocketIODecoder()
        _ = try decoder.decode(.text(#"51-["a"]"#))
        #expect(try decoder.decode(.binary([1])) != nil)
        #expect(throws: error) { try decoder.decode(.binary([1])) }
    }

    @Test("refuses text while attachments are missing")
    func interleaved() throws {
        var decoder = SocketIODecoder()
        _ = try decoder.decode(.text(#"51-["a"]"#))
        #expect(throws: DecodeError(.invalid, "Socket.IO attachment", at: 0)) {
            try decoder.decode(.text(#"2["b"]"#))
        }
    }

    @Test("counts attachments towards the packet's size")
    func bounded() throws {
        var limits = SocketIODecoder.Limits()
        limits.bytes = 20
        var decoder = SocketIODecoder(limits: limits)
        _ = try decoder.decode(.text(#"52-["a"]"#))
        #expect(try decoder.decode(.binary([UInt8](repeating: 0, count: 12))) == nil)
        #expect(throws: DecodeError(.tooLarge, "Socket.IO packet", at: 0)) {
            try decoder.decode(.binary([0]))
        }
    }

    @Test("looks at the last of several members, and not into what a placeholder holds besides")
    func forgivenPlaceholders() throws {
        for argument in [
            #"{"_placeholder":true,"_placeholder":false,"num":9}"#, #"{"_placeholder":1,"num":9}"#,
            #"{"_placeholder":true,"num":9,"num":0}"#, #"{"_placeholder":true,"num":0.0}"#,
            #"{"_placeholder":true,"x":{"_placeholder":true},"num":0}"#, #"{"num":9}"#, #""_placeholder""#,
        ] {
            var decoder = SocketIODecoder()
            #expect(try decoder.decode(.text(#"51-["a",\#(argument)]"#)) == nil)
            #expect(try decoder.decode(.binary([1]))?.attachments == [[1]])
        }
    }

    @Test("takes up to ten attachments")
    func ten() throws {
        var decoder = SocketIODecoder()
        _ = try decoder.decode(.text(#"510-["a"]"#))
        for _ in 0..<9 { #expect(try decoder.decode(.binary([0])) == nil) }
        #expect(try decoder.decode(.binary([0]))?.attachments.count == 10)
    }
}
