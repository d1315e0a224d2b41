// SPDX-License-Identifier: Apache-2.0
public import EngineKit
internal import JSON

/// `noom-rooms`: chat in rooms with the number of people in each, and the list of rooms (contract N2).
///
/// The list goes to everybody, those who are in no room among them: it is the page's front door.
public struct NoomRooms: Dialect {
    private static let anonymous = "Anon"

    private let limits: DialectLimits
    private var rooms = RoomTable()
    private var clients: [ClientID] = []
    private var allowances: [ClientID: DialectAllowance] = [:]
    private var nicknames = Nicknames()
    private var news = ListNews()
    private var outbox = DialectOutbox<Never>()

    public init(limits: DialectLimits = DialectLimits()) { self.limits = limits }

    public var deadline: Instant? { news.due }

    public mutating func poll() -> DialectOutput<Never>? { outbox.popFirst() }

    public mutating func handle(_ input: consuming DialectInput<Never>, at now: Instant) {
        switch input {
        case .connected(let client, _):
            clients.append(client)
            allowances[client] = DialectAllowance()
        case .event(let client, let event):
            guard allowances[client]?.takeEvent(limits, at: now) == true else { break }
            handle(event, of: client, at: now)
        case .disconnected(let client): disconnect(client)
        case .asked, .answered, .roomEnded, .tick: break
        }
        listRooms(at: now)
    }

    private mutating func handle(_ event: DialectEvent, of client: ClientID, at now: Instant) {
        switch event.name {
        case "enter_room": enter(event, client, at: now)
        case "new_message": say(event, client, at: now)
        case "nickname":
            guard let name = limits.name(event.argument(0)) else { return }
            nicknames.give(name, to: client)
            outbox.acknowledge(event, of: client)
        // The seed's own form of the first lesson, for which the course has no server.
        case "room": outbox.acknowledge(event, of: client)
        default: break
        }
    }

    /// Forks send the nickname as a second argument; the first lesson sends `{payload: room}`.
    private mutating func enter(_ event: DialectEvent, _ client: ClientID, at now: Instant) {
        let first = event.argument(0)
        guard let room = limits.roomName(first?["payload"] ?? first) else { return }
        if let name = limits.name(event.argument(1)) { nicknames.give(name, to: client) }
        if rooms.contains(client, in: room) { return outbox.acknowledge(event, of: client) }
        guard allowances[client]?.takeBroadcast(limits, at: now) == true,
            (try? rooms.enter(client, room, capacity: limits.members, limits: limits)) != nil
        else { return }
        outbox.acknowledge(event, of: client)
        tellOthers("welcome", of: client, in: room)
        news.changed()
    }

    private mutating func say(_ event: DialectEvent, _ client: ClientID, at now: Instant) {
        guard let text = limits.text(event.argument(0)),
            let room = rooms.room(named: event.argument(1)?.string, of: client),
            allowances[client]?.takeBroadcast(limits, at: now) == true
        else { return }
        outbox.emit(
            "new_message", [.string("\(nickname(client)): \(text)")],
            to: rooms.others(than: client, in: room))
        outbox.acknowledge(event, of: client)
    }

    private mutating func disconnect(_ client: ClientID) {
        clients.removeAll { $0 == client }
        allowances[client] = nil
        let left = rooms.rooms(of: client)
        for room in left {
            rooms.leave(client, room)
            tellOthers("bye", of: client, in: room)
        }
        nicknames.release(client)
        if !left.isEmpty { news.changed() }
    }

    private func nickname(_ client: ClientID) -> String { nicknames[client] ?? Self.anonymous }

    /// Who it was, and how many there are now.
    private mutating func tellOthers(_ name: String, of client: ClientID, in room: String) {
        let count = JSONNumber(Int64(rooms.members(of: room).count))
        outbox.emit(
            name, [.string(nickname(client)), .number(count)], to: rooms.others(than: client, in: room))
    }

    /// Comes after all else that an input has led to.
    private mutating func listRooms(at now: Instant) {
        guard news.isDue(at: now) else { return }
        let list = BoundedList(rooms.names.lazy.map { .string($0) })
        guard let audience = news.audience(of: list, among: clients, at: now) else { return }
        outbox.emit("room_change", [list.value], to: audience)
    }
}
