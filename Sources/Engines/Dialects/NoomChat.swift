// SPDX-License-Identifier: Apache-2.0
public import EngineKit
internal import JSON

/// `noom-chat`: everybody reads everything (contract N1). JSON comes in, bare text goes out.
public struct NoomChat: Dialect {
    private static let anonymous = "Anon"

    private let limits: DialectLimits
    /// In the order of their coming.
    private var clients: [ClientID] = []
    private var allowances: [ClientID: DialectAllowance] = [:]
    private var nicknames = Nicknames()
    private var outbox = DialectOutbox<Never>()

    public init(limits: DialectLimits = DialectLimits()) { self.limits = limits }

    public mutating func poll() -> DialectOutput<Never>? { outbox.popFirst() }

    public mutating func handle(_ input: consuming DialectInput<Never>, at now: Instant) {
        switch input {
        case .connected(let client, _):
            clients.append(client)
            allowances[client] = DialectAllowance()
        case .event(let client, let event):
            guard let text = event.argument(0)?.string,
                allowances[client]?.takeEvent(limits, at: now) == true
            else { return }
            handle(text, of: client, at: now)
        case .disconnected(let client):
            clients.removeAll { $0 == client }
            allowances[client] = nil
            nicknames.release(client)
        case .asked, .answered, .roomEnded, .tick: break
        }
    }

    private mutating func handle(_ text: String, of client: ClientID, at now: Instant) {
        let message = (try? JSONValue(parsing: Array(text.utf8)))?.object
        switch message?["type"]?.string {
        case "nickname":
            if let name = limits.name(message?["payload"]) { nicknames.give(name, to: client) }
        case "new_message":
            guard let said = limits.text(message?["payload"]) else { return }
            tellAll("\(nicknames[client] ?? Self.anonymous): \(said)", from: client, at: now)
        // The lesson before the one with nicknames sends what was typed, as it is.
        case nil where message == nil:
            if let said = limits.text(.string(text)) { tellAll(said, from: client, at: now) }
        default: break
        }
    }

    private mutating func tellAll(_ text: String, from client: ClientID, at now: Instant) {
        guard allowances[client]?.takeBroadcast(limits, at: now) == true else { return }
        outbox.emit(DialectEvent.message, [.string(text)], to: clients)
    }
}
