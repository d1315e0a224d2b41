// SPDX-License-Identifier: Apache-2.0
public import JSON

/// A poll as its maker names it, so that opening it twice opens it once.
public struct PollID: MeetingIdentifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// A poll as somebody writes it.
public struct PollDraft: PayloadCodable {
    public var id: PollID
    public var question: String
    /// What there is to choose from, each different.
    public var options: [String]
    /// Nobody ever learns who chose what, nor how many, until it is closed.
    public var isSecret: Bool
    /// Whether one may choose several options.
    public var allowsSeveral: Bool

    public init(
        _ id: PollID, _ question: String, _ options: [String], isSecret: Bool = false,
        allowsSeveral: Bool = false
    ) {
        self.id = id
        self.question = question
        self.options = options
        self.isSecret = isSecret
        self.allowsSeveral = allowsSeveral
    }

    public init(payload: JSONValue?, at path: String) throws(InvalidEvent) {
        self = try PayloadReader(payload, at: path).pollDraft()
    }

    public var payload: JSONValue { .object(members) }
}

/// What people ask for about polls.
public enum PollRequest: Hashable, Sendable {
    case open(PollDraft)
    /// Numbers of options, from 0; none takes a vote back.
    case vote(PollID, [Int])
    case close(PollID)
    case delete(PollID)

    static let names = ["poll-open", "poll-vote", "poll-close", "poll-delete"]

    /// `nil` for other events.
    init?(name: String, payload: JSONValue?) throws(InvalidEvent) {
        guard Self.names.contains(name) else { return nil }
        let reader = try PayloadReader(payload, at: name)
        switch name {
        case "poll-open": self = .open(try reader.pollDraft())
        case "poll-vote": self = .vote(try reader.identifier("poll"), try reader.choices("options"))
        case "poll-close": self = .close(try reader.identifier("poll"))
        default: self = .delete(try reader.identifier("poll"))
        }
    }

    var name: String {
        switch self {
        case .open: "poll-open"
        case .vote: "poll-vote"
        case .close: "poll-close"
        case .delete: "poll-delete"
        }
    }

    var payload: JSONValue {
        switch self {
        case .open(let draft): draft.payload
        case .vote(let id, let options): ["poll": .string(id.rawValue), "options": numbers(options)]
        case .close(let id), .delete(let id): ["poll": .string(id.rawValue)]
        }
    }
}

/// Somebody who has voted: they may be gone when it is read.
public struct Voter: Hashable, Sendable {
    public var id: ParticipantID
    public var name: String

    public init(_ id: ParticipantID, _ name: String) {
        self.id = id
        self.name = name
    }
}

/// A poll as people see it.
public struct Poll: PayloadCodable {
    public var draft: PollDraft
    /// Who has opened it, and their name then.
    public var by: Voter
    /// Milliseconds since 1970.
    public var openedAt: Int64
    public var isClosed: Bool
    /// How many people have voted.
    public var voted: Int64
    /// How many have chosen each option; `nil` as long as that is secret.
    public var votes: [Int64]?
    /// Who has chosen each option, the first one first; `nil` where that is secret.
    public var voters: [[Voter]]?
    /// What the reader has chosen; `nil` in what is told to all.
    public var own: [Int]?

    public init(
        _ draft: PollDraft, by: Voter, openedAt: Int64, isClosed: Bool = false, voted: Int64 = 0,
        votes: [Int64]? = nil, voters: [[Voter]]? = nil, own: [Int]? = nil
    ) {
        self.draft = draft
        self.by = by
        self.openedAt = openedAt
        self.isClosed = isClosed
        self.voted = voted
        self.votes = votes
        self.voters = voters
        self.own = own
    }

