// SPDX-License-Identifier: Apache-2.0
public import ByteCoding
internal import JSON

extension ClassicRedisFormat {
    public func decode(_ publication: ClusterPublication) throws(DecodeError) -> ClusterEnvelope? {
        let channel = publication.channel
        if channel.hasPrefix(broadcastChannel) { return try decodeBroadcast(publication.bytes) }
        if channel.hasPrefix(responseChannel) { return try decodeAnswer(publication.bytes) }
        if channel == requestChannel { return try decodeRequest(publication.bytes) }
        return nil
    }

    private func decodeBroadcast(_ bytes: [UInt8]) throws(DecodeError) -> ClusterEnvelope? {
        let tree = try ClusterTree(messagePack: bytes)
        guard let parts = tree.value.array, parts.count >= 3 else {
            throw DecodeError(.invalid, "broadcast", at: 0)
        }
        let sender = ClusterNodeID(rawValue: try tree.string(parts[0], "uid"))
        guard let packet = try tree.packet(parts[1], namespace: namespace) else { return nil }
        return ClusterEnvelope(from: sender, .broadcast(packet, try tree.target(parts[2])))
    }

    private func decodeRequest(_ bytes: [UInt8]) throws(DecodeError) -> ClusterEnvelope? {
        let tree = try ClusterTree(decoding: bytes)
        let request = try tree.object(tree.value, "request")
        guard let number = request["type"]?.integer, let kind = Kind(rawValue: number),
            let message = try decode(request, of: kind, tree)
        else { throw DecodeError(.unsupported, "type", at: 0) }
        // The emitter leaves its name out of all but one kind.
        let sender = request["uid"]?.string.map(ClusterNodeID.init)
        return ClusterEnvelope(from: sender, message)
    }

    private func decode(
        _ request: JSONObject, of kind: Kind, _ tree: ClusterTree
    ) throws(DecodeError) -> ClusterMessage? {
        switch kind {
        case .socketIDs:
            return .listSocketIDs(
                rooms: try tree.rooms(request["rooms"], "rooms"), try tree.requestID(request["requestId"]))
        case .allRooms: return .allRooms(try tree.requestID(request["requestId"]))
        case .join:
            let (rooms, target) = try membership(request, tree)
            return .join(rooms, target)
        case .leave:
            let (rooms, target) = try membership(request, tree)
            return .leave(rooms, target)
        case .disconnect:
            return .disconnect(try sockets(request, tree), closing: request["close"]?.bool ?? false)
        case .fetch:
            return .fetch(try tree.target(request["opts"]), try tree.requestID(request["requestId"]))
        case .serverSideEmit:
            let (name, arguments) = try tree.event(request["data"], "data")
            let id = try request["requestId"].map { (id) throws(DecodeError) in try tree.requestID(id) }
            return .serverSideEmit(name, arguments, id)
        case .broadcast:
            guard let packet = try tree.packet(request["packet"], namespace: namespace) else { return nil }
            let id = try tree.requestID(request["requestId"])
            return .broadcastWithAck(packet, try tree.target(request["opts"]), id)
        case .clientCount, .acknowledged: return nil
        }
    }

    /// Who joins or leaves what; old servers name one socket and one room.
    private func membership(
        _ request: JSONObject, _ tree: ClusterTree
    ) throws(DecodeError) -> ([String], ClusterTarget) {
        let target = try sockets(request, tree)
        guard request["opts"] == nil else { return (try tree.rooms(request["rooms"], "rooms"), target) }
        return ([try tree.string(request["room"], "room")], target)
    }

    private func sockets(_ request: JSONObject, _ tree: ClusterTree) throws(DecodeError) -> ClusterTarget {
        guard request["opts"] == nil else { return try tree.target(request["opts"]) }
        return ClusterTarget(rooms: [try tree.string(request["sid"], "sid")])
    }

    /// Answers to old kinds of requests say nothing of their kind but what they hold.
    private func decodeAnswer(_ bytes: [UInt8]) throws(DecodeError) -> ClusterEnvelope {
        let tree = try ClusterTree(decoding: bytes)
        let answer = try tree.object(tree.value, "response")
        let id = try tree.requestID(answer["requestId"])
        let message: ClusterMessage
        switch answer["type"]?.integer.flatMap(Kind.init) {
        case .serverSideEmit: message = .serverSideReply(tree.answer(answer["data"]), id)
        case .clientCount: message = .clientCount(try tree.count(answer["clientCount"], "clientCount"), id)
        case .acknowledged: message = .acknowledged(tree.answer(answer["packet"]), id)
        default:
            if let sockets = answer["sockets"] {
                if sockets.array?.first?.string != nil {
                    message = .socketIDs(try tree.rooms(sockets, "sockets"), id)
                } else {
                    message = .fetched(try tree.sockets(sockets), id)
                }
            } else if let rooms = answer["rooms"] {
                message = .rooms(try tree.rooms(rooms, "rooms"), id)
            } else {
                message = .done(id)
            }
        }
        return ClusterEnvelope(from: nil, message)
    }
}
