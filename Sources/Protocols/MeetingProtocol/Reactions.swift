// SPDX-License-Identifier: Apache-2.0
public import JSON

/// What people may react with. A closed list: pictures of anything else could be sent to anybody.
public enum Reaction: String, Hashable, Sendable, CaseIterable {
    case thumbsUp = "thumbs-up"
    case clap
    case heart
    case laugh
    case surprise
    case party
}

/// Who has reacted to a message, and how; each at most once with each reaction.
public struct Reactions: PayloadCodable {
    private var people: [Reaction: [ParticipantID]]

    public init(_ people: [Reaction: [ParticipantID]] = [:]) {
        self.people = people.filter { !$0.value.isEmpty }
    }

    public init(payload: JSONValue?, at path: String) throws(InvalidEvent) {
        let reader = try PayloadReader(payload, at: path)
        people = [:]
        for reaction in Reaction.allCases where reader.isPresent(reaction.rawValue) {
            people[reaction] = try reader.identifiers(reaction.rawValue)
        }
    }

    public var payload: JSONValue {
        // In the order of the list, so that the same value always has the same text.
        .object(
            JSONObject(
                Reaction.allCases.compactMap { reaction in
                    guard let ids = people[reaction] else { return nil }
                    return (reaction.rawValue, .array(ids.map { .string($0.rawValue) }))
                }))
    }

    public var isEmpty: Bool { people.isEmpty }
    /// How many reactions of how many people.
    public var count: Int { people.values.reduce(0) { $0 + $1.count } }

    /// In the order in which they came.
    public subscript(_ reaction: Reaction) -> [ParticipantID] { people[reaction] ?? [] }

    /// Notes or takes away a reaction; false when that changes nothing.
    public mutating func set(_ reaction: Reaction, of id: ParticipantID, _ isOn: Bool) -> Bool {
        var ids = self[reaction]
        guard ids.contains(id) != isOn else { return false }
        if isOn { ids.append(id) } else { ids.removeAll { $0 == id } }
        people[reaction] = ids.isEmpty ? nil : ids
        return true
    }
}
