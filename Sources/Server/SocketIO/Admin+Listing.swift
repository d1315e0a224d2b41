// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import JSON
internal import SocketIOCluster

extension Admin {
    /// A socket of this server, as it was when somebody looked.
    private struct Listed: Sendable {
        let namespace: String
        let socket: ClusterSocket

        var description: JSONValue { socket.described(in: namespace) }
    }

    /// Tells an admin of the sockets of all servers.
    func list(for admin: Socket) async {
        var sockets: [JSONValue] = []
        for namespace in server.namespaces {
            let others = await namespace.askOthers(.fetch(ClusterTarget()))?.sockets ?? []
            sockets += others.map { $0.described(in: namespace.name) }
        }
        let listed = await server.onEachHub { Self.sockets(of: $0) }
        for part in listed { sockets += part.values.map(\.description) }
        admin.emit("all_sockets", arguments: [.array(sockets)])
        // What happened while the list was made was told before it, and the list has undone that. Each
        // loop tells what has changed, in order with what happens there next.
        server.onEveryHub { hub in
            guard listed.indices.contains(hub.index) else { return }
            let present = Self.sockets(of: hub)
            for (id, now) in present where listed[hub.index][id] == nil {
                admin.emit("socket_connected", arguments: [now.description, .now])
            }
            for (id, then) in listed[hub.index] { Self.tell(admin, of: then, since: present[id]) }
        }
    }

    private static func sockets(of hub: Hub) -> [String: Listed] {
        var found: [String: Listed] = [:]
        for namespace in hub.server.namespaces {
            hub.knownLocal(namespace)?.forEach(in: BroadcastTarget()) { socket in
                guard socket.isConnected else { return }
                found[socket.id] = Listed(namespace: namespace.name, socket: ClusterSocket(socket))
            }
        }
        return found
    }

    /// Tells an admin what has become of a socket since it was listed.
    private static func tell(_ admin: Socket, of then: Listed, since now: Listed?) {
        let (name, id) = (JSONValue.string(then.namespace), JSONValue.string(then.socket.id))
        if now == nil {
            let reason = JSONValue.string(DisconnectReason.transportClose.rawValue)
            admin.emit("socket_disconnected", arguments: [name, id, reason, .now])
        } else if let now, now.socket.data != then.socket.data {
            let described = now.description
            admin.emit(
                "socket_updated",
                arguments: [
                    [
                        "id": id, "nsp": name, "data": described["data"] ?? [:],
                        "transport": described["transport"] ?? .null,
                    ]
                ])
        }
        let rooms = now?.socket.rooms ?? []
        for room in rooms where !then.socket.rooms.contains(room) {
            admin.emit("room_joined", arguments: [name, .string(room), id, .now])
        }
        for room in then.socket.rooms where !rooms.contains(room) {
            admin.emit("room_left", arguments: [name, .string(room), id, .now])
        }
    }
}
