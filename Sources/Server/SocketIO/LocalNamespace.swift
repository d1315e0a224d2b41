// SPDX-License-Identifier: Apache-2.0
internal import SocketIOPackets

/// One loop's part of a namespace: its sockets and rooms. Confined to the loop.
///
/// Every socket is also the only one in the room of its own id, which costs nothing.
final class LocalNamespace {
    /// The sockets of one room, without gaps and in no order; each socket knows its place.
    private final class Room {
        var sockets: ContiguousArray<Socket> = []
    }

    let namespace: Namespace
    unowned let hub: Hub
    private(set) var sockets: [String: Socket] = [:]
    private var rooms: [String: Room] = [:]

    init(_ namespace: Namespace, on hub: Hub) {
        self.namespace = namespace
        self.hub = hub
    }

    func add(_ socket: Socket) { sockets[socket.id] = socket }

    /// Takes a socket out of everything. The last thing that is done with it here.
    func remove(_ socket: Socket) {
        for room in socket.joinedRooms { take(socket, outOf: room) }
        sockets[socket.id] = nil
        if sockets.isEmpty { hub.forget(self) }
    }

    // MARK: Rooms

    func join(_ socket: Socket, _ name: String) {
        // A socket that has left must not be kept by a room.
        guard sockets[socket.id] === socket, name != socket.id, socket.position(in: name) == nil else {
            return
        }
        guard socket.roomCount < namespace.server.options.maxRooms else {
            return socket.failed(SocketError.tooManyRooms)
        }
        let room = rooms[name] ?? open(name)
        socket.setPosition(room.sockets.count, in: name)
        room.sockets.append(socket)
        if let feed = socket.feed, socket.isConnected { feed.joined(socket, name) }
    }

    func leave(_ socket: Socket, _ name: String) {
        guard socket.position(in: name) != nil else { return }
        take(socket, outOf: name)
        socket.setPosition(nil, in: name)
        if let feed = socket.feed, socket.isConnected { feed.left(socket, name) }
    }

    private func take(_ socket: Socket, outOf name: String) {
        guard let room = rooms[name], let position = socket.position(in: name),
            room.sockets.indices.contains(position), let last = room.sockets.popLast()
        else { return }
        if last !== socket {
            room.sockets[position] = last
            last.setPosition(position, in: name)
        }
        guard room.sockets.isEmpty else { return }
        rooms[name] = nil
        namespace.server.cluster?.closed(room: name, in: namespace)
    }

    private func open(_ name: String) -> Room {
        let room = Room()
        rooms[name] = room
        namespace.server.cluster?.opened(room: name, in: namespace)
        return room
    }

    /// The rooms that somebody here is in, those of single sockets aside.
    var roomNames: [String] { Array(rooms.keys) }

    // MARK: Targets

    /// Calls `body` once for every socket the target names.
    func forEach(in target: BroadcastTarget, _ body: (Socket) -> Void) {
        if target.except.isEmpty { return forEachIncluded(target.rooms, body) }
        forEachIncluded(target.rooms) { socket in
            if !target.except.contains(where: socket.isIn) { body(socket) }
        }
    }

    private func forEachIncluded(_ names: [String], _ body: (Socket) -> Void) {
        // Copies of the arrays: a body may make sockets join, leave or disconnect.
        switch names.count {
        case 0: for socket in Array(sockets.values) { body(socket) }
        case 1: for socket in members(of: names[0]) { body(socket) }
        default:
            var seen = Set<ObjectIdentifier>()
            for name in names {
                for socket in members(of: name) where seen.insert(ObjectIdentifier(socket)).inserted {
                    body(socket)
                }
            }
        }
    }

    private func members(of name: String) -> ContiguousArray<Socket> {
        var members = rooms[name]?.sockets ?? []
        // Others may be in a room of that name, too; a socket never joins the one of its own id.
        if let socket = sockets[name] { members.append(socket) }
        return members
    }
}
