// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import STOMP
import TestKit
import Testing

/// Everything that `pieces` hold, in frames.
func decode(
    _ pieces: [[UInt8]], _ version: STOMPVersion? = .v12, limits: STOMPDecoder.Limits = .init()
) throws(DecodeError) -> [STOMPFrame] {
    var decoder = STOMPDecoder(limits: limits)
    decoder.version = version
    var frames: [STOMPFrame] = []
    for piece in pieces {
        decoder.append(piece)
        while let frame = try decoder.next() { frames.append(frame) }
    }
    return frames
}

func decode(_ text: String, _ version: STOMPVersion? = .v12) throws(DecodeError) -> [STOMPFrame] {
    try decode([Array(text.utf8)], version)
}

@Suite("STOMP frames")
struct STOMPFrameTests {
    /// The examples of the specification; `^@` is the NUL.
    static let examples: [(String, STOMPFrame)] = [
        (
            "CONNECT\naccept-version:1.2\nhost:stomp.github.org\n\n^@",
            STOMPFrame(.connect, headers: ["accept-version": "1.2", "host": "stomp.github.org"])
        ),
        ("CONNECTED\nversion:1.2\n\n^@", STOMPFrame(.connected, headers: ["version": "1.2"])),
        (
            "SEND\ndestination:/queue/a\ncontent-type:text/plain\ncontent-length:14\n\nhello queue a\n^@",
            STOMPFrame(
                .send, headers: ["destination": "/queue/a", "content-type": "text/plain"],
                body: Array("hello queue a\n".utf8))
        ),
        (
            "SUBSCRIBE\nid:0\ndestination:/queue/foo\nack:client\n\n^@",
            STOMPFrame(.subscribe, headers: ["id": "0", "destination": "/queue/foo", "ack": "client"])
        ),
        ("UNSUBSCRIBE\nid:0\n\n^@", STOMPFrame(.unsubscribe, headers: ["id": "0"])),
        (
            "ACK\nid:12345\ntransaction:tx1\n\n^@",
            STOMPFrame(.ack, headers: ["id": "12345", "transaction": "tx1"])
        ),
        ("DISCONNECT\nreceipt:77\n\n^@", STOMPFrame(.disconnect, headers: ["receipt": "77"])),
        ("BEGIN\n\n^@", STOMPFrame(.begin)),
        ("MESSAGE\nfoo:World\nfoo:Hello\n\n^@", STOMPFrame(.message, headers: repeated)),
    ]

    static let repeated = STOMPHeaders([("foo", "World"), ("foo", "Hello")])

    private static func bytes(_ text: String) -> [UInt8] {
        Array(text.utf8).withNULs
    }

    @Test("decodes and encodes the examples of the specification", arguments: examples)
    func roundTrip(_ text: String, _ frame: STOMPFrame) throws {
        #expect(try decode([Self.bytes(text)]) == [frame])
        #expect(frame.encoded(.v12) == Self.bytes(text))
    }

    @Test("the first of repeated header entries counts")
    func firstWins() {
        #expect(Self.repeated["foo"] == "World")
        var headers = Self.repeated
        headers["foo"] = "Swift"
        #expect(headers == ["foo": "Swift"])
        headers["foo"] = nil
        #expect(headers.isEmpty)
    }

    @Test(
        "escapes header entries as its version does",
        arguments: [
            (STOMPVersion.v12, #"a\cb:c\cd\n\r\\e"#),
            (.v11, "a\\cb:c\\cd\\n\r\\\\e"),
            (.v10, #"a b:c:d  \e"#),
        ])
    func escapes(_ version: STOMPVersion, _ line: String) throws {
        let frame = STOMPFrame(.send, headers: ["a:b": "c:d\n\r\\e"])
        #expect(frame.encoded(version) == Array("SEND\n\(line)\n\n\0".utf8))
        if version > .v10 { #expect(try decode([frame.encoded(version)], version) == [frame]) }
    }

    @Test("leaves the frames that open a connection unescaped, and keeps their lines apart")
    func unescaped() throws {
        let frame = STOMPFrame(.connected, headers: ["session": #"a\nb:c"#, "forged": "x\ny:z"])
        let bytes = frame.encoded(.v12)
        #expect(bytes == Array("CONNECTED\nsession:a\\nb:c\nforged:x y:z\n\n\0".utf8))
        #expect(
            try decode([bytes])
                == [STOMPFrame(.connected, headers: ["session": #"a\nb:c"#, "forged": "x y:z"])])
    }

    @Test("never writes a content-length that is not that of the body")
    func contentLength() {
        let frame = STOMPFrame(.send, headers: ["content-length": "99"], body: [0, 1])
        #expect(frame.encoded(.v12) == Array("SEND\ncontent-length:2\n\n\0\u{1}\0".utf8))
        #expect(
            STOMPFrame(.receipt, headers: ["content-length": "99"]).encoded(.v12)
                == Array("RECEIPT\n\n\0".utf8))
    }

    @Test(
        "agrees on the highest version that both speak",
        arguments: [
            (nil, STOMPVersion.v10), ("1.0,1.1,2.0", .v11), ("1.2", .v12), ("1.0, 1.1 ,1.2", .v12),
            ("1.0", .v10), ("2.0", nil), ("", nil), ("1.25", nil),
        ] as [(String?, STOMPVersion?)])
    func negotiates(_ offer: String?, _ version: STOMPVersion?) {
        #expect(STOMPVersion.negotiate(acceptVersion: offer) == version)
    }

    @Test("names its WebSocket subprotocols as clients do")
    func subprotocols() {
        #expect(STOMPVersion.allCases.map(\.subprotocol) == ["v10.stomp", "v11.stomp", "v12.stomp"])
    }
}

extension [UInt8] {
    /// With every `^@` as the NUL it stands for in the specification.
    var withNULs: [UInt8] {
        var bytes: [UInt8] = []
        for byte in self {
            if byte == UInt8(ascii: "@"), bytes.last == UInt8(ascii: "^") {
                bytes[bytes.count - 1] = 0
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }
}
