// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// A hand that is raised.
public struct RaisedHand: Hashable, Sendable {
    public var participant: ParticipantID
    /// Milliseconds since 1970.
    public var since: Int64

    public init(_ participant: ParticipantID, since: Int64) {
        self.participant = participant
        self.since = since
    }
}

/// Somebody in the lobby, as hosts see them.
public struct Waiting: Hashable, Sendable {
    public var id: ParticipantID
    public var name: String
    /// Milliseconds since 1970.
    public var since: Int64

    public init(id: ParticipantID, name: String, since: Int64) {
        self.id = id
        self.name = name
        self.since = since
    }
}

/// What became of a message: it was deleted, or reacted to.
public struct ChatChange: Hashable, Sendable {
    public var seq: Int64
    /// The number of the change, of the same row as those of messages.
    public var changed: Int64
    public var isDeleted: Bool
    public var reactions: Reactions

    public init(seq: Int64, changed: Int64, isDeleted: Bool, reactions: Reactions) {
        self.seq = seq
        self.changed = changed
        self.isDeleted = isDeleted
        self.reactions = reactions
    }
}

/// What the server says about how a meeting is held: hands, roles, rules, the lobby.
public enum MeetingNews: Hashable, Sendable {
    case chatChanged(ChatChange)
    /// All of them, the first one first.
    case hands([RaisedHand])
    case reaction(ParticipantID, Reaction)
    case roleChanged(ParticipantID, MeetingRole, by: ParticipantID)
    case rulesChanged(MeetingRules, by: ParticipantID)
    /// Everybody who waits, the first one first. Hosts alone are told.
    case lobby([Waiting])
    /// To somebody in the lobby: join now.
    case admitted
    case denied
    /// A host has taken the seat.
    case removed
    case spotlight(ParticipantID?)
    /// Somebody records, or nobody does any more.
    case recording(Recording?)
    /// A poll was opened, voted in or closed: all of it.
    case poll(Poll)
    case pollDeleted(PollID)
    /// What is said between somebody who waits and those who host.
    case lobbyChat(LobbyLine)

    static let names = [
        "chat-changed", "hands", "reaction", "role-changed", "rules-changed", "lobby", "admitted", "denied",
        "removed", "spotlight", "recording",
        "poll", "poll-deleted", "lobby-chat",
    ]

    /// `nil` for other events.
    init?(name: String, _ reader: PayloadReader) throws(InvalidEvent) {
        switch name {
        case "chat-changed":
            self = .chatChanged(
                ChatChange(
                    seq: try reader.count("seq"), changed: try reader.count("changed"),
                    isDeleted: try reader.bool("deleted"),
                    reactions: try Reactions(payload: reader.value("reactions"), at: "\(name).reactions")))
        case "hands": self = .hands(try reader.hands("hands"))
        case "reaction":
            self = .reaction(try reader.identifier("participant"), try reader.choice("reaction"))
        case "role-changed":
            self = .roleChanged(
                try reader.identifier("id"), try reader.choice("role"), by: try reader.identifier("by"))
        case "rules-changed":
            self = .rulesChanged(
                try MeetingRules(payload: reader.value("rules"), at: "\(name).rules"),
                by: try reader.identifier("by"))
        case "lobby": self = .lobby(try reader.waiting("waiting"))
        case "admitted": self = .admitted
        case "denied": self = .denied
        case "removed": self = .removed
        case "spotlight":
            self = .spotlight(
                reader.isPresent("participant") ? try reader.identifier("participant") : nil)
        case "recording":
            self = .recording(
                try reader.value("recording") == .null
                    ? nil : try Recording(payload: reader.value("recording"), at: "\(name).recording"))
        case "poll": self = .poll(try Poll(payload: reader.value("poll"), at: "\(name).poll"))
        case "poll-deleted": self = .pollDeleted(try reader.identifier("poll"))
        case "lobby-chat":
            self = .lobbyChat(try LobbyLine(payload: reader.value("line"), at: "\(name).line"))
        default: return nil
        }
    }

    var name: String {
        switch self {
        case .chatChanged: "chat-changed"
        case .hands: "hands"
        case .reaction: "reaction"
        case .roleChanged: "role-changed"
        case .rulesChanged: "rules-changed"
        case .lobby: "lobby"
        case .admitted: "admitted"
        case .denied: "denied"
        case .removed: "removed"
        case .spotlight: "spotlight"
        case .recording: "recording"
        case .poll: "poll"
        case .pollDeleted: "poll-deleted"
        case .lobbyChat: "lobby-chat"
        }
    }

    var payload: JSONValue {
        switch self {
        case .chatChanged(let change):
            [
                "seq": .number(JSONNumber(change.seq)), "changed": .number(JSONNumber(change.changed)),
                "deleted": .bool(change.isDeleted), "reactions": change.reactions.payload,
            ]
        case .hands(let hands): ["hands": .array(hands.map(\.payload))]
        case .reaction(let id, let reaction):
            ["participant": .string(id.rawValue), "reaction": .string(reaction.rawValue)]
        case .roleChanged(let id, let role, let by):
            ["id": .string(id.rawValue), "role": .string(role.rawValue), "by": .string(by.rawValue)]
        case .rulesChanged(let rules, let by): ["rules": rules.payload, "by": .string(by.rawValue)]
        case .lobby(let waiting): ["waiting": .array(waiting.map(\.payload))]
        case .spotlight(let id): ["participant": id.map { .string($0.rawValue) } ?? .null]
        case .recording(let recording): ["recording": recording?.payload ?? .null]
        case .poll(let poll): ["poll": poll.payload]
        case .pollDeleted(let id): ["poll": .string(id.rawValue)]
        case .lobbyChat(let line): ["line": line.payload]
        case .admitted, .denied, .removed: [:]
        }
    }
}

extension RaisedHand {
    var payload: JSONValue {
        ["participant": .string(participant.rawValue), "since": .number(JSONNumber(since))]
    }
}

extension Waiting {
    var payload: JSONValue {
        ["id": .string(id.rawValue), "name": .string(name), "since": .number(JSONNumber(since))]
    }
}

extension PayloadReader {
    func hands(_ name: String) throws(InvalidEvent) -> [RaisedHand] {
        try array(name) { (value, path) throws(InvalidEvent) in
            let reader = try PayloadReader(value, at: path)
            return RaisedHand(try reader.identifier("participant"), since: try reader.count("since"))
        }
    }

    func waiting(_ name: String) throws(InvalidEvent) -> [Waiting] {
        try array(name) { (value, path) throws(InvalidEvent) in
            let reader = try PayloadReader(value, at: path)
            return Waiting(
                id: try reader.identifier("id"),
                name: try reader.string("name", maxBytes: MeetingLimits.nameBytes),
                since: try reader.count("since"))
        }
    }
}
