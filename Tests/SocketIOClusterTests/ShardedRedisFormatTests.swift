// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import JSON
import MessagePack
import SocketIOCluster
import SocketIOPackets
import TestKit
import Testing

@Suite("The sharded Redis format")
struct ShardedRedisFormatTests {
    private let format = ShardedRedisFormat(node: ClusterNodeID(rawValue: "0123456789abcdef"))
    private let other = ShardedRedisFormat(node: ClusterNodeID(rawValue: "fedcba9876543210"))
    static let id = ClusterRequestID(rawValue: "q1")
    static let socket = ClusterSocket(
        id: "s1", handshake: JSONText([:]), rooms: ["s1"], data: JSONText(["name": "Ana"]))

    @Test(
        "writes messages as the official adapter does",
        arguments: [
            (ClusterMessage.initialHeartbeat, #"{"type":1,"#),
            (.heartbeat, #"{"type":2,"#),
            (
                .broadcast(SocketIOPacket(.event("hi", [1], id: nil)), ClusterTarget()),
                #"{"type":3,"data":{"packet":{"type":2,"data":["hi",1],"nsp":"/"},"#
                    + #""opts":{"rooms":[],"except":[],"flags":{}}},"#
            ),
            (
                .broadcastWithAck(SocketIOPacket(.event("hi", [], id: nil)), ClusterTarget(rooms: ["r"]), id),
                #"{"type":3,"data":{"packet":{"type":2,"data":["hi"],"nsp":"/"},"requestId":"q1","#
                    + #""opts":{"rooms":["r"],"except":[],"flags":{}}},"#
            ),
            (
                .join(["a"], ClusterTarget(rooms: ["r"])),
                #"{"type":4,"data":{"opts":{"rooms":["r"],"except":[],"flags":{}},"rooms":["a"]},"#
            ),
            (
                .leave(["a"], ClusterTarget()),
                #"{"type":5,"data":{"opts":{"rooms":[],"except":[],"flags":{}},"rooms":["a"]},"#
            ),
            (
                .disconnect(ClusterTarget(), closing: true),
                #"{"type":6,"data":{"opts":{"rooms":[],"except":[],"flags":{}},"close":true},"#
            ),
            (
                .fetch(ClusterTarget(), id),
                #"{"type":7,"data":{"opts":{"rooms":[],"except":[],"flags":{}},"requestId":"q1"},"#
            ),
            (
                .serverSideEmit("ev", ["x"], nil), #"{"type":9,"data":{"packet":["ev","x"]},"#
            ),
            (
                .serverSideEmit("ev", [], id), #"{"type":9,"data":{"requestId":"q1","packet":["ev"]},"#
            ),
            (.leaving, #"{"type":13,"#),
        ])
    func messages(_ message: ClusterMessage, _ beginning: String) throws {
        let publication = try #require(format.encode(message, to: nil))
        #expect(publication.channel == "socket.io#/#")
        #expect(
            String(decoding: publication.bytes, as: UTF8.self)
                == beginning + #""uid":"0123456789abcdef","nsp":"/"}"#)
        #expect(try other.decode(publication) == ClusterEnvelope(from: format.node, message))
    }

    @Test(
        "writes answers to the channel of who asked",
        arguments: [
            (
                ClusterMessage.fetched([socket], id),
                #"{"type":8,"data":{"requestId":"q1","sockets":"#
                    + #"[{"id":"s1","handshake":{},"rooms":["s1"],"data":{"name":"Ana"}}]},"#
            ),
            (.serverSideReply(["ok"], id), #"{"type":10,"data":{"requestId":"q1","packet":"ok"},"#),
            (.clientCount(2, id), #"{"type":11,"data":{"requestId":"q1","clientCount":2},"#),
            (.acknowledged([], id), #"{"type":12,"data":{"requestId":"q1"},"#),
        ])
    func answers(_ message: ClusterMessage, _ beginning: String) throws {
        let publication = try #require(format.encode(message, to: other.node))
        #expect(publication.channel == other.ownResponseChannel)
        #expect(publication.channel == "socket.io#/#fedcba9876543210#")
        #expect(
            String(decoding: publication.bytes, as: UTF8.self)
                == beginning + #""uid":"0123456789abcdef","nsp":"/"}"#)
        #expect(try other.decode(publication) == ClusterEnvelope(from: format.node, message))
    }

    @Test("turns to MessagePack for bytes")
    func binary() throws {
        let arguments = SocketIOArguments([["_placeholder": true, "num": 0]], attachments: [[1, 2, 3]])
        let messages: [ClusterMessage] = [
            .broadcast(SocketIOPacket(.event("hi", arguments, id: nil)), ClusterTarget()),
            .serverSideEmit("hi", arguments, nil), .serverSideReply(arguments, Self.id),
            .acknowledged(arguments, Self.id),
        ]
        for message in messages {
            let publication = try #require(format.encode(message, to: nil))
            #expect(publication.bytes.first != UInt8(ascii: "{"))
            #expect(try other.decode(publication)?.message == message)
        }
        let first = try #require(format.encode(messages[0], to: nil))
        let value = try MessagePackValue(decoding: first.bytes)
        #expect(value["data"]?["packet"]?["data"] == ["hi", .binary([1, 2, 3])])
    }

    @Test("publishes to one room on a channel of its own, as far as rooms have them")
    func roomChannels() {
        let socketID = String(repeating: "s", count: 20)
        func channel(_ mode: ShardedRedisFormat.RoomChannels, _ room: String) -> String? {
            let format = ShardedRedisFormat(node: format.node, roomChannels: mode)
            let packet = SocketIOPacket(.event("hi", [], id: nil))
            return format.encode(.broadcast(packet, ClusterTarget(rooms: [room])), to: nil)?.channel
        }
        #expect(channel(.none, "r") == "socket.io#/#")
        #expect(channel(.shared, "r") == "socket.io#/#r#")
        #expect(channel(.shared, socketID) == "socket.io#/#")
        #expect(channel(.all, socketID) == "socket.io#/#\(socketID)#")
        #expect(format.channel(of: "r") == "socket.io#/#r#")
        #expect(format.channel(of: socketID) == nil)
    }

    @Test("has no message for what only the classic format can ask")
    func missing() {
        #expect(format.encode(.allRooms(Self.id), to: nil) == nil)
        #expect(format.encode(.rooms([], Self.id), to: nil) == nil)
        #expect(format.encode(.done(Self.id), to: nil) == nil)
    }

    @Test(
        "refuses messages that lack something or have it wrong",
        arguments: [
            "", "{", "[]", "{}", #"{"type":2,"nsp":"/"}"#, #"{"type":2,"uid":"u"}"#,
            #"{"type":99,"uid":"u","nsp":"/"}"#, #"{"type":0,"uid":"u","nsp":"/"}"#,
            #"{"uid":"u","nsp":"/"}"#, #"{"type":3,"uid":"u","nsp":"/"}"#,
            #"{"type":3,"uid":"u","nsp":"/","data":{}}"#,
            #"{"type":3,"uid":"u","nsp":"/","data":{"packet":{"type":2,"data":["x"]}}}"#,
            #"{"type":4,"uid":"u","nsp":"/","data":{"opts":{}}}"#,
            #"{"type":7,"uid":"u","nsp":"/","data":{"opts":{}}}"#,
            #"{"type":8,"uid":"u","nsp":"/","data":{"requestId":"q"}}"#,
            #"{"type":9,"uid":"u","nsp":"/","data":{"packet":[]}}"#,
            #"{"type":11,"uid":"u","nsp":"/","data":{"requestId":"q","clientCount":"1"}}"#,
            #"{"type":12,"uid":"u","nsp":"/","data":{"packet":1}}"#,
        ])
    func refusals(_ text: String) {
        #expect(throws: DecodeError.self) {
            try format.decode(ClusterPublication(channel: format.channel, bytes: Array(text.utf8)))
        }
    }

    @Test("leaves other namespaces and channels to others")
    func others() throws {
        let text = #"{"type":2,"uid":"u","nsp":"/chat"}"#
        #expect(
            try format.decode(ClusterPublication(channel: format.channel, bytes: Array(text.utf8))) == nil)
        #expect(try format.decode(ClusterPublication(channel: "other", bytes: [])) == nil)
    }
}
