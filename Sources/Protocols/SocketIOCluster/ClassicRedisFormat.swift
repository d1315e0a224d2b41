// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import SocketIOPackets

/// The format of `createAdapter` in `@socket.io/redis-adapter`, and of `@socket.io/redis-emitter`.
///
/// Broadcasts are MessagePack `[uid, packet, opts]` on `<prefix>#<namespace>#`, or on
/// `<prefix>#<namespace>#<room>#` when they are for one room. Requests and answers are JSON on
/// `<prefix>-request#<namespace>#` and `<prefix>-response#<namespace>#`, or MessagePack where they may
/// hold bytes.
public struct ClassicRedisFormat: ClusterFormat, Hashable {
    public let node: ClusterNodeID
    public let namespace: String
    /// Whether answers go to a channel of who asked. All nodes listen to theirs.
    public var answersOnOwnChannel: Bool
    private let prefix: String

    public init(
        node: ClusterNodeID, namespace: String = "/", prefix: String = "socket.io",
        answersOnOwnChannel: Bool = false
    ) {
        self.node = node
        self.namespace = namespace
        self.prefix = prefix
        self.answersOnOwnChannel = answersOnOwnChannel
    }

    public var hasHeartbeats: Bool { false }
    public var countedChannel: String { requestChannel }

    var broadcastChannel: String { "\(prefix)#\(namespace)#" }
    public var requestChannel: String { "\(prefix)-request#\(namespace)#" }
    public var responseChannel: String { "\(prefix)-response#\(namespace)#" }
    public var ownResponseChannel: String { responseChannel + node.rawValue + "#" }

    /// What to subscribe to for broadcasts: the common channel and those of all rooms.
    public var broadcastPattern: String {
        var pattern = ""
        for character in broadcastChannel {
            if "*?[]\\".contains(character) { pattern.append("\\") }
            pattern.append(character)
        }
        return pattern + "*"
    }

    /// The numbers of requests.
    enum Kind: Int64 {
        case socketIDs = 0
        case allRooms, join, leave, disconnect, fetch, serverSideEmit, broadcast, clientCount, acknowledged
    }

    // MARK: Encoding

    public func encode(_ message: ClusterMessage, to recipient: ClusterNodeID?) -> ClusterPublication? {
        switch message {
        case .broadcast(let packet, let target):
            var tree = ClusterTree(.null)
            guard let packet = tree.packet(packet) else { return nil }
            tree.value = [.string(node.rawValue), packet, ClusterTree.target(target, hasFlags: true)]
            let room = target.rooms.count == 1 ? target.rooms[0] + "#" : ""
            return ClusterPublication(channel: broadcastChannel + room, bytes: tree.messagePack)
        case .initialHeartbeat, .heartbeat, .leaving: return nil
        default:
            guard message.answeredRequest != nil else { return encodeRequest(message) }
            return encodeAnswer(message, to: recipient)
        }
    }

    private func encodeRequest(_ message: ClusterMessage) -> ClusterPublication? {
        switch message {
        case .join(let rooms, let target):
            let rooms = ClusterTree.rooms(rooms)
            return request(
                .join, nil, [("opts", ClusterTree.target(target, hasFlags: false)), ("rooms", rooms)])
        case .leave(let rooms, let target):
            let rooms = ClusterTree.rooms(rooms)
            return request(
                .leave, nil, [("opts", ClusterTree.target(target, hasFlags: false)), ("rooms", rooms)])
        case .disconnect(let target, let closing):
            let options = ClusterTree.target(target, hasFlags: false)
            return request(.disconnect, nil, [("opts", options), ("close", .bool(closing))])
        case .fetch(let target, let id):
            return request(.fetch, id, [("opts", ClusterTree.target(target, hasFlags: false))])
        case .allRooms(let id): return request(.allRooms, id, [])
        case .listSocketIDs(let rooms, let id):
            return request(.socketIDs, id, [("rooms", ClusterTree.rooms(rooms))])
        case .serverSideEmit(let name, let arguments, let id):
            // JSON, and so without bytes.
            let tree = ClusterTree(.null, attachments: arguments.attachments)
            let values = arguments.values.map { tree.text($0).value }
            return request(.serverSideEmit, id, [("data", .array([.string(name)] + values))])
        case .broadcastWithAck(let packet, let target, let id):
            var tree = ClusterTree(.null)
            guard let packet = tree.packet(packet) else { return nil }
            tree.value = [
                "uid": .string(node.rawValue), "requestId": .string(id.rawValue),
                "type": .number(JSONNumber(Kind.broadcast.rawValue)), "packet": packet,
                "opts": ClusterTree.target(target, hasFlags: true),
            ]
            return ClusterPublication(channel: requestChannel, bytes: tree.messagePack)
        default: return nil
        }
    }

    private func request(
        _ kind: Kind, _ id: ClusterRequestID?, _ members: [(String, JSONValue)]
    ) -> ClusterPublication {
        var object: JSONObject = ["uid": .string(node.rawValue)]
        if let id { object["requestId"] = .string(id.rawValue) }
        object["type"] = .number(JSONNumber(kind.rawValue))
        for (name, value) in members { object[name] = value }
        return ClusterPublication(channel: requestChannel, bytes: ClusterTree(.object(object)).json)
    }

    private func encodeAnswer(
        _ message: ClusterMessage, to recipient: ClusterNodeID?
    ) -> ClusterPublication? {
        var tree = ClusterTree(.null)
        var isJSON = true
        switch message {
        case .clientCount(let count, let id):
            tree.value = [
                "type": .number(JSONNumber(Kind.clientCount.rawValue)), "requestId": .string(id.rawValue),
                "clientCount": ClusterTree.count(count),
            ]
        case .acknowledged(let arguments, let id):
            isJSON = false
            let packet = tree.adopt(arguments).first ?? .null
            tree.value = [
                "type": .number(JSONNumber(Kind.acknowledged.rawValue)), "requestId": .string(id.rawValue),
                "packet": packet,
            ]
        case .fetched(let sockets, let id):
            tree.value = ["requestId": .string(id.rawValue), "sockets": ClusterTree.sockets(sockets)]
        case .rooms(let rooms, let id):
            tree.value = ["requestId": .string(id.rawValue), "rooms": ClusterTree.rooms(rooms)]
        case .socketIDs(let ids, let id):
            tree.value = ["requestId": .string(id.rawValue), "sockets": ClusterTree.rooms(ids)]
        case .serverSideReply(let arguments, let id):
            var object: JSONObject = [
                "type": .number(JSONNumber(Kind.serverSideEmit.rawValue)), "requestId": .string(id.rawValue),
            ]
            let bytes = ClusterTree(.null, attachments: arguments.attachments)
            if let value = arguments.values.first { object["data"] = bytes.text(value).value }
            tree.value = .object(object)
        case .done(let id): tree.value = ["requestId": .string(id.rawValue)]
        default: return nil
        }
        let channel =
            answersOnOwnChannel
            ? recipient.map { responseChannel + $0.rawValue + "#" } ?? responseChannel : responseChannel
        return ClusterPublication(channel: channel, bytes: isJSON ? tree.json : tree.messagePack)
    }
}
