// SPDX-License-Identifier: Apache-2.0
public import EngineKit
internal import JSON

/// `ycyw`: people with names, one chat for all, and rooms of two, each made by somebody and joined by one other
/// (contract Y1).
///
/// Lists go to every connection, as the page needs them before it has said its name.
public struct YCYW: Dialect {
    /// Whether a name is free: a question of the dialect's own HTTP route. Answered with nothing, or a problem.
    public static let checkUserName = "check-username"
    /// The problems of ``checkUserName``.
    public static let invalidName = "Bad request, invalid body or username"
    public static let takenName = "Username already taken"

    private struct Client {
        /// What it called itself when it connected.
        let wanted: String?
        var allowance = DialectAllowance()
    }

    let limits: DialectLimits
    private var clients: [ClientID: Client] = [:]
    /// In the order of their coming.
    private(set) var arrivals: [ClientID] = []
    var roll = NameRoll()
    var rooms = RoomTable()
    /// Who made each room.
    var makers: [String: ClientID] = [:]
    /// Of the list of rooms.
    var news = ListNews()
    var outbox = DialectOutbox<Never>()

    public init(limits: DialectLimits = DialectLimits()) { self.limits = limits }

    public var deadline: Instant? { news.due }

    public mutating func poll() -> DialectOutput<Never>? { outbox.popFirst() }

    public mutating func handle(_ input: consuming DialectInput<Never>, at now: Instant) {
        switch input {
        case .connected(let client, let description):
            clients[client] = Client(wanted: limits.ownName(description.auth["userName"]))
            arrivals.append(client)
            news.changed()
        case .event(let client, let event):
            guard clients[client]?.allowance.takeEvent(limits, at: now) == true else { break }
            handle(event, of: client, at: now)
        case .asked(let asker, let event):
            if event.name == Self.checkUserName { checkName(event, asker) }
        case .disconnected(let client): disconnect(client)
        case .answered, .roomEnded, .tick: break
        }
        listRooms(at: now)
    }

    private mutating func handle(_ event: DialectEvent, of client: ClientID, at now: Instant) {
        switch event.name {
        // Pages send it before anything else.
        case "test": outbox.emit("test", ["test (server)"], to: client)
        case "join", "chat", "leave", "create-room", "join-room", "leave-room", "room-deleted":
            // Everybody is told of each of these.
            guard clients[client]?.allowance.takeBroadcast(limits, at: now) == true else { return }
            handleForAll(event, of: client)
        default: relay(event, of: client)
        }
    }

    private mutating func handleForAll(_ event: DialectEvent, of client: ClientID) {
        let first = event.argument(0)
        switch event.name {
        case "join": join(first, client)
        case "chat": chat(first, client)
        case "leave": leave(first, client)
        case "create-room": createRoom(first, client)
        case "join-room": joinRoom(first, client)
        case "leave-room": leaveRoom(first, client)
        default: deleteRoom(first, client)
        }
    }

    // MARK: Names and chat

    /// The name of the handshake counts; pages without one are taken at the word of their first `join`.
    private mutating func join(_ message: JSONValue?, _ client: ClientID) {
        guard let name = clients[client]?.wanted ?? limits.ownName(message?["sender"]) else {
            return refuse(client, Self.invalidName)
        }
        if roll.enter(name, client) == .taken { return refuse(client, Self.takenName) }
        tell("join", of: roll[client] ?? name, "JOIN", message)
    }

    /// - Parameter message: what the page sent, whose other members are kept.
    private mutating func tell(_ event: String, of name: String, _ type: JSONValue, _ message: JSONValue?) {
        let empty: JSONValue = ["sender": "", "type": type, "message": ""]
        guard var said = (limits.said(message, by: name, type: type) ?? limits.said(empty, by: name))?.object
        else { return }
        said["users"] = BoundedList(roll.all.lazy.map { .string($0) }).value
        outbox.emit(event, [.object(said)], to: arrivals)
    }

    private mutating func chat(_ message: JSONValue?, _ client: ClientID) {
        guard let name = name(client), limits.text(message?["message"]) != nil,
            let said = limits.said(message, by: name)
        else { return }
        outbox.emit("chat", [said], to: arrivals)
    }

    /// The name of a client that has joined, or would have it if it did: nobody else may have it.
    private func name(_ client: ClientID) -> String? {
        if let name = roll[client] { return name }
        guard let wanted = clients[client]?.wanted, roll.holder(of: wanted) == nil else { return nil }
        return wanted
    }

    private mutating func leave(_ message: JSONValue?, _ client: ClientID) {
        guard roll[client] != nil else { return }
        let hadRoom = closeRoom(of: client)
        takeOffRoll(client, message)
        if hadRoom { news.changed() }
    }

    private mutating func takeOffRoll(_ client: ClientID, _ message: JSONValue? = nil) {
        guard let left = roll.leave(client) else { return }
        tell("leave", of: left.name, "LEAVE", message)
        guard let next = left.next, roll.enter(next.name, next.client) == .entered else { return }
        tell("join", of: next.name, "JOIN", nil)
    }

    private mutating func disconnect(_ client: ClientID) {
        guard clients.removeValue(forKey: client) != nil else { return }
        arrivals.removeAll { $0 == client }
        closeRoom(of: client)
        takeOffRoll(client)
        news.changed()
    }

    private mutating func checkName(_ event: DialectEvent, _ asker: ClientID) {
        guard let name = limits.ownName(event.argument(0)) else {
            return outbox.acknowledge(event, of: asker, with: [.string(Self.invalidName)])
        }
        let problem: [JSONValue] = roll.holder(of: name) == nil ? [] : [.string(Self.takenName)]
        outbox.acknowledge(event, of: asker, with: problem)
    }

    /// What a page shows beside the list of rooms.
    mutating func refuse(_ client: ClientID, _ message: String) {
        outbox.emit("room-error", [["message": .string(message)]], to: client)
    }
}
