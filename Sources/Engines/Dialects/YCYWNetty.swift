// SPDX-License-Identifier: Apache-2.0
public import EngineKit
internal import JSON

/// `ycyw-netty`: one chat for all, and rooms of two, of whom the one who made the room calls (contract Y3).
///
/// What is sent to a room comes back to its sender, too.
public struct YCYWNetty: Dialect {
    private static let capacity = 2

    private let limits: DialectLimits
    private var socketIDs: [ClientID: String] = [:]
    private var allowances: [ClientID: DialectAllowance] = [:]
    /// In the order of their coming.
    private var arrivals: [ClientID] = []
    private var roll = NameRoll()
    private var rooms = RoomTable()
    private var outbox = DialectOutbox<Never>()

    public init(limits: DialectLimits = DialectLimits()) { self.limits = limits }

    public mutating func poll() -> DialectOutput<Never>? { outbox.popFirst() }

    public mutating func handle(_ input: consuming DialectInput<Never>, at now: Instant) {
        switch input {
        case .connected(let client, let description):
            socketIDs[client] = description.socketID
            allowances[client] = DialectAllowance()
            arrivals.append(client)
        case .event(let client, let event):
            guard allowances[client]?.takeEvent(limits, at: now) == true else { return }
            handle(event, of: client, at: now)
        case .disconnected(let client): disconnect(client)
        case .asked, .answered, .roomEnded, .tick: break
        }
    }

    private mutating func handle(_ event: DialectEvent, of client: ClientID, at now: Instant) {
        let first = event.argument(0)
        switch event.name {
        case "chat.addUser": enter(first, client, at: now)
        case "chat.sendMessage": say(first, client, at: now)
        case "joinRoom": joinRoom(first, client)
        case "leaveRoom": if let room = first?.string { rooms.leave(client, room) }
        case "ready": toRoom(first?.string, of: client, "ready") { _ in first }
        case "offer", "answer":
            toRoom(first?["room"]?.string, of: client, event.name) { limits in
                limits.descriptionOrText(first?["sdp"])
            }
        case "candidate":
            guard let first, first.formatted.utf8.count <= limits.candidate else { return }
            toRoom(first["room"]?.string, of: client, "candidate") { _ in first }
        default: break
        }
    }

    // MARK: Names and chat

    private mutating func enter(_ message: JSONValue?, _ client: ClientID, at now: Instant) {
        guard allowances[client]?.takeBroadcast(limits, at: now) == true,
            let name = limits.ownName(message?["sender"]), roll.enter(name, client) != .taken
        else { return }
        tell("JOIN", roll[client] ?? name)
    }

    private mutating func tell(_ event: String, _ name: String) {
        let users = BoundedList(roll.all.lazy.map { .string($0) })
        let message: JSONValue = ["sender": .string(name), "type": .string(event), "users": users.value]
        outbox.emit(event, [message], to: arrivals)
    }

    /// Who has not said its name says it with the first message.
    private mutating func say(_ message: JSONValue?, _ client: ClientID, at now: Instant) {
        guard limits.text(message?["message"] ?? message?["content"]) != nil,
            allowances[client]?.takeBroadcast(limits, at: now) == true
        else { return }
        if let wanted = limits.ownName(message?["sender"]) { _ = roll.enter(wanted, client) }
        guard let name = roll[client], let said = limits.said(message, by: name) else { return }
        outbox.emit("CHAT", [said], to: arrivals)
    }

    private mutating func disconnect(_ client: ClientID) {
        guard allowances.removeValue(forKey: client) != nil else { return }
        socketIDs[client] = nil
        arrivals.removeAll { $0 == client }
        for room in rooms.rooms(of: client) { rooms.leave(client, room) }
        guard let left = roll.leave(client) else { return }
        tell("LEAVE", left.name)
        guard let next = left.next, roll.enter(next.name, next.client) == .entered else { return }
        tell("JOIN", next.name)
    }

    // MARK: Rooms

    private mutating func joinRoom(_ wanted: JSONValue?, _ client: ClientID) {
        guard let room = limits.roomName(wanted) else { return }
        let first = rooms.members(of: room).first
        do throws(RoomTable.Refusal) {
            try rooms.enter(client, room, capacity: Self.capacity, limits: limits)
        } catch {
            if error != .alreadyIn { outbox.emit("full", [.string(room)], to: client) }
            return
        }
        guard let first else { return outbox.emit("created", [.string(room)], to: client) }
        outbox.emit("joined", [.string(room)], to: client)
        outbox.emit("setCaller", [.string(socketIDs[first] ?? "")], to: client)
    }

    private mutating func toRoom(
        _ name: String?, of client: ClientID, _ event: String, _ value: (DialectLimits) -> JSONValue?
    ) {
        guard let room = rooms.room(named: name, of: client), let value = value(limits) else { return }
        outbox.emit(event, [value], to: rooms.members(of: room))
    }
}
