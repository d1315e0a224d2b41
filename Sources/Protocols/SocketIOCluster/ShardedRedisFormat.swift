// SPDX-License-Identifier: Apache-2.0
public import ByteCoding
internal import JSON

/// The format of `createShardedAdapter` in `@socket.io/redis-adapter`, for Redis 7 and later.
///
/// Every message is an object `{type, data, uid, nsp}`, in JSON, or in MessagePack when it holds bytes.
/// Its channels are those of `SPUBLISH`: `<prefix>#<namespace>#` for everything but answers, which go to
/// `<prefix>#<namespace>#<uid>#`, and broadcasts to one room, which go to `<prefix>#<namespace>#<room>#`.
public struct ShardedRedisFormat: ClusterFormat, Hashable {
    /// Which rooms have channels of their own. All nodes must agree.
    public enum RoomChannels: Hashable, Sendable {
        /// None (`static`).
        case none
        /// All but those of single sockets (`dynamic`, the default of the original).
        case shared
        /// All (`dynamic-private`).
        case all
    }

    public let node: ClusterNodeID
    public let namespace: String
    public let roomChannels: RoomChannels
    private let prefix: String

    public init(
        node: ClusterNodeID, namespace: String = "/", prefix: String = "socket.io",
        roomChannels: RoomChannels = .shared
    ) {
        self.node = node
        self.namespace = namespace
        self.prefix = prefix
        self.roomChannels = roomChannels
    }

    public var hasHeartbeats: Bool { true }
    public var countedChannel: String { channel }

    public var channel: String { "\(prefix)#\(namespace)#" }
    public var ownResponseChannel: String { channel + node.rawValue + "#" }

    /// The channel to subscribe to while there are sockets in `room`; `nil` when it has none of its own.
    public func channel(of room: String) -> String? {
        switch roomChannels {
        case .none: nil
        // Ids of sockets have 20 characters, and JavaScript counts UTF-16 units.
        case .shared: room.utf16.count == 20 ? nil : channel + room + "#"
        case .all: channel + room + "#"
        }
    }

    enum Kind: Int64 {
        case initialHeartbeat = 1
        case heartbeat, broadcast, join, leave, disconnect, fetch, fetched, serverSideEmit, serverSideReply
        case clientCount, acknowledged, leaving
    }

    // MARK: Encoding

    public func encode(_ message: ClusterMessage, to recipient: ClusterNodeID?) -> ClusterPublication? {
        var tree = ClusterTree(.null)
        guard let (kind, data) = content(of: message, &tree) else { return nil }
        var object: JSONObject = ["type": .number(JSONNumber(kind.rawValue))]
        if let data { object["data"] = .object(data) }
        object["uid"] = .string(node.rawValue)
        object["nsp"] = .string(namespace)
        tree.value = .object(object)
        var channel = self.channel
        if case .broadcast(_, let target) = message, target.rooms.count == 1 {
            channel = self.channel(of: target.rooms[0]) ?? channel
        } else if message.answeredRequest != nil, let recipient {
            channel += recipient.rawValue + "#"
        }
        return ClusterPublication(
            channel: channel, bytes: tree.attachments.isEmpty ? tree.json : tree.messagePack)
    }

    private func content(of message: ClusterMessage, _ tree: inout ClusterTree) -> (Kind, JSONObject?)? {
        switch message {
        case .initialHeartbeat: return (.initialHeartbeat, nil)
        case .heartbeat: return (.heartbeat, nil)
        case .leaving: return (.leaving, nil)
        case .broadcast(let packet, let target):
            guard let packet = tree.packet(packet) else { return nil }
            return (.broadcast, ["packet": packet, "opts": ClusterTree.target(target, hasFlags: true)])
        case .broadcastWithAck(let packet, let target, let id):
            guard let packet = tree.packet(packet) else { return nil }
            let options = ClusterTree.target(target, hasFlags: true)
            return (.broadcast, ["packet": packet, "requestId": .string(id.rawValue), "opts": options])
        case .join(let rooms, let target):
            return (
                .join,
                ["opts": ClusterTree.target(target, hasFlags: true), "rooms": ClusterTree.rooms(rooms)]
            )
        case .leave(let rooms, let target):
            return (
                .leave,
                ["opts": ClusterTree.target(target, hasFlags: true), "rooms": ClusterTree.rooms(rooms)]
            )
        case .disconnect(let target, let closing):
            return (
                .disconnect, ["opts": ClusterTree.target(target, hasFlags: true), "close": .bool(closing)]
            )
        case .fetch(let target, let id):
            let options = ClusterTree.target(target, hasFlags: true)
            return (.fetch, ["opts": options, "requestId": .string(id.rawValue)])
        case .serverSideEmit(let name, let arguments, let id):
            let packet = JSONValue.array([.string(name)] + tree.adopt(arguments))
            guard let id else { return (.serverSideEmit, ["packet": packet]) }
            return (.serverSideEmit, ["requestId": .string(id.rawValue), "packet": packet])
        default: return answer(message, &tree)
        }
    }

