// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import JSON

/// Rooms of `ycyw`: a maker and one other. A room ends with either of them.
extension YCYW {
    private static let capacity = 2
    /// Most bytes of what pages tell each other about switches.
    private static let maxNote = 1024

    mutating func createRoom(_ wanted: JSONValue?, _ client: ClientID) {
        guard roll[client] != nil else {
            return refuse(client, "Cannot create room because user does not exist")
        }
        guard let room = limits.roomName(wanted) else {
            return refuse(client, "Cannot create room because the room name was not specified")
        }
        guard makers[room] == nil, rooms.rooms(of: client).isEmpty, makers.count < BoundedList.maxCount,
            (try? rooms.enter(client, room, capacity: Self.capacity, limits: limits)) != nil
        else { return refuse(client, "Cannot create new room because it already exists") }
        makers[room] = client
        outbox.emit("room-created", [["roomName": .string(room)]], to: client)
        news.changed()
    }

    mutating func joinRoom(_ message: JSONValue?, _ client: ClientID) {
        guard let name = roll[client] else {
            return refuse(client, "Cannot join room because user does not exist")
        }
        guard rooms.rooms(of: client).isEmpty else { return refuse(client, "You are already in a room") }
        guard let room = limits.roomName(message?["roomName"]), makers[room] != nil else {
            return refuse(client, "Room does not exist")
        }
        guard (try? rooms.enter(client, room, capacity: Self.capacity, limits: limits)) != nil else {
            return refuse(client, "Room is already full")
        }
        let joined: JSONValue = ["roomName": .string(room), "joinerName": .string(name)]
        outbox.emit("room-joined", [joined], to: client)
        outbox.emit("room-joined", [joined], to: rooms.others(than: client, in: room))
        news.changed()
    }

    mutating func leaveRoom(_ wanted: JSONValue?, _ client: ClientID) {
        guard let room = limits.roomName(wanted) else { return refuse(client, "Room is falsy") }
        guard makers[room] != nil else { return refuse(client, "Room does not exist") }
        guard rooms.contains(client, in: room) else {
            return refuse(client, "You are not part of this room")
        }
        closeRoom(of: client)
        news.changed()
    }

    /// A request; under the same name everybody who was in the room is told.
    mutating func deleteRoom(_ wanted: JSONValue?, _ client: ClientID) {
        guard let room = limits.roomName(wanted) else {
            return refuse(client, "Cannot delete room because the room name was not specified")
        }
        guard makers[room] != nil else {
            return refuse(client, "Cannot delete room because it doesn't exist")
        }
        guard rooms.contains(client, in: room) else {
            return refuse(client, "You are not part of this room")
        }
        let name = roll[client] ?? ""
        closeRoom(of: client)
        outbox.emit("room-deleted", [Self.deleted(room, by: name)], to: client)
        news.changed()
    }

    /// Empties the room of a client and tells the other who was in it.
    @discardableResult
    mutating func closeRoom(of client: ClientID) -> Bool {
        guard let room = rooms.rooms(of: client).first else { return false }
        let name = roll[client] ?? ""
        let others = rooms.others(than: client, in: room)
        for member in rooms.members(of: room) { rooms.leave(member, room) }
        makers[room] = nil
        outbox.emit("room-deleted", [Self.deleted(room, by: name)], to: others)
        return true
    }

    private static func deleted(_ room: String, by name: String) -> JSONValue {
        ["roomName": .string(room), "userName": .string(name)]
    }

    /// Comes after all else that an input has led to.
    mutating func listRooms(at now: Instant) {
        guard news.isDue(at: now) else { return }
        let rooms = rooms
        let entries = rooms.names.lazy.map { room -> JSONValue in
            let isFull = rooms.members(of: room).count >= Self.capacity
            return ["roomName": .string(room), "isFull": .bool(isFull)]
        }
        let list = BoundedList(entries)
        guard let audience = news.audience(of: list, among: arrivals, at: now) else { return }
        outbox.emit("room-list", [list.value], to: audience)
    }

    // MARK: Relays

    /// Passes on what is for the other in the room, without the envelope.
    mutating func relay(_ event: DialectEvent, of client: ClientID) {
        let message = event.argument(0)
        guard let arguments = relayed(event.name, message),
            let room = rooms.room(named: message?["roomName"]?.string, of: client)
        else { return }
        outbox.emit(event.name, arguments, to: rooms.others(than: client, in: room))
    }

    /// What the other gets; `nil` for an event that is none, or not as it should be.
    private func relayed(_ name: String, _ message: JSONValue?) -> [JSONValue]? {
        switch name {
        case "webrtc-session-start": []
        case "offer": limits.description(message?["offer"]).map { [$0] }
        case "answer": limits.description(message?["answer"]).map { [$0] }
        case "ice-candidate": limits.candidate(message?["candidate"]).map { [$0] }
        case "enabled-local-media": note(message?["remotePeerHasSharedLocalMedia"]).map { [$0] }
        case "toggled-media": note(message?["deviceToggles"]).map { [$0] }
        case "toggled-screen-share": (message?["isSharingScreen"]?.bool).map { [.bool($0)] }
        case "wrtc-test":
            message?["message"].flatMap { $0.formatted.utf8.count <= Self.maxNote ? [$0] : nil }
        default: nil
        }
    }

    private func note(_ value: JSONValue?) -> JSONValue? {
        guard let value, value.object != nil, value.formatted.utf8.count <= Self.maxNote else { return nil }
        return value
    }
}
