// SPDX-License-Identifier: Apache-2.0
public import EngineKit
internal import JSON

/// `ycyw-stomp`: one chat for all, and descriptions passed on to those they are for (contract Y2).
///
/// An event's name is the destination of a message, its argument the message's JSON. Who is subscribed is the
/// carrier's business: an emitted event reaches a client that is subscribed to that destination.
public struct YCYWSTOMP: Dialect {
    static let chat = "/topic/public"
    static let signals = "/signaling"
    /// Most people whom a signal may be for without being for everybody.
    private static let maxNamed = 8

    private struct Client {
        /// Whether it asked for others to be told that it came, and whether they were.
        var asked = false
        var isIn = false
        var allowance = DialectAllowance()
    }

    private let limits: DialectLimits
    private var clients: [ClientID: Client] = [:]
    /// In the order of their coming.
    private var arrivals: [ClientID] = []
    private var roll = NameRoll()
    private var outbox = DialectOutbox<Never>()

    public init(limits: DialectLimits = DialectLimits()) { self.limits = limits }

    public mutating func poll() -> DialectOutput<Never>? { outbox.popFirst() }

    public mutating func handle(_ input: consuming DialectInput<Never>, at now: Instant) {
        switch input {
        case .connected(let client, _):
            clients[client] = Client()
            arrivals.append(client)
        case .event(let client, let event):
            guard clients[client]?.allowance.takeEvent(limits, at: now) == true else { return }
            handle(event, of: client, at: now)
        case .disconnected(let client): disconnect(client)
        case .asked, .answered, .roomEnded, .tick: break
        }
    }

    /// What is sent anywhere else, straight to a topic too, goes nowhere.
    private mutating func handle(_ event: DialectEvent, of client: ClientID, at now: Instant) {
        let message = event.argument(0)
        switch event.name {
        case "/app/chat.addUser": enter(message, client, at: now)
        case "/app/chat.sendMessage": say(message, client, at: now)
        case "/app/webrtc.sdp": signal(message, client, at: now)
        default: break
        }
    }

    // MARK: Names

    /// The name of a client: the one that it gave first, whatever it says now.
    private mutating func name(_ client: ClientID, giving wanted: JSONValue?) -> String? {
        if let name = roll[client] { return name }
        guard let wanted = limits.ownName(wanted), roll.enter(wanted, client) == .entered else { return nil }
        return wanted
    }

    private mutating func enter(_ message: JSONValue?, _ client: ClientID, at now: Instant) {
        guard clients[client]?.allowance.takeBroadcast(limits, at: now) == true else { return }
        clients[client]?.asked = true
        guard let name = name(client, giving: message?["sender"]) else { return }
        clients[client]?.isIn = true
        tell(name, "JOIN")
    }

    private mutating func tell(_ name: String, _ type: JSONValue) {
        let users = roll.clients.filter { clients[$0]?.isIn == true }.compactMap { roll[$0] }
        let list = BoundedList(users.lazy.map { .string($0) })
        let message: JSONValue = ["sender": .string(name), "type": type, "users": list.value]
        outbox.emit(Self.chat, [message], to: arrivals)
    }

    private mutating func disconnect(_ client: ClientID) {
        guard let known = clients.removeValue(forKey: client) else { return }
        arrivals.removeAll { $0 == client }
        guard let left = roll.leave(client) else { return }
        if known.isIn { tell(left.name, "LEAVE") }
        // Somebody whose old connection this was, perhaps.
        guard let next = left.next, roll.enter(next.name, next.client) == .entered else { return }
        guard clients[next.client]?.asked == true else { return }
        clients[next.client]?.isIn = true
        tell(next.name, "JOIN")
    }

    // MARK: Messages

    private mutating func say(_ message: JSONValue?, _ client: ClientID, at now: Instant) {
        // A sibling of the page calls the text `content`.
        guard limits.text(message?["message"] ?? message?["content"]) != nil,
            clients[client]?.allowance.takeBroadcast(limits, at: now) == true,
            let name = name(client, giving: message?["sender"]),
            // Pages stop at a type that they do not know.
            let said = limits.said(message, by: name, type: "CHAT")
        else { return }
        outbox.emit(Self.chat, [said], to: arrivals)
    }

    /// To those it is for, and to its sender, whose page knows its own by the name.
    private mutating func signal(_ message: JSONValue?, _ client: ClientID, at now: Instant) {
        guard let type = message?["type"]?.string, let body = body(type, message?["sdp"]),
            let name = name(client, giving: message?["fromUsername"])
        else { return }
        let wanted = message?["toUsernames"]?.array ?? []
        // A page that names nobody means everybody who has said who they are.
        let isForAll = wanted.isEmpty
        let names = wanted.prefix(BoundedList.maxCount).compactMap { limits.ownName($0) }
        let signal: JSONValue = [
            "type": .string(type), "sdp": body, "fromUsername": .string(name),
            "toUsernames": .array(names.map { .string($0) }),
        ]
        if isForAll || names.count > Self.maxNamed {
            let bytes = signal.formatted.utf8.count
            guard clients[client]?.allowance.takePublicSignal(limits, bytes: bytes, at: now) == true
            else { return }
        }
        let named = Set(names.compactMap { roll.holder(of: $0) })
        let receivers = arrivals.filter { other in
            other == client || (isForAll ? roll[other] != nil : named.contains(other))
        }
        outbox.emit(Self.signals, [signal], to: receivers)
    }

    /// Pages send the SDP bare or in the browser's object, and in its place a candidate.
    private func body(_ type: String, _ value: JSONValue?) -> JSONValue? {
        guard let value else { return nil }
        switch type {
        case "offer", "answer": return limits.descriptionOrText(value)
        case "candidate" where value.formatted.utf8.count <= limits.candidate: return value
        default: return nil
        }
    }
}
