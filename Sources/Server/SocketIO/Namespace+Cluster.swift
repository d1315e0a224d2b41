// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import JSON
public import SocketIOCluster
internal import SocketIOPackets
internal import Synchronization

/// Handlers of events that servers send each other.
final class ServerEventHandlers: Sendable {
    typealias Handler = @Sendable (SocketIOArguments) async -> SocketIOArguments

    private let handlers = Mutex<[String: Handler]>([:])

    subscript(_ name: String) -> Handler? {
        get { handlers.withLock { $0[name] } }
        set { handlers.withLock { $0[name] = newValue } }
    }
}

extension Namespace {
    /// Does what another server wants of the sockets here.
    /// - Parameter answer: Called with each answer to a request; some need time, and some have several.
    public func perform(_ message: ClusterMessage, answer: @escaping @Sendable (ClusterMessage) -> Void) {
        switch message {
        case .broadcast(let packet, let target): relay(packet, target)
        case .join(let rooms, let target): forEachSocket(in: target) { $0.join(rooms) }
        case .leave(let rooms, let target): forEachSocket(in: target) { for room in rooms { $0.leave(room) } }
        case .disconnect(let target, let closing):
            forEachSocket(in: target) { $0.disconnect(closing: closing) }
        case .serverSideEmit(let name, let arguments, let id):
            guard let handler = serverEvents[name] else { return }
            Task {
                let reply = await handler(arguments)
                if let id { answer(.serverSideReply(reply.firstOnly, id)) }
            }
        case .broadcastWithAck(let packet, let target, let id): relay(packet, target, id, answer)
        case .fetch(let target, let id):
            Task { answer(.fetched(await summaries(in: BroadcastTarget(target)), id)) }
        case .allRooms(let id): Task { answer(.rooms(await localRooms().sorted(), id)) }
        case .listSocketIDs(let rooms, let id):
            Task { answer(.socketIDs(await summaries(in: BroadcastTarget(rooms: rooms)).map(\.id), id)) }
        default: break
        }
    }

    private func forEachSocket(
        in target: ClusterTarget, queued: Bool = false, _ body: @escaping @Sendable (Socket) -> Void
    ) {
        server.onEveryHub(queued: queued) { $0.knownLocal(self)?.forEach(in: BroadcastTarget(target), body) }
    }

    private func relay(_ packet: SocketIOPacket, _ target: ClusterTarget) {
        guard case .event(let name, let arguments, _) = packet.kind else { return }
        send(name, arguments, for: BroadcastTarget(target), SendFlags(target)) { packet in
            forEachSocket(in: target, queued: recovery != nil) {
                $0.send(packet, name: name, arguments: arguments, SendFlags(target))
            }
        }
    }

    /// Sends an event that another server wants acknowledged.
    private func relay(
        _ packet: SocketIOPacket, _ target: ClusterTarget, _ request: ClusterRequestID,
        _ answer: @escaping @Sendable (ClusterMessage) -> Void
    ) {
        guard case .event(let name, let arguments, _) = packet.kind else { return }
        let id = nextAckID()
        let prepared = prepare(
            SocketIOPacket(.event(name, arguments, id: id), namespace: self.name), target)
        Task {
            let counts = await server.onEachHub { hub in
                var asked = 0
                hub.knownLocal(self)?.forEach(in: BroadcastTarget(target)) { socket in
                    guard socket.isConnected else { return }
                    asked += 1
                    socket.expect(
                        id,
                        PendingAck { result in
                            guard case .success(let arguments) = result else { return }
                            answer(.acknowledged(arguments.firstOnly, request))
                        })
                    socket.send(prepared, name: name, arguments: arguments, SendFlags(target))
                }
                return asked
            }
            answer(.clientCount(counts.reduce(0, +), request))
            // Nobody waits longer than the asking server does.
            let patience = min(target.timeout ?? 10_000, 3_600_000)
            try? await Task.sleep(for: .milliseconds(patience))
            forEachSocket(in: ClusterTarget()) { $0.giveUp(id) }
        }
    }

    private func prepare(_ packet: SocketIOPacket, _ target: ClusterTarget) -> PreparedPacket {
        PreparedPacket(
            packet, parser: server.options.parser, isCompressed: SendFlags(target).isCompressed,
            position: 0)
    }

    // MARK: What is here

    func summaries(in target: BroadcastTarget) async -> [ClusterSocket] {
        await server.onEachHub { hub in
            var found: [ClusterSocket] = []
            hub.knownLocal(self)?.forEach(in: target) { socket in
                if socket.isConnected { found.append(ClusterSocket(socket)) }
            }
            return found
        }.flatMap { $0 }
    }

    /// The rooms of this server's sockets, their own among them.
    func localRooms() async -> Set<String> {
        let rooms = await server.onEachHub { hub in
            guard let local = hub.knownLocal(self) else { return [String]() }
            return local.roomNames + local.sockets.keys
        }
        return Set(rooms.joined())
    }
}

extension SocketServer {
    /// Runs `body` on every loop and waits for what it returns.
    func onEachHub<Value: Sendable>(_ body: @escaping @Sendable (Hub) -> Value) async -> [Value] {
        var values: [Value] = []
        for hub in hubs {
            values.append(
                await withCheckedContinuation { continuation in
                    hub.execute { continuation.resume(returning: body($0)) }
                })
        }
        return values
    }
}

extension SocketIOArguments {
    /// The argument that counts among servers: the first.
    var firstOnly: SocketIOArguments {
        guard count > 1, let first else { return self }
        return SocketIOArguments(texts: [first], attachments: attachments)
    }
}

extension ClusterSocket {
    init(_ socket: Socket) {
        let handshake = socket.handshake
        // The admins' holds their password.
        let auth = socket.namespace.isAdmin ? JSONObject() : handshake.auth
        let query = HTTPQuery(handshake.query).pairs.map { ($0.name, JSONValue.string($0.value)) }
        let headers = handshake.headers.sorted { $0.key < $1.key }.map {
            ($0.key, JSONValue.string($0.value))
        }
        self.init(
            id: socket.id,
            handshake: JSONText([
                "headers": .object(JSONObject(headers)), "address": .string(handshake.address),
                "xdomain": .bool(handshake.isCrossOrigin), "secure": .bool(handshake.isSecure),
                "issued": .number(JSONNumber(handshake.issued)), "url": .string(handshake.path),
                "time": .string(HTTPDate.format(secondsSince1970: handshake.issued / 1000)),
                "query": .object(JSONObject(query)), "auth": .object(auth),
            ]),
            rooms: socket.rooms.sorted(), data: JSONText(.object(socket.describedData)))
    }
}

extension Socket {
    /// Its data, with what admins at any server want to know besides. On the loop.
    fileprivate var describedData: JSONObject {
        var data = data
        guard feed != nil, let session else { return data }
        // Enough to tell clients apart; all of it would be the client's key.
        var admin: JSONObject = ["clientId": .string(String(session.id.prefix(12)))]
        if let transport = session.transport { admin["transport"] = .string(transport.rawValue) }
        data["_admin"] = .object(admin)
        return data
    }
}
