// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import JSON
import MessagePack
import SocketIOCluster
import SocketIOPackets
import TestKit
import Testing

@Suite("The classic Redis format")
struct ClassicRedisFormatTests {
    private let format = ClassicRedisFormat(node: ClusterNodeID(rawValue: "ours00"))
    /// Another node's view of the same namespace.
    private let other = ClassicRedisFormat(node: ClusterNodeID(rawValue: "other0"))

    private func event(_ name: String, _ arguments: SocketIOArguments = []) -> SocketIOPacket {
        SocketIOPacket(.event(name, arguments, id: nil))
    }

    @Test("writes a broadcast to one room byte for byte as the official adapter")
    func broadcastVector() throws {
        let publication = try #require(
            format.encode(.broadcast(event("hi"), ClusterTarget(rooms: ["room1"])), to: nil))
        #expect(publication.channel == "socket.io#/#room1#")
        #expect(
            publication.bytes
                == [UInt8](
                    hex: """
                        93 a6 6f7572733030
                        83 a4 74797065 02 a4 64617461 91 a2 6869 a3 6e7370 a1 2f
                        83 a5 726f6f6d73 91 a5 726f6f6d31 a6 657863657074 90 a5 666c616773 80
                        """))
        #expect(
            try other.decode(publication)
                == ClusterEnvelope(
                    from: format.node, .broadcast(event("hi"), ClusterTarget(rooms: ["room1"]))))
    }

    @Test("publishes to everybody and to several rooms on the common channel")
    func channels() throws {
        for target in [ClusterTarget(), ClusterTarget(rooms: ["a", "b"]), ClusterTarget(except: ["a"])] {
            #expect(format.encode(.broadcast(event("hi"), target), to: nil)?.channel == "socket.io#/#")
        }
        let chat = ClassicRedisFormat(node: format.node, namespace: "/chat", prefix: "my*app")
        #expect(chat.broadcastPattern == "my\\*app#/chat#*")
        #expect(chat.requestChannel == "my*app-request#/chat#")
        #expect(chat.responseChannel == "my*app-response#/chat#")
        #expect(chat.ownResponseChannel == "my*app-response#/chat#ours00#")
        #expect(chat.countedChannel == chat.requestChannel)
    }

    @Test("carries flags, exceptions and bytes of a broadcast")
    func broadcastParts() throws {
        let arguments = SocketIOArguments(
            [["_placeholder": true, "num": 0], 1, ["file": ["_placeholder": true, "num": 1]]],
            attachments: [[1, 2], [3]])
        let target = ClusterTarget(
            rooms: ["a", "b"], except: ["c"], isVolatile: true, compress: false, timeout: 2000)
        let message = ClusterMessage.broadcast(event("data", arguments), target)
        let publication = try #require(format.encode(message, to: nil))
        #expect(try other.decode(publication) == ClusterEnvelope(from: format.node, message))
        let value = try MessagePackValue(decoding: publication.bytes)
        let data = try #require(value.array?[1]["data"]?.array)
        #expect(data == ["data", .binary([1, 2]), 1, ["file": .binary([3])]])
        #expect(value.array?[2]["flags"] == ["volatile": true, "compress": false, "timeout": 2000])
    }

    @Test(
        "writes requests as the official adapter does",
        arguments: [
            (
                ClusterMessage.join(["a", "b"], ClusterTarget(rooms: ["r"])),
                #"{"uid":"ours00","type":2,"opts":{"rooms":["r"],"except":[]},"rooms":["a","b"]}"#
            ),
            (
                .leave(["a"], ClusterTarget(except: ["x"])),
                #"{"uid":"ours00","type":3,"opts":{"rooms":[],"except":["x"]},"rooms":["a"]}"#
            ),
            (
                .disconnect(ClusterTarget(), closing: true),
                #"{"uid":"ours00","type":4,"opts":{"rooms":[],"except":[]},"close":true}"#
            ),
            (
                .fetch(ClusterTarget(rooms: ["r"]), ClusterRequestID(rawValue: "q1")),
                #"{"uid":"ours00","requestId":"q1","type":5,"opts":{"rooms":["r"],"except":[]}}"#
            ),
            (
                .allRooms(ClusterRequestID(rawValue: "q1")),
                #"{"uid":"ours00","requestId":"q1","type":1}"#
            ),
            (
                .listSocketIDs(rooms: ["r"], ClusterRequestID(rawValue: "q1")),
                #"{"uid":"ours00","requestId":"q1","type":0,"rooms":["r"]}"#
            ),
            (
                .serverSideEmit("ev", [1, "x"], nil), #"{"uid":"ours00","type":6,"data":["ev",1,"x"]}"#
            ),
            (
                .serverSideEmit("ev", [], ClusterRequestID(rawValue: "q1")),
                #"{"uid":"ours00","requestId":"q1","type":6,"data":["ev"]}"#
            ),
        ])
    func requests(_ message: ClusterMessage, _ text: String) throws {
        let publication = try #require(format.encode(message, to: nil))
        #expect(publication.channel == "socket.io-request#/#")
        #expect(String(decoding: publication.bytes, as: UTF8.self) == text)
        #expect(try other.decode(publication) == ClusterEnvelope(from: format.node, message))
    }

    static let socket = ClusterSocket(
        id: "s1", handshake: JSONText(["auth": ["token": 1]]), rooms: ["s1", "r"], data: JSONText([:]))

    @Test(
        "writes answers as the official adapter does",
        arguments: [
            (
                ClusterMessage.fetched([socket], ClusterRequestID(rawValue: "q1")),
                #"{"requestId":"q1","sockets":[{"id":"s1","handshake":{"auth":{"token":1}},"#
                    + #""rooms":["s1","r"],"data":{}}]}"#
            ),
            (.rooms(["a"], ClusterRequestID(rawValue: "q1")), #"{"requestId":"q1","rooms":["a"]}"#),
            (.socketIDs(["s1"], ClusterRequestID(rawValue: "q1")), #"{"requestId":"q1","sockets":["s1"]}"#),
            (
                .serverSideReply(["ok"], ClusterRequestID(rawValue: "q1")),
                #"{"type":6,"requestId":"q1","data":"ok"}"#
            ),
            (.serverSideReply([], ClusterRequestID(rawValue: "q1")), #"{"type":6,"requestId":"q1"}"#),
            (
                .clientCount(3, ClusterRequestID(rawValue: "q1")),
                #"{"type":8,"requestId":"q1","clientCount":3}"#
            ),
            (.done(ClusterRequestID(rawValue: "q1")), #"{"requestId":"q1"}"#),
        ])
    func answers(_ message: ClusterMessage, _ text: String) throws {
        let publication = try #require(format.encode(message, to: other.node))
        #expect(publication.channel == "socket.io-response#/#")
        #expect(String(decoding: publication.bytes, as: UTF8.self) == text)
        #expect(try other.decode(publication) == ClusterEnvelope(from: nil, message))
        var specific = format
        specific.answersOnOwnChannel = true
        #expect(specific.encode(message, to: other.node)?.channel == other.ownResponseChannel)
        #expect(try other.decode(#require(specific.encode(message, to: other.node)))?.message == message)
    }

    @Test("asks for acknowledgements, and answers with them, in MessagePack")
    func acknowledgements() throws {
        let id = ClusterRequestID(rawValue: "q1")
        let request = ClusterMessage.broadcastWithAck(
            event("hi", [1]), ClusterTarget(rooms: ["r"], timeout: 500), id)
        let asked = try #require(format.encode(request, to: nil))
        #expect(asked.channel == "socket.io-request#/#")
        let value = try MessagePackValue(decoding: asked.bytes)
        #expect(value["type"] == 7 && value["requestId"] == "q1" && value["uid"] == "ours00")
        #expect(try other.decode(asked) == ClusterEnvelope(from: format.node, request))

        let answer = ClusterMessage.acknowledged(
            SocketIOArguments([["_placeholder": true, "num": 0]], attachments: [[9]]), id)
        let answered = try #require(other.encode(answer, to: format.node))
        #expect(
            try MessagePackValue(decoding: answered.bytes)
                == ["type": 9, "requestId": "q1", "packet": .binary([9])])
        #expect(try format.decode(answered)?.message == answer)
    }

    @Test("reads what the emitter sends, which leaves its name out of most requests")
    func emitter() throws {
        var bytes: [UInt8] = []
        let packet: MessagePackValue = ["type": 2, "data": ["news", "text"], "nsp": "/"]
        let value: MessagePackValue = [
            "emitter", packet, ["rooms": ["r"], "flags": ["compress": true], "except": []],
        ]
        value.encode(into: &bytes)
        #expect(
            try format.decode(ClusterPublication(channel: "socket.io#/#r#", bytes: bytes))
                == ClusterEnvelope(
                    from: .emitter,
                    .broadcast(event("news", ["text"]), ClusterTarget(rooms: ["r"], compress: true))))
        for (text, message) in [
            (
                #"{"type":2,"opts":{"rooms":["r"],"except":[]},"rooms":["a"]}"#,
                ClusterMessage.join(["a"], ClusterTarget(rooms: ["r"]))
            ),
            (
                #"{"type":4,"opts":{"rooms":[],"except":[]},"close":false}"#,
                .disconnect(ClusterTarget(), closing: false)
            ),
        ] {
            let request = ClusterPublication(channel: format.requestChannel, bytes: Array(text.utf8))
            #expect(try format.decode(request) == ClusterEnvelope(from: nil, message))
        }
        let event = #"{"uid":"emitter","type":6,"data":["ev"]}"#
        #expect(
            try format.decode(ClusterPublication(channel: format.requestChannel, bytes: Array(event.utf8)))
                == ClusterEnvelope(from: .emitter, .serverSideEmit("ev", [], nil)))
    }

    @Test("reads the requests of old servers, which name one socket and one room")
    func oldServers() throws {
        for (text, message) in [
            (
                #"{"uid":"old","requestId":"q","type":2,"sid":"s1","room":"a"}"#,
                ClusterMessage.join(["a"], ClusterTarget(rooms: ["s1"]))
            ),
            (
                #"{"requestId":"q","type":3,"sid":"s1","room":"a"}"#,
                .leave(["a"], ClusterTarget(rooms: ["s1"]))
            ),
            (
                #"{"requestId":"q","type":4,"sid":"s1","close":true}"#,
                .disconnect(ClusterTarget(rooms: ["s1"]), closing: true)
            ),
        ] {
            let request = ClusterPublication(channel: format.requestChannel, bytes: Array(text.utf8))
            #expect(try format.decode(request)?.message == message)
        }
    }

    @Test("reads JavaScript's dates and undefined as JSON writes them")
    func javaScript() throws {
        let date = MessagePackExtension(type: 0, bytes: [0, 0, 0, 0, 0, 0, 3, 0xE8])
        let undefined = MessagePackExtension(type: 0, bytes: [0])
        let data: MessagePackValue = ["ev", .extension(date), .extension(undefined)]
        var bytes: [UInt8] = []
        let value: MessagePackValue = [
            "other0", ["type": 2, "data": data], ["rooms": [], "flags": .extension(undefined)],
        ]
        value.encode(into: &bytes)
        #expect(
            try format.decode(ClusterPublication(channel: "socket.io#/#", bytes: bytes))?.message
                == .broadcast(event("ev", ["1970-01-01T00:00:01.000Z", nil]), ClusterTarget()))
    }

    @Test("takes numbers for the names of rooms and events, as JavaScript does")
    func numbers() throws {
        var bytes: [UInt8] = []
        let value: MessagePackValue = ["other0", ["type": 2, "data": [7]], ["rooms": [42]]]
        value.encode(into: &bytes)
        #expect(
            try format.decode(ClusterPublication(channel: "socket.io#/#42#", bytes: bytes))?.message
                == .broadcast(event("7"), ClusterTarget(rooms: ["42"])))
    }

    @Test("leaves other namespaces and channels to others")
    func others() throws {
        let chat = ClassicRedisFormat(node: other.node, namespace: "/chat")
        let packet = SocketIOPacket(.event("hi", [], id: nil), namespace: "/chat")
        let publication = try #require(chat.encode(.broadcast(packet, ClusterTarget()), to: nil))
        #expect(try format.decode(publication) == nil)
        #expect(
            try format.decode(ClusterPublication(channel: "socket.io#/#", bytes: publication.bytes)) == nil)
        #expect(format.encode(.heartbeat, to: nil) == nil)
        #expect(format.encode(.broadcast(SocketIOPacket(.disconnect), ClusterTarget()), to: nil) == nil)
    }

    @Test("refuses every part of a broadcast that is cut off")
    func truncated() throws {
        let publication = try #require(
            format.encode(.broadcast(event("hi", [1, "two"]), ClusterTarget(rooms: ["r"])), to: nil))
        for prefix in publication.bytes.prefixes {
            #expect(throws: DecodeError.self) {
                try other.decode(ClusterPublication(channel: publication.channel, bytes: prefix))
            }
        }
    }

    @Test(
        "refuses requests and answers that lack something or have it wrong",
        arguments: [
            "", "{", "[]", "{}", #"{"type":99}"#, #"{"type":"2"}"#, #"{"type":0,"rooms":["a"]}"#,
            #"{"type":1}"#,
            #"{"type":1,"requestId":7}"#, #"{"type":2,"opts":{}}"#, #"{"type":2,"opts":[],"rooms":[]}"#,
            #"{"type":2,"opts":{"rooms":"r"},"rooms":["a"]}"#, #"{"type":2,"opts":{},"rooms":[null]}"#,
            #"{"type":2,"sid":"s1"}"#, #"{"type":3,"room":"a"}"#, #"{"type":4}"#,
            #"{"type":5,"opts":{"rooms":[]}}"#, #"{"type":6,"data":[]}"#, #"{"type":6,"data":[{}]}"#,
            #"{"type":6,"data":["ev"],"requestId":1}"#, #"{"type":7,"requestId":"q","opts":{}}"#,
            #"{"type":7,"requestId":"q","opts":{},"packet":{"type":0,"data":["x"]}}"#,
            #"{"type":8,"requestId":"q"}"#, #"{"type":9,"requestId":"q"}"#,
        ])
    func refusedRequests(_ text: String) {
        #expect(throws: DecodeError.self) {
            try format.decode(ClusterPublication(channel: format.requestChannel, bytes: Array(text.utf8)))
        }
    }

    @Test(
        "refuses answers that lack something or have it wrong",
        arguments: [
            "{}", #"{"requestId":1}"#, #"{"requestId":"q","sockets":{}}"#,
            #"{"requestId":"q","sockets":[1]}"#,
            #"{"requestId":"q","sockets":[{"id":"s"}]}"#, #"{"requestId":"q","sockets":["s",{}]}"#,
            #"{"requestId":"q","rooms":[{}]}"#, #"{"type":8,"requestId":"q"}"#,
            #"{"type":8,"requestId":"q","clientCount":-1}"#,
            #"{"type":8,"requestId":"q","clientCount":1e99}"#,
        ])
    func refusedAnswers(_ text: String) {
        #expect(throws: DecodeError.self) {
            try format.decode(ClusterPublication(channel: format.responseChannel, bytes: Array(text.utf8)))
        }
    }
}
