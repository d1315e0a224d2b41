// SPDX-License-Identifier: Apache-2.0

/// Names that people choose for themselves, each held by one client at a time.
public struct Nicknames: Sendable {
    private var names: [ClientID: String] = [:]
    private var holders: [String: ClientID] = [:]

    public init() {}

    public subscript(_ client: ClientID) -> String? { names[client] }

    /// Gives `client` the name; where somebody else holds it, with a number behind it, so that nobody
    /// speaks under another's.
    /// - Returns: the name given.
    @discardableResult
    public mutating func give(_ wanted: String, to client: ClientID) -> String {
        release(client)
        var name = wanted
        var number = 2
        while holders[Self.key(name)] != nil {
            name = "\(wanted) \(number)"
            number += 1
        }
        names[client] = name
        holders[Self.key(name)] = client
        return name
    }

    public mutating func release(_ client: ClientID) {
        if let name = names.removeValue(forKey: client) { holders[Self.key(name)] = nil }
    }

    /// Who holds a name, whatever its letters' case.
    public func holder(of name: String) -> ClientID? { holders[Self.key(name)] }

    private static func key(_ name: String) -> String { name.lowercased() }
}
