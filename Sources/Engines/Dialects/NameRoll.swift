// SPDX-License-Identifier: Apache-2.0

/// Who is known by which name, where pages choose a name and then know themselves by it: a name belongs to one
/// client, and none is changed.
///
/// Who asks for a name that is taken waits for it. So a page whose lost connection has not been noticed yet
/// gets its own name back a little later, and nobody takes it from somebody who is there.
struct NameRoll: Sendable {
    enum Entry: Hashable, Sendable {
        /// The client has the name now.
        case entered
        /// It had one before and keeps it.
        case known
        /// Somebody else has it.
        case taken
    }

    private var names: [ClientID: String] = [:]
    private var holders: [String: ClientID] = [:]
    /// In the order in which the names were taken.
    private var order: [ClientID] = []
    /// In the order in which they asked.
    private var waiting: [(client: ClientID, name: String)] = []

    /// In the order in which they were taken.
    var all: [String] { order.compactMap { names[$0] } }
    var clients: [ClientID] { order }

    subscript(_ client: ClientID) -> String? { names[client] }

    func holder(of name: String) -> ClientID? { holders[Self.key(name)] }

    mutating func enter(_ name: String, _ client: ClientID) -> Entry {
        if names[client] != nil { return .known }
        waiting.removeAll { $0.client == client }
        guard holders[Self.key(name)] == nil else {
            waiting.append((client, name))
            return .taken
        }
        names[client] = name
        holders[Self.key(name)] = client
        order.append(client)
        return .entered
    }

    /// - Returns: the client's name, if it had one, and who has waited longest for it.
    mutating func leave(_ client: ClientID) -> (name: String, next: (client: ClientID, name: String)?)? {
        waiting.removeAll { $0.client == client }
        guard let name = names.removeValue(forKey: client) else { return nil }
        holders[Self.key(name)] = nil
        order.removeAll { $0 == client }
        return (name, waiting.first { Self.key($0.name) == Self.key(name) })
    }

    /// The course's servers compare names without regard to case. Spaces around a name and joiners in it cannot
    /// be seen either: with them it is the same name, though its page writes it so.
    static func key(_ name: String) -> String {
        let seen = name.unicodeScalars.filter { $0 != "\u{200D}" && $0 != "\u{200C}" }
        var key = String(String.UnicodeScalarView(seen))[...]
        while key.first?.isWhitespace == true { key = key.dropFirst() }
        while key.last?.isWhitespace == true { key = key.dropLast() }
        return key.uppercased()
    }
}
