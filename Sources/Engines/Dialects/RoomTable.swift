// SPDX-License-Identifier: Apache-2.0

/// Which clients are in which rooms of one dialect. Rooms exist while somebody is in them.
public struct RoomTable: Sendable {
    private struct Room {
        /// Rooms are numbered in the order in which they come to be.
        let number: UInt64
        /// In the order of entering.
        var members: [ClientID] = []
    }

    private var table: [String: Room] = [:]
    private var rooms: [ClientID: [String]] = [:]
    private var lastNumber: UInt64 = 0

    public init() {}

    public enum Refusal: Error, Hashable, Sendable {
        case full, tooManyRooms, alreadyIn
    }

    /// In the order in which the rooms came to be.
    public var names: [String] {
        table.map { ($0.value.number, $0.key) }.sorted { $0.0 < $1.0 }.map(\.1)
    }
    public func members(of room: String) -> [ClientID] { table[room]?.members ?? [] }
    public func rooms(of client: ClientID) -> [String] { rooms[client] ?? [] }
    public func contains(_ client: ClientID, in room: String) -> Bool {
        rooms[client]?.contains(room) == true
    }
    public func others(than client: ClientID, in room: String) -> [ClientID] {
        members(of: room).filter { $0 != client }
    }

    /// - Parameter capacity: Most members of this room.
    public mutating func enter(
        _ client: ClientID, _ room: String, capacity: Int, limits: DialectLimits
    ) throws(Refusal) {
        guard !contains(client, in: room) else { throw .alreadyIn }
        guard rooms(of: client).count < limits.roomsPerClient else { throw .tooManyRooms }
        guard members(of: room).count < capacity else { throw .full }
        if table[room] == nil {
            guard table.count < limits.rooms else { throw .tooManyRooms }
            lastNumber += 1
            table[room] = Room(number: lastNumber)
        }
        table[room]?.members.append(client)
        rooms[client, default: []].append(room)
    }

    public mutating func leave(_ client: ClientID, _ room: String) {
        table[room]?.members.removeAll { $0 == client }
        if table[room]?.members.isEmpty == true { table[room] = nil }
        rooms[client]?.removeAll { $0 == room }
        if rooms[client]?.isEmpty == true { rooms[client] = nil }
    }

    /// The room an event is about: the one it names, if the client is in it; the client's only room when
    /// it names none, as pages do that have not yet stored the name.
    public func room(named name: String?, of client: ClientID) -> String? {
        if let name { return contains(client, in: name) ? name : nil }
        let own = rooms(of: client)
        return own.count == 1 ? own[0] : nil
    }
}