    public init(payload: JSONValue?, at path: String) throws(InvalidEvent) {
        let reader = try PayloadReader(payload, at: path)
        draft = try reader.pollDraft()
        by = Voter(
            try reader.identifier("by"), try reader.string("name", maxBytes: MeetingLimits.nameBytes))
        openedAt = try reader.count("openedAt")
        isClosed = try reader.bool("closed")
        voted = try reader.count("voted")
        votes =
            reader.isPresent("votes")
            ? try reader.array("votes") { (value, path) throws(InvalidEvent) in
                guard let count = value.integer, count >= 0 else {
                    throw InvalidEvent(path, .expected("a whole number, 0 or more"))
                }
                return count
            } : nil
        voters =
            reader.isPresent("voters")
            ? try reader.array("voters") { (value, path) throws(InvalidEvent) in
                guard let each = value.array else { throw InvalidEvent(path, .expected("an array")) }
                var voters: [Voter] = []
                for (index, voter) in each.enumerated() {
                    let reader = try PayloadReader(voter, at: "\(path)[\(index)]")
                    voters.append(
                        Voter(
                            try reader.identifier("id"),
                            try reader.string("name", maxBytes: MeetingLimits.nameBytes)))
                }
                return voters
            } : nil
        own = reader.isPresent("own") ? try reader.choices("own") : nil
    }

    public var payload: JSONValue {
        var object = draft.members
        object["by"] = .string(by.id.rawValue)
        object["name"] = .string(by.name)
        object["openedAt"] = .number(JSONNumber(openedAt))
        object["closed"] = .bool(isClosed)
        object["voted"] = .number(JSONNumber(voted))
        if let votes { object["votes"] = .array(votes.map { .number(JSONNumber($0)) }) }
        if let voters {
            object["voters"] = .array(
                voters.map { each in
                    .array(each.map { ["id": .string($0.id.rawValue), "name": .string($0.name)] })
                })
        }
        if let own { object["own"] = numbers(own) }
        return .object(object)
    }
}

private func numbers(_ options: [Int]) -> JSONValue {
    .array(options.map { .number(JSONNumber(Int64($0))) })
}

extension PollDraft {
    fileprivate var members: JSONObject {
        [
            "id": .string(id.rawValue), "question": .string(question),
            "options": .array(options.map { .string($0) }), "secret": .bool(isSecret),
            "several": .bool(allowsSeveral),
        ]
    }
}

extension PayloadReader {
    fileprivate func pollDraft() throws(InvalidEvent) -> PollDraft {
        let question = try string("question")
        try checkWords(
            question, "question", characters: MeetingLimits.questionCharacters,
            bytes: MeetingLimits.questionBytes)
        let options = try array("options") { (value, _) throws(InvalidEvent) in value.string ?? "" }
        guard (2...MeetingLimits.pollOptions).contains(options.count), Set(options).count == options.count
        else { throw problem("options", .expected("2 to \(MeetingLimits.pollOptions) different texts")) }
        for (index, option) in options.enumerated() {
            try checkWords(
                option, "options[\(index)]", characters: MeetingLimits.optionCharacters,
                bytes: MeetingLimits.optionBytes)
        }
        return PollDraft(
            try identifier("id"), question, options, isSecret: try bool("secret"),
            allowsSeveral: try bool("several"))
    }

    private func checkWords(
        _ text: String, _ name: String, characters: Int, bytes: Int
    ) throws(InvalidEvent) {
        guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            throw problem(name, .empty)
        }
        guard text.utf8.count <= bytes, text.count <= characters else {
            throw problem(name, .tooLong(characters, "characters"))
        }
    }

    /// Numbers of options, each once.
    fileprivate func choices(_ name: String) throws(InvalidEvent) -> [Int] {
        let choices = try array(name) { (value, path) throws(InvalidEvent) in
            guard let choice = value.integer, (0..<Int64(MeetingLimits.pollOptions)).contains(choice) else {
                throw InvalidEvent(path, .expected("the number of an option"))
            }
            return Int(choice)
        }
        guard Set(choices).count == choices.count else { throw problem(name, .invalid) }
        return choices
    }
}