    private func answer(_ message: ClusterMessage, _ tree: inout ClusterTree) -> (Kind, JSONObject?)? {
        guard let id = message.answeredRequest else { return nil }
        var data: JSONObject = ["requestId": .string(id.rawValue)]
        switch message {
        case .fetched(let sockets, _):
            data["sockets"] = ClusterTree.sockets(sockets)
            return (.fetched, data)
        case .clientCount(let count, _):
            data["clientCount"] = ClusterTree.count(count)
            return (.clientCount, data)
        case .serverSideReply(let arguments, _):
            if let value = tree.adopt(arguments).first { data["packet"] = value }
            return (.serverSideReply, data)
        case .acknowledged(let arguments, _):
            if let value = tree.adopt(arguments).first { data["packet"] = value }
            return (.acknowledged, data)
        default: return nil
        }
    }

    // MARK: Decoding

    public func decode(_ publication: ClusterPublication) throws(DecodeError) -> ClusterEnvelope? {
        guard publication.channel.hasPrefix(channel) else { return nil }
        let tree = try ClusterTree(decoding: publication.bytes)
        let object = try tree.object(tree.value, "message")
        guard try tree.string(object["nsp"], "nsp") == namespace else { return nil }
        let sender = ClusterNodeID(rawValue: try tree.string(object["uid"], "uid"))
        guard let kind = object["type"]?.integer.flatMap(Kind.init) else {
            throw DecodeError(.unsupported, "type", at: 0)
        }
        let message: ClusterMessage
        switch kind {
        case .initialHeartbeat: message = .initialHeartbeat
        case .heartbeat: message = .heartbeat
        case .leaving: message = .leaving
        default:
            let data = try tree.object(object["data"], "data")
            guard let decoded = try decode(data, of: kind, tree) else { return nil }
            message = decoded
        }
        return ClusterEnvelope(from: sender, message)
    }

    private func decode(
        _ data: JSONObject, of kind: Kind, _ tree: ClusterTree
    ) throws(DecodeError) -> ClusterMessage? {
        let request = try data["requestId"].map { (id) throws(DecodeError) in try tree.requestID(id) }
        switch kind {
        case .broadcast:
            guard let packet = try tree.packet(data["packet"], namespace: namespace) else { return nil }
            let target = try tree.target(data["opts"])
            guard let request else { return .broadcast(packet, target) }
            return .broadcastWithAck(packet, target, request)
        case .join: return .join(try tree.rooms(data["rooms"], "rooms"), try tree.target(data["opts"]))
        case .leave: return .leave(try tree.rooms(data["rooms"], "rooms"), try tree.target(data["opts"]))
        case .disconnect:
            return .disconnect(try tree.target(data["opts"]), closing: data["close"]?.bool ?? false)
        case .serverSideEmit:
            let (name, arguments) = try tree.event(data["packet"], "packet")
            return .serverSideEmit(name, arguments, request)
        default:
            guard let request else { throw DecodeError(.invalid, "requestId", at: 0) }
            switch kind {
            case .fetch: return .fetch(try tree.target(data["opts"]), request)
            case .fetched: return .fetched(try tree.sockets(data["sockets"]), request)
            case .clientCount:
                return .clientCount(try tree.count(data["clientCount"], "clientCount"), request)
            case .serverSideReply: return .serverSideReply(tree.answer(data["packet"]), request)
            default: return .acknowledged(tree.answer(data["packet"]), request)
            }
        }
    }
}
