// SPDX-License-Identifier: Apache-2.0

import EngineIO
import JSON
import JSONCoding
import SocketIOPackets

func text(_ text: String) -> EngineIOMessage { .text(Array(text.utf8)) }

func event(_ argument: String) -> EngineIOMessage { text(#"21["message",\#(argument)]"#) }

func string(_ content: Character, bytes: Int) -> String {
    "\"" + String(repeating: content, count: bytes / content.utf8.count) + "\""
}

func measureDecoding(_ name: String, _ messages: [EngineIOMessage], _ parser: SocketIOParser = .json) {
    var decoder = SocketIODecoder(parser: parser)
    measure("decode \(name)") {
        messages.reduce(0) { count, message in
            count + (((try? decoder.decode(message)) ?? nil) == nil ? 0 : 1)
        }
    }
}

// MARK: Packets

for size in [46, 1000, 16_000] {
    measureDecoding("an event with a string of \(size) bytes", [event(string("x", bytes: size))])
    let arguments: SocketIOArguments = [.string(String(repeating: "x", count: size))]
    let ack = SocketIOPacket(.ack(arguments, id: .init(rawValue: 1)))
    measure("encode an answer with a string of \(size) bytes") { ack.messages.count }
    measure("read a string of \(size) bytes") { arguments[0].string?.utf8.count ?? 0 }
}
measureDecoding("an event with 16,000 bytes of é", [event(string("é", bytes: 16_000))])
measureDecoding("an event with 16,000 bytes of 語", [event(string("語", bytes: 16_000))])
measureDecoding("an event in a namespace", [text(#"2/meet,7["chat",{"id":"a","text":"hello there"}]"#)])
measureDecoding(
    "an event with an attachment of 1000 bytes",
    [
        text(#"51-["file",{"_placeholder":true,"num":0}]"#),
        .binary([UInt8](repeating: 7, count: 1000)),
    ])

// MARK: Values

struct Signal: Codable {
    struct Candidate: Codable {
        var candidate: String
        var sdpMid: String?
        var sdpMLineIndex: Int?
        var usernameFragment: String?
    }
    var to: String
    var page: String
    var data: [String: Candidate]
}

struct RelayedSignal: Codable {
    var to: String
    var page: String
    var data: JSONText
}

let signalText = #"""
    {"to":"abc","page":"x1","data":{"candidate":{"candidate":"candidate:1 1 UDP 2122252543 192.168.1.2 \#
    50000 typ host","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"ab12"}}}
    """#
let bytes = Array(signalText.utf8)
measure("check a signal") { (try? JSONText(checking: bytes[...]))?.bytes.count ?? 0 }
measure("parse a signal") { (try? JSONValue(parsing: bytes))?.object?.members.count ?? 0 }

let arguments = SocketIOArguments(texts: [try JSONText(checking: signalText)])
let signal = try arguments.decode(Signal.self, at: 0)
let relayed = try arguments.decode(RelayedSignal.self, at: 0)
measure("decode a signal's structure") { (try? arguments.decode(Signal.self, at: 0))?.to.count ?? 0 }
measure("decode a signal to relay") { (try? arguments.decode(RelayedSignal.self, at: 0))?.to.count ?? 0 }
measure("encode a signal's structure") { (try? SocketIOArguments(encoding: signal))?.count ?? 0 }
measure("encode a signal to relay") { (try? SocketIOArguments(encoding: relayed))?.count ?? 0 }

// MARK: MessagePack

let packet = SocketIOPacket(.event("signal", arguments, id: nil))
measure("encode a signal in MessagePack") { packet.messages(in: .messagePack).count }
measureDecoding("a signal in MessagePack", packet.messages(in: .messagePack), .messagePack)
